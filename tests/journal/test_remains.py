"""The remains of a damaged file: each row that something vouches for is found, and nothing else."""

import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.events import MessageRecorded, QuestionAsked
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.recovery.carving import ENTRIES, SOURCES, read_pages
from kimi_tui.journal.recovery.remains import Remains, open_remains
from kimi_tui.journal.recovery.salvage import salvage
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.storage import connect
from tests.journal.damaging import blind, change, written


def page_of(path: Path, table: str) -> tuple[int, int]:
    """Where the first page of a table begins, and where it ends."""
    with closing(sqlite3.connect(path)) as connection:
        [size] = connection.execute("pragma page_size").fetchone()
        [root] = connection.execute("select rootpage from sqlite_master where name = ?", (table,)).fetchone()
    return (root - 1) * size, root * size


def hide(path: Path) -> None:
    """Damage the first key of an inner page: entries are hidden from a search by their numbers."""
    start, _ = page_of(path, "entries")
    data = bytearray(path.read_bytes())
    first = start + int.from_bytes(data[start + 12 : start + 14], "big")  # a page's number, then its last key
    data[first + 4] -= 1
    path.write_bytes(data)


def test_damage_that_hides_an_entry_from_a_search_is_found_and_hides_nothing_of_it(tmp_path: Path) -> None:
    path = written(tmp_path / "s1", 400)
    hide(path)
    with closing(JournalReader(path)) as reader:
        assert reader.verify_chain() is None
        assert "out of order" in reader.structure_fault()
    saved = salvage(path, tmp_path / "saved.sqlite")
    assert (saved.kept_entries, saved.lost_entries, saved.sources) == (400, 0, 1)


@pytest.mark.parametrize("table", ["entries", "sources", "parts", "blobs", "meta"])
def test_the_head_of_a_page_takes_no_row_of_it_along(tmp_path: Path, table: str) -> None:
    path = written(tmp_path / "s1")
    start, _ = page_of(path, table)
    data = bytearray(path.read_bytes())
    data[start : start + 12] = bytes(12)
    path.write_bytes(data)
    saved = salvage(path, tmp_path / "saved.sqlite")
    assert (saved.session, saved.kept_entries, saved.lost_entries, saved.sources) == ("s1", 40, 0, 1)
    with closing(JournalReader(tmp_path / "saved.sqlite")) as reader:
        assert reader.verify_chain() is None
        assert reader.structure_fault() == ""


def test_the_log_of_a_killed_writer_is_looked_through_as_well(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path / "s1", "s1")
    journal.append([QuestionAsked("What?"), *(MessageRecorded(f"{n}" * 300) for n in range(60))], turn=1, step=0)
    folder = tmp_path / "s2"
    folder.mkdir()
    for end in ("", "-wal"):
        (folder / f"journal.sqlite{end}").write_bytes(journal.path.with_name(f"journal.sqlite{end}").read_bytes())
    journal.close()
    with closing(sqlite3.connect(folder / "journal.sqlite")) as connection, connection:
        connection.execute("pragma wal_autocheckpoint = 0")
        connection.execute("delete from entries where seq = 30")
        log = (folder / "journal.sqlite-wal").read_bytes()
        assert log
    (folder / "journal.sqlite-wal").write_bytes(log)
    saved = salvage(folder / "journal.sqlite", tmp_path / "saved.sqlite")
    assert saved.kept_entries >= 29
    assert not list(tmp_path.glob(".*"))


def forged(folder: Path) -> bytes:
    """The rows of an entry and of a source that nobody recorded, as the bytes of a source may hold them."""
    other = written(folder, 3)
    change(other, "update entries set seq = 41 where seq = 3")
    change(other, "update sources set number = 2, ref = replace(ref, 'S1', 'S2')")
    data = other.read_bytes()
    pages = [data[start:end] for start, end in (page_of(other, "entries"), page_of(other, "sources"))]
    return b"".join(page[int.from_bytes(page[5:7], "big") :] + b"between" for page in pages)


def test_bytes_of_a_source_never_pass_for_a_row(tmp_path: Path) -> None:
    path = written(tmp_path / "s1")
    data = zlib.compress(forged(tmp_path / "other") * 20, 0)
    change(path, "insert into blobs values (?, ?)", "0" * 64, data)
    with read_pages(path, 2048) as pages:
        assert pages is not None
        assert {row[0] for row in pages.find_rows(SOURCES)} == {1, 2}
        assert 41 in {row[0] for row in pages.find_rows(ENTRIES)}
    saved = salvage(path, tmp_path / "saved.sqlite")
    assert (saved.kept_entries, saved.later_entries, saved.sources) == (40, 0, 1)


