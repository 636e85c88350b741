"""The file behind the index of a desk: opened, checked, and replaced only when it is really damaged.

One file serves every process that works on a desk, in the data folder under a name made of the desk's path. It is a
cache: what is lost is read again. A file that is busy, full or not ours to write is left where it is.
"""

import contextlib
import fcntl
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from kimi_tui import storage

VERSION = 4
"""Goes up with every change of the layout or of how text is read; it is part of the file's name."""
BUSY_SECONDS = 30.0
"""How long a process waits for another one's transaction."""
LAYOUT = (
    "CREATE TABLE documents (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, "
    "modified INTEGER NOT NULL, media_type TEXT NOT NULL, digest TEXT NOT NULL, title TEXT NOT NULL, "
    "extractor TEXT NOT NULL, notes TEXT NOT NULL, last TEXT NOT NULL, error TEXT NOT NULL, parts INTEGER NOT NULL, "
    "identity BLOB NOT NULL)",
    "CREATE TABLE texts (id INTEGER PRIMARY KEY, label TEXT NOT NULL, title TEXT NOT NULL, signals BLOB NOT NULL, "
    "body BLOB NOT NULL)",
    "CREATE TABLE cells (document INTEGER PRIMARY KEY, lines BLOB NOT NULL)",
    "CREATE VIRTUAL TABLE pages USING fts5 (document, heading, contents, carried, kinds, body, content = '', "
    'tokenize = "porter unicode61 remove_diacritics 2")',
    "CREATE VIRTUAL TABLE passages USING fts5 (heading, body, content = '', "
    'tokenize = "porter unicode61 remove_diacritics 2")',
)
_Result = TypeVar("_Result")


class ReplacedError(Exception):
    """The database was replaced by an empty one; what was in it must be read again."""


class IndexBusyError(Exception):
    """The database cannot be used now, though nothing is wrong with what is in it; the text says why."""


