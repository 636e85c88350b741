"""Screen that covers the app while the terminal is too small for it."""

from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

MIN_SIZE = Size(40, 10)
"""The smallest terminal that the app is drawn in."""


def is_too_small(size: Size) -> bool:
    """Return whether the app cannot be drawn in a terminal of this size."""
    return size.width < MIN_SIZE.width or size.height < MIN_SIZE.height


class TooSmallScreen(ModalScreen[None]):
    """One line."""

    def compose(self) -> ComposeResult:
        """Return the notice."""
        words = f"needs {MIN_SIZE.width}x{MIN_SIZE.height} or more"
        yield Static(Content(words), id="too-small", markup=False)
