"""The app on a stage: a library in memory, a clock that a test turns by hand, and a pilot at the keys."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from textual.pilot import Pilot
from textual.widget import Widget

from kimi_tui.config import UiSettings
from kimi_tui.tui.app import KimiApp
from kimi_tui.tui.screens.library import LibraryScreen
from kimi_tui.tui.screens.session import SessionScreen
from kimi_tui.tui.widgets.row_list import RowList
from tests.tui.sessions import START, MemoryLibrary, MemorySession

SUGGESTIONS = ("Why did the margin fall?", "Which company has the largest backlog?")
"""What the library suggests."""
ROUNDS = 6_000
"""How often a test looks again before it gives up."""


class HandClock:
    """A clock that moves only when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        """The time."""
        return self.seconds

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds


@dataclass
class Stage:
    """Everything that a test touches."""

    app: KimiApp
    pilot: Pilot[None]
    library: MemoryLibrary
    clock: HandClock

    @property
    def session(self) -> MemorySession:
        """The session that is open, or the first of the library."""
        screen = self.app.screen_stack[-1]
        held = next(iter(self.library.held.values()))
        for screen in self.app.screen_stack:
            if isinstance(screen, SessionScreen) and isinstance(screen.bridge.session, MemorySession):
                held = screen.bridge.session
        return held

    @property
    def screen(self) -> SessionScreen:
        """The session screen."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, SessionScreen))

    @property
    def first(self) -> LibraryScreen:
        """The library screen."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, LibraryScreen))

    def row_ids(self, selector: str = "#sessions") -> list[str]:
        """The ids of the rows of a list."""
        return [row.id for row in self.app.screen.query_one(selector, RowList).rows]

    def session_ids(self) -> list[str]:
        """The sessions in the list, without the headings."""
        return [row.id for row in self.app.screen.query_one("#sessions", RowList).rows if not row.heading]

    def find(self, selector: str) -> Widget:
        """A widget of the screen on top."""
        return self.app.screen.query_one(selector)

    async def press(self, *keys: str) -> None:
        """Press keys and let everything that follows happen."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so."""
        for _ in range(ROUNDS):
            if condition():
                return
            await self.pilot.pause(0.01)
        raise AssertionError("what the test waits for did not happen")

    async def calm(self) -> None:
        """Let enough time pass for a decision to count."""
        await self.pilot.pause()
        self.clock.forward(2.0)

    async def opened(self) -> None:
        """Wait until the session is on the screen with all its entries."""
        await self.until(lambda: any(isinstance(screen, SessionScreen) for screen in self.app.screen_stack))
        await self.until(lambda: self.screen.state.run.seq == len(self.session.entries))
        await self.pilot.pause()


def later(minutes: float = 4) -> Callable[[], datetime]:
    """Return a wall clock that does not move, some time after the sessions of the tests began."""
    return lambda: START + timedelta(minutes=minutes)


@asynccontextmanager
async def staged(
    library: MemoryLibrary,
    *,
    size: tuple[int, int] = (120, 40),
    ui: UiSettings | None = None,
    together: float = 0.0,
    **options: Any,
) -> AsyncIterator[Stage]:
    """The app with a library; with `session_id`, that session is open and complete.

    Letters that follow each other within `together` seconds are text, as `TypedAhead` has it.
    """
    clock = HandClock()
    given: dict[str, Any] = {"suggestions": SUGGESTIONS, "model_line": "kimi-k2-thinking at http://127.0.0.1:8000/v1"}
    given["desk"] = "filings"
    app = KimiApp(library, ui or UiSettings(), now=later(), clock=clock, **(given | options))
    async with app.run_test(size=size, notifications=True) as pilot:
        app.key_queue.together_seconds = together  # keys are pressed faster here than by a person
        stage = Stage(app, pilot, library, clock)
        await stage.until(lambda: app.screen_stack and isinstance(app.screen_stack[-1], LibraryScreen | SessionScreen))
        if options.get("session_id"):
            await stage.opened()
        elif library.held or library.lines:
            await stage.until(stage.row_ids)
        await pilot.pause()
        yield stage
