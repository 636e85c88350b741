"""The first page of a session file, which says where its tables stand: without it nothing of the rest is found.

All session files have it alike, so that of a new file can stand in for a damaged one, in a copy.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from kimi_tui.journal import schema

_PAGE_SIZES = tuple(1 << power for power in range(9, 17))
"""Bytes that a page may have."""
_SIZE_AT, _COUNT_AT = 16, 28
"""Where a file tells its page size and how many pages it has."""


def replaced(path: Path, target: Path, page_size: int) -> None:
    """Copy a file, its first page that of a new one; `page_size` is taken where the file tells none that can be.

    Raises `OSError`.
    """
    shutil.copyfile(path, target)
    total = target.stat().st_size
    with target.open("r+b") as file:
        told = int.from_bytes(file.read(_COUNT_AT)[_SIZE_AT : _SIZE_AT + 2], "big")
        size = told if told in _PAGE_SIZES and total % told == 0 else page_size
        page = bytearray(_new_file(size)[:size])
        page[_COUNT_AT : _COUNT_AT + 4] = (total // size).to_bytes(4, "big")
        file.seek(0)
        file.write(page)


def _new_file(page_size: int) -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(f"pragma page_size = {page_size}")
        schema.migrate(connection, Path(":memory:"))
        return connection.serialize()
