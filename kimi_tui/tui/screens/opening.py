"""What stands on the screen until the session that was named at the start is open: nothing, unless it takes long."""

from collections.abc import Callable

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from kimi_tui.tui.screens.fitted import FittedScreen
from kimi_tui.tui.waiting import opening

_LOOK_SECONDS = 1.0


class OpeningScreen(FittedScreen):
    """One line, which tells for how long it takes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._waiting = opening(clock)
        self._line = Static(id="opening", markup=False)
        self._timer: Timer | None = None

    def on_screen_resume(self) -> None:
        """It is looked at."""
        self._timer = self.set_interval(_LOOK_SECONDS, self._tell)

    def on_screen_suspend(self) -> None:
        """Something else is."""
        if self._timer is not None:
            self._timer.stop()

    def _tell(self) -> None:
        self._line.update(Content(self._waiting.told))
        if not self._line.is_attached:
            self.mount(self._line)
