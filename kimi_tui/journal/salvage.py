"""Copies of a session: one of a sound session while it is at work, and what is left of a damaged one.

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
from kimi_tui.journal.carving import Row
from kimi_tui.journal.chain import digest_of, event_from, line_from
from kimi_tui.journal.damage import remove_mark
from kimi_tui.journal.file import unwritable
from kimi_tui.journal.lock import WriterLock
from kimi_tui.journal.remains import Remains, remains_of
from kimi_tui.journal.sources import SourceShelf, StoredSources
from kimi_tui.journal.words import put, searchable
from kimi_tui.journal.writer import LOCK_NAME, PAGE_BYTES, now
from kimi_tui.session import SessionError
from kimi_tui.sources import Source, SourceRef, digest_text
from kimi_tui.storage import Connection, DatabaseError, connect

_DAMAGES = (msgspec.MsgspecError, ValueError, TypeError, RecursionError)


class Salvaged(msgspec.Struct, frozen=True):
    """What was saved of a damaged session."""

    session: str
    """Its id."""
    kept: int
    """Entries of the new session file: all up to the first damage."""
    beside: int
    """Later entries, in the JSON Lines file."""
    lost: int
    """Entries that cannot be read or do not match their digests."""
    sources: int
    """Sources whose bytes and text are what was retrieved."""


def backup(path: Path, target: Path) -> None:
    """Copy a session file as of one moment, while it may be written; raises `SessionError`."""
    partial = target.with_name(f".{target.name}.partial")
    try:
        with closing(connect(path, read_only=True)) as source, closing(connect(partial)) as copy:
            schema.check(source, path)
            source.backup(copy)
            copy.execute("pragma journal_mode = delete")
        partial.chmod(0o600)
        partial.replace(target)
    except DatabaseError as error:
        partial.unlink(missing_ok=True)
        raise SessionError(f"{path} cannot be copied to {target}: {error}") from None
    except OSError as error:
        raise unwritable(target, error) from None


def salvage(path: Path, target: Path) -> Salvaged:
    """Save what is sound of the session file `path` into `target`, and the rest beside it; raises `SessionError`."""
    if target.exists():
        raise SessionError(f"{target} is there already; give another file")
    try:
        with (
            remains_of(path, PAGE_BYTES, target.parent) as remains,
            closing(connect(target)) as copy,
        ):
            saved, beside = _salvaged(remains, copy, target, path.parent.name)
        target.chmod(0o600)
        if beside:
            target.with_suffix(".rest.jsonl").write_text("".join(f"{line}\n" for line in beside), "utf-8")
    except (OSError, DatabaseError) as error:
        with suppress(OSError):
            target.unlink(missing_ok=True)
        raise unwritable(target, error) from None
    return saved


def restore(path: Path) -> tuple[Salvaged, Path]:
    """Put what is sound of a session file in its place; what was saved, and where the damaged file is kept, unchanged.

    Whenever it is interrupted, a session file stands there. Raises `SessionBusy` when a process works on the session
    and `SessionError` when nothing of it can be saved.
    """
    number = next(n for n in count(1) if not path.with_name(f"damaged-{n}.sqlite").exists())
    kept, fresh = path.with_name(f"damaged-{number}.sqlite"), path.with_name(f"salvaged-{number}.sqlite")
    lock = WriterLock(path.with_name(LOCK_NAME))
    try:
        fresh.unlink(missing_ok=True)  # an interrupted salvage left it
        saved = salvage(path, fresh)
        if not saved.kept:
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
        raise unwritable(path, error) from None
    finally:
        lock.release()
    return saved, kept


def _salvaged(remains: Remains, copy: Connection, target: Path, name: str) -> tuple[Salvaged, list[str]]:
    """Fill the new file; what was saved, and the later entries. `name` is the id where the file tells none."""
    session = remains.session() or name
    schema.migrate(copy, target)
    copy.execute("begin")
    copy.execute("insert into meta values ('session', ?)", (session,))
    chain = _Chain(session)
    for seq, found in remains.entries():
        if (row := chain.next_of(seq, found)) is not None:
            _keep(copy, row)
    with remains.sources(chain.named, target) as stored:
        sources = _keep_sources(stored, SourceShelf(copy, target, now))
    copy.execute("commit")
    return Salvaged(session, chain.kept, len(chain.beside), chain.lost, sources), chain.beside


class _Chain:
    """The entries of a damaged session in their order, each held against the one before."""

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

    def next_of(self, seq: int, found: list[Row]) -> Row | None:
        """Take one entry from what was found of it; its row when it belongs to the sound beginning."""
        if seq > self._last + 1:
            self.lost += seq - self._last - 1
            self._may_follow = ()
        self._last = seq
        row = self._chained(found) or self._alone(found)
        if row is None:
            self.lost += 1
            self._may_follow = self._after_damage(found)
            return None
        self._may_follow = (str(row[7]),)
        if seq > self.kept + 1:
            self.beside.append(line_from(self._session, row[:6], row[6], row[7]))
            return None
        self.kept = seq
        return row

    def _chained(self, found: list[Row]) -> Row | None:
        """The row that matches its digest."""
        for row in found:
            with suppress(*_DAMAGES):
                event = event_from(row[5], row[6])
                if row[7] in self._digests(row):
                    self.named.update(event.sources if isinstance(event, ObservationRecorded) else ())
                    return row
        return None

    def _alone(self, found: list[Row]) -> Row | None:
        """After a lost entry, whose digest is not known: the one row that there is, if it is an entry."""
        if not self._may_follow and len(found) == 1:
            with suppress(*_DAMAGES):
                event_from(found[0][5], found[0][6])
                self._digest(found[0], "")
                return found[0]
        return None

    def _after_damage(self, found: list[Row]) -> tuple[str, ...]:
        """What may follow a damaged entry: its digest as it stands, or, if just that is damaged, made anew."""
        may_follow = [str(row[7]) for row in found]
        for row in found:
            with suppress(*_DAMAGES):
                may_follow += self._digests(row)
        return tuple(may_follow)

    def _digests(self, row: Row) -> list[str]:
        """The digests that an entry may have."""
        return [self._digest(row, before) for before in self._may_follow]

    def _digest(self, row: Row, before: str) -> str:
        return digest_of(before, self._session, row[:6], row[6])


def _keep(copy: Connection, row: Row) -> None:
    """Write an entry of the sound beginning, with the words by which it is found."""
    copy.execute("insert into entries values (?, ?, ?, ?, ?, ?, ?, ?)", row)
    copy.execute("insert or replace into meta values ('head', ?)", (row[7],))
    _, text = searchable(event_from(row[5], row[6]))
    if text:
        put(copy, row[0], text)


def _keep_sources(stored: StoredSources, shelf: SourceShelf) -> int:
    """Write every source whose bytes and text are what its description says; how many."""
    saved = 0
    for number in stored.numbers():
        with suppress(SessionError):
            source = stored.get(f"S{number}")
            data = stored.data(source.ref.digest) if source else None
            cells = stored.data(source.ref.cells_digest) if source and source.ref.cells_digest else b""
            if source and data is not None and cells is not None and _is_what_it_says(source, data, cells):
                shelf.put(number, source.ref, data, source.parts, cells)
                saved += 1
    return saved


def _is_what_it_says(source: Source, data: bytes, cells: bytes) -> bool:
    """Whether a source's bytes, text and cells have the digests of its description."""
    same = hashlib.sha256(data).hexdigest() == source.ref.digest and digest_cells(cells) == source.ref.cells_digest
    return same and digest_text(source.parts) == source.ref.text_digest
