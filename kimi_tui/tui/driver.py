"""The driver of the terminal, with the app's own answer to being stopped.

It is in force from the driver's first moment: Textual's own acts in the middle of anything, and takes a terminal
that never left it a second time, after which it is not given back as it was.
"""

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from kimi_tui.tui import signals


class StoppableDriver(LinuxDriver):
    """Stops, and goes on, between two events."""

    def __init__(
        self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        """As Textual makes it."""
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        signals.stop_when_told(self, app.refresh)
