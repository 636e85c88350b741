"""The memo, finished or being written, drawn by the same code as the timeline."""

from typing import Any, ClassVar

import msgspec
from textual import events, work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from kimi_tui.commands import AskQuestion, DecideStatement
from kimi_tui.events import StatementVerdict
from kimi_tui.evidence.cited_places import CitedPlace
from kimi_tui.evidence.memo_diff import changes_in_words, count_changes
from kimi_tui.evidence.memo_outline import memo_outline, text_without_citations
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.timeline import TimelineBlock
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.tui.actions import Place, bindings_for, display_key
from kimi_tui.tui.bridge import SessionBridge
from kimi_tui.tui.formatting import format_count, replace_non_ascii_signs
from kimi_tui.tui.messages import ExportRequested
from kimi_tui.tui.panels.changes import ChangesPanel, last_changes
from kimi_tui.tui.panels.chart import ChartPanel
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.panels.sources import STATEMENT_PREFIX, SourcesPanel
from kimi_tui.tui.partial_json import partial_string_value
from kimi_tui.tui.rendering.blocks import valid_memo
from kimi_tui.tui.screens.contents import ContentsScreen
from kimi_tui.tui.screens.dialog import DialogAnswer
from kimi_tui.tui.screens.memo_dialogs import decision_dialog, revision_dialog, revision_question
from kimi_tui.tui.terminal.clipboard import copy
from kimi_tui.tui.timeline.citation_stops import find_heading_line
from kimi_tui.tui.timeline.memo_reader import MemoReader
from kimi_tui.tui.timeline.minimap import TimelineMinimap
from kimi_tui.tui.timeline.view import TimelineView
from kimi_tui.tui.ui_context import UiContext


class MemoView(TimelineView):
    """The drawn memo; it has nothing to open or fold, so that the panel has the key for that."""

    def __init__(self, state: TrajectoryState, *, ascii: bool) -> None:
        super().__init__(state, ascii=ascii)
        self.reader = MemoReader(self)
        """What is chosen in it."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the key that opens to the panel."""
        return action != "toggle_block" and super().check_action(action, parameters)

    def on_resize(self, event: events.Resize) -> None:
        """Keep what is chosen marked and in sight at another size; the note below may have taken lines."""
        self.call_later(self.reader.show)


