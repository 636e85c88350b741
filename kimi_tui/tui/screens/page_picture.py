"""A page of a source as a picture, with what is cited marked."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from kimi_tui.session import SessionError
from kimi_tui.sources import PagePicture
from kimi_tui.text import one_line
from kimi_tui.tui.actions import bindings_for, display_key
from kimi_tui.tui.screens.base import TopmostScreen
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.graphics_view import GraphicsView
from kimi_tui.tui.widgets.key_footer import KeyFooter
from kimi_tui.tui.widgets.picture_view import PictureView

ZOOMS = (1, 2, 3, 4, 6)
"""Pages are drawn so many times as wide as the screen."""
READABLE_PIXELS = 420
"""Pixels of a page's width at which larger type can be read; the first zoom that has them is taken."""
MAX_PAGE_PIXELS = 1_200
"""Pixels of a page's width that are drawn at most in half cells."""
MAX_SHARP_PIXELS = 2_400
"""The same where the terminal draws pixels."""


class PagePictureScreen(ModalScreen[None], TopmostScreen[None]):
    """Shows one page; it can be enlarged, and moved with the arrows."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("picture", "panel", "everywhere")

    def __init__(self, what: str, draw: Callable[[int], Awaitable[PagePicture]], look: UiContext) -> None:
        """`what` names the page; `draw` returns its picture of a width in pixels, and raises `SessionError`."""
        super().__init__(classes="panel")
        self._what = one_line(what, 60)
        self._draw = draw
        self._look = look
        self._zoom = -1
        self._view: PictureView | GraphicsView = PictureView(id="page-picture")

    def compose(self) -> ComposeResult:
        """Title, picture, keys."""
        graphics = self._look.graphics
        kind = graphics.kind(truecolor=self.app.console.color_system == "truecolor") if graphics else "cells"
        if graphics is not None and kind in ("kitty", "sixel"):
            self._view = GraphicsView(graphics, sixel=kind == "sixel", id="page-picture")
        with Vertical(id="sheet"):
            yield Static(self._title("is drawn"), id="sheet-title", markup=False)
            yield self._view
            yield KeyFooter(("picture", "panel", "everywhere"), self._look.keys)

    def on_mount(self) -> None:
        """Draw the page once the size of the screen is known."""
        self._view.focus()
        self.call_after_refresh(self._show)

    @work(exclusive=True, group="picture")
    async def _show(self) -> None:
        """Draw the page at the present zoom."""
        view = self._view
        sharp = isinstance(view, GraphicsView)
        room = max(view.pixels_across if isinstance(view, GraphicsView) else view.size.width, 20)
        if self._zoom < 0:
            self._zoom = next((n for n, zoom in enumerate(ZOOMS) if zoom * room >= READABLE_PIXELS), len(ZOOMS) - 1)
        try:
            picture = await self._draw(min(room * ZOOMS[self._zoom], MAX_SHARP_PIXELS if sharp else MAX_PAGE_PIXELS))
        except SessionError as error:
            self.app.notify(str(error), severity="warning")
            self.dismiss(None)
            return
        view.show(picture)
        marked = "what is cited is marked" if picture.cited else "nothing is marked"
        larger, smaller = (display_key(self._look.keys[f"picture.{name}"]) for name in ("larger", "smaller"))
        keys = f"{larger} {smaller} larger, smaller; arrows move"
        self.query_one("#sheet-title", Static).update(self._title(f"{marked}; {keys}"))

    def _title(self, said: str) -> Content:
        return Content.assemble((self._what, "bold"), f"   {said}")

    def action_zoom(self, by: int) -> None:
        """Draw the page larger or smaller."""
        before, self._zoom = self._zoom, min(max(self._zoom + by, 0), len(ZOOMS) - 1)
        if self._zoom != before:
            self._show()

    def action_close(self) -> None:
        """Go back to the text."""
        self.dismiss(None)
