"""One index for all processes on a desk: one of them reads, the others wait or see what is there."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from kimi_tui.sources import Part
from kimi_tui.tools.desk.desk_index import DeskIndex, ReadingProgress
from kimi_tui.tools.desk.file_description import describe_reading
from kimi_tui.tools.desk.files import list_desk
from kimi_tui.tools.desk.index_store import IndexStore
from kimi_tui.tools.text.parts import Extraction, FileReading
from kimi_tui.tools.workers.pool import WorkerPool
from tests.tools.desks import find_places, index_opener, write_small_desk
from tests.tools.papers import pdf


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small desk."""
    return write_small_desk(tmp_path)


@pytest.fixture
async def open_index(tmp_path: Path, root: Path) -> AsyncIterator[Callable[[], DeskIndex]]:
    """Opens the index of the desk, with its file in the cache folder, as often as is wanted."""
    async with index_opener(root, tmp_path / "cache") as opener:
        yield opener


def cache_file(tmp_path: Path) -> Path:
    return next((tmp_path / "cache").glob("*.sqlite"))


async def test_a_busy_index_is_waited_for_and_never_replaced(
    open_index: Callable[[], DeskIndex], root: Path, tmp_path: Path
) -> None:
    index = open_index()
    await index.refresh()
    inode = cache_file(tmp_path).stat().st_ino
    (root / "new.txt").write_text("A new mine.")
    with sqlite3.connect(cache_file(tmp_path), isolation_level=None, check_same_thread=False) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE documents SET title = 'theirs' WHERE path = 'notes.md'")
        waiting = asyncio.create_task(index.refresh())
        await asyncio.sleep(0.3)
        assert not waiting.done()
        other.execute("COMMIT")
        await waiting
    other.close()
    assert cache_file(tmp_path).stat().st_ino == inode
    titles = {document.path: document.title for document in await index.documents()}
    assert titles["notes.md"] == "theirs"
    assert "new.txt" in titles


async def test_only_one_process_reads_and_the_others_see_what_it_read(
    open_index: Callable[[], DeskIndex], root: Path, tmp_path: Path
) -> None:
    builder = IndexStore(root, tmp_path / "cache")
    builder.totals()
    index = open_index()
    with builder.database.hold_builder_lock() as is_mine:
        assert is_mine
        waiting = asyncio.create_task(index.refresh())
        await asyncio.sleep(0.3)
        assert (await index.documents(), waiting.done()) == ([], False)
        for file in list_desk(root).files:
            part = Part("§1", "theirs")
            reading = FileReading("0" * 64, file.size, Extraction("", (part,), "text"))
            builder.replace_documents([(file, describe_reading(file.path, reading))])
    await waiting
    assert len(await find_places(index, "theirs")) == 3
    builder.close()


async def test_a_named_file_is_read_while_another_process_builds(
    open_index: Callable[[], DeskIndex], root: Path, tmp_path: Path
) -> None:
    builder = IndexStore(root, tmp_path / "cache")
    builder.totals()
    index = open_index()
    with builder.database.hold_builder_lock():
        waiting = asyncio.create_task(index.refresh())
        await index.read_now(next(file for file in list_desk(root).files if file.path == "notes.md"))
        found = await index.document("notes.md")
        assert found is not None
        assert found[1][0].title == "Outlook"
        assert not waiting.done()
    await waiting
    builder.close()


async def test_progress_counts_documents_pages_and_the_unreadable(root: Path, tmp_path: Path) -> None:
    (root / "cut.pdf").write_bytes(pdf("x" * 500)[:400])
    workers = WorkerPool()
    seen: list[ReadingProgress] = []
    index = DeskIndex(root, tmp_path / "cache", workers, on_progress=seen.append)
    await index.refresh()
    assert seen
    assert seen[-1] == ReadingProgress(4, 4, 5, 1, True)
    assert await index.progress() == ReadingProgress(4, 4, 5, 1, False)
    await index.close()
    await workers.close()
