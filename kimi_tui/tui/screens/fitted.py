"""A screen that is styled and laid out once when it is opened, for the size that it will have, and then painted.

Textual would style it again when it is shown, paint it before its widgets know their sizes, and lay it out once more
because its own has changed.
"""

from typing import Self

from textual import events, on
from textual.geometry import Size

from kimi_tui.tui.frames import FrameCompositor
from kimi_tui.tui.screens.topmost import TopmostScreen


class FittedScreen(TopmostScreen[None]):
    """The base of the large screens."""

    _fitted_for: Size | None = None
    _is_styled = False
    _is_laid_out = False

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name)
        self._compositor = FrameCompositor()

    def fitted(self, size: Size) -> Self:
        """The screen, with the classes that its breakpoints give it at a size of the terminal."""
        self._fitted_for = size
        widths, heights = self.HORIZONTAL_BREAKPOINTS or [], self.VERTICAL_BREAKPOINTS or []
        for breakpoints, length in ((widths, size.width), (heights, size.height)):
            reached = [name for least, name in sorted(breakpoints) if length >= least]
            self.add_class(*reached[-1:], update=False)
        return self

    @on(events.ScreenResume)
    def _stay_styled(self, event: events.ScreenResume) -> None:
        """What has just been mounted has just been styled."""
        if not self._is_styled:
            event.refresh_styles, self._is_styled = False, True

    @on(events.Resize)
    def _stay_laid_out(self, event: events.Resize) -> None:
        """What has just been laid out for this size is painted as soon as its widgets have taken theirs."""
        if not self._is_laid_out and event.size == self.outer_size == self._fitted_for:
            event.prevent_default()
        self._is_laid_out = True

    def _compositor_refresh(self) -> None:
        """Paint; before that there is nothing worth it."""
        if self._is_laid_out:
            super()._compositor_refresh()
