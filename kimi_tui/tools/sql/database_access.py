"""Which files a worker needs to query a database."""

from pathlib import Path

from kimi_tui.tools.workers.access import WorkerAccess, allowed_files

_COMPANIONS = ("", "-wal", "-journal")
"""Endings of the files that belong to one database."""


def database_access(path: Path) -> WorkerAccess:
    """Return the access to a database, its log and its journal, as far as they exist now; `path` is resolved."""
    return WorkerAccess(reads=allowed_files(*(path.with_name(path.name + ending) for ending in _COMPANIONS)))
