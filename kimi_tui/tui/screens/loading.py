"""The screen shown while a session named on the command line is opened: empty, unless that takes long."""

from collections.abc import Callable

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from kimi_tui.tui.screens.single_layout import SingleLayoutScreen
from kimi_tui.tui.wait_notice import session_opening_notice

_REFRESH_SECONDS = 1.0


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
