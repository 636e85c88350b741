"""Actions on the session under the cursor of the library, apart from how the list is drawn.

Nothing here is final: a deleted session goes to the trash, and the last one comes back with one key.
"""

from typing import ClassVar

from textual import work
from textual.binding import BindingType

from kimi_tui.session import Library, NotInTrash, SearchHit, SessionError, SessionSummary
from kimi_tui.tui.actions import Place, bindings_for, display_key
from kimi_tui.tui.messages import ExportRequested, OpenRequested
from kimi_tui.tui.screens.dialog import DialogAnswer
from kimi_tui.tui.screens.question_dialogs import rename_dialog
from kimi_tui.tui.screens.single_layout import SingleLayoutScreen
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.row_list import RowList


class LibraryActions(SingleLayoutScreen):
    """The actions of the library."""

    PLACES: ClassVar[tuple[Place, ...]] = ("library",)
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(*PLACES)

    def __init__(self, library: Library, look: UiContext) -> None:
        super().__init__()
        self.library = library
        """Every session."""
        self.ui_context = look
        """Keys, clocks and characters."""
        self.sessions: dict[str, SessionSummary] = {}
        """The lines of the list by id, as last read."""
        self.hits: list[SearchHit] = []
        """Where the searched words stand."""
        self.deleted: list[str] = []
        """Sessions deleted here and not brought back, the latest last."""

    async def reload_sessions(self) -> None:
        """Read the list again; the screen says how."""

    @property
    def rows(self) -> RowList:
        """Return the list."""
        return self.query_one("#sessions", RowList)

    @property
    def search_text(self) -> str:
        """Return the text searched in all sessions; empty for none."""
        return ""

    @property
    def selected_session(self) -> SessionSummary | None:
        """Return the session under the cursor."""
        return self.sessions.get(self.rows.current)

    def action_open(self) -> None:
        """Open the session, or the place that the search found."""
        row = self.rows.current
        if row.startswith("hit "):
            hit = self.hits[int(row.removeprefix("hit "))]
            self.post_message(OpenRequested(hit.session, hit=hit, words=self.search_text))
        elif (summary := self.selected_session) is not None:
            self.post_message(OpenRequested(summary.id))

    def action_replay(self) -> None:
        """Open the recording."""
        if (summary := self.selected_session) is not None:
            self.post_message(OpenRequested(summary.id, replay=True))

    def action_export(self) -> None:
        """Write the session to a file."""
        if (summary := self.selected_session) is not None:
            self.post_message(ExportRequested(summary.id))

    @work(group="ask")
    async def action_rename(self) -> None:
        """Give the session a name of its own."""
        if (summary := self.selected_session) is not None:
            answer: DialogAnswer | None = await self.app.push_screen_wait(rename_dialog(summary))
            if answer is not None and answer.choice == "rename":
                await self._change(summary, answer.text, summary.pinned)

    @work(group="change")
    async def action_pin(self) -> None:
        """Pin the session to the top, or unpin it."""
        if (summary := self.selected_session) is not None:
            await self._change(summary, summary.name, not summary.pinned)

    async def _change(self, summary: SessionSummary, name: str, pinned: bool) -> None:
        try:
            await self.library.relabel(summary.id, name, pinned)
        except SessionError as error:
            self.app.notify(str(error), severity="error")
        await self.reload_sessions()

    @work(group="change")
    async def action_delete(self) -> None:
        """Put the session into the trash."""
        if (summary := self.selected_session) is None:
            return
        try:
            await self.library.delete(summary.id)
        except SessionError as error:
            self.app.notify(str(error), severity="error")
        else:
            self.deleted.append(summary.id)
            undo = display_key(self.ui_context.keys["library.undo"])
            what = summary.name or summary.question or summary.id
            self.app.notify(f"{undo} brings it back; the trash keeps it for 30 days.\n{what[:120]}", title="Deleted")
        await self.reload_sessions()

    @work(group="change")
    async def action_undo(self) -> None:
        """Take the session deleted last out of the trash."""
        if not self.deleted:
            return
        session = self.deleted[-1]
        is_over = True
        try:
            await self.library.restore(session)
        except SessionError as error:
            self.app.notify(str(error), severity="error")
            is_over = isinstance(error, NotInTrash)
        if is_over and session in self.deleted:
            self.deleted.remove(session)
        await self.reload_sessions()
