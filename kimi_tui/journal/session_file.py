"""Open a session file, change it in one transaction, and turn its errors into messages for a person.

Whatever is wrong with a file, nothing but `SessionError` leaves this package.
"""

import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from kimi_tui import storage
from kimi_tui.session import DamagedSession, SessionError, StorageError, StorageTrouble, TroubleKind
from kimi_tui.storage import Connection, DatabaseError, FaultKind, fault_kind

FREE_BYTES_NEEDED = 16 << 20
"""Bytes of free space with which a session goes on for a good while."""
SMALL_CACHE_PRAGMA = "pragma cache_size = -512"
"""Half a megabyte of pages for a connection: most is read or written once, and many files may be open."""
_TROUBLE_BY_FAULT: dict[FaultKind, TroubleKind] = {
    "busy": "busy",
    "full": "full",
    "quota": "quota",
    "read-only": "read-only",
    "fault": "failing",
}
_REMEDIES: dict[TroubleKind, str] = {
    "busy": "another program holds the file: end it, or wait until it is done",
    "full": "free space, or point KIMI_TUI_HOME at another folder",
    "quota": "free space or have the quota raised, or point KIMI_TUI_HOME at another folder",
    "read-only": "make the folder writable, or point KIMI_TUI_HOME at another one",
    "failing": "look at the disk, or point KIMI_TUI_HOME at a folder on another one",
}


@contextmanager
def reading_errors(path: Path) -> Iterator[None]:
    """Turn any error of a damaged file into a `SessionError`."""
    try:
        yield
    except (DatabaseError, zlib.error, msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise unreadable_error(path, error) from None


@contextmanager
def write_transaction(connection: Connection, path: Path) -> Iterator[None]:
    """Write in one transaction: all of it is in the file when this ends, or nothing.

    Raises `StorageError` when it cannot be written now, and `DamagedSession` for a file that never takes it again.
    """
    try:
        with storage.write(connection):
            yield
    except DatabaseError as error:
        raise unwritable_error(path, error) from None


def is_damage(error: Exception) -> bool:
    """Return whether a reading error means a damaged file, and not one that is unavailable just now."""
    return not isinstance(error, DatabaseError | OSError) or fault_kind(error) in ("corrupt", "fault")


def damaged_error(path: Path, error: Exception) -> DamagedSession:
    """Return the error for a file that is damaged."""
    return DamagedSession(
        path.parent.name,
        f"the session's file is damaged or unreadable ({error}): {path}; other sessions are not affected, and "
        f"`kimi-tui salvage {path.parent.name}` saves its intact part",
    )


def unreadable_error(path: Path, error: Exception) -> SessionError:
    """Return the error for a file that cannot be read: `DamagedSession` only when it is damaged."""
    if is_damage(error):
        return damaged_error(path, error)
    remedy = _REMEDIES[_trouble_kind(error)]
    return SessionError(f"the session at {path} cannot be read now ({error}); nothing in it is damaged: {remedy}")


def unwritable_error(path: Path, error: Exception) -> SessionError:
    """Return the error for a file or folder that cannot be written, with the room there is and the room it needs.

    It is a `StorageError`, after which trying again makes sense, or `DamagedSession` for a damaged file.
    """
    if fault_kind(error) == "corrupt":
        return damaged_error(path, error)
    kind = _trouble_kind(error)
    free = _free_bytes(path) if kind in ("full", "quota", "failing") else -1
    room = (
        f"; {free / 1e6:.1f} MB are free and {FREE_BYTES_NEEDED >> 20} MB are enough"
        if 0 <= free < FREE_BYTES_NEEDED
        else ""
    )
    message = (
        f"the session at {path} cannot be written ({error}{room}); {_REMEDIES[kind]}: "
        "everything recorded so far is kept"
    )
    return StorageError(StorageTrouble(kind, str(path.parent), message, free, FREE_BYTES_NEEDED))


def _trouble_kind(error: Exception) -> TroubleKind:
    return _TROUBLE_BY_FAULT.get(fault_kind(error), "failing")


def _free_bytes(path: Path) -> int:
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return -1
