"""Actions of the session screen, apart from how the screen is drawn.

Each action is one command to the engine, one panel, or one order to a widget; `check_action` says which of them
mean something now, and so which keys the footer shows.
"""

from typing import ClassVar

from textual import work
from textual.binding import BindingType

from kimi_tui.commands import Act, AnyCommand, Interrupt, Pause, Resume, Stop, Withdraw
from kimi_tui.projections.state import SessionState
from kimi_tui.session import Session
from kimi_tui.tui.actions import Place, bindings_for
from kimi_tui.tui.approval.card import ApprovalCard
from kimi_tui.tui.bridge import SessionBridge
from kimi_tui.tui.formatting import call_label
from kimi_tui.tui.messages import ExportRequested, SalvageRequested
from kimi_tui.tui.rendering.cited_places import CitedPlace
from kimi_tui.tui.screens.dialog import DialogAnswer
from kimi_tui.tui.screens.question_dialogs import withdraw_dialog
from kimi_tui.tui.screens.session_home import SessionHome
from kimi_tui.tui.status_changes import StatusChanges
from kimi_tui.tui.terminal.clipboard import copy
from kimi_tui.tui.timeline.view import TimelineView
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.session_header import format_entry_time
from kimi_tui.tui.widgets.side_panel import SidePanel


