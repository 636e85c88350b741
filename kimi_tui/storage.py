"""Open, read and write every SQLite file by one policy, and classify its errors.

Nothing else imports `sqlite3`, except the tool that queries databases of other people.
"""

import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal
from urllib.parse import quote

Connection = sqlite3.Connection
DatabaseError = sqlite3.Error
ConflictError = sqlite3.IntegrityError
"""A row that breaks a rule of its table, such as a key that is there already."""

FaultKind = Literal["busy", "full", "quota", "read-only", "corrupt", "fault"]
"""What to do: try again inside the timeout; wait for room (`full`, `quota`) or for permission (`read-only`); salvage or
replace the file (`corrupt`); wait and say that the disk or the system fails (`fault`)."""

BUSY_SECONDS = 5.0
"""How long a connection waits for another one to finish writing."""
_PAUSE_SECONDS = 0.05

_BY_CODE: dict[int, FaultKind] = {
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_PROTOCOL: "busy",
    sqlite3.SQLITE_IOERR_BLOCKED: "busy",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_PERM: "read-only",
    sqlite3.SQLITE_CANTOPEN: "read-only",
    sqlite3.SQLITE_READONLY_DBMOVED: "fault",
    sqlite3.SQLITE_CORRUPT: "corrupt",
    sqlite3.SQLITE_NOTADB: "corrupt",
    sqlite3.SQLITE_FORMAT: "corrupt",
    sqlite3.SQLITE_IOERR_SHORT_READ: "corrupt",
    sqlite3.SQLITE_IOERR_DATA: "corrupt",
    # Our statements never change, so one that does not fit the tables tells that these are not ours any more.
    sqlite3.SQLITE_ERROR: "corrupt",
    sqlite3.SQLITE_CONSTRAINT: "corrupt",
    sqlite3.SQLITE_MISMATCH: "corrupt",
    sqlite3.SQLITE_SCHEMA: "corrupt",
}
"""By extended result code where there is an entry for it, else by the primary one; every other is a fault."""
_BY_ERRNO: dict[int, FaultKind] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "quota",
    errno.EROFS: "read-only",
    errno.EACCES: "read-only",
    errno.EPERM: "read-only",
}


def fault_kind(error: BaseException) -> FaultKind:
    """Return the kind of an SQLite or system error; SQLite itself does not tell a quota from a fault."""
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0, "fault")
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # not SQLite's own: a text that is no UTF-8, tables that are not ours; or a closed connection
        return "fault" if isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError) else "corrupt"
    return _BY_CODE.get(code) or _BY_CODE.get(code & 0xFF, "fault")


def connect(path: Path, *, read_only: bool = False, timeout: float = BUSY_SECONDS) -> Connection:
    """Open a file, which is created if it may be; raises `DatabaseError`.

    The connection has no transaction of its own making, shares the file with others, waits `timeout` seconds for one
    that writes, and trusts nothing that the file's schema asks for.
    """
    mode = "ro" if read_only else "rwc"
    return _open_connection(f"file:{quote(os.fsencode(path))}?mode={mode}", timeout)


def connect_nothing() -> Connection:
    """Open a connection to which files can be attached one after another: opening one for each costs more."""
    return _open_connection("file::memory:", BUSY_SECONDS)


@contextmanager
def attached_unwritten(connection: Connection, path: str) -> Iterator[None]:
    """Attach a file that no process writes as `other`, for statements that are read to their end.

    Nothing is locked, so thousands of files can be looked into; what is read while somebody writes may be wrong. Raises
    `DatabaseError`.
    """
    connection.execute("attach ? as other", (f"file:{quote(os.fsencode(path))}?mode=ro&immutable=1",))
    try:
        yield
    finally:
        connection.execute("detach other")


def connect_memory() -> Connection:
    """Open an empty database in memory."""
    return _open_connection(":memory:", BUSY_SECONDS)


def connect_scratch() -> Connection:
    """Open an empty database that moves to a nameless temporary file when it grows."""
    return _open_connection("", BUSY_SECONDS)


def _open_connection(address: str, timeout: float) -> Connection:
    uri = address.startswith("file:")
    connection = sqlite3.connect(address, uri=uri, isolation_level=None, timeout=timeout, check_same_thread=False)
    try:
        connection.execute("pragma trusted_schema = off")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def use_write_ahead_log(connection: Connection, timeout: float = BUSY_SECONDS) -> None:
    """Let readers and one writer share the file; raises `DatabaseError`.

    SQLite does not wait for others when it changes to the log, so this does.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
        except sqlite3.Error as error:
            if fault_kind(error) != "busy" or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)  # SQLite may refuse this change at once, whatever its timeout, so try again
        else:
            return


@contextmanager
def read(connection: Connection) -> Iterator[None]:
    """Read as of one moment, whatever others write meanwhile; raises `DatabaseError`."""
    connection.execute("begin")
    try:
        yield
    finally:
        _roll_back(connection)


@contextmanager
def write(connection: Connection) -> Iterator[None]:
    """Write in one transaction: all of it is in the file when this ends, or nothing; raises `DatabaseError`.

    It is a writer from its first moment, so that no other one can come between what it reads and what it writes.
    """
    connection.execute("begin immediate")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        _roll_back(connection)
        raise


def _roll_back(connection: Connection) -> None:
    if connection.in_transaction:  # a full disk ends it of its own accord
        with suppress(sqlite3.Error):
            connection.execute("rollback")
