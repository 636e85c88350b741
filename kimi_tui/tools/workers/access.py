"""The files that a worker may open beyond its own folder and the libraries."""

import os
from pathlib import Path

import msgspec

from kimi_tui.text import path_text, text_path

_DATABASE_FILES = ("", "-wal", "-journal")
"""Endings of the files that belong to one database."""


class AllowedFile(msgspec.Struct, frozen=True, array_like=True):
    """One file or folder that a worker may open, known by its place and by what is there now."""

    path: str
    """Resolved, as `path_text` writes it."""
    device: int
    """Where it is stored."""
    number: int
    """The system's own; another file in the same place has another one."""


class WorkerAccess(msgspec.Struct, frozen=True, array_like=True):
    """The files of a worker, fixed when it starts; a call that needs other ones gets another worker."""

    reads: tuple[AllowedFile, ...] = ()
    """Files that it may read."""
    writes: tuple[AllowedFile, ...] = ()
    """Folders in which it may do everything."""
    program: str = ""
    """The only program that it may start; empty for none."""


def allowed_files(*paths: Path) -> tuple[AllowedFile, ...]:
    """Return those of the paths that exist; `paths` are resolved."""
    found = []
    for path in paths:
        try:
            status = path.lstat()
        except OSError:
            continue
        found.append(AllowedFile(path_text(path), status.st_dev, status.st_ino))
    return tuple(found)


def is_same_file(descriptor: int, file: AllowedFile) -> bool:
    """Return whether an open file is the one that was allowed."""
    status = os.fstat(descriptor)
    return (status.st_dev, status.st_ino) == (file.device, file.number)


def place_of(file: AllowedFile) -> Path:
    """Return the path of an allowed file."""
    return text_path(file.path)


def database_access(path: Path) -> WorkerAccess:
    """Return the access to a database, its log and its journal, as far as they exist now; `path` is resolved."""
    return WorkerAccess(reads=allowed_files(*(path.with_name(path.name + ending) for ending in _DATABASE_FILES)))
