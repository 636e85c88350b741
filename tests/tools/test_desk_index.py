"""The index of a desk: it knows what the files say, whatever happens to them or to its own file."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from kimi_tui.cells import Cell, encode_cells
from kimi_tui.sources import Part
from kimi_tui.tools.desk.desk_index import DeskIndex
from kimi_tui.tools.desk.file_description import describe_reading
from kimi_tui.tools.desk.files import DeskFile, list_desk
from kimi_tui.tools.desk.index_store import IndexStore
from kimi_tui.tools.text.parts import Extraction, FileReading
from kimi_tui.tools.workers.pool import WorkerPool
from tests.tools.desks import find_places, index_opener, write_small_desk
from tests.tools.papers import pdf

HOSTILE_QUERIES = [
    '"',
    '""',
    "AND OR NOT",
    "revenue AND",
    "body : revenue",
    "{label heading} : x",
    "rev*",
    "^revenue",
    "NEAR(a b)",
    "a\x00b",
    "(((((",
    "-revenue",
    "'; DROP TABLE parts; --",
    "revenue " * 5000,
    "\ud800",
    "revenue\ud800x",
    "💰 収入",
    "",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small desk."""
    return write_small_desk(tmp_path)


@pytest.fixture
async def open_index(tmp_path: Path, root: Path) -> AsyncIterator[Callable[[], DeskIndex]]:
    """Opens the index of the desk, with its file in the cache folder, as often as is wanted."""
    async with index_opener(root, tmp_path / "cache") as opener:
        yield opener


def test_cells_are_kept_with_their_document_and_forgotten_with_it(tmp_path: Path) -> None:
    store = IndexStore(tmp_path, tmp_path / "cache")
    file = DeskFile("a.html", "text/html", 1, 1)
    lines = encode_cells([Cell("§1", 0, 1, "5", "5", "grid", row="Café")])
    reading = FileReading("0" * 64, 1, Extraction("", (Part("§1", "5"),), "x", cells=lines))
    store.replace_documents([(file, describe_reading("a.html", reading))])
    assert (store.cells("a.html"), store.cells("b.html")) == (lines, b"")
    reading = FileReading("1" * 64, 1, Extraction("", (Part("§1", "6"),), "x"))
    store.replace_documents([(file, describe_reading("a.html", reading))])
    assert store.cells("a.html") == b""
    store.close()


def cache_file(tmp_path: Path) -> Path:
    return next((tmp_path / "cache").glob("*.sqlite"))


async def test_words_are_found_in_every_kind_of_document(open_index: Callable[[], DeskIndex]) -> None:
    index = open_index()
    assert await find_places(index, "dividend") == ["report.pdf p.2"]
    assert await find_places(index, "cobalt") == ["notes.md §2"]
    assert await find_places(index, "Devices") == ["segments.csv rows 1-2"]


async def test_parts_with_all_words_come_before_parts_with_some(open_index: Callable[[], DeskIndex]) -> None:
    found = await find_places(open_index(), "what was the expected revenue of management")
    assert found[0] == "notes.md §1"
    assert "report.pdf p.1" in found


async def test_search_quoted_phrase_matches_adjacent_words(open_index: Callable[[], DeskIndex]) -> None:
    index = open_index()
    assert await find_places(index, '"dividend was raised"') == ["report.pdf p.2"]
    assert await find_places(index, '"raised was dividend"') == []


async def test_word_forms_and_beginnings_are_found(open_index: Callable[[], DeskIndex]) -> None:
    index = open_index()
    assert await find_places(index, "supplies") == ["notes.md §2"]
    assert await find_places(index, "divid") == ["report.pdf p.2"]


async def test_titles_and_file_names_count(open_index: Callable[[], DeskIndex]) -> None:
    assert (await find_places(open_index(), "annual report dividend"))[0] == "report.pdf p.2"


async def test_no_query_is_taken_for_query_language(open_index: Callable[[], DeskIndex]) -> None:
    index = open_index()
    await index.refresh()
    for query in HOSTILE_QUERIES:
        await index.search(query, 5)
    assert len(await index.documents()) == 3
    assert await find_places(index, "dividend") == ["report.pdf p.2"]


async def test_only_new_and_changed_documents_are_read_again(
    open_index: Callable[[], DeskIndex], root: Path, tmp_path: Path
) -> None:
    first = open_index()
    await first.refresh()
    await first.close()
    with sqlite3.connect(cache_file(tmp_path)) as database:  # a mark that a new reading would wipe out
        database.execute("UPDATE documents SET title = 'kept: ' || path")
    database.close()
    (root / "notes.md").write_text("# Outlook\n\nThe mine is closed.")
    (root / "new.txt").write_text("A new mine.")
    index = open_index()
    assert sorted(await find_places(index, "mine")) == ["new.txt §1", "notes.md §1"]
    assert await find_places(index, "cobalt") == []
    assert {document.path: document.title for document in await index.documents()} == {
        "new.txt": "new",
        "notes.md": "Outlook",
        "report.pdf": "kept: report.pdf",
        "segments.csv": "kept: segments.csv",
    }


