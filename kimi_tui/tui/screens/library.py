"""The library: the line that starts a session, and the list of all sessions.

The list is read again while sessions run. Everything in it is data from outside and drawn as plain text; a damaged
session stands in the list with its problem, and can be deleted.
"""

import asyncio
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from kimi_tui.config import EMBEDDED_MODEL
from kimi_tui.session import Library, SearchHit, SessionError, SessionSummary
from kimi_tui.text import one_line
from kimi_tui.tui.actions import Place, bindings
from kimi_tui.tui.look import Look
from kimi_tui.tui.screens.dialog import Answer
from kimi_tui.tui.screens.library_rows import COLUMNS, hit_row, session_row
from kimi_tui.tui.screens.questions import delete_question
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.key_line import KeyLine
from kimi_tui.tui.widgets.row_list import Cell, Column, Row, RowList
from kimi_tui.tui.widgets.text_line import TextLine
from kimi_tui.tui.wishes import ExportWanted, OpenWanted, StartWanted

REFRESH_SECONDS = 2.0
"""How often the list is read again while a session runs."""
QUIET_ROUNDS = 5
"""How many times as rarely while none does."""
SEARCH_SECONDS = 0.15
"""How long typing must rest before all sessions are searched."""

WELCOME = (
    "Ask a question. The model plans, searches your desk, reads, calculates and writes a memo with sources.",
    "You stay in charge: risky calls wait for you; pause, steer or stop it at any time; every step is kept.",
)
"""What this is, for someone who has never seen it; the third line says which model answers."""

NOT_KIMI = "No server configured: the embedded extractive researcher answers. It is not Kimi."
"""What stands in the place of the model while the embedded researcher answers."""


