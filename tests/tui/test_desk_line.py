"""The line of the first screen on the desk's files: how many were read, and which were not."""

import pytest
from textual.screen import Screen

from kimi_tui.session import DeskReading
from kimi_tui.tui.screens.desk_status import DeskStatus, describe_desk
from tests.tui.sessions import MemoryLibrary, finished_session
from tests.tui.stage import staged
from tests.tui.test_hostile_text import screen_text

DONE = DeskReading(57, 57, 10206, (("scan.pdf", "it needs a password"),), 2, False)


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (DeskReading(1, 1, 3, (), 0, False), "1 of 1 document read, 3 pages"),
        (DeskReading(57, 20, 3100, (), 0, True), "Reading the desk: 20 of 57 documents read, 3,100 pages"),
        (
            DONE,
            "56 of 57 documents read, 10,206 pages \u00b7 2 other files ignored"
            " \u00b7 1 without text: scan.pdf (it needs a password)",
        ),
        (DeskReading(0, 0, 0, (), 0, False), "The desk holds no document that can be read."),
        (
            DeskReading(0, 0, 0, (), 3, False),
            "The desk holds no document that can be read. \u00b7 3 other files ignored",
        ),
    ],
)
def test_describe_desk_formats_counts(reading: DeskReading, words: str) -> None:
    assert describe_desk(reading) == words


def test_names_of_files_stay_on_one_line() -> None:
    reading = DeskReading(9, 9, 9, tuple((f"a\n{n}\x1b[2J" * 50, "b\r" * 99) for n in range(5)), 0, False)
    words = describe_desk(reading)
    assert words.isprintable()
    assert words.endswith("; and 3 more")
    assert len(words) < 300


@pytest.mark.parametrize("is_empty", [True, False])
async def test_desk_status_during_reading_refreshes(is_empty: bool) -> None:
    library = MemoryLibrary() if is_empty else MemoryLibrary(finished_session())
    library.desk = DeskReading(57, 20, 3100, (), 0, True)
    async with staged(library) as stage:
        await stage.until(lambda: "Reading the desk: 20 of 57 documents read" in screen_text(stage.app))
        library.desk = DONE
        stage.app.screen.query_one(DeskStatus).refresh_status()
        await stage.until(lambda: "56 of 57 documents read, 10,206 pages" in screen_text(stage.app))
    assert library.closed


async def test_without_a_desk_the_line_is_not_there() -> None:
    async with staged(MemoryLibrary()) as stage:
        line = stage.app.screen.query_one(DeskStatus)
        line.refresh_status()
        await stage.app.workers.wait_for_complete()
        assert not line.display


async def test_desk_status_under_another_screen_waits_until_it_is_shown() -> None:
    library = MemoryLibrary()
    library.desk = DeskReading(57, 20, 3100, (), 0, False)
    async with staged(library) as stage:
        await stage.until(lambda: "20 of 57 documents read" in screen_text(stage.app))
        status = stage.app.screen.query_one(DeskStatus)
        await stage.app.push_screen(Screen())
        library.desk = DONE
        status.refresh_status()
        await stage.app.workers.wait_for_complete()
        assert "20 of 57" in str(status.content)
        stage.app.pop_screen()
        await stage.until(lambda: "56 of 57 documents read, 10,206 pages" in screen_text(stage.app))
