"""Base classes of the screens: close only while on top, be a sheet at the side, lie over a session, be laid out once.

A screen that closes only while it is on top keeps fast keys from closing another one. The bases know nothing of the
panels, whose code is imported when the first of them is opened.
"""

from time import monotonic
from typing import Self

from textual import events, on
from textual.await_complete import AwaitComplete
from textual.geometry import Size
from textual.screen import ModalScreen, Screen, ScreenResultType

from kimi_tui.tui.terminal.frame_diff import DiffCompositor

SHEET_CLASSES = "panel -sparse"
"""The classes of a screen that holds little."""
BESIDE_CELLS = 110
"""Columns from which it is a sheet; below, it takes the whole screen."""
UNDER_SHEET_SECONDS = 0.5
"""How long what has changed under a sheet may wait to be drawn."""


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


class TopmostScreen(Screen[ScreenResultType]):
    """Mixin: `dismiss()` is ignored unless this screen is on top. List it after ModalScreen, whose CSS must win."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close with a result; ignored when another screen is on top or this one is closed already."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()


class SessionOverlay(SideSheet[str], TopmostScreen[str]):
    """Modal screen over a session; it may return the id of a call to jump to."""

    def show(self) -> None:
        """Draw the state; called after each change."""

    def show_stream(self) -> None:
        """Draw streaming fragments; called when some have arrived."""


class SingleLayoutScreen(TopmostScreen[None]):
    """Base of the large screens: styled and laid out only once when it opens, for its final size.

    Textual would style it again when it is shown, paint it before its widgets know their sizes, and lay it out once
    more because its own has changed.
    """

    _fitted_for: Size | None = None
    _is_styled = False
    _is_laid_out = False
    _paints_at = 0.0

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name)
        self._compositor = DiffCompositor()

    def prepare_for_size(self, size: Size) -> Self:
        """Return the screen, with the classes that its breakpoints give it at a size of the terminal."""
        self._fitted_for = size
        widths, heights = self.HORIZONTAL_BREAKPOINTS or [], self.VERTICAL_BREAKPOINTS or []
        for breakpoints, length in ((widths, size.width), (heights, size.height)):
            reached = [name for least, name in sorted(breakpoints) if length >= least]
            self.add_class(*reached[-1:], update=False)
        return self

    @on(events.ScreenResume)
    def _stay_styled(self, event: events.ScreenResume) -> None:
        """Skip styling widgets again that were just mounted."""
        if not self._is_styled:
            event.refresh_styles, self._is_styled = False, True

    @on(events.Resize)
    def _stay_laid_out(self, event: events.Resize) -> None:
        """Skip a second layout of the same size, and paint as soon as the widgets are ready."""
        if not self._is_laid_out and event.size == self.outer_size == self._fitted_for:
            event.prevent_default()
        self._is_laid_out = True

    def _compositor_refresh(self) -> None:
        """Paint; before that there is nothing worth it. Under a sheet, paint only now and then: it takes it all."""
        if not self._is_laid_out:
            return
        if isinstance(self.app.screen, SideSheet) and self._compositor._dirty_regions:
            if not self._paints_at:
                self._paints_at = monotonic() + UNDER_SHEET_SECONDS
                self.set_timer(UNDER_SHEET_SECONDS + 0.02, self._compositor_refresh)
            if monotonic() < self._paints_at:
                return
        self._paints_at = 0.0
        super()._compositor_refresh()
