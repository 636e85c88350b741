"""Covers the app while the terminal is too small for it; what is under it waits, untouched."""

from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

LEAST = Size(40, 10)
"""The smallest terminal that the app is drawn in."""


def is_too_small(size: Size) -> bool:
    """Whether the app cannot be drawn in a terminal of this size."""
    return size.width < LEAST.width or size.height < LEAST.height


class TooSmallScreen(ModalScreen[None]):
    """One line."""

    def compose(self) -> ComposeResult:
        """The notice."""
        words = f"needs {LEAST.width}x{LEAST.height} or more"
        yield Static(Content(words), id="too-small", markup=False)
