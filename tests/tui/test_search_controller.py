"""Searching from a session, without an app: matches are gone to, places listed, and other sessions opened."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
from textual.geometry import Size
from textual.message_pump import MessagePump

from kimi_tui import events
from kimi_tui.session import SearchHit
from kimi_tui.tui.bridge import SessionBridge
from kimi_tui.tui.messages import OpenRequested
from kimi_tui.tui.rendering.glyphs import UNICODE
from kimi_tui.tui.screens import search_controller
from kimi_tui.tui.screens.search_controller import SearchController, SearchHost
from kimi_tui.tui.timeline.block_selection import BlockSelection
from kimi_tui.tui.timeline.layout import TimelineLayout
from kimi_tui.tui.timeline.match_navigator import MatchNavigator
from kimi_tui.tui.timeline.search import TimelineSearch
from kimi_tui.tui.timeline.viewport import Viewport
from tests.tui.sessions import MemoryLibrary, MemorySession, opened, source


class Timeline:
    """The parts of a timeline that a search moves, in 80 x 20 cells."""

    def __init__(self, bridge: SessionBridge) -> None:
        layout = TimelineLayout(bridge.state, UNICODE, lambda: 0.0)
        self.viewport = Viewport(layout, self.settle)
        self.viewport.resize(Size(80, 20))
        self.selection = BlockSelection(self.viewport)
        self.found = TimelineSearch(layout)
        self.matches = MatchNavigator(self.found, self.selection, self.viewport)
        self.has_focus = False

    def settle(self) -> None:
        self.viewport.settle(self.viewport.top)

    def focus(self) -> None:
        self.has_focus = True


class Results:
    """The figures and places that were shown last."""

    everywhere = False
    matches = position = -1
    hits: Sequence[SearchHit] = ()
    names: dict[str, str] | None = None

    def show_matches(self, matches: int, position: int) -> None:
        self.matches, self.position = matches, position

    def show_places(self, hits: Sequence[SearchHit], names: dict[str, str]) -> None:
        self.hits, self.names = hits, names


class Desk:
    """A session of three messages, two with the word `margin`, and the search of it."""

    def __init__(self) -> None:
        session = MemorySession(sources=(source(1, "Report"),))
        session.record(opened(), events.QuestionAsked("Why?"), events.StepStarted(1, "", 1_000))
        session.record(*(events.MessageRecorded(text) for text in ("the margin fell", "filler", "a margin rose")))
        self.library = MemoryLibrary(session)
        self.bridge = SessionBridge(session, MessagePump())
        self.bridge.state.apply_all(session.entries)
        self.timeline, self.results = Timeline(self.bridge), Results()
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.problems: list[str] = []
        self.sources: list[tuple[str, str, str]] = []
        self.left_for: list[OpenRequested] = []
        self.homes: list[bool] = []
        host = SearchHost(
            self.start,
            lambda group: self.tasks[group].cancel() if group in self.tasks else None,
            self.problems.append,
            lambda *shown: self.sources.append(shown),
            self.left_for.append,
            lambda: self.homes.append(True),
        )
        self.searching = SearchController(self.bridge, self.library, self.timeline, self.results, host)

    def start(self, work: Callable[[], Coroutine[Any, Any, None]], group: str) -> None:
        if group in self.tasks:
            self.tasks[group].cancel()
        self.tasks[group] = asyncio.ensure_future(work())

    async def search(self, text: str, by: int = 0, *, stay: bool = False) -> None:
        """Search, and wait for all that it does."""
        self.searching.search(text, by, stay=stay)
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(search_controller, "TYPING_PAUSE_SECONDS", 0.0)
    return Desk()


async def test_search_controller_goes_from_match_to_match_and_shows_the_figures(desk: Desk) -> None:
    desk.timeline.viewport.move_to(0)
    await desk.search("margin")
    first = desk.timeline.selection.index
    assert (desk.results.matches, desk.results.position) == (2, 1)
    await desk.search("margin", 1)
    assert (desk.results.matches, desk.results.position) == (2, 2)
    assert desk.timeline.selection.index != first
    await desk.search("margin", -1)
    assert desk.timeline.selection.index == first
    assert [text for text, _ in desk.library.searched] == ["is:source margin"]  # once: other matches are known


async def test_search_controller_stay_counts_without_moving(desk: Desk) -> None:
    before = desk.timeline.viewport.top
    await desk.search("margin", stay=True)
    assert (desk.results.matches, desk.results.position) == (2, 0)
    assert (desk.timeline.viewport.top, desk.timeline.selection.index) == (before, None)


async def test_search_controller_everywhere_names_this_session(desk: Desk) -> None:
    desk.library.hits = [SearchHit("s1", 4, "text", "the margin fell")]
    desk.results.everywhere = True
    await desk.search("margin")
    assert desk.library.searched == [("margin", "")]
    assert desk.results.names == {"s1": "this session"}


async def test_search_controller_reports_a_library_that_fails_and_lists_nothing(desk: Desk) -> None:
    desk.library.problem = "the shelf is gone"
    await desk.search("margin")
    assert (desk.problems, desk.results.hits) == (["the shelf is gone"], [])
    assert desk.results.matches == 2


async def test_search_controller_newer_search_ends_the_one_before(desk: Desk) -> None:
    desk.library.holds = asyncio.Event()
    desk.searching.search("margin")
    await asyncio.sleep(0.02)
    before = desk.tasks["places"]
    desk.searching.search("filler")
    desk.library.holds.set()
    await asyncio.gather(*desk.tasks.values())
    assert before.cancelled()
    assert (desk.timeline.found.text, desk.results.matches) == ("filler", 1)


async def test_search_controller_choose_shows_a_block_a_source_or_another_session(desk: Desk) -> None:
    desk.searching.choose(SearchHit("s1", 4, "text", "margin"), "margin")
    assert (desk.timeline.selection.index, desk.timeline.has_focus, desk.results.position) == (1, True, 1)
    desk.searching.choose(SearchHit("s1", 0, "source", "x", source="S1", part="p.2"), "first")
    assert desk.sources == [("S1", "p.2", "first")]
    elsewhere = SearchHit("s9", 2, "text", "margin")
    desk.searching.choose(elsewhere, "margin")
    assert [(one.session_id, one.hit, one.words) for one in desk.left_for] == [("s9", elsewhere, "margin")]


async def test_search_controller_has_place_only_once_it_is_recorded(desk: Desk) -> None:
    assert desk.searching.has_place(SearchHit("s1", 6, "text", "margin"))
    assert not desk.searching.has_place(SearchHit("s1", 7, "text", "margin"))
    assert not desk.searching.has_place(SearchHit("s1", 0, "source", "x", source="S7"))


async def test_search_controller_close_cancels_clears_and_goes_home(desk: Desk) -> None:
    await desk.search("margin")
    desk.searching.close()
    assert (desk.timeline.found.text, desk.timeline.found.count, desk.homes) == ("", 0, [True])
