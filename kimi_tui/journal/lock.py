"""One writer per session, held by the operating system, so that it ends with the process whatever happens.

A second lock, on the session's folder itself, tells that the writer waits for storage: where nothing can be written,
a lock still can be taken.
"""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from kimi_tui.session import SessionError

_TRIES = 10
_PAUSE = 0.02
"""Seconds between tries: somebody who only asks who holds a lock touches it for a moment."""


class SessionBusy(SessionError):
    """Another process writes this session."""

    def __init__(self, path: Path, pid: int | None, told: str = "") -> None:
        """`told` replaces what is said when no more than the lock is known."""
        who = f"process {pid}" if pid else "another process"
        session = path.parent.name
        hint = f"wait until it ends, or `kimi-tui attach {session}` if it works in the background"
        super().__init__(told or f"{who} is working on session {session}; {hint}")
        self.pid = pid
        """The holder, if it told."""


class WriterLock:
    """An exclusive lock on a file, with the holder's pid in it."""

    def __init__(self, path: Path) -> None:
        """Take the lock; raises `SessionBusy` when another process holds it."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _taken(self._descriptor):
            pid = _read_pid(self._descriptor)
            self.release()
            raise SessionBusy(path, pid)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let go; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def holder(path: Path) -> int | None:
    """The pid of the process that holds the lock, 0 when it does not tell, None when nobody holds it."""
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


class WaitingFlag:
    """Tells every process, without writing, that the writer of a session can record nothing now."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor = -1

    def raise_it(self) -> None:
        """Tell it, if the file system has locks at all; safe to call again."""
        if self._descriptor < 0:
            with suppress(OSError):
                self._descriptor = _locked(self._folder, fcntl.LOCK_EX)

    def lower(self) -> None:
        """It is over, or the writer ends; safe to call again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def is_waiting(folder: Path) -> bool:
    """Whether the writer of the session in a folder told that it waits for storage."""
    try:
        os.close(_locked(folder, fcntl.LOCK_SH))
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _locked(folder: Path, how: int) -> int:
    """A descriptor of a folder with a lock on it; raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _taken(descriptor: int) -> bool:
    for tried in range(_TRIES):
        if tried:
            time.sleep(_PAUSE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        return True
    return False


def _read_pid(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0)
    return int(text) if text.isdigit() else None
