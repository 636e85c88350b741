"""Say what the app waits for: a notice with its seconds, and the screens for an opening session or more room."""

import time
from collections.abc import Callable

from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Static

from kimi_tui.tui.screens.base import SingleLayoutScreen

MIN_SIZE = Size(40, 10)
"""The smallest terminal that the app is drawn in."""
_REFRESH_SECONDS = 1.0


class WaitNotice:
    """A notice of a slow action, and of how long it has taken."""

    def __init__(self, what: str, *, at_once: bool, clock: Callable[[], float] = time.monotonic) -> None:
        """With `at_once` the notice is shown from the start, otherwise after one second."""
        self._what = what
        self._at_once = at_once
        self._clock = clock
        self._began = clock()

    @property
    def message(self) -> str:
        """Return the text to show now; empty before there is any."""
        seconds = int(self._clock() - self._began)
        if not seconds and not self._at_once:
            return ""
        return self._what if seconds < 2 else f"{self._what} {seconds} s"


def session_opening_notice(clock: Callable[[], float]) -> WaitNotice:
    """Return the notice for a session that is being opened; it usually ends before it is shown."""
    return WaitNotice("Opening the session", at_once=False, clock=clock)


class LoadingScreen(SingleLayoutScreen):
    """One line that says how long opening takes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._waiting = session_opening_notice(clock)
        self._line = Static(id="opening", markup=False)
        self._timer: Timer | None = None

    def on_screen_resume(self) -> None:
        """Start the clock while this screen is visible."""
        self._timer = self.set_interval(_REFRESH_SECONDS, self._tell)

    def on_screen_suspend(self) -> None:
        """Stop the clock."""
        if self._timer is not None:
            self._timer.stop()

    def _tell(self) -> None:
        self._line.update(Content(self._waiting.message))
        if not self._line.is_attached:
            self.mount(self._line)


def is_too_small(size: Size) -> bool:
    """Return whether the app cannot be drawn in a terminal of this size."""
    return size.width < MIN_SIZE.width or size.height < MIN_SIZE.height


class TooSmallScreen(ModalScreen[None]):
    """One line."""

    def compose(self) -> ComposeResult:
        """Return the notice."""
        words = f"needs {MIN_SIZE.width}x{MIN_SIZE.height} or more"
        yield Static(Content(words), id="too-small", markup=False)
