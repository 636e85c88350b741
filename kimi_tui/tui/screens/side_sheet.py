"""Show a screen that holds little as a sheet at the right of a wide terminal, with what is under it in sight."""

from textual import events
from textual.screen import ModalScreen, ScreenResultType

SHEET_CLASSES = "panel -sparse"
"""The classes of a screen that holds little."""
BESIDE_CELLS = 110
"""Columns from which it is a sheet; below, it takes the whole screen."""


class SideSheet(ModalScreen[ScreenResultType]):
    """Base of screens that may be sheets: a click beside the sheet closes it, as escape does."""

    def __init__(self, *, classes: str) -> None:
        super().__init__(classes=classes)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-whole"), (BESIDE_CELLS, "-beside")]

    async def on_click(self, event: events.Click) -> None:
        """Close on a click beside the sheet."""
        if event.widget is self and self.has_class("-sparse") and self.has_class("-beside"):
            event.stop()
            await self.run_action("close")
