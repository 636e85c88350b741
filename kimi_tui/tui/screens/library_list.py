"""The list of the library: its sessions, order and search, and a preview of one session.

Everything in it is data from outside and drawn as plain text.
"""

import asyncio

from textual import work
from textual.content import Content
from textual.widgets import Static

from kimi_tui.session import Library, SearchHit, SessionError, SessionPreview
from kimi_tui.tui.formatting import replace_non_ascii_signs
from kimi_tui.tui.rendering.search_highlight import compile_search
from kimi_tui.tui.screens.library_actions import LibraryActions
from kimi_tui.tui.screens.library_filter import GROUPS, VIEWS, filter_sessions, group_sessions, parse_library_query
from kimi_tui.tui.screens.library_rows import (
    COLUMNS,
    FOUND_COLUMNS,
    build_hit_row,
    build_preview_passages,
    build_session_rows,
    shorten_session_row,
)
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.row_list import RowList
from kimi_tui.tui.widgets.text_line import TextLine
from kimi_tui.tui.widgets.text_view import TextView

SEARCH_ROUNDS = ((0.01, 30), (0.25, 200))
"""How long typing must rest before all sessions are searched for so many places: a few at once, then the others."""
PREVIEW_DELAY_SECONDS = 0.1
"""How long the cursor must rest on a session before it is looked at."""


class LibraryList(LibraryActions):
    """The list and the preview."""

    def __init__(self, library: Library, look: UiContext) -> None:
        super().__init__(library, look)
        self._group = GROUPS[0]
        self._view = next(iter(VIEWS))
        self._glance: SessionPreview | None = None
        self._previewed_id = ""

    def show(self) -> None:
        """Draw the sessions that match the search, then the places that contain the words."""
        if not (self.query("#sessions") and self.query("#search-line")):
            return  # a search or reading came back while the screen was being closed
        wanted = parse_library_query(self.query_one("#search-line", TextLine).value)
        now = self.ui_context.now()
        found = filter_sessions(self.sessions.values(), self._view, wanted, now)
        rows = build_session_rows(group_sessions(found, self._group, now), now, self.ui_context.ascii)
        hits = [
            build_hit_row(n, hit, self.sessions.get(hit.session), wanted.words)
            for n, hit in enumerate(self.hits)
            if wanted.words
        ]
        self.rows.columns = FOUND_COLUMNS if hits else COLUMNS
        rows = [*(shorten_session_row(row) for row in rows), *hits] if hits else rows
        self.rows.empty = "Nothing found." if self.sessions else "No session yet."
        self.rows.searched = compile_search(" ".join(wanted.words))
        self.rows.show(rows)
        self._show_view(len(found), len(hits))
        self._show_preview()
        self.refresh_bindings()

    def _show_view(self, shown: int, places: int) -> None:
        """Say what of the list is shown, and how it is ordered."""
        every = "1 session" if len(self.sessions) == 1 else f"{len(self.sessions)} sessions"
        count = f"{shown} of {every}" if shown < len(self.sessions) else every
        parts = [
            count,
            "" if not places else "1 place" if places == 1 else f"{places} places",
            f"by {self._group}" if self._group else "in one list",
            "" if self._view == "all" else self._view,
        ]
        line = " · ".join(part for part in parts if part)
        self.query_one("#view", Static).update(Content(replace_non_ascii_signs(line, self.ui_context.ascii)))

    def _show_preview(self) -> None:
        """Draw the look at the session under the cursor; what is not read yet follows."""
        if not self.has_class("-looking"):
            return
        view, summary = self.query_one("#glance", TextView), self.selected_session
        if summary is None:
            view.show(())
            return
        known = self._glance if self._glance and self._glance.session == summary.id else None
        passages = build_preview_passages(summary, known, self.ui_context.now(), self.ui_context.ascii)
        view.show(passages, stay=summary.id == self._previewed_id)
        self._previewed_id = summary.id
        if known is None and summary.state != "damaged":
            self._read_preview(summary.id)

    @work(exclusive=True, group="look")
    async def _read_preview(self, session_id: str) -> None:
        """Read a session for the look at it."""
        await asyncio.sleep(PREVIEW_DELAY_SECONDS)
        try:
            self._glance = await self.library.preview(session_id)
        except SessionError:
            return  # the list says what is wrong with it, once it is opened
        if self.is_attached:
            self._show_preview()

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Look at another session."""
        if message.rows.id == "sessions":
            self._show_preview()

    @property
    def search_text(self) -> str:
        """Return the words to search in all sessions."""
        return parse_library_query(self.query_one("#search-line", TextLine).value).text

    def action_group(self) -> None:
        """Change the grouping of the list."""
        self._group = GROUPS[(GROUPS.index(self._group) + 1) % len(GROUPS)]
        self.show()

    def action_view(self) -> None:
        """Change which states the list shows."""
        names = list(VIEWS)
        self._view = names[(names.index(self._view) + 1) % len(names)]
        self.show()

    def action_look(self) -> None:
        """Show or hide the look."""
        self.toggle_class("-looking")
        self._glance = None
        self._show_preview()

    def action_search(self) -> None:
        """Focus the search line."""
        self.add_class("-searching")
        self.query_one("#search-line", TextLine).focus()

    async def search_for(self, words: str) -> None:
        """Open the search line with words."""
        self.action_search()
        self.query_one("#search-line", TextLine).set_text(words)

    @work(exclusive=True, group="search")
    async def on_input_changed(self, message: TextLine.Changed) -> None:
        """Search as you type: questions at once, everything else when the typing rests."""
        self.hits = []
        self.show()
        words = parse_library_query(message.value).text
        for seconds, limit in SEARCH_ROUNDS if words else ():
            await asyncio.sleep(seconds)
            self.hits = await self._search_sessions(words, limit)
            self.show()

    async def _search_sessions(self, text: str, limit: int) -> list[SearchHit]:
        try:
            return await self.library.search(text, limit=limit)
        except SessionError as error:
            self.app.notify(str(error), severity="error")
            return []

    def on_input_submitted(self) -> None:
        """From the search line to what it found."""
        self.rows.focus()

    def on_text_line_left(self) -> None:
        """Escape ends the search."""
        self.query_one("#search-line", TextLine).set_text("")
        self.remove_class("-searching")
        self.rows.focus()
