"""The library: the line that starts a session, and the list of all sessions.

The list is read again while sessions run. Everything in it is data from outside and drawn as plain text; a damaged
session stands in the list with its problem. A look at the session under the cursor stands beside the list, or under
it where the screen is narrow. How the list is drawn is in `library_list`, what a person can do with a session in
`library_actions`.
"""

from textual import work
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from kimi_tui.config import EMBEDDED_MODEL
from kimi_tui.session import NOTABLE_STATES, Library, SessionError, SessionSummary
from kimi_tui.text import one_line
from kimi_tui.tui.completion.assembly import make_completer
from kimi_tui.tui.formatting import state_word
from kimi_tui.tui.messages import StartRequested
from kimi_tui.tui.screens.desk_openers import make_openers
from kimi_tui.tui.screens.desk_status import DeskStatus
from kimi_tui.tui.screens.library_list import LibraryList
from kimi_tui.tui.screens.library_rows import COLUMNS
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.wait_notice import WaitNotice
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.key_footer import KeyFooter
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList
from kimi_tui.tui.widgets.text_line import TextLine
from kimi_tui.tui.widgets.text_view import TextView

REFRESH_SECONDS = 2.0
"""How often the list is read again while a session runs."""
MAX_QUIET_REFRESHES = 5
"""How many times as rarely while none does."""
WIDE_CELLS = 120
"""Columns from which the look stands beside the list."""
TALL_LINES = 32
"""Lines from which there is room to breathe."""

WELCOME_LINES = (
    "Ask a question: the model searches your desk and writes a memo with sources.",
    "You stay in charge: approve, veto, steer, pause or stop; every step is kept.",
)
"""What this is, for someone who has never seen it; the third line says which model answers."""
QUESTIONS_HEADING = "Suggested questions: press down, then enter to use one"
"""What heads the suggestions."""
SAMPLE_HEADING = "Try the sample desk of made-up companies: press down, then enter to use a question"
"""What heads them when no desk is set."""
WORDMARK = "█▄▀ █ █▀▄▀█ █    ▀█▀ █ █ █\n█ █ █ █ ▀ █ █ ▀▀  █  █▄█ █"
"""The name as it stands over an empty library that has room for it."""
NO_DESK_HINT = "(kimi-tui --desk FOLDER has your documents read)"
"""What the empty line says while there is no desk."""
SAMPLE_DESK_LABEL = "on the sample desk"
"""What stands beside the line while its question goes to the sample desk."""

NOT_KIMI_NOTICE = "No server set: the embedded extractive researcher answers. It is not Kimi."
"""Shown in place of the model while the embedded researcher answers."""


