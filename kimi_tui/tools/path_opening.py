"""Open paths that were resolved before, so that a link put in place of a folder meanwhile leads nowhere."""

import os
import stat
from pathlib import Path

_FOLDER_FLAGS = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_SAFE_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)


def open_resolved(path: Path, flags: int = os.O_RDONLY) -> int:
    """Return a descriptor of an absolute path without links; raises `OSError` when any part of it is one by now.

    Each part is opened relative to the folder before it. Nothing is waited for, not even at a pipe.
    """
    if os.open not in os.supports_dir_fd:  # a system without descriptors of folders
        return os.open(path, flags | _SAFE_FLAGS)
    folder = os.open(path.anchor, _FOLDER_FLAGS)
    try:
        for part in path.parts[1:-1]:
            inner = os.open(part, _FOLDER_FLAGS, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(path.name or ".", flags | _SAFE_FLAGS, dir_fd=folder)
    finally:
        os.close(folder)


def open_resolved_file(path: Path) -> int:
    """Return a descriptor for reading a regular file at a resolved path; raises `OSError`."""
    descriptor = open_resolved(path)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(22, "it is not a file")


def read_descriptor(descriptor: int) -> bytes:
    """Return all bytes of an open file from its beginning, wherever another reader of it is; it stays open."""
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        return file.read()
