"""Preview the session under the cursor of the library."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from kimi_tui.session import Library, SessionError, SessionPreview, SessionSummary
from kimi_tui.tui.messages import OpenRequested
from kimi_tui.tui.screens.library_rows import build_preview_passages
from kimi_tui.tui.ui_context import BackgroundWork, UiContext
from kimi_tui.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from kimi_tui.tui.timeline.citation_stops import StopPiece

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
        post: Callable[[Message], object],
    ) -> None:
        """`start` runs a coroutine function beside the caller, and cancels the one that it started before.

        `post` posts a message to the app.
        """
        self.is_open = False
        """True when there is a preview to see."""
        self._library = library
        self._look = look
        self._view = view
        self._selected = selected
        self._start = start
        self._post = post
        view.clicked = self.click
        self._citation = -1
        self._known: SessionPreview | None = None
        self._shown_id = ""

    def toggle(self) -> None:
        """Open or close the preview."""
        self.is_open = not self.is_open
        self._known = None
        self.show()

    @property
    def has_citations(self) -> bool:
        """Return whether there is a citation to go to."""
        return self.is_open and bool(self._known and self._known.memo and self._places())

    def walk(self, by: int) -> None:
        """Choose the next citation of the memo, or with -1 the one before; round from the last to the first."""
        places = self._places()
        if places:
            at = self._citation if 0 <= self._citation < len(places) else (-1 if by > 0 else 0)
            self._choose(places, (at + by) % len(places))

    def open_source(self) -> None:
        """Open the session at the source of the chosen citation, else of the first one."""
        if (summary := self._selected()) is not None and self.has_citations:
            self._post(OpenRequested(summary.id, panel=f"memo:{max(self._citation, 0)}"))

    def click(self, line: int, offset: int) -> None:
        """Open the source of the citation at a character of a drawn line."""
        for number, pieces in enumerate(self._places()):
            if any(piece.spot.row == line and piece.start <= offset < piece.end for piece in pieces):
                self._choose(self._places(), number)
                self.open_source()

    def _places(self) -> "list[tuple[StopPiece, ...]]":
        """Return where each citation is drawn."""
        from kimi_tui.tui.timeline.citation_stops import drawn_places  # the library starts without a memo

        return drawn_places(self._view.lines)

    def _choose(self, places: "list[tuple[StopPiece, ...]]", number: int, *, stay: bool = False) -> None:
        self._citation = number
        self._view.choose([(piece.spot.row, piece.start, piece.end) for piece in places[number]], stay=stay)

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
        same = summary.id == self._shown_id
        self._view.show(passages, stay=same)
        places = self._places() if same and self._citation >= 0 else []
        self._citation = self._citation if self._citation < len(places) else -1
        if self._citation >= 0:
            self._choose(places, self._citation, stay=True)
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
            self._view.screen.refresh_bindings()  # there may be citations to go to now
