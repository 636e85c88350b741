"""Open, name, pin, delete and bring back the session under the cursor of the library; no widget is needed for it.

Nothing here is final: a deleted session goes to the trash, and the last one comes back with one key.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from textual.message import Message

from kimi_tui.session import Library, NotInTrash, SessionError, SessionSummary
from kimi_tui.tui.messages import ExportRequested, OpenRequested
from kimi_tui.tui.screens.dialog import Dialog, DialogAnswer
from kimi_tui.tui.screens.question_dialogs import rename_dialog
from kimi_tui.tui.ui_context import BackgroundWork


class LibraryHost(NamedTuple):
    """The screen that lists the sessions."""

    selected: Callable[[], SessionSummary | None]
    """Returns the session under the cursor."""
    reload: Callable[[], Awaitable[None]]
    """Reads the list again, and draws it."""
    start: Callable[[BackgroundWork, str], object]
    """Runs a coroutine function beside the caller, in a group of this name."""
    ask: Callable[[Dialog], Awaitable[DialogAnswer | None]]
    """Shows a dialog and returns its answer."""
    post: Callable[[Message], object]
    """Posts a message to the app."""
    report: Callable[[str], object]
    """Shows why something failed."""
    announce_deletion: Callable[[SessionSummary], object]
    """Says that a session was deleted, and how it comes back."""


class LibraryActions:
    """Opens, names, pins, deletes and brings back sessions."""

    def __init__(self, library: Library, host: LibraryHost) -> None:
        self._library = library
        self._host = host
        self.deleted: list[str] = []
        """Sessions deleted here and not brought back, the latest last."""

    def replay(self) -> None:
        """Open the recording."""
        if (summary := self._host.selected()) is not None:
            self._host.post(OpenRequested(summary.id, replay=True))

    def memo(self) -> None:
        """Open the session at its memo, where citations lead to their sources."""
        if (summary := self._host.selected()) is not None:
            self._host.post(OpenRequested(summary.id, panel="memo"))

    def export(self) -> None:
        """Write the session to a file."""
        if (summary := self._host.selected()) is not None:
            self._host.post(ExportRequested(summary.id))

    def verify(self) -> None:
        """Open the session with the checks of its record."""
        if (summary := self._host.selected()) is not None:
            self._host.post(OpenRequested(summary.id, panel="verify"))

    def rename(self) -> None:
        """Give the session a name of its own."""
        if (summary := self._host.selected()) is not None:
            self._host.start(partial(self._rename, summary), "ask")

    async def _rename(self, summary: SessionSummary) -> None:
        answer = await self._host.ask(rename_dialog(summary))
        if answer is not None and answer.choice == "rename":
            await self._relabel(summary, answer.text, summary.pinned)

    def pin(self) -> None:
        """Pin the session to the top, or unpin it."""
        if (summary := self._host.selected()) is not None:
            self._host.start(partial(self._relabel, summary, summary.name, not summary.pinned), "change")

    async def _relabel(self, summary: SessionSummary, name: str, pinned: bool) -> None:
        try:
            await self._library.relabel(summary.id, name, pinned)
        except SessionError as error:
            self._host.report(str(error))
        await self._host.reload()

    def delete(self) -> None:
        """Put the session into the trash."""
        if (summary := self._host.selected()) is not None:
            self._host.start(partial(self._delete, summary), "change")

    async def _delete(self, summary: SessionSummary) -> None:
        try:
            await self._library.delete(summary.id)
        except SessionError as error:
            self._host.report(str(error))
        else:
            self.deleted.append(summary.id)
            self._host.announce_deletion(summary)
        await self._host.reload()

    def undo(self) -> None:
        """Take the session deleted last out of the trash."""
        self._host.start(self._undo, "change")

    async def _undo(self) -> None:
        if not self.deleted:
            return
        session = self.deleted[-1]
        is_over = True
        try:
            await self._library.restore(session)
        except SessionError as error:
            self._host.report(str(error))
            is_over = isinstance(error, NotInTrash)
        if is_over and session in self.deleted:
            self.deleted.remove(session)
        await self._host.reload()