class IndexDatabase:
    """The database of one desk. May be used from any thread; calls wait for each other."""

    def __init__(self, root: Path, cache: Path | None) -> None:
        """`cache` is a folder for the file; None keeps everything in memory. Nothing is opened yet."""
        name = hashlib.sha256(str(root.absolute()).encode("utf-8", "surrogateescape")).hexdigest()[:24]
        self.file = cache / f"desk-{name}-v{VERSION}.sqlite" if cache else None
        """Where it is; None in memory."""
        self._lock = threading.Lock()
        self._connection: storage.Connection | None = None
        self._opened_file: tuple[int, int] | None = None

    def read(self, action: Callable[[storage.Connection], _Result]) -> _Result:
        """What `action` finds in one moment's state; raises `ReplacedError`, `IndexBusyError`."""
        return self._run(action, storage.read)

    def write(self, action: Callable[[storage.Connection], _Result]) -> _Result:
        """One transaction that is a writer from its first moment; raises `ReplacedError`, `IndexBusyError`."""
        return self._run(action, storage.write)

    def close(self) -> None:
        """Let go of the file; what comes later opens it again."""
        with self._lock:
            self._close()

    @contextlib.contextmanager
    def building(self) -> Iterator[bool]:
        """Hold the place of the one process that reads documents for this index, while it is free; whether it was.

        The system frees the place with the process, whatever becomes of it.
        """
        if self.file is None:
            yield True
            return
        try:
            descriptor = os.open(self.file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:  # no place for a lock is no place for the file either: what is read stays in memory
            yield True
            return
        try:
            yield _is_taken(descriptor)
        finally:
            os.close(descriptor)

    def _run(
        self,
        action: Callable[[storage.Connection], _Result],
        transaction: Callable[[storage.Connection], contextlib.AbstractContextManager[None]],
    ) -> _Result:
        with self._lock:
            try:
                connection = self._opened()
                with transaction(connection):
                    return action(connection)
            except (storage.DatabaseError, msgspec.ValidationError, msgspec.DecodeError) as error:
                raise self._consequence(error) from None

    def _opened(self) -> storage.Connection:
        if self._connection is None and self.file is not None:
            self._connection = _open(self.file)
            self._opened_file = _which(self.file)
        if self._connection is None:
            self.file = None
            self._connection = laid_out(None)
        return self._connection

    def _consequence(self, error: Exception) -> Exception:
        """What to say of an error, after the file was replaced if that is what it calls for."""
        kind = storage.fault_kind(error) if isinstance(error, storage.DatabaseError) else "corrupt"
        if kind == "busy":
            return IndexBusyError("another process is writing the desk's index; call again in a moment")
        self._close()
        if kind == "corrupt" and self.file is not None:
            set_aside(self.file, self._opened_file)
        elif self.file is not None:  # a full or failing disk: this process goes on in memory, the others as they can
            self.file = None
        return ReplacedError(str(error))

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def laid_out(file: Path | None) -> storage.Connection:
    """A connection to a database with our tables; raises `DatabaseError` for one with others."""
    connection = storage.connect(file, timeout=BUSY_SECONDS) if file else storage.connect_memory()
    try:
        if file:
            storage.use_write_ahead_log(connection, BUSY_SECONDS)
            connection.execute("PRAGMA synchronous = normal")
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            with storage.write(connection):
                if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    for sql in (*LAYOUT, f"PRAGMA user_version = {VERSION}"):
                        connection.execute(sql)
        _check(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def set_aside(file: Path, damaged: tuple[int, int] | None) -> None:
    """Take a damaged database out of the way, with what goes with it, unless another process has done so.

    Renamed first: a process that has it open keeps its own file, and a new one never meets the old one's log.
    """
    with contextlib.suppress(OSError), _alone(file.with_suffix(".replacing")):
        if _which(file) != damaged:
            return
        for ending in ("", "-wal", "-shm", "-journal"):
            part = file.with_name(file.name + ending)
            away = file.with_name(f"{file.name}{ending}.damaged-{os.getpid()}")
            with contextlib.suppress(FileNotFoundError):
                part.rename(away)
                away.unlink()


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait for the others that hold this lock; raises `OSError` where there can be none."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _which(file: Path) -> tuple[int, int] | None:
    """Which file has this name now; None for none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _open(file: Path) -> storage.Connection | None:
    """The file if it holds exactly our tables, else a new one in its place; None when there can be no file.

    Raises `DatabaseError` while another process keeps it busy.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    for _ in range(2):
        before = _which(file)
        if before is None:
            _forget_other_versions(file)
        try:
            return laid_out(file)
        except storage.DatabaseError as error:
            kind = storage.fault_kind(error)
            if kind == "busy":
                raise
            if kind != "corrupt":
                return None
        set_aside(file, before)
    return None


def _forget_other_versions(file: Path) -> None:
    """Delete what earlier versions of the program kept of the same desk; one that runs keeps its open file."""
    desk = file.name.rpartition("-v")[0]
    for old in file.parent.glob(f"{desk}*.sqlite*"):
        if not old.name.startswith(file.stem):
            with contextlib.suppress(OSError):
                old.unlink()


def _check(connection: storage.Connection) -> None:
    """Raise `DatabaseError` unless the tables are ours; what full-text search keeps for itself is known."""
    found = {sql for name, sql in connection.execute("SELECT name, sql FROM sqlite_master") if not _is_shadow(name)}
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    kinds = {kind for (kind,) in connection.execute("SELECT DISTINCT type FROM sqlite_master")}
    if found != {*LAYOUT} or version != VERSION or not kinds <= {"table", "index"}:
        raise storage.DatabaseError("these are not the tables of an index")


def _is_shadow(name: str) -> bool:
    """Whether a table or index belongs to another one."""
    return name.startswith(("pages_", "passages_", "sqlite_autoindex_"))


def _is_taken(descriptor: int) -> bool:
    """Whether a lock could be had; a file system without locks has nobody to wait for."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
