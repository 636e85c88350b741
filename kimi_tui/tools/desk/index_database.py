"""The database file of a desk's index: opened, checked, and replaced only when it is damaged.

One file serves every process that works on a desk, in the data folder under a name made of the desk's path. It is a
cache: what is lost is read again. A file that is busy, full or not ours to write is left where it is.
"""

import contextlib
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from kimi_tui import storage
from kimi_tui.tools.desk.index_file import IndexFile

SCHEMA_VERSION = 7
"""Goes up with every change of the layout."""
OLD_SECONDS = 86_400.0
"""An index of another version of the program that was not written for so long is deleted."""
SCHEMA_STATEMENTS = (
    "CREATE TABLE documents (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, "
    "modified INTEGER NOT NULL, media_type TEXT NOT NULL, digest TEXT NOT NULL, title TEXT NOT NULL, "
    "extractor TEXT NOT NULL, notes TEXT NOT NULL, last TEXT NOT NULL, error TEXT NOT NULL, parts INTEGER NOT NULL, "
    "encoding TEXT NOT NULL, identity BLOB NOT NULL)",
    "CREATE TABLE texts (id INTEGER PRIMARY KEY, label TEXT NOT NULL, title TEXT NOT NULL, signals BLOB NOT NULL, "
    "body BLOB NOT NULL)",
    "CREATE TABLE cells (document INTEGER PRIMARY KEY, lines BLOB NOT NULL)",
    "CREATE VIRTUAL TABLE pages USING fts5 (document, heading, contents, carried, kinds, body, content = '', "
    'tokenize = "porter unicode61 remove_diacritics 2")',
    "CREATE VIRTUAL TABLE passages USING fts5 (heading, body, content = '', "
    'tokenize = "porter unicode61 remove_diacritics 2")',
)
READING_FILES = (
    *("contents_pages.py", "document_identity.py", "file_description.py", "part_signals.py", "passages.py"),
    *("statements.py", "../../index_normalization.py"),
)
"""The files beside this one that decide what is kept of a document, with the readers themselves."""
_Result = TypeVar("_Result")


class IndexReplacedError(Exception):
    """The database was replaced by an empty one; its documents must be read again."""


class IndexBusyError(Exception):
    """The database is intact but cannot be used now; the message says why."""


