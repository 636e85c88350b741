"""The library: the line that starts a session, and the list of all sessions.

The list is read again while sessions run. Everything in it is data from outside and drawn as plain text; a damaged
session stands in the list with its problem. A look at the session under the cursor stands beside the list, or under
it where the screen is narrow. What a person can do with a session is in `library_actions`.
"""

import asyncio

from textual import work
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from kimi_tui.config import EMBEDDED_MODEL
from kimi_tui.session import NEWS, Glance, Library, SearchHit, SessionError, SessionSummary
from kimi_tui.text import one_line
from kimi_tui.tui.look import Look
from kimi_tui.tui.screens.library_actions import LibraryActions
from kimi_tui.tui.screens.library_order import GROUPS, VIEWS, grouped, shown_sessions, wanted_by
from kimi_tui.tui.screens.library_rows import COLUMNS, glance_passages, hit_row, session_rows
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.key_line import KeyLine
from kimi_tui.tui.widgets.row_list import Cell, Column, Row, RowList
from kimi_tui.tui.widgets.text_line import TextLine
from kimi_tui.tui.widgets.text_view import TextView
from kimi_tui.tui.wishes import StartWanted
from kimi_tui.tui.words import signs, state_word

REFRESH_SECONDS = 2.0
"""How often the list is read again while a session runs."""
QUIET_ROUNDS = 5
"""How many times as rarely while none does."""
SEARCHES = ((0.01, 30), (0.25, 200))
"""How long typing must rest before all sessions are searched for so many places: a few at once, then the others."""
LOOK_SECONDS = 0.1
"""How long the cursor must rest on a session before it is looked at."""
WIDE = 120
"""Columns from which the look stands beside the list."""

WELCOME = (
    "Ask a question: the model searches your desk and writes a memo with sources.",
    "You stay in charge: approve, veto, steer, pause or stop; every step is kept.",
)
"""What this is, for someone who has never seen it; the third line says which model answers."""
SAMPLE = "Try the sample desk: filings, a database and pages of made-up companies"
"""What heads the suggestions when no desk is set."""
ON_SAMPLE = "on the sample desk"
"""What stands beside the line while its question goes to the sample desk."""

NOT_KIMI = "No server set: the embedded extractive researcher answers. It is not Kimi."
"""What stands in the place of the model while the embedded researcher answers."""