class LibraryScreen(Screen[None]):
    """Ask, find, open."""

    PLACES: ClassVar[tuple[Place, ...]] = ("library",)
    BINDINGS: ClassVar[list[BindingType]] = bindings(*PLACES)

    def __init__(
        self, library: Library, look: Look, *, suggestions: tuple[str, ...], model_line: str, desk: str
    ) -> None:
        """`model_line` says which model answers, `desk` where the documents are; both for people."""
        super().__init__()
        self._library = library
        self._look = look
        self._suggested = suggestions
        self._is_embedded = model_line == EMBEDDED_MODEL
        self._model_line = NOT_KIMI if self._is_embedded else f"{one_line(model_line)} answers."
        self._desk = desk
        self._sessions: dict[str, SessionSummary] = {}
        self._hits: list[SearchHit] = []
        self._rounds = 0

    def compose(self) -> ComposeResult:
        """Title, line, welcome, suggestions, list, keys."""
        with Horizontal(id="title"):
            yield Static(Content("kimi-tui"), id="title-name", markup=False)
            yield Static(Content("" if self._is_embedded else self._model_line), id="title-model", markup=False)
        yield Static(Content(NOT_KIMI if self._is_embedded else ""), id="banner", markup=False)
        with Vertical(id="ask-frame"):
            about = f" about the documents in {one_line(self._desk, 60)}" if self._desk else ""
            yield AskLine(f"Ask a question{about}", id="ask")
        yield Static(Content("\n".join(WELCOME)), id="welcome", markup=False)
        yield Static(Content(self._model_line), id="welcome-model", markup=False)
        yield RowList((Column("Questions to begin with"),), id="suggestions")
        with Horizontal(id="search"):
            yield Static(Content("/"), id="search-sign", markup=False)
            yield TextLine("search all sessions", id="search-line")
        yield RowList(COLUMNS, empty="No session yet.", id="sessions")
        yield KeyLine(("library", "everywhere"), self._look.keys)

    def on_mount(self) -> None:
        """Read the list, and go on reading it."""
        self.set_class(self._is_embedded, "-embedded")
        rows = [Row(str(n), (Cell(text),)) for n, text in enumerate(self._suggested)]
        self.query_one("#suggestions", RowList).show(rows)
        self.query_one("#ask", AskLine).focus()
        self.action_refresh()
        self.set_interval(REFRESH_SECONDS, self._refresh_if_due)

    def on_screen_resume(self) -> None:
        """Back from a session: its line has changed."""
        self.action_refresh()

    def _refresh_if_due(self) -> None:
        self._rounds += 1
        running = any(summary.state in ("running", "waiting") for summary in self._sessions.values())
        if self.is_current and (running or self._rounds % QUIET_ROUNDS == 0):
            self.action_refresh()

    @work(exclusive=True, group="list")
    async def action_refresh(self) -> None:
        """Read the list of sessions again."""
        try:
            found = await self._library.sessions()
        except SessionError as error:
            self.app.notify(str(error), severity="error")
            return
        self._sessions = {summary.id: summary for summary in found}
        self.set_class(not found, "-empty")
        self._show()

    @property
    def _sessions_list(self) -> RowList:
        return self.query_one("#sessions", RowList)

    def _show(self) -> None:
        """Draw the sessions that the search lets through, then the places where the words stand."""
        if not (self.query("#sessions") and self.query("#search-line")):
            return  # a search or reading came back while the screen was being closed
        wanted = self.query_one("#search-line", TextLine).value.lower().split()
        now = self._look.now()
        found = [s for s in self._sessions.values() if all(word in one_line(s.question).lower() for word in wanted)]
        rows = [session_row(summary, now, self._look.ascii) for summary in found]
        if wanted:
            rows += [hit_row(n, hit, self._sessions.get(hit.session)) for n, hit in enumerate(self._hits)]
        self._sessions_list.empty = "Nothing found." if wanted else "No session yet."
        self._sessions_list.show(rows)
        self.refresh_bindings()

    @property
    def _current(self) -> SessionSummary | None:
        return self._sessions.get(self._sessions_list.current)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action means something now."""
        if action in ("open", "delete", "replay", "export"):
            return bool(self._sessions_list.rows)
        return bool(self._suggested) if action == "suggestions" else True

    # What a person does.

    def on_ask_line_sent(self, message: AskLine.Sent) -> None:
        """Start a session; the line keeps the question until it has started."""
        message.line.read_only = True
        self.query_one("#title-model", Static).update(Content("Starting the session."))
        self.post_message(StartWanted(message.text))

    def started(self, *, well: bool) -> None:
        """The session has started, or could not: the line is free again."""
        line = self.query_one("#ask", AskLine)
        line.read_only = False
        self.query_one("#title-model", Static).update(Content("" if self._is_embedded else self._model_line))
        if well:
            line.empty()

    def on_ask_line_left(self) -> None:
        """Escape in the line: to the list that is shown."""
        suggesting = bool(self._suggested) and (self.has_class("-suggesting") or self.has_class("-empty"))
        self.query_one("#suggestions" if suggesting else "#sessions", RowList).focus()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Enter on a row: take the suggestion into the line, or open the session."""
        if message.rows.id == "suggestions":
            self.query_one("#ask", AskLine).put(self._suggested[int(message.row_id)])
            self.remove_class("-suggesting")
            self.action_ask()
        else:
            self.action_open()

    def action_ask(self) -> None:
        """Stand in the line."""
        self.query_one("#ask", AskLine).focus()

    def action_open(self) -> None:
        """Open the session, or the place that the search found."""
        row = self._sessions_list.current
        if row.startswith("hit "):
            hit = self._hits[int(row.removeprefix("hit "))]
            self.post_message(OpenWanted(hit.session, seq=hit.seq))
        elif (summary := self._current) is not None:
            self.post_message(OpenWanted(summary.id))

    def action_replay(self) -> None:
        """Open the recording."""
        if (summary := self._current) is not None:
            self.post_message(OpenWanted(summary.id, replay=True))

    def action_export(self) -> None:
        """Write the session to a file."""
        if (summary := self._current) is not None:
            self.post_message(ExportWanted(summary.id))

    @work(group="ask")
    async def action_delete(self) -> None:
        """Delete the session, after asking."""
        summary = self._current
        if summary is None:
            return
        answer: Answer | None = await self.app.push_screen_wait(delete_question(summary))
        if answer is None or answer.choice != "delete":
            return
        try:
            await self._library.delete(summary.id)
        except SessionError as error:
            self.app.notify(str(error), severity="error")
        self.action_refresh()

    def action_suggestions(self) -> None:
        """Show or hide the suggestions."""
        self.toggle_class("-suggesting")
        self.on_ask_line_left()

    def action_search(self) -> None:
        """Stand in the search line."""
        self.add_class("-searching")
        self.query_one("#search-line", TextLine).focus()

    @work(exclusive=True, group="search")
    async def on_input_changed(self, message: TextLine.Changed) -> None:
        """Search as you type: questions at once, everything else when the typing rests."""
        self._hits = []
        self._show()
        self._hits = await self._found(message.value)
        self._show()

    async def _found(self, text: str) -> list[SearchHit]:
        await asyncio.sleep(SEARCH_SECONDS)
        try:
            return await self._library.search(text) if text.strip() else []
        except SessionError as error:
            self.app.notify(str(error), severity="error")
            return []

    def on_input_submitted(self) -> None:
        """From the search line to what it found."""
        self._sessions_list.focus()

    def on_text_line_left(self) -> None:
        """Escape ends the search."""
        self.query_one("#search-line", TextLine).put("")
        self.remove_class("-searching")
        self._sessions_list.focus()
