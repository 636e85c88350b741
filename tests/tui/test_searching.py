"""Searching from a session: its timeline, its sources, and the same words in all sessions."""

import asyncio

import pytest

from kimi_tui.config import UiSettings
from kimi_tui.events import MessageRecorded
from kimi_tui.session import SearchHit
from kimi_tui.sources import Part
from kimi_tui.tui.panels.sources import SourcesPanel
from kimi_tui.tui.screens.library import LibraryScreen
from kimi_tui.tui.screens.session import SessionScreen
from kimi_tui.tui.widgets.key_footer import KeyFooter
from kimi_tui.tui.widgets.row_list import RowList
from kimi_tui.tui.widgets.search_bar import SearchBar
from kimi_tui.tui.widgets.text_view import TextView
from tests.tui.scene import notices, text_of
from tests.tui.sessions import MemoryLibrary, finished_session, running_session, source
from tests.tui.stage import Stage, staged
from tests.tui.test_hostile_text import PAYLOADS, assert_harmless, screen_text

TITLE = "Tharnholm annual report 2024"


def searching_library() -> MemoryLibrary:
    """Two sessions, with places in the sources and the entries of both."""
    library = MemoryLibrary(running_session("s1"), finished_session("s2"))
    long = "\n".join(f"line {number}" for number in range(60))
    for session in library.held.values():
        parts = (Part("p.1", f"the first page\n{long}"), Part("p.2", f"the second page\n{long}"))
        session.keep(source(1, TITLE, *parts))
    library.hits = [
        SearchHit("s1", 0, "source", "the second page", "S1", "p.2", TITLE),
        SearchHit("s1", 0, "source", "the first page", "S1", "p.1", TITLE),
        SearchHit("s2", 0, "source", "the second page", "S1", "p.2", TITLE),
        SearchHit("s2", 4, "reasoning", "search the desk for the margins"),
        SearchHit("s2", 16, "observation", "The operating margin fell", call_id="c2"),
    ]
    return library


def places(stage: Stage) -> RowList:
    return stage.screen.query_one("#places", RowList)


async def search(stage: Stage, text: str) -> None:
    """Type into the search line and wait for what comes of it."""
    await stage.press("escape", "slash", *text)
    asked = len(text) and (f"is:source {text}", stage.session.id)
    await stage.until(lambda: not asked or asked in stage.library.searched)
    await stage.pilot.pause()


def marked(stage: Stage, selector: str) -> list[str]:
    """Return the text that is marked as found in a widget."""
    widget = stage.app.screen.query_one(selector)
    assert isinstance(widget, RowList | TextView)
    name = "rows--found" if isinstance(widget, RowList) else "text--found"
    background = widget.get_component_rich_style(name).bgcolor
    lines = [widget.render_line(y) for y in range(widget.size.height)]
    return [piece.text for line in lines for piece in line if piece.style and piece.style.bgcolor == background]


async def test_search_bar_source_places_enter_opens_part() -> None:
    async with staged(searching_library(), session_id="s1") as stage:
        await search(stage, "page")
        await stage.until(lambda: places(stage).display)
        assert [row.cells[0].text for row in places(stage).rows] == ["S1 p.2", "S1 p.1"]
        assert TITLE in screen_text(stage.app)
        assert marked(stage, "#places") == ["page", "page"]
        assert text_of(stage, "#search-count").endswith("2 in sources")
        await stage.press("tab", "enter")
        await stage.until(lambda: isinstance(stage.app.screen, SourcesPanel))
        await stage.until(lambda: "page" in marked(stage, "#source-text"))
        assert stage.app.screen.query_one(TextView).top_passage == 2
        await stage.press("escape", "escape")
        assert stage.app.screen is stage.screen
        assert places(stage).has_focus
        await stage.press("escape")
        assert stage.screen.search.line.has_focus
        await stage.press("escape")
        assert not stage.screen.search.display
        assert stage.screen.query_one("#ask").has_focus


async def test_search_enter_goes_to_the_next_match_in_the_timeline_and_else_to_the_places() -> None:
    async with staged(searching_library(), session_id="s1") as stage:
        await search(stage, "margin")
        await stage.until(lambda: stage.screen.timeline.found.position)
        assert "in sources" not in text_of(stage, "#search-count")
        before = stage.screen.timeline.found.position
        await stage.press("enter")
        assert stage.screen.timeline.found.position != before
        await stage.press(*["backspace"] * 6, *"second page")
        await stage.until(lambda: len(places(stage).rows) == 1)
        assert text_of(stage, "#search-count").startswith("no match")
        await stage.press("enter")
        assert places(stage).has_focus


async def test_a_key_searches_all_sessions_for_the_same_words_and_enter_opens_the_other_session_there() -> None:
    library = searching_library()
    async with staged(library, session_id="s1") as stage:
        await search(stage, "margin")
        await stage.press("f4")
        await stage.until(lambda: ("margin", "") in library.searched)
        await stage.until(lambda: len(places(stage).rows) == 3)
        heading, *found = places(stage).rows
        assert heading.heading
        assert "operating margin" in heading.cells[0].text
        assert [row.cells[0].text for row in found] == ["reasoning", "observation"]
        await stage.press("enter", "down", "enter")
        await stage.until(lambda: stage.session.id == "s2")
        await stage.opened()
        await stage.until(lambda: stage.screen.timeline.selection.call == "c2")
        assert stage.screen.search.line.value == "margin"
        await stage.until(lambda: stage.screen.timeline.found.position)
        selected = stage.screen.timeline.selection.index
        assert selected is not None
        assert stage.screen.timeline.timeline.level(selected) > 0, "what was found is opened"
        assert len([one for one in stage.app.screen_stack if isinstance(one, SessionScreen)]) == 1
        await stage.press("l")
        await stage.until(lambda: isinstance(stage.app.screen, LibraryScreen))


