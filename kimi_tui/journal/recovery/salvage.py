"""Copy a session while it runs, or save the sound part of a damaged one.

A salvaged session is sound up to the first damage, so it can be resumed; every later entry that still matches its
digest is put beside it as JSON Lines. The damaged file itself is never changed.
"""

import hashlib
import os
from contextlib import closing, suppress
from itertools import count
from pathlib import Path

import msgspec

from kimi_tui.cells import digest_cells
from kimi_tui.events import ObservationRecorded
from kimi_tui.journal import schema
from kimi_tui.journal.chain import decode_event, digest_entry, json_line_from_row
from kimi_tui.journal.full_text_index import index_text, searchable_text
from kimi_tui.journal.lock import WriterLock
from kimi_tui.journal.recovery.carving import Row
from kimi_tui.journal.recovery.damage_mark import remove_mark
from kimi_tui.journal.recovery.remains import Remains, open_remains
from kimi_tui.journal.session_file import unwritable_error
from kimi_tui.journal.sources import SourceReader, SourceStore
from kimi_tui.journal.writer import LOCK_NAME, PAGE_BYTES, now_text
from kimi_tui.session import SessionError
from kimi_tui.sources import Source, SourceRef, digest_text
from kimi_tui.storage import Connection, DatabaseError, connect

_DAMAGE_ERRORS = (msgspec.MsgspecError, ValueError, TypeError, RecursionError)


class SalvageResult(msgspec.Struct, frozen=True):
    """The result of a salvage."""

    session: str
    """Its id."""
    kept_entries: int
    """Entries of the new session file: all up to the first damage."""
    later_entries: int
    """Later entries, in the JSON Lines file."""
    lost_entries: int
    """Entries that cannot be read or do not match their digests."""
    sources: int
    """Sources whose bytes and text are what was retrieved."""


