"""The library: the line that starts a session, and the list of all sessions.

The list is read again while sessions run. Everything in it is data from outside and drawn as plain text; a damaged
session is in the list with its problem. A preview of the session under the cursor is beside the list, or under it
where the screen is narrow. The order of the list, the preview and what a person does with a session are objects of
their own, which the screen holds.
"""

import asyncio
from typing import ClassVar

from textual import work
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from kimi_tui.session import Library, SearchHit, SessionError, SessionSummary
from kimi_tui.tui.actions import Place, bindings_for, display_key
from kimi_tui.tui.completion.assembly import make_completer
from kimi_tui.tui.formatting import replace_non_ascii_signs, state_word
from kimi_tui.tui.messages import OpenRequested, StartRequested
from kimi_tui.tui.rendering.search_highlight import compile_search
from kimi_tui.tui.screens.base import SingleLayoutScreen
from kimi_tui.tui.screens.desk_status import DeskStatus
from kimi_tui.tui.screens.dialog import Dialog, DialogAnswer
from kimi_tui.tui.screens.library_actions import LibraryActions, LibraryHost
from kimi_tui.tui.screens.library_facts import LibraryFacts, ModelTitle
from kimi_tui.tui.screens.library_filter import LibraryQuery, parse_library_query
from kimi_tui.tui.screens.library_list import LibraryList
from kimi_tui.tui.screens.library_preview import LibraryPreview
from kimi_tui.tui.screens.library_rows import COLUMNS
from kimi_tui.tui.screens.session_alerts import BackgroundChanges, background_sessions
from kimi_tui.tui.ui_context import UiContext, run_in_group
from kimi_tui.tui.wait_notice import WaitNotice
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.key_footer import KeyFooter
from kimi_tui.tui.widgets.row_list import RowList
from kimi_tui.tui.widgets.suggestion_list import QUESTIONS_HEADING, SAMPLE_HEADING, SuggestionList, make_openers
from kimi_tui.tui.widgets.text_line import TextLine
from kimi_tui.tui.widgets.text_view import TextView

SEARCH_ROUNDS = ((0.01, 30), (0.25, 200))
"""How long typing must rest before all sessions are searched for so many places: a few at once, then the others."""
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
WORDMARK = "█▄▀ █ █▀▄▀█ █    ▀█▀ █ █ █\n█ █ █ █ ▀ █ █ ▀▀  █  █▄█ █"
"""The name as it stands over an empty library that has room for it."""
SAMPLE_DESK_LABEL = "on the sample desk"
"""What stands beside the line while its question goes to the sample desk."""