class LibraryScreen(LibraryActions):
    """Ask, find, look, open."""

    def __init__(
        self,
        library: Library,
        look: Look,
        *,
        suggestions: tuple[str, ...],
        model_line: str,
        desk: str,
        typed: str = "",
    ) -> None:
        """`model_line` says which model answers, `desk` where the documents are; `typed` goes into the line."""
        super().__init__(library, look)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
        self._suggested = suggestions
        self._is_embedded = model_line == EMBEDDED_MODEL
        self._model_line = NOT_KIMI if self._is_embedded else f"{one_line(model_line)} answers."
        self._desk = desk
        self._typed = typed
        self._group = GROUPS[0]
        self._view = next(iter(VIEWS))
        self._glance: Glance | None = None
        self._rounds = 0
        self._waited = 0
        self._was_shown = False

    def compose(self) -> ComposeResult:
        """Title, line, welcome, suggestions, list and look, keys."""
        with Horizontal(id="title"):
            yield Static(Content("kimi-tui"), id="title-name", markup=False)
            yield Static(Content("" if self._is_embedded else self._model_line), id="title-model", markup=False)
        yield Static(Content(NOT_KIMI if self._is_embedded else ""), id="banner", markup=False)
        with Vertical(id="ask-frame"):
            about = f" about the documents in {one_line(self._desk, 60)}" if self._desk else ""
            yield AskLine(f"Ask a question{about}", id="ask")
            yield Static(Content(ON_SAMPLE), id="on-sample", markup=False)
        yield Static(Content("\n".join(WELCOME)), id="welcome", markup=False)
        yield Static(Content(self._model_line), id="welcome-model", markup=False)
        heading = "Questions to begin with" if self._desk else SAMPLE
        yield RowList((Column(heading),), id="suggestions")
        with Horizontal(id="search"):
            yield Static(Content("/"), id="search-sign", markup=False)
            yield TextLine("search all sessions; state:waiting desk:NAME date:today narrow it", id="search-line")
        yield Static(id="view", markup=False)
        with Container(id="shelf"):
            yield RowList(COLUMNS, empty="No session yet.", id="sessions")
            yield TextView(id="glance")
        yield KeyLine(("library", "everywhere"), self.look.keys)

    def on_mount(self) -> None:
        """Read the list, and go on reading it."""
        self.set_class(self._is_embedded, "-embedded")
        rows = [Row(str(n), (Cell(text),)) for n, text in enumerate(self._suggested)]
        self.query_one("#suggestions", RowList).show(rows)
        self.query_one("#ask", AskLine).put(self._typed)
        self.query_one("#ask", AskLine).focus()
        self.action_refresh()
        self.set_interval(REFRESH_SECONDS, self._refresh_if_due)
        self.set_interval(1.0, self._tell_waiting)

    def on_screen_resume(self) -> None:
        """Back from a session, which told its news itself: its line has changed."""
        self._was_shown = False
        self.action_refresh()

    def _refresh_if_due(self) -> None:
        self._rounds += 1
        running = any(summary.state in ("running", "waiting") for summary in self.sessions.values())
        if self.is_current and (running or self._rounds % QUIET_ROUNDS == 0):
            self.action_refresh()

    @work(exclusive=True, group="list")
    async def action_refresh(self) -> None:
        """Read the list of sessions again."""
        try:
            found = await self.library.sessions()
        except SessionError as error:
            self.app.notify(str(error), severity="error")
            return
        self._tell_news(found)
        self.sessions = {summary.id: summary for summary in found}
        self.set_class(not found, "-empty")
        self._show()

    def _tell_news(self, found: list[SessionSummary]) -> None:
        """Tell a person who looks elsewhere of sessions that ran when the list was read before."""
        ran = {summary.id for summary in self.sessions.values() if summary.state == "running"}
        for summary in found:
            if self._was_shown and summary.id in ran and summary.state in NEWS:
                told = self.look.desktop.tell(state_word(summary.state), summary.question)
                self.run_worker(told, group="desktop")
        self._was_shown = True

    def reread(self) -> None:
        """Read the list again."""
        self.action_refresh()

    def _show(self) -> None:
        """Draw the sessions that the search lets through, then the places where the words stand."""
        if not (self.query("#sessions") and self.query("#search-line")):
            return  # a search or reading came back while the screen was being closed
        wanted = wanted_by(self.query_one("#search-line", TextLine).value)
        now = self.look.now()
        found = shown_sessions(self.sessions.values(), self._view, wanted, now)
        rows = session_rows(grouped(found, self._group, now), now, self.look.ascii)
        if wanted.words:
            rows += [hit_row(n, hit, self.sessions.get(hit.session)) for n, hit in enumerate(self.hits)]
        self.rows.empty = "Nothing found." if self.sessions else "No session yet."
        self.rows.show(rows)
        self._show_view(len(found))
        self._show_glance()
        self.refresh_bindings()

    def _show_view(self, shown: int) -> None:
        """Say what of the list is shown, and how it is ordered."""
        count = f"{shown} of {len(self.sessions)} sessions" if shown < len(self.sessions) else f"{shown} sessions"
        parts = [
            count,
            f"by {self._group}" if self._group else "in one list",
            "" if self._view == "all" else self._view,
        ]
        line = " · ".join(part for part in parts if part)
        self.query_one("#view", Static).update(Content(signs(line, self.look.ascii)))

    def _show_glance(self) -> None:
        """Draw the look at the session under the cursor; what is not read yet follows."""
        if not self.has_class("-looking"):
            return
        view, summary = self.query_one("#glance", TextView), self.current
        if summary is None:
            view.show(())
            return
        known = self._glance if self._glance and self._glance.session == summary.id else None
        view.show(glance_passages(summary, known, self.look.now(), self.look.ascii))
        if known is None and summary.state != "damaged":
            self._look(summary.id)

    @work(exclusive=True, group="look")
    async def _look(self, session_id: str) -> None:
        """Read a session for the look at it."""
        await asyncio.sleep(LOOK_SECONDS)
        try:
            self._glance = await self.library.look(session_id)
        except SessionError:
            return  # the list says what is wrong with it, once it is opened
        if self.is_attached:
            self._show_glance()

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Look at another session."""
        if message.rows.id == "sessions":
            self._show_glance()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action means something now."""
        match action:
            case "open":
                return bool(self.rows.rows)
            case "delete" | "replay" | "export" | "rename" | "pin" | "look":
                return self.current is not None
            case "undo":
                return bool(self.deleted)
            case "suggestions":
                return bool(self._suggested)
            case _:
                return True

    # What a person does.

    def on_ask_line_sent(self, message: AskLine.Sent) -> None:
        """Start a session; the line keeps the question until it has started."""
        message.line.read_only = True
        self._waited = 1
        self._tell_waiting()
        self.post_message(StartWanted(message.text, sample=self.has_class("-sample")))

    def _tell_waiting(self) -> None:
        """Say that a session is being started, and for how long."""
        if self._waited:
            seconds = f" {self._waited - 1} s" if self._waited > 2 else ""
            self.query_one("#title-model", Static).update(Content(f"Starting the session{seconds}"))
            self._waited += 1

    def started(self, *, well: bool) -> None:
        """The session has started, or could not: the line is free again."""
        line = self.query_one("#ask", AskLine)
        line.read_only = False
        self._waited = 0
        self.query_one("#title-model", Static).update(Content("" if self._is_embedded else self._model_line))
        if well:
            line.empty()
            self.remove_class("-sample")

    def on_ask_line_left(self) -> None:
        """Escape in the line: to the list that is shown."""
        suggesting = bool(self._suggested) and (self.has_class("-suggesting") or self.has_class("-empty"))
        self.query_one("#suggestions" if suggesting else "#sessions", RowList).focus()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Enter on a row: take the suggestion into the line, or open the session."""
        if message.rows.id == "suggestions":
            self.query_one("#ask", AskLine).put(self._suggested[int(message.row_id)])
            self.remove_class("-suggesting")
            self.set_class(not self._desk, "-sample")
            self.action_ask()
        else:
            self.action_open()

    def action_ask(self) -> None:
        """Stand in the line."""
        self.query_one("#ask", AskLine).focus()

    def action_suggestions(self) -> None:
        """Show or hide the suggestions."""
        self.toggle_class("-suggesting")
        self.on_ask_line_left()

    def action_group(self) -> None:
        """Order the list otherwise."""
        self._group = GROUPS[(GROUPS.index(self._group) + 1) % len(GROUPS)]
        self._show()

    def action_view(self) -> None:
        """Show sessions of other states."""
        names = list(VIEWS)
        self._view = names[(names.index(self._view) + 1) % len(names)]
        self._show()

    def action_look(self) -> None:
        """Show or hide the look."""
        self.toggle_class("-looking")
        self._glance = None
        self._show_glance()

    def action_search(self) -> None:
        """Stand in the search line."""
        self.add_class("-searching")
        self.query_one("#search-line", TextLine).focus()

    @work(exclusive=True, group="search")
    async def on_input_changed(self, message: TextLine.Changed) -> None:
        """Search as you type: questions at once, everything else when the typing rests."""
        self.hits = []
        self._show()
        words = wanted_by(message.value).text
        for seconds, limit in SEARCHES if words else ():
            await asyncio.sleep(seconds)
            self.hits = await self._found(words, limit)
            self._show()

    async def _found(self, text: str, limit: int) -> list[SearchHit]:
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
        self.query_one("#search-line", TextLine).put("")
        self.remove_class("-searching")
        self.rows.focus()
