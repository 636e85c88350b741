"""Open another program's database read-only: only committed rows are read, and nothing is changed.

A database with a rollback journal is opened read-only and its locks are respected. One whose latest changes are in a
write-ahead log, or in the journal of a program that was cut off, cannot be read in its place without writing there:
the file and its log are copied, and recovered in the copy. Runs in a worker process, never in a process that has the
database open itself: closing a file gives up all locks that the process has on it.
"""

import contextlib
import hashlib
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import quote

from kimi_tui.tools.workers.child import RefusalError

MAX_COPY_BYTES = 4 << 30
"""The largest database that is copied."""
MAX_DIGEST_BYTES = 512 << 20
"""The largest database whose digest is worked out."""
BUSY_SECONDS = 1.0
"""How long a program that is just committing is waited for."""
_RETRY_SECONDS = 0.2
"""Pause between two tries to copy a database that another program is writing."""
_MAX_TRIES = 3
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
_HEADER = 100
_OpenMode = Literal["locked", "still", "copy"]


class DatabaseTexts:
    """Decodes the texts of a database, and counts those that are not what SQLite says they are."""

    def __init__(self) -> None:
        self.spoiled = 0
        """Texts so far that were not UTF-8."""

    def decode(self, data: bytes) -> str:
        """Return a text; one that is not UTF-8 was most likely written as Windows-1252."""
        try:
            return data.decode()
        except UnicodeDecodeError:
            self.spoiled += 1
            return data.decode("cp1252", "replace")

    @property
    def note(self) -> str:
        """Return a sentence on texts that were not UTF-8; empty when all were."""
        if not self.spoiled:
            return ""
        texts = "1 text is" if self.spoiled == 1 else f"{self.spoiled:,} texts are"
        return f"{texts} not UTF-8 and read as windows-1252, which is a guess: check names and signs before quoting."


class ReadOnlyDatabase(NamedTuple):
    """A connection that can only read committed rows."""

    connection: sqlite3.Connection
    note: str
    """What the reader should know about it; usually empty."""
    digest: str
    """SHA-256 of the file, and of its log if there is one, as they were read; empty for a very large one."""


class _ChangedError(Exception):
    """The files changed while they were looked at."""


@contextlib.contextmanager
def open_database(path: Path) -> Iterator[ReadOnlyDatabase]:
    """A read-only connection; raises `RefusalError` in words when nothing but uncommitted rows is to be had."""
    way = _choose_open_mode(path)
    if way == "locked" and not _can_be_read(path):
        way = "copy"
    if way == "copy":
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
            copy, note = _copied(path, Path(folder))
            with contextlib.closing(_connect(copy, "rw")) as connection:
                with contextlib.ExitStack() as after:
                    digest = _digest(copy, after)
                _read_something(connection)
                yield ReadOnlyDatabase(connection, note, digest)
        return
    before = _state(path)
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(contextlib.closing(_connect(path, "ro", still=way == "still")))
        if way == "locked":
            connection.execute("BEGIN")
            _read_something(connection)
        with contextlib.ExitStack() as after:
            digest = _digest(path, after)
            yield ReadOnlyDatabase(connection, "", digest)
            connection.close()  # before any other descriptor of the file: closing one gives up the locks of all
    if way == "still" and _state(path) != before:
        raise RefusalError("another program wrote to the database while it was read; query it again in a moment")


def _state(path: Path) -> tuple[object, ...]:
    """Return a value that changes when a database is written: sizes and times of its files."""
    return tuple(_status(path.with_name(path.name + end)) for end in ("", "-wal"))


def _status(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _choose_open_mode(path: Path) -> _OpenMode:
    """Return how a database can be opened without changing anything."""
    log = path.with_name(path.name + "-wal")
    with contextlib.suppress(OSError):
        if log.stat().st_size:
            return "copy"
    return "still" if 2 in _start(path, _HEADER)[18:20] else "locked"


def _start(path: Path, length: int) -> bytes:
    """Return the first bytes of a file; none when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(length)
    except OSError:
        return b""


def _connect(path: Path, mode: str, *, still: bool = False) -> sqlite3.Connection:
    address = f"file:{quote(os.fsencode(path))}?mode={mode}" + ("&immutable=1" if still else "")
    try:
        return sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    except sqlite3.Error as error:
        raise RefusalError(f"the file is not a readable SQLite database ({error})") from None


def _can_be_read(path: Path) -> bool:
    """Return whether its locks let it be read now, and no cut off transaction has to be undone first.

    What is no database at all can be read, too: that it is none is found later.
    """
    with contextlib.closing(_connect(path, "ro")) as connection:
        try:
            _read_something(connection)
        except sqlite3.DatabaseError as error:
            return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
    return True


def _read_something(connection: sqlite3.Connection) -> None:
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def _copied(path: Path, folder: Path) -> tuple[Path, str]:
    """Return a private copy of a database with its log or journal, and what to say of it; raises `RefusalError`."""
    for attempt in range(_MAX_TRIES):
        if attempt:
            time.sleep(_RETRY_SECONDS)  # in a worker: lets the other program finish writing
        with contextlib.suppress(_ChangedError):
            return _copied_once(path, folder)
    raise RefusalError("another program is writing to the database just now; query it again in a moment")


def _copied_once(path: Path, folder: Path) -> tuple[Path, str]:
    """One try; raises `_ChangedError` when the copy may be made of two states."""
    log, journal = (path.with_name(path.name + end) for end in ("-wal", "-journal"))
    companion = log if _status(log) and log.stat().st_size else journal
    is_log = companion is log
    started = _start(companion, 32)
    if not is_log and not started.startswith(_JOURNAL_MAGIC):
        raise _ChangedError  # somebody has the file for himself, and has not yet said what he changes
    before = _status(path), _status(companion)[:1], started
    _copy(path, folder / "copy.db")
    _copy(companion, folder / f"copy.db{'-wal' if is_log else '-journal'}")
    after = _status(path), _status(companion)[:1], _start(companion, 32)
    if (before if is_log else before[1:]) != (after if is_log else after[1:]):
        raise _ChangedError
    what = "holds changes that are not in the database file yet"
    how = "they were read, too" if is_log else "they are not committed, and were undone"
    return folder / "copy.db", f"{companion.name} {what}: in a private copy {how}."


def _copy(path: Path, target: Path) -> None:
    """Copy one file; raises `RefusalError` when it is too large, or `_ChangedError` when it has gone."""
    try:
        size = path.stat().st_size
        if size > min(MAX_COPY_BYTES, shutil.disk_usage(target.parent).free - (256 << 20)):
            raise RefusalError(
                f"another program has changes in it that are not in its file yet, and {size >> 20} MB are too many to "
                "copy; ask for that program to be closed"
            )
        _allow_files_of(size)
        shutil.copyfile(path, target)
    except OSError:
        raise _ChangedError from None


def _allow_files_of(size: int) -> None:
    """Let this process write a file of this size, if it may raise its own limit."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if soft != resource.RLIM_INFINITY and soft < size * 2:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size * 2, hard))


def _digest(path: Path, after: contextlib.ExitStack) -> str:
    """SHA-256 of a database and, if it has one, its log; empty for what is too large or cannot be read.

    The files are closed with `after`.
    """
    digest = hashlib.sha256()
    try:
        for file in (path, path.with_name(path.name + "-wal")):
            if file.exists():
                if file.stat().st_size > MAX_DIGEST_BYTES:
                    return ""
                opened = after.enter_context(file.open("rb"))
                while piece := opened.read(1 << 20):
                    digest.update(piece)
    except OSError:
        return ""
    return digest.hexdigest()