async def test_a_touched_file_with_the_same_bytes_keeps_its_text(
    open_index: Callable[[], DeskIndex], root: Path, tmp_path: Path
) -> None:
    index = open_index()
    await index.refresh()
    with sqlite3.connect(cache_file(tmp_path)) as database:
        database.execute("UPDATE documents SET title = 'kept'")
    database.close()
    os.utime(root / "notes.md", ns=(1, 1))
    await index.refresh()
    found = await index.document("notes.md")
    assert found is not None
    assert found[0].title == "kept"
    assert found[0].modified == next(file.modified for file in list_desk(root).files if file.path == "notes.md")


async def test_a_document_that_went_away_is_forgotten(open_index: Callable[[], DeskIndex], root: Path) -> None:
    index = open_index()
    assert await find_places(index, "dividend")
    (root / "report.pdf").unlink()
    assert await find_places(index, "dividend") == []
    assert await index.document("report.pdf") is None


async def test_one_bad_file_never_stops_the_rest(open_index: Callable[[], DeskIndex], root: Path) -> None:
    (root / "a-cut.pdf").write_bytes(pdf("x" * 500)[:400])
    (root / "b-locked.pdf").write_bytes(pdf("x", password="secret"))
    (root / "c-empty.csv").write_bytes(b"")
    (root / "d-binary.txt").write_bytes(bytes(range(256)) * 20)
    index = open_index()
    assert await find_places(index, "cobalt") == ["notes.md §2"]
    errors = {document.path: document.error for document in await index.documents() if document.error}
    assert errors.keys() == {"a-cut.pdf", "b-locked.pdf", "c-empty.csv", "d-binary.txt"}
    assert "damaged" in errors["a-cut.pdf"]
    assert "password" in errors["b-locked.pdf"]


async def test_many_questions_at_once_build_the_index_once(open_index: Callable[[], DeskIndex], tmp_path: Path) -> None:
    index = open_index()
    answers = await asyncio.gather(*(find_places(index, "dividend") for _ in range(8)))
    assert answers == [["report.pdf p.2"]] * 8
    with sqlite3.connect(cache_file(tmp_path)) as database:
        assert database.execute("SELECT max(id) FROM documents").fetchone() == (3,)
    database.close()


async def test_desk_index_once_all_is_read_ends_its_readers(open_index: Callable[[], DeskIndex]) -> None:
    index = open_index()
    await index.refresh()
    assert not index._background._idle


async def test_giving_up_a_search_does_not_stop_the_reading(open_index: Callable[[], DeskIndex]) -> None:
    index = open_index()
    impatient = asyncio.create_task(index.refresh())
    await asyncio.sleep(0.01)
    impatient.cancel()
    assert await find_places(index, "dividend") == ["report.pdf p.2"]


def not_a_database(file: Path) -> None:
    file.write_bytes(b"this is no database" * 100)


def damaged_pages(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    file.write_bytes(data)


def foreign_trigger(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("CREATE TRIGGER evil AFTER INSERT ON documents BEGIN DELETE FROM documents; END")
    database.close()


def foreign_view(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("DROP TABLE documents")
        database.execute("CREATE VIEW documents AS SELECT 1")
    database.close()


def wrong_types(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute("UPDATE documents SET title = x'ff00', size = 'big'")
    database.close()


@pytest.mark.parametrize("harm", [not_a_database, damaged_pages, foreign_trigger, foreign_view, wrong_types])
async def test_a_damaged_or_foreign_file_is_rebuilt(
    open_index: Callable[[], DeskIndex], tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    first = open_index()
    await first.refresh()
    await first.close()
    harm(cache_file(tmp_path))
    index = open_index()
    assert await find_places(index, "dividend") == ["report.pdf p.2"]
    assert len(await index.documents()) == 3
    await index.close()
    with sqlite3.connect(cache_file(tmp_path)) as database:
        assert database.execute("SELECT count(*) FROM documents").fetchone() == (3,)
    database.close()


async def test_a_file_that_is_damaged_while_open_is_rebuilt(
    open_index: Callable[[], DeskIndex], tmp_path: Path
) -> None:
    index = open_index()
    await index.refresh()
    with sqlite3.connect(cache_file(tmp_path)) as database:
        database.execute("DROP TABLE passages")
    database.close()
    assert [hit.label for hit in (await index.search("dividend", 5)).hits] == ["p.2"]


async def test_without_a_usable_cache_the_index_is_in_memory(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    workers = WorkerPool()
    for cache in (None, tmp_path / "file", tmp_path / "file" / "below"):
        index = DeskIndex(root, cache, workers)
        assert await find_places(index, "dividend") == ["report.pdf p.2"]
        await index.close()
    await workers.close()
    assert (tmp_path / "file").read_text() == "in the way"


async def test_two_sessions_share_one_file(open_index: Callable[[], DeskIndex]) -> None:
    one, other = open_index(), open_index()
    found = await asyncio.gather(find_places(one, "dividend"), find_places(other, "dividend"))
    assert [*found] == [["report.pdf p.2"], ["report.pdf p.2"]]
    assert len(await one.documents()) == 3


async def test_index_document_removed_elsewhere_is_read_again(
    open_index: Callable[[], DeskIndex], root: Path, tmp_path: Path
) -> None:
    one, other = open_index(), open_index()
    await asyncio.gather(one.refresh(), other.refresh())
    (root / "report.pdf").rename(tmp_path / "away.pdf")
    await other.refresh()
    (tmp_path / "away.pdf").rename(root / "report.pdf")
    assert await find_places(one, "dividend") == ["report.pdf p.2"]
