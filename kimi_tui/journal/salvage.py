"""Copies of a session: one of a sound session while it is at work, and what is left of a damaged one.

A salvaged session is sound up to the first damage, so it can be resumed; every later entry that still matches its
digest is put beside it as JSON Lines. The damaged file itself is never changed.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from kimi_tui.journal import first_page, schema
from kimi_tui.journal.chain import digest_of, event_from, line_from
from kimi_tui.journal.file import connect, damaged, unwritable
from kimi_tui.journal.lock import WriterLock
from kimi_tui.journal.sources import SourceShelf, StoredSources
from kimi_tui.journal.words import searchable
from kimi_tui.journal.writer import LOCK_NAME, PAGE_BYTES, now
from kimi_tui.session import SessionError
from kimi_tui.sources import Source, text_digest_of

_SILENCE = 1000
"""Missing entries in a row after which none is expected any more."""
_READ_ERRORS = (sqlite3.Error, msgspec.MsgspecError, ValueError, TypeError)


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
        with closing(connect(path, read_only=True)) as source, closing(sqlite3.connect(partial)) as copy:
            schema.check(source, path)
            source.backup(copy)
            copy.execute("pragma journal_mode = delete")
        partial.chmod(0o600)
        partial.replace(target)
    except sqlite3.DatabaseError as error:
        partial.unlink(missing_ok=True)
        raise SessionError(f"{path} cannot be copied to {target}: {error}") from None
    except OSError as error:
        raise unwritable(target, error) from None


def salvage(path: Path, target: Path) -> Salvaged:
    """Save what is sound of the session file `path` into `target`, and the rest beside it; raises `SessionError`."""
    if target.exists():
        raise SessionError(f"{target} is there already; give another file")
    saved = _salvaged(path, target, path.parent.name)
    if saved.kept or saved.beside or path.with_name(f"{path.name}-wal").exists():
        return saved
    mended = target.with_name(f".{target.name}.mended")
    try:
        first_page.replaced(path, mended, PAGE_BYTES)
        target.unlink()
        return _salvaged(mended, target, path.parent.name)
    except OSError as error:
        raise unwritable(target, error) from None
    finally:
        mended.unlink(missing_ok=True)


def _salvaged(path: Path, target: Path, name: str) -> Salvaged:
    """The same of a file as it is; `name` is the session's id where the file cannot tell it."""
    try:
        source = connect(path, read_only=True)
    except sqlite3.Error as error:
        raise damaged(path, error) from None
    with closing(source), closing(sqlite3.connect(target, isolation_level=None)) as copy:
        session = _session(source, name)
        schema.migrate(copy, target)
        copy.execute("begin")
        kept, beside, lost = _entries(source, copy, session)
        sources = _sources(source, copy, target)
        copy.execute("insert into meta values ('session', ?)", (session,))
        copy.execute("commit")
    target.chmod(0o600)
    if beside:
        target.with_suffix(".rest.jsonl").write_text("".join(f"{line}\n" for line in beside), "utf-8")
    return Salvaged(session, kept, len(beside), lost, sources)


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
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        lock.release()
    return saved, kept


def _session(source: sqlite3.Connection, name: str) -> str:
    """The session's id, from the file or, when that is damaged, its folder's name."""
    try:
        row = source.execute("select value from meta where key = 'session'").fetchone()
        return str(row[0]) if row else name
    except sqlite3.Error:
        return name


def _entries(source: sqlite3.Connection, copy: sqlite3.Connection, session: str) -> tuple[int, list[str], int]:
    """Copy the sound beginning; (entries copied, later sound entries as lines, entries lost)."""
    kept, lost = 0, 0
    beside: list[str] = []
    previous: tuple[str, ...] = ("",)
    for seq, row in _rows(source):
        body, digest = (row[6], row[7]) if row else ("", "")
        sound = row is not None and _is_sound(previous, session, row)
        if sound and seq == kept + 1:
            copy.execute("insert into entries values (?, ?, ?, ?, ?, ?, ?, ?)", row)
            _, text = searchable(event_from(row[5], body))
            if text:
                copy.execute("insert into words (rowid, text) values (?, ?)", (seq, text))
            kept, head = seq, digest
            copy.execute("insert or replace into meta values ('head', ?)", (head,))
        elif sound and row is not None:
            beside.append(line_from(session, row[:6], body, digest))
        else:
            lost += 1
        previous = (digest,) if sound else _may_follow(previous, session, row)
    return kept, beside, lost


def _rows(source: sqlite3.Connection) -> Iterator[tuple[int, Any]]:
    """Every entry from the first, None for one that cannot be read; a row's damage does not hide the others."""
    seq = 0
    silent: list[int] = []
    while len(silent) < _SILENCE:
        seq += 1
        try:
            row = source.execute("select * from entries where seq = ?", (seq,)).fetchone()
        except _READ_ERRORS:
            row = None
        if row is None:
            silent.append(seq)
            continue
        yield from ((missing, None) for missing in silent)
        silent = []
        yield seq, row


def _is_sound(previous: tuple[str, ...], session: str, row: Any) -> bool:
    """Whether an entry matches its digest; after a lost one, whose digest is not known, that it can be decoded."""
    try:
        event_from(row[5], row[6])
        unknown = previous == ("",) and row[0] > 1
        return unknown or str(row[7]) in _digests(previous, session, row)
    except _READ_ERRORS:
        return False


def _may_follow(previous: tuple[str, ...], session: str, row: Any) -> tuple[str, ...]:
    """What the entry after a damaged one may be chained to: its digest as stored, or, if just that is damaged, anew."""
    if row is None:
        return ("",)
    try:
        return (str(row[7]), *_digests(previous[:1], session, row))
    except _READ_ERRORS:
        return (str(row[7]),)


def _digests(previous: tuple[str, ...], session: str, row: Any) -> list[str]:
    return [digest_of(before, session, tuple(row[:6]), row[6]) for before in previous]


def _sources(source: sqlite3.Connection, copy: sqlite3.Connection, target: Path) -> int:
    """Copy every source whose bytes and text are what its description says."""
    stored, shelf, saved = StoredSources(source, target), SourceShelf(copy, target, now), 0
    try:
        numbers = [row[0] for row in source.execute("select number from sources order by number")]
    except sqlite3.Error:
        return 0
    for number in numbers:
        with suppress(SessionError):
            found = stored.get(f"S{number}")
            data = stored.data(found.ref.digest) if found else None
            if found and data is not None and _is_what_it_says(found, data):
                shelf.put(number, found.ref, data, found.parts)
                saved += 1
    return saved


def _is_what_it_says(source: Source, data: bytes) -> bool:
    """Whether a source's bytes and text have the digests of its description."""
    same = hashlib.sha256(data).hexdigest() == source.ref.digest
    return same and text_digest_of(source.parts) == source.ref.text_digest
