"""Opening a session that was named at the start: what is below it, and what is said while it takes long."""

import asyncio

from kimi_tui.config import UiSettings
from kimi_tui.session import Session
from kimi_tui.tui.app import KimiApp
from kimi_tui.tui.screens.library import LibraryScreen
from kimi_tui.tui.screens.session import SessionScreen
from kimi_tui.tui.wait_notice import WaitNotice
from tests.tui.sessions import (
    MemoryLibrary,
    MemorySession,
    finished_session,
    opened,
    running_session,
    waiting_session,
)
from tests.tui.stage import HandClock, Stage, staged
from tests.tui.test_hostile_text import screen_text


class SlowLibrary(MemoryLibrary):
    """Opens a session only when a test lets it."""

    def __init__(self, *held: MemorySession) -> None:
        super().__init__(*held)
        self.lets = asyncio.Event()

    async def open(self, session_id: str) -> Session:
        """A session, after a while."""
        await self.lets.wait()
        return await super().open(session_id)


def empty(session_id: str) -> MemorySession:
    """A session in which nothing was asked."""
    session = MemorySession(session_id)
    session.record(opened())
    return session


async def test_app_session_argument_opens_library_after_leaving():
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        assert not any(isinstance(screen, LibraryScreen) for screen in stage.app.screen_stack)
        stage.screen.action_library()
        await stage.until(lambda: isinstance(stage.app.screen, LibraryScreen))
        await stage.until(lambda: stage.session_ids() == ["s1"])
        await stage.press("escape", "enter")
        await stage.until(lambda: isinstance(stage.app.screen, SessionScreen))
        stage.screen.action_library()
        await stage.until(lambda: isinstance(stage.app.screen, LibraryScreen))


async def test_a_session_that_is_opened_makes_nothing_for_a_search_or_a_call_that_waits():
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        assert not stage.screen.search.children
        assert not stage.screen.card.children
        await stage.press("escape", "f3")  # there is nothing to go on to
        assert not stage.screen.search.children
        await stage.press("slash", "x")
        assert stage.screen.search.text == "x"


async def test_app_session_argument_with_running_session_opens_over_library():
    library = MemoryLibrary(finished_session("s1"), running_session("s2"))
    async with staged(library, session_id="s1") as stage:
        assert isinstance(stage.app.screen, SessionScreen)
        assert isinstance(stage.first, LibraryScreen)


async def test_one_that_cannot_be_opened_leaves_the_library():
    library = MemoryLibrary(finished_session("s1"))
    library.problem = "its journal is of a newer version"
    app = KimiApp(library, UiSettings(), session_id="s1")
    async with app.run_test() as pilot:
        stage = Stage(app, pilot, library, HandClock())
        await stage.until(lambda: isinstance(app.screen, LibraryScreen))
        assert library.problem in [note.message for note in app._notifications]


async def test_wait_notice_first_second_is_empty():
    library, clock = SlowLibrary(finished_session("s1")), HandClock()
    app = KimiApp(library, UiSettings(), session_id="s1", clock=clock)
    async with app.run_test() as pilot:
        stage = Stage(app, pilot, library, clock)
        await pilot.pause(1.2)
        assert "Opening" not in screen_text(app)
        clock.forward(3.5)
        await stage.until(lambda: "Opening the session 3 s" in screen_text(app))
        library.lets.set()
        await stage.until(lambda: isinstance(app.screen, SessionScreen))


async def test_the_library_says_it_in_its_title_and_then_names_the_model_again():
    library = SlowLibrary(finished_session("s1"), empty("s2"))
    async with staged(library) as stage:
        await stage.press("escape", "enter")
        stage.clock.forward(2.5)
        await stage.until(lambda: "Opening the session 2 s" in screen_text(stage.app))
        library.lets.set()
        await stage.until(lambda: isinstance(stage.app.screen, SessionScreen))
        stage.screen.action_library()
        await stage.until(lambda: "answers." in screen_text(stage.app))
        assert "Opening" not in screen_text(stage.app)


def test_wait_notice_shows_seconds():
    clock = HandClock()
    slow, quick = WaitNotice("Starting", at_once=True, clock=clock), WaitNotice("Opening", at_once=False, clock=clock)
    assert (slow.message, quick.message) == ("Starting", "")
    clock.forward(1.0)
    assert (slow.message, quick.message) == ("Starting", "Opening")
    clock.forward(6.2)
    assert (slow.message, quick.message) == ("Starting 7 s", "Opening 7 s")


async def test_the_card_is_made_when_the_first_call_waits():
    async with staged(MemoryLibrary(finished_session("s1")), session_id="s1") as stage:
        assert not stage.screen.card.children
    async with staged(MemoryLibrary(waiting_session()), session_id="s1") as stage:
        await stage.until(lambda: stage.screen.card.display)
        assert stage.screen.card.query("#choice-approve")
