"""Interface between a session screen and the panels over it, importable without the panels' code."""

from textual.screen import ModalScreen

from kimi_tui.tui.screens.topmost_screen import TopmostScreen


class SessionOverlay(ModalScreen[str], TopmostScreen[str]):
    """Modal screen over a session; it may return the id of a call to jump to."""

    def show(self) -> None:
        """Draw the state; called after each change."""

    def show_stream(self) -> None:
        """Draw streaming fragments; called when some have arrived."""