def _make_private(path: Path) -> None:
    """Make an empty file that only its owner can read, before anything is in it; raises `OSError`."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.chmod(0o600)


def backup(path: Path, target: Path) -> None:
    """Copy a session file as of one moment, while it may be written; raises `SessionError`."""
    partial = target.with_name(f".{target.name}.partial")
    try:
        _make_private(partial)
        with closing(connect(path, read_only=True)) as source, closing(connect(partial)) as copy:
            schema.check_schema(source, path)
            source.backup(copy)
            copy.execute("pragma journal_mode = delete")
        partial.replace(target)
    except DatabaseError as error:
        partial.unlink(missing_ok=True)
        raise SessionError(f"{path} cannot be copied to {target}: {error}") from None
    except OSError as error:
        raise unwritable_error(target, error) from None


def salvage(path: Path, target: Path) -> SalvageResult:
    """Save the intact part of the session file `path` into `target`, and the rest beside it; raises `SessionError`."""
    if target.exists():
        raise SessionError(f"{target} is there already; give another file")
    try:
        _make_private(target)
        with (
            open_remains(path, PAGE_BYTES, target.parent) as remains,
            closing(connect(target)) as copy,
        ):
            saved, beside = _fill_copy(remains, copy, target, path.parent.name)
        if beside:
            rest = target.with_suffix(".rest.jsonl")
            _make_private(rest)
            rest.write_text("".join(f"{line}\n" for line in beside), "utf-8")
    except (OSError, DatabaseError) as error:
        with suppress(OSError):
            target.unlink(missing_ok=True)
        raise unwritable_error(target, error) from None
    return saved


def salvage_in_place(path: Path) -> tuple[SalvageResult, Path]:
    """Replace a session file by its sound part; return the result, and where the damaged file is kept, unchanged.

    Whenever it is interrupted, a session file stands there. Raises `SessionBusy` when a process works on the session
    and `SessionError` when nothing of it can be saved.
    """
    number = next(n for n in count(1) if not path.with_name(f"damaged-{n}.sqlite").exists())
    kept, fresh = path.with_name(f"damaged-{number}.sqlite"), path.with_name(f"salvaged-{number}.sqlite")
    lock = WriterLock(path.with_name(LOCK_NAME))
    try:
        fresh.unlink(missing_ok=True)  # an interrupted salvage left it
        saved = salvage(path, fresh)
        if not saved.kept_entries:
            fresh.unlink()
            raise SessionError(
                f"session {saved.session} is damaged from its first entry, so there is nothing to go on with; "
                f"restore {path} from a copy, or delete the session"
            )
        os.link(path, kept)
        for end in ("-wal", "-shm"):
            if (log := path.with_name(path.name + end)).exists():
                log.replace(kept.with_name(kept.name + end))
        fresh.replace(path)
        remove_mark(path)
    except OSError as error:
        raise unwritable_error(path, error) from None
    finally:
        lock.release()
    return saved, kept


def _fill_copy(remains: Remains, copy: Connection, target: Path, name: str) -> tuple[SalvageResult, list[str]]:
    """Fill the new file; return the result and the later entries. `name` is the id where the file tells none."""
    session = remains.session() or name
    schema.migrate(copy, target)
    copy.execute("begin")
    copy.execute("insert into meta values ('session', ?)", (session,))
    chain = _ChainChecker(session)
    for seq, found in remains.entries():
        if (row := chain.take(seq, found)) is not None:
            _write_entry(copy, row)
    with remains.sources(chain.named, target) as stored:
        sources = _write_sound_sources(stored, SourceStore(copy, target, now_text))
    copy.execute("commit")
    return SalvageResult(session, chain.kept, len(chain.beside), chain.lost, sources), chain.beside


class _ChainChecker:
    """Check the entries of a damaged session in order, each against the one before."""

    def __init__(self, session: str) -> None:
        self.kept = 0
        """Entries up to the first damage."""
        self.beside: list[str] = []
        """Later ones, as lines of JSON."""
        self.lost = 0
        """Those that are missing or match no digest."""
        self.named: set[SourceRef] = set()
        """Sources that an entry names whose place in the chain is known."""
        self._session = session
        self._last = 0
        self._may_follow: tuple[str, ...] = ("",)
        """The digests that the next one may be chained to; empty when they are not known."""

    def take(self, seq: int, found: list[Row]) -> Row | None:
        """Take the candidates for one entry; return its row when it belongs to the sound beginning."""
        if seq > self._last + 1:
            self.lost += seq - self._last - 1
            self._may_follow = ()
        self._last = seq
        row = self._matching_row(found) or self._only_row(found)
        if row is None:
            self.lost += 1
            self._may_follow = self._digests_after_damage(found)
            return None
        self._may_follow = (str(row[7]),)
        if seq > self.kept + 1:
            self.beside.append(json_line_from_row(self._session, row[:6], row[6], row[7]))
            return None
        self.kept = seq
        return row

    def _matching_row(self, found: list[Row]) -> Row | None:
        """Return the row that matches its digest."""
        for row in found:
            with suppress(*_DAMAGE_ERRORS):
                event = decode_event(row[5], row[6])
                if row[7] in self._possible_digests(row):
                    self.named.update(event.sources if isinstance(event, ObservationRecorded) else ())
                    return row
        return None

    def _only_row(self, found: list[Row]) -> Row | None:
        """Return the one candidate after a lost entry, whose digest is unknown, if it is an entry."""
        if not self._may_follow and len(found) == 1:
            with suppress(*_DAMAGE_ERRORS):
                decode_event(found[0][5], found[0][6])
                self._compute_digest(found[0], "")
                return found[0]
        return None

    def _digests_after_damage(self, found: list[Row]) -> tuple[str, ...]:
        """Return the digests that may precede the entry after a damaged one: the stored one, or a recomputed one."""
        may_follow = [str(row[7]) for row in found]
        for row in found:
            with suppress(*_DAMAGE_ERRORS):
                may_follow += self._possible_digests(row)
        return tuple(may_follow)

    def _possible_digests(self, row: Row) -> list[str]:
        """The digests that an entry may have."""
        return [self._compute_digest(row, before) for before in self._may_follow]

    def _compute_digest(self, row: Row, before: str) -> str:
        return digest_entry(before, self._session, row[:6], row[6])


def _write_entry(copy: Connection, row: Row) -> None:
    """Write an entry of the sound beginning and index its words."""
    copy.execute("insert into entries values (?, ?, ?, ?, ?, ?, ?, ?)", row)
    copy.execute("insert or replace into meta values ('head', ?)", (row[7],))
    _, text = searchable_text(decode_event(row[5], row[6]))
    if text:
        index_text(copy, row[0], text)


def _write_sound_sources(stored: SourceReader, shelf: SourceStore) -> int:
    """Write every source whose bytes and text match its description, and count them."""
    saved = 0
    for number in stored.numbers():
        with suppress(SessionError):
            source = stored.get(f"S{number}")
            data = stored.data(source.ref.digest) if source else None
            cells = stored.data(source.ref.cells_digest) if source and source.ref.cells_digest else b""
            if source and data is not None and cells is not None and _matches_description(source, data, cells):
                shelf.insert(number, source.ref, data, source.parts, cells)
                saved += 1
    return saved


def _matches_description(source: Source, data: bytes, cells: bytes) -> bool:
    """Return whether a source's bytes, text and cells have the digests of its description."""
    same = hashlib.sha256(data).hexdigest() == source.ref.digest and digest_cells(cells) == source.ref.cells_digest
    return same and digest_text(source.parts) == source.ref.text_digest
