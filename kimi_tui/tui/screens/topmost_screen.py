"""Screens that close only while they are on top, so that fast keys do not close another screen."""

from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType


class TopmostScreen(Screen[ScreenResultType]):
    """Mixin: `dismiss()` is ignored unless this screen is on top. List it after ModalScreen, whose CSS must win."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close with a result; ignored when another screen is on top or this one is closed already."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()
