"""Rows found in the bytes of a file: all that SQLite finds, and no more memory than the file is worth."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.journal.recovery.carving import BLOBS, ENTRIES, PARTS, SOURCES, TableShape, read_pages

JOURNALS = Path(__file__).parents[1] / "data" / "journals"
SIZE = 512
"""Bytes of a page of the files that are made here."""


@pytest.mark.parametrize("name", ["v1", "v2", "v3", "sample-session"])
@pytest.mark.parametrize(
    ("table", "shape"), [("entries", ENTRIES), ("sources", SOURCES), ("parts", PARTS), ("blobs", BLOBS)]
)
def test_every_row_of_a_session_is_found_and_nothing_else(name: str, table: str, shape: TableShape) -> None:
    path = JOURNALS / f"{name}.sqlite"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        wanted = connection.execute(f"select * from {table} order by 1").fetchall()
    with read_pages(path, SIZE) as pages:
        assert pages is not None
        assert sorted(pages.find_rows(shape)) == wanted


@pytest.mark.parametrize("page_size", [512, 1024, 4096, 65536])
def test_rows_of_every_length_and_every_number_are_found_whole(tmp_path: Path, page_size: int) -> None:
    path = tmp_path / "lengths.sqlite"
    texts = ["é" * length for length in (0, 1, 100, 239, 240, 241, 250, 470, 500, 512, 4000, 70_000)]
    wanted = [(1 << (5 * n), n - 6, "label", text.encode() if n % 2 else text, "t") for n, text in enumerate(texts)]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"pragma page_size = {page_size}")
        connection.execute("create table parts (part integer primary key, source, label, title, text)")
        connection.executemany("insert into parts values (?, ?, ?, ?, ?)", wanted)
    with read_pages(path, SIZE) as pages:
        assert pages is not None
        assert sorted(pages.find_rows(PARTS)) == wanted


def test_an_empty_file_has_no_pages(tmp_path: Path) -> None:
    path = tmp_path / "empty.sqlite"
    path.touch()
    with read_pages(path, SIZE) as pages:
        assert pages is None


def row_of(length: int, follows: int) -> bytes:
    """A row of blobs that is so many bytes long and goes on in a page."""
    digest, kind = b"0" * 64, length * 2 + 12
    head = b"\x06\x81\x0d" + bytes([kind >> 14 & 0x7F | 0x80, kind >> 7 & 0x7F | 0x80, kind & 0x7F])
    total = 6 + 64 + length
    before = bytes([total >> 14 & 0x7F | 0x80, total >> 7 & 0x7F | 0x80, total & 0x7F])
    least = (SIZE - 12) * 32 // 255 - 23
    here = least + (total - least) % (SIZE - 4)
    here = here if here <= (SIZE - 12) * 64 // 255 - 23 else least
    return before + (head + digest).ljust(here, b"x")[:here] + follows.to_bytes(4, "big")


def written(path: Path, pages: list[bytes]) -> None:
    """A file of pages; the first one tells their size."""
    first = bytearray(SIZE)
    first[16:18] = SIZE.to_bytes(2, "big")
    path.write_bytes(bytes(first) + b"".join(page.ljust(SIZE, b"\0") for page in pages))


def test_rows_that_share_their_bytes_do_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "shared.sqlite"
    loop = [(2).to_bytes(4, "big") + b"y" * (SIZE - 4)]  # goes on in itself
    written(path, loop + [row_of(40_000, 2) * 4 for _ in range(100)])
    with read_pages(path, SIZE) as pages:
        assert pages is not None
        found = [len(row[1]) for row in pages.find_rows(BLOBS)]
    assert found
    assert sum(found) <= 4 * path.stat().st_size


@pytest.mark.parametrize("follows", [0, 99, 1 << 31])
def test_row_that_continues_in_no_page_is_none(tmp_path: Path, follows: int) -> None:
    path = tmp_path / "nowhere.sqlite"
    written(path, [row_of(700, follows), b""])
    with read_pages(path, SIZE) as pages:
        assert pages is not None
        assert list(pages.find_rows(BLOBS)) == []
