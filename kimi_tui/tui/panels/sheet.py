"""What a session knows of the panels over it, without their code: they are drawn again when something changes."""

from textual.screen import ModalScreen

from kimi_tui.tui.screens.topmost import TopmostScreen


class Sheet(ModalScreen[str], TopmostScreen[str]):
    """Stands over a session; it may give back the id of a call to jump to."""

    def show(self) -> None:
        """Draw the state; called again whenever it changed."""

    def show_stream(self) -> None:
        """Draw what streams; called whenever fragments have come."""
