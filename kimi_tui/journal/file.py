"""Opening a session file, changing it in one transaction, and the errors that a person reads when it fails.

Whatever is wrong with a file, nothing but `SessionError` leaves this package.
"""

import errno
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec

from kimi_tui.session import DamagedSession, StorageError, StorageTrouble, TroubleKind

ENOUGH = 16 << 20
"""Bytes of free space with which a session goes on for a good while."""
SMALL_CACHE = "pragma cache_size = -512"
"""Half a megabyte of pages for a connection: most is read or written once, and many files may be open."""
_SYSTEM: dict[int, TroubleKind] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "quota",
    errno.EROFS: "read-only",
    errno.EACCES: "read-only",
    errno.EPERM: "read-only",
}
_SQLITE: dict[int, TroubleKind] = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_PERM: "read-only",
    sqlite3.SQLITE_CANTOPEN: "read-only",
}
"""Primary result codes; every other one is a fault."""


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection that commits by itself, waits for a writer and shares the file with readers."""
    mode = "ro" if read_only else "rwc"
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}", uri=True, isolation_level=None, timeout=5.0, check_same_thread=False
    )
    try:
        connection.execute("pragma trusted_schema = off")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns whatever a damaged file raises into a `SessionError`."""
    try:
        yield
    except (sqlite3.Error, zlib.error, msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise damaged(path, error) from None


@contextmanager
def writing(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """One transaction: all of it is in the file when this ends, or nothing; raises `SessionError` if it cannot be."""
    try:
        connection.execute("begin immediate")
        try:
            yield
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:  # a full disk ends it by itself
                connection.execute("rollback")
            raise
    except sqlite3.Error as error:
        raise unwritable(path, error) from None


def damaged(path: Path, error: Exception) -> DamagedSession:
    """The error for a file that cannot be read."""
    return DamagedSession(
        path.parent.name,
        f"the session's file is damaged or unreadable ({error}): {path}; other sessions are not affected, and "
        f"`kimi-tui salvage {path.parent.name}` saves what is sound of it",
    )


def unwritable(path: Path, error: Exception) -> StorageError:
    """The error for a file or folder that cannot be written, with the room there is and the room that is needed."""
    free = _free(path)
    room = f"; {free / 1e6:.1f} MB are free and {ENOUGH >> 20} MB are enough" if 0 <= free < ENOUGH else ""
    told = (
        f"the session at {path} cannot be written ({error}{room}); free space or make the folder writable, or "
        "point KIMI_TUI_HOME at another one: everything recorded so far is kept"
    )
    return StorageError(StorageTrouble(_kind(error), str(path.parent), told, free, ENOUGH))


def _kind(error: Exception) -> TroubleKind:
    """What an error of SQLite or of the system means for a person; SQLite does not tell a quota from a fault."""
    if isinstance(error, OSError):
        return _SYSTEM.get(error.errno or 0, "failing")
    return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "failing")


def _free(path: Path) -> int:
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return -1
