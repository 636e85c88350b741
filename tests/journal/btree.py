"""Which pages of a database belong to which of its tables and indexes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

INTERIOR = {2, 5}


def page_size(data: bytes) -> int:
    """Bytes of one page."""
    return int.from_bytes(data[16:18], "big") or 65_536


def pages_of(path: Path, names: tuple[str, ...]) -> list[int]:
    """The numbers, from 1, of the b-tree pages of these tables and indexes, with the shadow tables of `words`."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("select name, rootpage from sqlite_master where rootpage > 0").fetchall()
    data = path.read_bytes()
    roots = [root for name, root in rows if name in names or (name.startswith("words_") and "words" in names)]
    return [page for root in roots for page in _tree(data, root)]


def _tree(data: bytes, page: int) -> Iterator[int]:
    yield page
    size = page_size(data)
    start = (page - 1) * size
    kind = data[start]
    if kind in INTERIOR:
        cells = int.from_bytes(data[start + 3 : start + 5], "big")
        yield from _tree(data, int.from_bytes(data[start + 8 : start + 12], "big"))
        for cell in range(cells):
            at = start + int.from_bytes(data[start + 12 + 2 * cell : start + 14 + 2 * cell], "big")
            yield from _tree(data, int.from_bytes(data[at : at + 4], "big"))