@pytest.mark.parametrize(
    "change_to",
    [
        "ref = '{'",
        "ref = '[]'",
        f"ref = '{'[' * 9_000}'",
        "digest = '0'",
    ],
)
def test_a_carved_row_that_makes_no_source_is_none(tmp_path: Path, change_to: str) -> None:
    path = written(tmp_path / "s1")
    change(path, f"update sources set {change_to}")
    blind(path)
    saved = salvage(path, tmp_path / "saved.sqlite")
    assert (saved.kept_entries, saved.sources) == (40, 0)


@pytest.mark.parametrize("data", [b"no zlib", b"", "text"])
def test_carved_bytes_that_are_not_packed_are_none(tmp_path: Path, data: bytes | str) -> None:
    path = written(tmp_path / "s1")
    change(path, "update blobs set data = ?", data)
    blind(path)
    saved = salvage(path, tmp_path / "saved.sqlite")
    assert (saved.kept_entries, saved.sources) == (40, 0)


def test_an_entry_far_behind_the_last_one_is_not_looked_for(tmp_path: Path) -> None:
    path = written(tmp_path / "s1")
    change(
        path, "insert into entries select 1 << 40, at, trajectory, turn, step, type, body, digest from entries limit 1"
    )
    saved = salvage(path, tmp_path / "saved.sqlite")
    assert (saved.kept_entries, saved.later_entries, saved.lost_entries) == (40, 0, 0)


def test_a_log_that_cannot_be_read_hides_nothing_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "s1")
    blind(path)
    path.with_name(f"{path.name}-wal").write_bytes(b"no log at all" * 100)
    saved = salvage(path, tmp_path / "saved.sqlite")
    assert (saved.kept_entries, saved.sources) == (40, 1)


@pytest.mark.parametrize("place", [0, 17, 20, 56, 103, 108, -30, -700, -1400])
def test_a_damaged_first_page_hides_nothing_of_the_rest(tmp_path: Path, place: int) -> None:
    path = written(tmp_path / "s1")
    data = bytearray(path.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        [size] = connection.execute("pragma page_size").fetchone()
    data[place % size] ^= 1
    path.write_bytes(data)
    saved = salvage(path, tmp_path / "saved.sqlite")
    assert (saved.kept_entries, saved.sources) == (40, 1)
    assert not list(tmp_path.glob(".*"))


def test_without_its_first_page_the_first_schema_is_read_as_well(tmp_path: Path) -> None:
    first = Path(__file__).parents[1] / "data" / "journals" / "v1.sqlite"
    data = bytearray(first.read_bytes())
    size = int.from_bytes(data[16:18], "big")
    path = tmp_path / "damaged.sqlite"
    path.write_bytes(data)
    whole = salvage(path, tmp_path / "whole.sqlite")
    data[size - 30] ^= 1
    path.write_bytes(data)
    assert salvage(path, tmp_path / "saved.sqlite") == whole


def test_open_remains_of_a_sound_file_hold_each_entry_once_and_the_source(tmp_path: Path) -> None:
    path = written(tmp_path / "s", 5)
    with closing(JournalReader(path)) as reader:
        named = set(reader.sources.refs())

    with open_remains(path, 4096, tmp_path) as remains:
        assert remains.session() == "s1"
        assert [(seq, len(rows)) for seq, rows in remains.entries()] == [(seq, 1) for seq in range(1, 6)]
        with remains.sources(named, path) as sources:
            assert sources.numbers() == [1]
            assert sources.data(sources.refs()[0].digest) == b"abc"

    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".remains-")] == []


def test_open_remains_of_no_session_are_empty(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"garbage " * 2000)

    with open_remains(path, 4096, tmp_path) as remains:
        assert (remains.session(), list(remains.entries())) == ("", [])
        with remains.sources(set(), path) as sources:
            assert sources.numbers() == []


def test_remains_without_the_pages_are_the_rows_that_sqlite_finds(tmp_path: Path) -> None:
    path = written(tmp_path / "s", 5)
    change(path, "delete from entries where seq = 3")

    with closing(connect(path, read_only=True)) as source:
        remains = Remains(source, None)
        assert [seq for seq, _ in remains.entries()] == [1, 2, 4, 5]
        with remains.sources(set(), path) as sources:
            assert sources.numbers() == [1]