class LibraryScreen(SingleLayoutScreen):
    """Shows the library; a person asks, searches, previews and opens here."""

    PLACES: ClassVar[tuple[Place, ...]] = ("library",)
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(*PLACES)

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
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE_CELLS, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL_LINES, "-tall")]
        self.suggestions = SuggestionList(QUESTIONS_HEADING if desk else SAMPLE_HEADING, suggestions)
        """Questions to begin with."""
        self.makes_openers = not suggestions
        """True when questions are made from the desk's documents."""
        self.ui_context = look
        """Keys, clocks and characters."""
        self.facts = LibraryFacts(model_line, desk, display_key(look.keys["app.setup"]))
        """What it says of the settings."""
        self._typed = typed
        self._rounds = 0
        self._changes = BackgroundChanges()
        self.library = library
        """Every session."""
        self.sessions: dict[str, SessionSummary] = {}
        """The lines of the list by id, as last read."""
        self.hits: list[SearchHit] = []
        """Where the searched words are."""
        self.rows = RowList(COLUMNS, empty="No session yet.", id="sessions")
        """The list."""
        self._search_line = TextLine(
            "search all sessions; state:waiting desk:NAME date:today narrow it", id="search-line"
        )
        self._list = LibraryList()
        self._hold_parts(library, look)

    def _hold_parts(self, library: Library, look: UiContext) -> None:
        """Make the objects that do the work; some of the screen's actions are their methods."""
        self._preview_text = TextView(id="glance")
        self._preview = LibraryPreview(
            library,
            look,
            self._preview_text,
            lambda: self.selected_session,
            lambda work: run_in_group(self, work, "look", exclusive=True),
            self.post_message,
        )
        self.action_cite, self.action_source = self._preview.walk, self._preview.open_source
        host = LibraryHost(
            selected=lambda: self.selected_session,
            reload=self.reload_sessions,
            start=lambda work, group: run_in_group(self, work, group),
            ask=self._ask,
            post=self.post_message,
            report=lambda problem: self.app.notify(problem, severity="error"),
            announce_deletion=self._announce_deletion,
        )
        self._actions = LibraryActions(library, host)
        self.action_memo, self.action_replay = self._actions.memo, self._actions.replay
        self.action_export, self.action_verify = self._actions.export, self._actions.verify
        self.action_rename, self.action_pin = self._actions.rename, self._actions.pin
        self.action_delete, self.action_undo = self._actions.delete, self._actions.undo

    def compose(self) -> ComposeResult:
        """Title, line, welcome, suggestions, list and look, keys."""
        with Horizontal(id="title"):
            yield Static(Content("kimi-tui"), id="title-name", markup=False)
            yield Static(Content(WORDMARK), id="wordmark", markup=False)
            yield ModelTitle(self.facts.title)
        yield Static(Content(self.facts.banner), id="banner", markup=False)
        with Vertical(id="ask-frame"):
            completer = make_completer(self, self.PLACES, self.ui_context.keys, self.library.desk_paths)
            history = self.ui_context.history
            yield AskLine(self.facts.ask_hint, over_list=True, history=history, completer=completer, id="ask")
            yield Static(Content(SAMPLE_DESK_LABEL), id="on-sample", markup=False)
            yield completer.popup
        yield DeskStatus(self.library, id="desk-line")
        yield Static(Content("\n".join(WELCOME_LINES)), id="welcome", markup=False)
        yield Static(Content(self.facts.model), id="welcome-model", markup=False)
        yield self.suggestions
        with Horizontal(id="search"):
            yield Static(Content("/"), id="search-sign", markup=False)
            yield self._search_line
        yield Static(id="view", markup=False)
        with Container(id="shelf"):
            yield self.rows
            yield self._preview_text
        yield KeyFooter(("library", "everywhere"), self.ui_context.keys)

    def on_mount(self) -> None:
        """Fill the line, and go on reading the list, which is read first when the screen is shown."""
        self.set_class(self.facts.is_embedded, "-embedded")
        self.suggestions.offer(self.suggestions.questions)
        self.query_one("#ask", AskLine).set_text(self._typed)
        self.query_one("#ask", AskLine).focus()
        self.set_interval(REFRESH_SECONDS, self._refresh_if_due)

    def on_desk_status_read(self, message: DeskStatus.Read) -> None:
        """Offer questions about documents that were read, unless the person is choosing one."""
        openers, shown = make_openers(message.reading.titles), self.suggestions
        if self.makes_openers and openers != shown.questions and not shown.has_focus:
            shown.offer(openers)
            self.refresh_bindings()

    def on_screen_resume(self) -> None:
        """Read the list when the screen is shown, at first and after a session was closed."""
        self._changes.restart()
        self.action_refresh()
        self.query_one(DeskStatus).ask_again()

    async def on_unmount(self) -> None:
        """Stop background reading when the app ends."""
        await self.library.close()

    def _refresh_if_due(self) -> None:
        self._rounds += 1
        running = any(
            summary.state in ("running", "waiting")
            for summary in background_sessions(self.sessions, _screen_names(self.app))
        )
        if running or (self._is_uncovered and self._rounds % MAX_QUIET_REFRESHES == 0):
            self.action_refresh()

    @property
    def _is_uncovered(self) -> bool:
        """Return whether no other screen covers the list."""
        return self.app.screen_stack[-1:] == [self]

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
        for summary in self._changes.find(self.sessions, found, _screen_names(self.app)):
            notice = self.ui_context.desktop.notify(state_word(summary.state), summary.question)
            self.run_worker(notice, group="desktop")
        self.sessions = {summary.id: summary for summary in found}
        if self._is_uncovered:
            self.set_class(not found, "-empty")
            self.show()

    # The list

    @property
    def selected_session(self) -> SessionSummary | None:
        """Return the session under the cursor."""
        return self.sessions.get(self.rows.current)

    @property
    def _query(self) -> LibraryQuery:
        return parse_library_query(self._search_line.value)

    def show(self) -> None:
        """Draw the sessions that match the search, then the places that contain the words."""
        if not (self.query("#sessions") and self.query("#search-line")):
            return  # a search or reading came back while the screen was being closed
        wanted, look = self._query, self.ui_context
        arranged = self._list.arrange(self.sessions, self.hits, wanted, look.now(), look.ascii)
        self.rows.columns = arranged.columns
        self.rows.empty = "Nothing found." if self.sessions else "No session yet."
        self.rows.searched = compile_search(" ".join(wanted.words))
        self.rows.show(arranged.rows)
        self.query_one("#view", Static).update(Content(replace_non_ascii_signs(arranged.figures, look.ascii)))
        self._preview.show()
        self.refresh_bindings()

    def action_group(self) -> None:
        """Change the grouping of the list."""
        self._list.next_group()
        self.show()

    def action_view(self) -> None:
        """Change which states the list shows."""
        self._list.next_view()
        self.show()

    def action_look(self) -> None:
        """Show or hide the preview."""
        self.toggle_class("-looking")
        self._preview.toggle()

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Preview another session."""
        if message.rows.id == "sessions":
            self._preview.show()

    def action_open(self) -> None:
        """Open the session, or the place that the search found."""
        row = self.rows.current
        if row.startswith("hit "):
            hit = self.hits[int(row.removeprefix("hit "))]
            self.post_message(OpenRequested(hit.session, hit=hit, words=self._query.text))
        elif (summary := self.selected_session) is not None:
            self.post_message(OpenRequested(summary.id))

    async def _ask(self, dialog: Dialog) -> DialogAnswer | None:
        return await self.app.push_screen_wait(dialog)

    def _announce_deletion(self, summary: SessionSummary) -> None:
        undo = display_key(self.ui_context.keys["library.undo"])
        what = summary.name or summary.question or summary.id
        self.app.notify(f"{undo} brings it back; the trash keeps it for 30 days.\n{what[:120]}", title="Deleted")

    # The search

    def action_search(self) -> None:
        """Focus the search line."""
        self.add_class("-searching")
        self._search_line.focus()

    async def search_for(self, words: str) -> None:
        """Open the search line with words."""
        self.action_search()
        self._search_line.set_text(words)

    @work(exclusive=True, group="search")
    async def on_input_changed(self, message: TextLine.Changed) -> None:
        """Search as you type: questions at once, everything else when the typing rests."""
        self.hits = []
        self.show()
        words = parse_library_query(message.value).text
        for seconds, limit in SEARCH_ROUNDS if words else ():
            await asyncio.sleep(seconds)
            try:
                self.hits = await self.library.search(words, limit=limit)
            except SessionError as error:
                self.hits = []
                self.app.notify(str(error), severity="error")
            self.show()

    def on_input_submitted(self) -> None:
        """From the search line to what it found."""
        self.rows.focus()

    def on_text_line_left(self) -> None:
        """Escape ends the search."""
        self._search_line.set_text("")
        self.remove_class("-searching")
        self.rows.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action is available now."""
        match action:
            case "ask":
                return not self.query_one("#ask").has_focus
            case "open":
                return bool(self.rows.rows)
            case "search" | "view" | "group":
                return bool(self.sessions)
            case "memo":
                return self.selected_session is not None and bool(self.selected_session.findings)
            case "cite" | "source":
                return self._preview.has_citations
            case "delete" | "replay" | "export" | "verify" | "rename" | "pin" | "look":
                return self.selected_session is not None
            case "undo":
                return bool(self._actions.deleted)
            case "suggestions":
                return bool(self.suggestions.questions)
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
        self.set_class(waiting is not None, "-waiting")
        self.query_one(ModelTitle).show_wait(waiting)

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
        suggesting = bool(self.suggestions.questions) and (self.has_class("-suggesting") or self.has_class("-empty"))
        (self.suggestions if suggesting else self.rows).focus()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Put the suggestion into the line, or open the session."""
        if message.rows.id == "suggestions":
            self.query_one("#ask", AskLine).set_text(self.suggestions.questions[int(message.row_id)])
            self.remove_class("-suggesting")
            self.set_class(not self.facts.desk, "-sample")
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


def _screen_names(app: App[object]) -> set[str | None]:
    """Return the names of all screens: those of sessions are the sessions' ids."""
    return {screen.name for screen in app.screen_stack}
