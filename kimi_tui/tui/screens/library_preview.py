"""Preview the session under the cursor of the library."""

import asyncio
from collections.abc import Callable
from functools import partial

from kimi_tui.session import Library, SessionError, SessionPreview, SessionSummary
from kimi_tui.tui.screens.library_rows import build_preview_passages
from kimi_tui.tui.ui_context import BackgroundWork, UiContext
from kimi_tui.tui.widgets.text_view import TextView

PREVIEW_DELAY_SECONDS = 0.1
"""How long the cursor must rest on a session before it is read."""


class LibraryPreview:
    """Draws the preview of one session; what is not read yet follows."""

    def __init__(
        self,
        library: Library,
        look: UiContext,
        view: TextView,
        selected: Callable[[], SessionSummary | None],
        start: Callable[[BackgroundWork], object],
    ) -> None:
        """`start` runs a coroutine function beside the caller, and cancels the one that it started before."""
        self.is_open = False
        """True when there is a preview to see."""
        self._library = library
        self._look = look
        self._view = view
        self._selected = selected
        self._start = start
        self._known: SessionPreview | None = None
        self._shown_id = ""

    def toggle(self) -> None:
        """Open or close the preview."""
        self.is_open = not self.is_open
        self._known = None
        self.show()

    def show(self) -> None:
        """Draw the preview of the session under the cursor."""
        if not self.is_open:
            return
        summary = self._selected()
        if summary is None:
            self._view.show(())
            return
        known = self._known if self._known and self._known.session == summary.id else None
        passages = build_preview_passages(summary, known, self._look.now(), self._look.ascii)
        self._view.show(passages, stay=summary.id == self._shown_id)
        self._shown_id = summary.id
        if known is None and summary.state != "damaged":
            self._start(partial(self._read, summary.id))

    async def _read(self, session_id: str) -> None:
        """Read a session, and draw what was read."""
        await asyncio.sleep(PREVIEW_DELAY_SECONDS)
        try:
            self._known = await self._library.preview(session_id)
        except SessionError:
            return  # the list says what is wrong with it, once it is opened
        if self._view.is_attached:
            self.show()