class IndexDatabase:
    """The database of one desk. May be used from any thread; calls wait for each other."""

    def __init__(self, root: Path, cache: Path | None) -> None:
        """`cache` is a folder for the file; None keeps everything in memory. Nothing is opened yet."""
        name = hashlib.sha256(str(root.absolute()).encode("utf-8", "surrogateescape")).hexdigest()[:24]
        self._place = cache / f"desk-{name}.building" if cache else None
        self._version = f"desk-{name}-{reading_version()}" if cache else ""
        self._file = IndexFile(cache, self._version, create_tables) if cache else None
        self._lock = threading.Lock()
        self._connection: storage.Connection | None = None
        self._was_damaged = False

    def read(self, action: Callable[[storage.Connection], _Result]) -> _Result:
        """Run `action` on one consistent state and return its result; raises `IndexReplacedError`, `IndexBusyError`."""
        return self._run(action, storage.read)

    def write(self, action: Callable[[storage.Connection], _Result]) -> _Result:
        """One transaction that is a writer from its first moment; raises `IndexReplacedError`, `IndexBusyError`."""
        return self._run(action, storage.write)

    def close(self) -> None:
        """Close the file; later calls open it again."""
        with self._lock:
            self._close()

    @contextlib.contextmanager
    def hold_builder_lock(self) -> Iterator[bool]:
        """Take the lock of the one process that reads documents for this index; yields whether it was free.

        The system frees the place with the process, whatever becomes of it.
        """
        if self._place is None or self._file is None:
            yield True
            return
        try:
            self._place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
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
                if self._connection is None:
                    self._connection = self._opened()
                with transaction(self._connection):
                    return action(self._connection)
            except (storage.DatabaseError, msgspec.ValidationError, msgspec.DecodeError) as error:
                raise self._handle_error(error) from None

    def _opened(self) -> storage.Connection:
        """Open the file, or a database in memory where there can be none; raises `DatabaseError` for a busy one."""
        if self._file is not None:
            try:
                connection = self._file.open()
                self._forget_other_versions()
                return connection
            except (OSError, storage.DatabaseError) as error:
                if storage.fault_kind(error) == "busy":
                    raise
        return self._in_memory()

    def _forget_other_versions(self) -> None:
        """Delete what other versions of the program kept of this desk some time ago."""
        if self._place is None:
            return
        for path in self._place.parent.glob(f"{self._place.stem}*.sqlite*"):
            with contextlib.suppress(OSError):
                if not path.name.startswith(self._version) and path.stat().st_mtime < time.time() - OLD_SECONDS:
                    path.unlink()

    def _in_memory(self) -> storage.Connection:
        self._file = None
        connection = storage.connect_memory()
        create_tables(connection)
        return connection

    def _handle_error(self, error: Exception) -> Exception:
        """Return the error to raise for a database error; replace the file if it is damaged."""
        kind = storage.fault_kind(error) if isinstance(error, storage.DatabaseError) else "corrupt"
        if kind == "busy":
            return IndexBusyError("another process is writing the desk's index; call again in a moment")
        self._close()
        is_replaceable = kind == "corrupt" and not self._was_damaged
        self._was_damaged = True
        if self._file is not None and is_replaceable:
            with contextlib.suppress(OSError, storage.DatabaseError):
                self._connection = self._file.replace()
        if self._connection is None:  # a full or failing disk: this process goes on in memory, the others as they can
            self._connection = self._in_memory()
        return IndexReplacedError(str(error))

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@cache
def reading_version() -> str:
    """Return the version of the document readers: a few letters made of the layout and of the readers' code.

    A program that reads otherwise keeps an index of its own, so that no text of an older reader is ever shown.
    """
    digest = hashlib.sha256(str(SCHEMA_VERSION).encode())
    here = Path(__file__).parent
    folders = (here.parent / "text", here.parents[1] / "quantities")
    read = (path for folder in folders for path in folder.glob("*.py"))
    for path in sorted((*read, *(here / name for name in READING_FILES))):
        with contextlib.suppress(OSError):  # a program in one file has no source: the layout alone counts
            digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def create_tables(connection: storage.Connection) -> None:
    """Make our tables in an empty database; raises `DatabaseError` for one with others.

    A database that has tables is only read, so that nobody who opens it waits for who writes.
    """
    if not _is_laid_out(connection):
        with storage.write(connection):
            if not _is_laid_out(connection):
                for sql in (*SCHEMA_STATEMENTS, f"PRAGMA user_version = {SCHEMA_VERSION}"):
                    connection.execute(sql)
    _check(connection)


def _is_laid_out(connection: storage.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def _check(connection: storage.Connection) -> None:
    """Raise `DatabaseError` unless the tables are ours; what full-text search keeps for itself is known."""
    found = {sql for name, sql in connection.execute("SELECT name, sql FROM sqlite_master") if not _is_shadow(name)}
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    kinds = {kind for (kind,) in connection.execute("SELECT DISTINCT type FROM sqlite_master")}
    if found != {*SCHEMA_STATEMENTS} or version != SCHEMA_VERSION or not kinds <= {"table", "index"}:
        raise storage.DatabaseError("these are not the tables of an index")


def _is_shadow(name: str) -> bool:
    """Return whether a table or index belongs to another one."""
    return name.startswith(("pages_", "passages_", "sqlite_autoindex_"))


def _is_taken(descriptor: int) -> bool:
    """Return whether a lock is held by another process; never on a file system without locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