class LibraryScreen(LibraryList):
    """Shows the library; a person asks, searches, previews and opens here."""

    def __init__(
        self,
        library: Library,
        look: UiContext,
        *,
        suggestions: tuple[str, ...],
        model_line: str,
        desk: str,
        typed: str = "",
    ) -> None:
        """`model_line` says which model answers, `desk` where the documents are; `typed` goes into the line.

        Without `suggestions`, questions to begin with are made from the titles of the desk's documents.
        """
        super().__init__(library, look)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE_CELLS, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL_LINES, "-tall")]
        self._suggested = suggestions
        self._makes_openers = not suggestions
        self._is_embedded = model_line == EMBEDDED_MODEL
        self._model_line = NOT_KIMI_NOTICE if self._is_embedded else f"{one_line(model_line)} answers."
        self._desk = desk
        self._typed = typed
        self._rounds = 0
        self._waiting: WaitNotice | None = None
        self._wait_timer: Timer | None = None
        self._was_shown = False

    def compose(self) -> ComposeResult:
        """Title, line, welcome, suggestions, list and look, keys."""
        with Horizontal(id="title"):
            yield Static(Content("kimi-tui"), id="title-name", markup=False)
            yield Static(Content(WORDMARK), id="wordmark", markup=False)
            yield Static(Content("" if self._is_embedded else self._model_line), id="title-model", markup=False)
        yield Static(Content(NOT_KIMI_NOTICE if self._is_embedded else ""), id="banner", markup=False)
        with Vertical(id="ask-frame"):
            about = f"about the documents in {one_line(self._desk, 60)}" if self._desk else NO_DESK_HINT
            completer = make_completer(self, self.PLACES, self.ui_context.keys, self.library.desk_paths)
            history = self.ui_context.history
            yield AskLine(f"Ask a question {about}", over_list=True, history=history, completer=completer, id="ask")
            yield Static(Content(SAMPLE_DESK_LABEL), id="on-sample", markup=False)
            yield completer.popup
        yield DeskStatus(self.library, id="desk-line")
        yield Static(Content("\n".join(WELCOME_LINES)), id="welcome", markup=False)
        yield Static(Content(self._model_line), id="welcome-model", markup=False)
        heading = QUESTIONS_HEADING if self._desk else SAMPLE_HEADING
        yield RowList((ListColumn(heading),), id="suggestions")
        with Horizontal(id="search"):
            yield Static(Content("/"), id="search-sign", markup=False)
            yield TextLine("search all sessions; state:waiting desk:NAME date:today narrow it", id="search-line")
        yield Static(id="view", markup=False)
        with Container(id="shelf"):
            yield RowList(COLUMNS, empty="No session yet.", id="sessions")
            yield TextView(id="glance")
        yield KeyFooter(("library", "everywhere"), self.ui_context.keys)

    def on_mount(self) -> None:
        """Fill the line, and go on reading the list, which is read first when the screen is shown."""
        self.set_class(self._is_embedded, "-embedded")
        self._show_suggestions()
        self.query_one("#ask", AskLine).set_text(self._typed)
        self.query_one("#ask", AskLine).focus()
        self.set_interval(REFRESH_SECONDS, self._refresh_if_due)

    def _show_suggestions(self) -> None:
        """List the questions to begin with; without any, their heading is not there either."""
        rows = [ListRow(str(n), (ListCell(text),)) for n, text in enumerate(self._suggested)]
        suggestions = self.query_one("#suggestions", RowList)
        suggestions.show(rows)
        suggestions.set_class(not rows, "-none")
        self.refresh_bindings()

    def on_desk_status_read(self, message: DeskStatus.Read) -> None:
        """Offer questions about documents that were read, unless the person is choosing one."""
        openers = make_openers(message.reading.titles)
        if self._makes_openers and openers != self._suggested and not self.query_one("#suggestions").has_focus:
            self._suggested = openers
            self._show_suggestions()

    def on_screen_resume(self) -> None:
        """Read the list when the screen is shown, at first and after a session was closed."""
        self._was_shown = False
        self.action_refresh()
        self.query_one(DeskStatus).ask_again()

    async def on_unmount(self) -> None:
        """Stop background reading when the app ends."""
        await self.library.close()

    def _refresh_if_due(self) -> None:
        self._rounds += 1
        running = any(summary.state in ("running", "waiting") for summary in self._background_sessions())
        if running or (self._is_uncovered and self._rounds % MAX_QUIET_REFRESHES == 0):
            self.action_refresh()

    @property
    def _is_uncovered(self) -> bool:
        """Return whether no other screen covers the list."""
        return self.app.screen_stack[-1:] == [self]

    def _background_sessions(self) -> list[SessionSummary]:
        """Return the sessions that have no screen of their own; those notify the person themselves."""
        shown = {screen.name for screen in self.app.screen_stack}
        return [summary for summary in self.sessions.values() if summary.id not in shown]

    @work(exclusive=True, group="list")
    async def action_refresh(self) -> None:
        """Read the list of sessions again."""
        await self.reload_sessions()

    async def reload_sessions(self) -> None:
        """Read the list of sessions, and draw it."""
        try:
            found = await self.library.sessions()
        except SessionError as error:
            self.app.notify(str(error), severity="error")
            return
        self._notify_changes(found)
        self.sessions = {summary.id: summary for summary in found}
        if self._is_uncovered:
            self.set_class(not found, "-empty")
            self.show()

    def _notify_changes(self, found: list[SessionSummary]) -> None:
        """Notify the person of status changes of sessions in the background."""
        ran = {summary.id for summary in self._background_sessions() if summary.state == "running"}
        for summary in found:
            if self._was_shown and summary.id in ran and summary.state in NOTABLE_STATES:
                notice = self.ui_context.desktop.notify(state_word(summary.state), summary.question)
                self.run_worker(notice, group="desktop")
        self._was_shown = True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action is available now."""
        match action:
            case "ask":
                return not self.query_one("#ask").has_focus
            case "open":
                return bool(self.rows.rows)
            case "search" | "view" | "group":
                return bool(self.sessions)
            case "delete" | "replay" | "export" | "rename" | "pin" | "look":
                return self.selected_session is not None
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
        self.show_wait(WaitNotice("Starting the session", at_once=True))
        self.post_message(StartRequested(message.text, sample=self.has_class("-sample")))

    def show_wait(self, waiting: WaitNotice | None) -> None:
        """Show in the title what takes long, and for how long; None clears it."""
        if self._wait_timer is not None:
            self._wait_timer.stop()
        self._waiting, self._wait_timer = waiting, None
        self.set_class(waiting is not None, "-waiting")
        if waiting is None:
            self.query_one("#title-model", Static).update(Content("" if self._is_embedded else self._model_line))
        else:
            self._wait_timer = self.set_interval(1.0, self._draw_wait)
            self._draw_wait()

    def _draw_wait(self) -> None:
        if self._waiting is not None and self._waiting.message:
            self.query_one("#title-model", Static).update(Content(self._waiting.message))

    def finish_start(self, *, well: bool) -> None:
        """Free the input line after a session has started or failed to start."""
        line = self.query_one("#ask", AskLine)
        line.read_only = False
        self.show_wait(None)
        if well:
            line.clear_text()
            self.remove_class("-sample")

    def on_ask_line_left(self) -> None:
        """Escape in the line: to the list that is shown."""
        suggesting = bool(self._suggested) and (self.has_class("-suggesting") or self.has_class("-empty"))
        self.query_one("#suggestions" if suggesting else "#sessions", RowList).focus()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Put the suggestion into the line, or open the session."""
        if message.rows.id == "suggestions":
            self.query_one("#ask", AskLine).set_text(self._suggested[int(message.row_id)])
            self.remove_class("-suggesting")
            self.set_class(not self._desk, "-sample")
            self.action_ask()
        else:
            self.action_open()

    def action_ask(self) -> None:
        """Focus the input line."""
        self.query_one("#ask", AskLine).focus()

    def action_suggestions(self) -> None:
        """Show or hide the suggestions."""
        self.toggle_class("-suggesting")
        self.on_ask_line_left()