class MemoPanel(Panel):
    """One memo, to read, to follow to its sources, and to copy from."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("memo")
    TITLE = "Memo"
    PLACES: ClassVar[tuple[Place, ...]] = ("panel", "memo", "everywhere")
    _shown: dict[str, Any] | None = None

    def __init__(
        self, bridge: SessionBridge, look: UiContext, *, statement: int | None = None, citation: int | None = None
    ) -> None:
        """`statement` is the number of the one to show first, `citation` that of the one whose source is opened."""
        super().__init__(bridge, look)
        self._first_statement = statement
        self._first_citation = citation

    def content_widgets(self) -> list[Widget]:
        """Return a timeline with nothing but the memo beside its scroll bar, and a line for what is chosen in it."""
        view = MemoView(_memo_only_state(self.state.memo.memo, self.state), ascii=self.ui_context.ascii)
        self._reader = view.reader
        return [Horizontal(view, TimelineMinimap(view), id="memo-body"), Static(id="memo-note", markup=False)]

    def show(self) -> None:
        """Draw the memo: the one that is being written, or the last one."""
        memo = self.state.memo
        growing = self._partial_memo()
        if growing is not None:
            self.set_figures(f"being written: {format_count(len(str(growing['text']).split()))} words so far")
        elif memo.memo is None:
            self.set_figures("none yet: the model submits it at the end of its turn")
        else:
            self.set_figures("partial: the turn ended before its answer" if memo.partial else self._revision())
        shown = growing if growing is not None else memo.memo
        if shown != self._shown:
            before, self._shown = self._shown, shown
            view = self.query_one(TimelineView)
            view.set_state(_memo_only_state(shown, self.state), past_answer=growing is not None)
            if before is not None and shown is not None and before.get("text") == shown.get("text"):
                view.call_after_refresh(self._show_decided)  # a person decided: what is chosen remains so
                return
            self._reader.clear()
            self._show_note()
            if self._first_statement is not None and growing is None:
                view.call_after_refresh(self._show_statement, self._first_statement)
                self._first_statement = None
                return
            if self._first_citation is not None and growing is None:
                view.call_after_refresh(self._open_citation, self._first_citation)
                self._first_citation = None
                return
            view.call_after_refresh(view.selection.follow_end if growing is not None else view.action_home)

    def _show_statement(self, number: int) -> None:
        self._reader.choose_statement(number)
        self._show_note()

    def _open_citation(self, number: int) -> None:
        self._reader.choose_citation(number)
        self._show_note()
        if self._reader.chosen is not None:
            self.action_open()

    def _revision(self) -> str:
        """Say in short what a revision changed; empty without a memo before it."""
        changes = last_changes(self.state)
        if changes is None:
            return ""
        key = display_key(self.ui_context.keys["memo.changes"])
        return f"{changes_in_words(count_changes(changes))} · {key} shows it"

    def _show_decided(self) -> None:
        self._reader.show()
        self._show_note()

    def action_walk(self, by: int) -> None:
        """Choose the next citation or the one before."""
        self._reader.walk(by)
        self._show_note()

    def action_doubt(self) -> None:
        """Choose the next statement that is not supported, and say why it is not."""
        self._reader.next_doubt()
        self._show_note()

    def action_open(self) -> None:
        """Open the source at the chosen citation."""
        if (cited := self._reader.chosen) is not None:
            self._show_cited(cited)
        else:
            next_key = display_key(self.ui_context.keys["memo.next"])
            self.app.notify(f"No citation is chosen. {next_key} goes to the next one.")

    @work(group="ask")
    async def action_decide(self) -> None:
        """Ask what the person holds of the chosen statement, and record it."""
        chosen, memo = self._reader.chosen_statement, self.state.memo.entry
        if chosen is None:
            doubt = display_key(self.ui_context.keys["memo.doubt"])
            self.app.notify(f"No statement is chosen. {doubt} goes to the next one that is not supported.")
            return
        answer: DialogAnswer | None = await self.app.push_screen_wait(decision_dialog(chosen.statement))
        if answer is not None:
            verdict = msgspec.convert(answer.choice, StatementVerdict)
            self.send_command(DecideStatement(memo, chosen.number, verdict, answer.text))

    def on_timeline_view_source_chosen(self, message: TimelineView.SourceChosen) -> None:
        """Open the source at the citation that was clicked."""
        self._show_cited(message.cited)

    def _show_cited(self, cited: CitedPlace) -> None:
        self.app.push_screen(SourcesPanel(self.bridge, self.ui_context, cited=cited), self._show_given_back)

    def _show_given_back(self, given: str | None) -> None:
        """Show the statement that was chosen over the source."""
        if given and given.startswith(STATEMENT_PREFIX):
            self._show_statement(int(given.removeprefix(STATEMENT_PREFIX)))

    def _show_note(self) -> None:
        note = self.query_one("#memo-note", Static)
        note.update(replace_non_ascii_signs(self._reader.note, self.ui_context.ascii))
        note.display = bool(self._reader.note)

    @work(group="ask")
    async def action_contents(self) -> None:
        """List the headings, and go to the chosen one."""
        blocks, view = self.query_one(TimelineView).timeline.blocks, self.query_one(TimelineView)
        memo = valid_memo(blocks[0]) if blocks else None
        headings = memo_outline(memo) if memo is not None else ()
        number = await self.app.push_screen_wait(ContentsScreen(headings, self.ui_context))
        if number is not None and view.timeline.blocks:
            line = find_heading_line(view.timeline, 0, headings, number)
            if line is not None:
                view.redraw_now()
                view.viewport.move_to(line)

    def action_chart(self) -> None:
        """Show the tables as charts, from the one that is chosen or in sight."""
        if self._partial_memo() is not None or self.state.memo.memo is None:
            self.app.notify("There is no finished memo yet: charts are drawn of one that was checked.")
        else:
            self.app.push_screen(ChartPanel(self.bridge, self.ui_context, at=self._reader.place_in_text))

    def action_changes(self) -> None:
        """Show what the last revision changed."""
        if last_changes(self.state) is None:
            self.app.notify("There is no memo before this one in the session.")
        else:
            self.app.push_screen(ChangesPanel(self.bridge, self.ui_context))

    @work(group="ask")
    async def action_revise(self) -> None:
        """Ask the model for the memo in another form; refused while a turn runs."""
        if self.state.memo.memo is None:
            self.app.notify("There is no memo to revise yet.")
            return
        answer: DialogAnswer | None = await self.app.push_screen_wait(revision_dialog())
        if answer is not None and answer.choice == "ask":
            if answer.text:
                self.send_command(AskQuestion(revision_question(answer.text)))
            else:
                self.app.notify("Nothing was asked for: the line was empty.")

    def action_copy(self, *, bare: bool = False) -> None:
        """Copy what is shown of the memo: the selection, or all of it, `bare` without citations."""
        memo = self._shown or {}
        title = str(memo.get("title", ""))
        whole = f"# {title}\n\n{memo.get('text', '')}" if title else str(memo.get("text", ""))
        blocks = self.query_one(TimelineView).timeline.blocks
        checked = valid_memo(blocks[0]) if bare and blocks else None
        copied = text_without_citations(checked) if checked is not None else self.get_selected_text() or whole
        if copied:
            copy(self.app, copied)

    def action_copy_bare(self) -> None:
        """Copy the memo without its citations."""
        self.action_copy(bare=True)

    def action_export(self) -> None:
        """Write the session to a file."""
        self.post_message(ExportRequested(self.bridge.session.id))

    def show_stream(self) -> None:
        """Draw the memo as it grows."""
        if self._partial_memo() is not None:
            self.show()

    def _partial_memo(self) -> dict[str, Any] | None:
        """Return the memo as far as it is written; None while none is being written."""
        for arguments in self.bridge.partial_arguments():
            text = partial_string_value(arguments, "memo")
            if text:
                return {"kind": "memo", "title": partial_string_value(arguments, "title"), "text": text}
        return None


def _memo_only_state(memo: dict[str, Any] | None, state: TrajectoryState) -> TrajectoryState:
    """Return a state whose timeline holds only a memo, with the sources of the session."""
    alone = SessionState().main
    alone.sources, alone.calls = state.sources, state.calls
    if memo is not None:
        block = TimelineBlock(seq=1, kind="memo", turn=state.run.turn, step=state.run.step, at=state.run.last_at)
        block.memo, block.text = memo, str(memo.get("text", ""))
        alone.timeline.blocks.append(block)
    return alone
