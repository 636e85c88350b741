"""How much of a desk was read: the first question begins to read it, and the index is the sessions' own."""

import asyncio
from pathlib import Path

from kimi_tui.config import LoadedSettings, Settings
from kimi_tui.doctor import _desk
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.tools.desk.desk_index import DeskIndex
from kimi_tui.tools.workers.pool import WorkerPool
from tests.tools.papers import pdf


def settings(tmp_path: Path) -> Settings:
    """A desk with three documents, of which one gives no text, and a file without a reader."""
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "a.pdf").write_bytes(pdf("One.", "Two."))
    (desk / "b.txt").write_text("Three.")
    (desk / "cut.pdf").write_bytes(pdf("x" * 500)[:400])
    (desk / "picture.png").write_bytes(b"")
    return Settings(home=str(tmp_path / "home"), desk=str(desk))


async def test_the_library_reads_the_desk_and_says_how_far_it_is(tmp_path: Path) -> None:
    library = FolderLibrary(LoadedSettings(settings(tmp_path), {}))
    reading = await library.desk_reading()
    assert reading is not None
    assert (reading.documents, reading.left_alone, reading.is_reading) == (3, 1, True)
    for _ in range(200):
        await asyncio.sleep(0.05)
        reading = await library.desk_reading()
        assert reading is not None
        if not reading.is_reading:
            break
    assert (reading.read, reading.pages, [path for path, _ in reading.unreadable]) == (3, 3, ["cut.pdf"])
    await library.close()


async def test_titles_are_those_of_readable_documents_or_their_file_names(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    desk = Path(chosen.desk)
    page = "<html><head><title>{}</title></head><body><h1>One</h1><p>{}</p></body></html>"
    (desk / "own.html").write_text(page.format("A title\nof its own", "Words. " * 50))
    (desk / "x1.html").write_text(page.format("Untitled", "More words. " * 50))
    (desk / "x2.html").write_text(page.format("Untitled", "Other words. " * 50))
    (desk / "long.html").write_text(page.format("T" * 500, "Words again. " * 50))
    (desk / "rows.csv").write_text("year,sales\n2024,1\n")
    library = FolderLibrary(LoadedSettings(chosen, {}))
    reading = await library.desk_reading()
    for _ in range(200):
        if reading is not None and not reading.is_reading:
            break
        await asyncio.sleep(0.05)
        reading = await library.desk_reading()
    assert reading is not None
    await library.close()
    assert reading.titles[0] == "a.pdf"  # two pages, and a title of one letter
    assert set(reading.titles[1:]) == {"A title of its own", "x1.html", "x2.html", "long.html", "b.txt"}


async def test_a_library_without_a_desk_reads_nothing(tmp_path: Path) -> None:
    library = FolderLibrary(LoadedSettings(Settings(home=str(tmp_path)), {}))
    assert await library.desk_reading() is None
    await library.close()


async def test_a_desk_that_went_away_is_no_error_here(tmp_path: Path) -> None:
    library = FolderLibrary(LoadedSettings(Settings(home=str(tmp_path), desk=str(tmp_path / "gone")), {}))
    assert await library.desk_reading() is None
    await library.close()


async def test_doctor_says_what_was_read_and_what_was_not(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    [before] = await _desk(chosen)
    assert (before.grade, before.detail) == ("amber", "0 of 3 documents read, 0 pages")
    workers = WorkerPool()
    index = DeskIndex(Path(chosen.desk), chosen.home_path / "desks", workers)
    await index.refresh()
    await index.close()
    await workers.close()
    [after] = await _desk(chosen)
    assert after.detail.startswith("3 of 3 documents read, 3 pages; 1 gave no text: cut.pdf (")
    assert await _desk(Settings(home=str(tmp_path))) == []