class SessionActions(SessionHome):
    """The actions of a session screen."""

    PLACES: ClassVar[tuple[Place, ...]] = ("timeline", "session", "approval")
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(*PLACES)

    def __init__(self, session: Session, look: UiContext) -> None:
        """The screen's name is the session's id."""
        super().__init__(name=session.id)
        self.bridge = SessionBridge(session, self)
        self.ui_context = look
        """Keys, clocks and characters."""
        self.following = True
        """Whether the timeline follows its end."""
        self._status_changes = StatusChanges(format_entry_time(look.now()))

    @property
    def state(self) -> SessionState:
        """Return the state of the session."""
        return self.bridge.state

    @property
    def timeline(self) -> TimelineView:
        """Return the timeline."""
        return self.query_one(TimelineView)

    @property
    def card(self) -> ApprovalCard:
        """Return the card of the waiting call."""
        return self.query_one(ApprovalCard)

    def alert_waiting_call(self) -> None:
        """Ring the bell for a waiting call, and notify the person when the card is not visible."""
        if not self.bridge.session.live:
            return
        if self.ui_context.bell:
            self.app.bell()
        if self.app.screen is not self:
            self.app.notify("A call waits for you in the session.", severity="warning")

    def notify_status_change(self) -> None:
        """Notify a person in another window of a status change."""
        change = (
            self._status_changes.next_change(self.state, self.bridge.session.storage_trouble)
            if self.bridge.session.live
            else ""
        )
        if change:
            asked = self.state.run.questions[-1] if self.state.run.questions else ""
            self.run_worker(self.ui_context.desktop.notify(change, asked), group="desktop")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action is available now."""
        open_turn = self.bridge.session.live and self.state.run.turn_open
        match action, parameters:
            case "order", ("hold" | "resume" as way,):
                return open_turn and self.state.run.paused == (way == "resume")
            case "order", ("act",):
                return open_turn and (self.state.run.thinking or self.state.run.waits_to_retry is not None)
            case "order", _:
                return open_turn
            case ("decide", ("all",)) | ("waiting", _):
                return open_turn and len(self.state.calls.waiting) > 1
            case ("decide" | "read_on", _):
                return open_turn and bool(self.state.calls.waiting)
            case "timeline", ("follow",):
                return not self.following
            case "salvage", _:
                return bool(self.bridge.session.damage)
            case "withdraw", _:
                return self.bridge.session.live and self._withdrawable_call() is not None
            case _:
                return True

    def action_order(self, name: str) -> None:
        """Send one of: pause or resume, hold, resume, interrupt, act, stop."""
        match name:
            case "hold":
                self.send_command(Pause())
            case "resume":
                self.send_command(Resume())
            case "pause":
                self.send_command(Resume() if self.state.run.paused else Pause())
                self.go_home()
            case "interrupt":
                self.send_command(Interrupt())
                self.go_home()
            case "act":
                self.send_command(Act() if self.state.run.thinking else Resume())
            case "stop":
                self.send_command(Stop())
                self.go_home()

    def action_panel(self, name: str) -> None:
        """Open a panel; jump to the call that the map returns."""
        from kimi_tui.tui.panels.registry import (
            make_panel,  # eight panels, of which a session that is opened shows none
        )

        self.app.push_screen(make_panel(name, self.bridge, self.ui_context), self._jump_to_call)

    def show_source(self, source_id: str, locator: str, words: str = "") -> None:
        """Show a source at a place, with the words of a search marked."""
        from kimi_tui.tui.panels.sources import SourcesPanel

        panel = SourcesPanel(self.bridge, self.ui_context, source_id=source_id, locator=locator, words=words)
        self.app.push_screen(panel)

    def show_cited(self, cited: CitedPlace) -> None:
        """Show a source at a cited place."""
        from kimi_tui.tui.panels.sources import SourcesPanel

        self.app.push_screen(SourcesPanel(self.bridge, self.ui_context, cited=cited))

    def _jump_to_call(self, call_id: str | None) -> None:
        if call_id:
            self.timeline.selection.jump_to_call(call_id)
            self.timeline.focus()

    def action_decide(self, way: str) -> None:
        """Decide the waiting call in one of the ways; the card refuses accidental keys."""
        self.card.choose(way)

    def action_waiting(self, by: int) -> None:
        """Show the next or previous waiting call."""
        self.card.show_other_call(by)

    def action_read_on(self, by: int) -> None:
        """Scroll the card of a long call."""
        self.card.scroll_text(by)

    def action_timeline(self, order: str) -> None:
        """Follow, fold, unfold or copy."""
        match order:
            case "follow":
                self.timeline.selection.follow_end()
            case "fold" | "unfold":
                self.timeline.selection.collapse_all(order == "fold")
            case "copy":
                copied = self.get_selected_text() or self.timeline.selection.copy_text()
                if copied:
                    copy(self.app, copied)
                else:
                    self.app.notify("Nothing is selected. Select a block with the arrows, or text with the mouse.")

    def on_text_selected(self) -> None:
        """Copy the text selected with the mouse."""
        if selected := self.get_selected_text():
            copy(self.app, selected)

    def action_side(self) -> None:
        """Show or hide the side, whatever the width."""
        shown = self.query_one(SidePanel).display
        self.set_class(shown, "-no-side")
        self.set_class(not shown, "-side")

    def _withdrawable_call(self) -> str | None:
        call = self.state.calls.by_id.get(self.timeline.selection.call or "")
        return call.id if call and call.observation and not call.withdrawn else None

    @work(group="ask")
    async def action_withdraw(self) -> None:
        """Take the selected call's result out of the context, after asking why."""
        call_id = self._withdrawable_call()
        if call_id is not None:
            label = call_label(self.state.calls.by_id[call_id])
            answer: DialogAnswer | None = await self.app.push_screen_wait(withdraw_dialog(label))
            if answer is not None and answer.choice == "withdraw":
                self.send_command(Withdraw(call_id, answer.text))

    def action_export(self) -> None:
        """Write the session to a file."""
        self.post_message(ExportRequested(self.bridge.session.id))

    def action_salvage(self) -> None:
        """Salvage a damaged session and open it again."""
        self.app.post_message(SalvageRequested(self.bridge.session.id))
        self.dismiss()

    def action_library(self) -> None:
        """Return to the library."""
        self.dismiss()

    def send_command(self, command: AnyCommand) -> None:
        """Send a command; a refusal is shown as a notification."""
        self.run_worker(self._send_command(command), group="send")

    async def _send_command(self, command: AnyCommand) -> None:
        seq = self.state.run.seq
        receipt = await self.bridge.send(command)
        if receipt.accepted:
            await self.bridge.wait_until_applied(seq)
        else:
            self.app.notify(receipt.reason, severity="error")
