"""Allow one writer per session, by a lock of the operating system that ends with the process.

A second lock, on the session's folder itself, tells that the writer waits for storage: where nothing can be written,
a lock still can be taken.
"""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from kimi_tui.session import SessionError

_MAX_TRIES = 10
_PAUSE_SECONDS = 0.02
"""Seconds between tries: somebody who only asks who holds a lock touches it for a moment."""


class SessionBusy(SessionError):
    """Another process writes this session."""

    def __init__(self, path: Path, pid: int | None, message: str = "") -> None:
        """`message` replaces what is said when no more than the lock is known."""
        who = f"process {pid}" if pid else "another process"
        session = path.parent.name
        hint = f"wait until it ends, or `kimi-tui attach {session}` if it works in the background"
        super().__init__(message or f"{who} is working on session {session}; {hint}")
        self.pid = pid
        """The holder, if it told."""


class WriterLock:
    """An exclusive lock on a file, with the holder's pid in it."""

    def __init__(self, path: Path) -> None:
        """Take the lock; raises `SessionBusy` when another process holds it."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _is_locked(self._descriptor):
            pid = _read_pid(self._descriptor)
            self.release()
            raise SessionBusy(path, pid)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Release the lock; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def lock_holder(path: Path) -> int | None:
    """Return the pid of the process that holds the lock, 0 when unknown, None when it is free."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read_pid(descriptor) or 0
    else:
        return None
    finally:
        os.close(descriptor)


class StorageWaitFlag:
    """Show other processes, without writing, that a session's writer waits for storage."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor = -1

    def acquire(self) -> None:
        """Set the flag, if the file system has locks; safe to call again."""
        if self._descriptor < 0:
            with suppress(OSError):
                self._descriptor = _lock_folder(self._folder, fcntl.LOCK_EX)

    def release(self) -> None:
        """Clear the flag; safe to call again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def is_waiting_for_storage(folder: Path) -> bool:
    """Return whether the writer of the session in a folder waits for storage."""
    try:
        os.close(_lock_folder(folder, fcntl.LOCK_SH))
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _lock_folder(folder: Path, how: int) -> int:
    """Lock a folder and return its descriptor; raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _is_locked(descriptor: int) -> bool:
    for tried in range(_MAX_TRIES):
        if tried:
            time.sleep(_PAUSE_SECONDS)  # flock sends no notice when a lock is released, so try again
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        return True
    return False


def _read_pid(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0)
    return int(text) if text.isdigit() else None