async def test_a_place_in_a_source_of_another_session_opens_its_sources() -> None:
    async with staged(searching_library(), session_id="s1") as stage:
        await search(stage, "second page")
        await stage.press("f4")
        await stage.until(lambda: len(places(stage).rows) == 4)
        await stage.press("enter", "down", "enter")
        await stage.until(lambda: stage.session.id == "s2" and isinstance(stage.app.screen, SourcesPanel))
        await stage.until(lambda: stage.app.screen.query(TextView) and marked(stage, "#source-text"))


async def test_a_place_of_this_session_is_shown_in_it_and_the_key_leads_back_to_it_alone() -> None:
    async with staged(searching_library(), session_id="s2") as stage:
        await search(stage, "the desk")
        assert stage.screen.search.has_places is False
        await stage.press("f4")
        await stage.until(lambda: len(places(stage).rows) == 2)
        await stage.press("enter", "enter")
        await stage.until(lambda: stage.screen.timeline.selection.index == 1)
        assert stage.session.id == "s2"
        assert stage.screen.timeline.has_focus
        await stage.press("f4")
        await stage.until(lambda: not places(stage).display)


async def test_a_place_before_the_match_that_was_gone_to_last_is_gone_to() -> None:
    library = searching_library()
    library.hits = [SearchHit("s2", 4, "reasoning", "search the desk for the margins")]
    async with staged(library, session_id="s2") as stage:
        await search(stage, "margin")
        await stage.press("enter", "enter", "f4")
        await stage.until(lambda: len(places(stage).rows) == 2)
        await stage.press("enter", "enter")
        await stage.until(lambda: stage.screen.timeline.selection.index == 1)
        assert stage.screen.timeline.found.position == 2


async def test_the_library_opens_a_source_at_its_part() -> None:
    async with staged(searching_library()) as stage:
        await stage.press("escape", "slash", *"second page")
        await stage.until(lambda: any(row.startswith("hit") for row in stage.row_ids()))
        assert marked(stage, "#sessions")
        await stage.press("enter", "end", "enter")
        await stage.until(lambda: isinstance(stage.app.screen, SourcesPanel))
        await stage.until(lambda: stage.app.screen.query(TextView) and marked(stage, "#source-text"))


async def test_search_new_text_cancels_former_search() -> None:
    library = searching_library()
    async with staged(library, session_id="s1") as stage:
        library.holds = asyncio.Event()
        await search(stage, "page")
        held, library.holds = library.holds, None
        await stage.press(*"s")
        await stage.until(lambda: library.searched[-1] == ("is:source pages", "s1"))
        held.set()
        await stage.pilot.pause(0.1)
        assert not places(stage).display, "the answer to the search before is not shown"
        await stage.press(*["backspace"] * 5)
        await stage.until(lambda: text_of(stage, "#search-count") == "")
        assert library.searched[-1][0], "nothing is not searched"


async def test_a_long_session_is_read_in_slices_between_which_keys_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kimi_tui.tui.timeline.search.SLICE_CHARS", 1)
    session = running_session("s1")
    session.record(*(MessageRecorded(f"message {number} of many") for number in range(500)))
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        await stage.press("escape", "slash", *"many")
        found = stage.screen.timeline.found
        await stage.until(lambda: found.text == "many" and found.position)
        assert found.count == 500
        before = found.position
        await stage.session.tell(MessageRecorded("one of many more"))
        await stage.press("f3")
        assert found.position == before % 500 + 1, "the next one is gone to at once"
        await stage.until(lambda: found.count == 501)
        slices = sum(1 for _ in found.search_in_slices("many more"))
        assert slices == 501, "only what held the beginning is read again"
        await stage.press(*"x")
        await stage.until(lambda: found.text == "manyx")
        assert found.count == 0


async def test_search_failure_is_notified() -> None:
    library = searching_library()
    async with staged(library, session_id="s1") as stage:
        library.problem = "the disk is gone"
        await stage.press("escape", "slash", *"page")
        await stage.until(lambda: "the disk is gone" in notices(stage))
        assert not places(stage).display


async def test_search_bar_reopened_keeps_text() -> None:
    async with staged(searching_library(), session_id="s1") as stage:
        await search(stage, "page")
        await stage.until(lambda: places(stage).display)
        await stage.press("escape", "escape", "slash")
        await stage.until(lambda: places(stage).display)
        assert stage.screen.query_one(SearchBar).line.value == "page"


async def test_key_footer_in_search_shows_search_keys() -> None:
    async with staged(searching_library(), session_id="s1", size=(80, 24)) as stage:
        await search(stage, "page")
        await stage.until(lambda: places(stage).display)
        drawn = str(stage.app.screen.query_one(KeyFooter).render())
        assert drawn.startswith("WRITE  enter Next  tab Places")


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
async def test_hostile_text_in_what_is_found_is_drawn_as_plain_text(payload: str) -> None:
    library = searching_library()
    library.hits = [
        SearchHit("s1", 0, "source", f"{payload} page", "S1", payload, payload),
        SearchHit("s2", 4, payload, f"{payload} page {payload}"),
    ]
    library.lines["s2"] = library.held["s2"].summary()
    async with staged(library, session_id="s1", ui=UiSettings(reduced_motion=True)) as stage:
        await search(stage, "page")
        await stage.until(lambda: places(stage).display)
        assert_harmless(stage)
        await stage.press("f4")
        await stage.until(lambda: len(places(stage).rows) == 4)
        assert_harmless(stage)
        stage.screen.search.line.set_text(payload)
        await stage.pilot.pause(0.2)
        assert_harmless(stage)
        await stage.press("tab", "enter")
        assert_harmless(stage)
        assert stage.app.is_running
