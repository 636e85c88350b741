"""A screen that is styled once when it is opened: for the size that it will have, and not again when it is shown."""

from typing import Self

from textual import events, on
from textual.geometry import Size

from kimi_tui.tui.screens.topmost import TopmostScreen


class FittedScreen(TopmostScreen[None]):
    """The base of the large screens."""

    _is_new = True

    def fitted(self, size: Size) -> Self:
        """The screen, with the classes that its breakpoints give it at a size of the terminal."""
        widths, heights = self.HORIZONTAL_BREAKPOINTS or [], self.VERTICAL_BREAKPOINTS or []
        for breakpoints, length in ((widths, size.width), (heights, size.height)):
            reached = [name for least, name in sorted(breakpoints) if length >= least]
            self.add_class(*reached[-1:], update=False)
        return self

    @on(events.ScreenResume)
    def _stay_styled(self, event: events.ScreenResume) -> None:
        """What has just been mounted has just been styled."""
        if self._is_new:
            event.refresh_styles = self._is_new = False
