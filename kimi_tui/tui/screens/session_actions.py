"""What a person can do in a session: every action of the screen, apart from how the screen is drawn.

Each action is one command to the engine, one panel, or one order to a widget; `check_action` says which of them
mean something now, and so which keys the footer shows.
"""

from typing import ClassVar

from textual import work
from textual.binding import BindingType

from kimi_tui.commands import Act, AnyCommand, Interrupt, Pause, Resume, Stop, Withdraw
from kimi_tui.projections.state import SessionState
from kimi_tui.session import Session
from kimi_tui.tui.actions import Place, bindings
from kimi_tui.tui.bridge import Bridge
from kimi_tui.tui.clipboard import copy
from kimi_tui.tui.look import Look
from kimi_tui.tui.news import News
from kimi_tui.tui.screens.dialog import Answer
from kimi_tui.tui.screens.questions import withdraw_question
from kimi_tui.tui.screens.session_home import SessionHome
from kimi_tui.tui.widgets.approval_card import ApprovalCard
from kimi_tui.tui.widgets.head_line import entry_time
from kimi_tui.tui.widgets.side_panel import SidePanel
from kimi_tui.tui.widgets.timeline_view import TimelineView
from kimi_tui.tui.wishes import ExportWanted, SalvageWanted
from kimi_tui.tui.words import call_label


class SessionActions(SessionHome):
    """The actions of a session screen."""

    PLACES: ClassVar[tuple[Place, ...]] = ("timeline", "session", "approval")
    BINDINGS: ClassVar[list[BindingType]] = bindings(*PLACES)

    def __init__(self, session: Session, look: Look) -> None:
        """The screen's name is the session's id."""
        super().__init__(name=session.id)
        self.bridge = Bridge(session, self)
        self.look = look
        """Keys, clocks and characters."""
        self.following = True
        """Whether the timeline follows its end."""
        self._news = News(entry_time(look.now()))

    @property
    def state(self) -> SessionState:
        """The state of the session."""
        return self.bridge.state

    @property
    def timeline(self) -> TimelineView:
        """The timeline."""
        return self.query_one(TimelineView)

    @property
    def card(self) -> ApprovalCard:
        """The card of the waiting call."""
        return self.query_one(ApprovalCard)

    def call_for_person(self) -> None:
        """A call begins to wait: ring, and say so where the card is not in sight."""
        if not self.bridge.session.live:
            return
        if self.look.bell:
            self.app.bell()
        if self.app.screen is not self:
            self.app.notify("A call waits for you in the session.", severity="warning")

    def tell_news(self) -> None:
        """Tell a person who looks elsewhere what they may want to hear."""
        told = self._news.hear(self.state, self.bridge.session.storage_trouble) if self.bridge.session.live else ""
        if told:
            asked = self.state.run.questions[-1] if self.state.run.questions else ""
            self.run_worker(self.look.desktop.tell(told, asked), group="desktop")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action means something now."""
        open_turn = self.bridge.session.live and self.state.run.turn_open
        match action, parameters:
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
                return self.bridge.session.live and self._withdrawable() is not None
            case _:
                return True

    def action_order(self, name: str) -> None:
        """Pause or go on, interrupt, act, stop."""
        match name:
            case "pause":
                self.order(Resume() if self.state.run.paused else Pause())
                self.go_home()
            case "interrupt":
                self.order(Interrupt())
                self.go_home()
            case "act":
                self.order(Act() if self.state.run.thinking else Resume())
            case "stop":
                self.order(Stop())
                self.go_home()

    def action_panel(self, name: str) -> None:
        """Open a panel; the map gives back a call to jump to."""
        from kimi_tui.tui.panels.naming import panel  # eight panels, of which a session that is opened shows none

        self.app.push_screen(panel(name, self.bridge, self.look), self._jump_to_call)

    def show_source(self, source_id: str, locator: str, words: str = "") -> None:
        """Show a source at a place, with the words of a search marked."""
        from kimi_tui.tui.panels.sources import SourcesPanel

        panel = SourcesPanel(self.bridge, self.look, source_id=source_id, locator=locator, words=words)
        self.app.push_screen(panel)

    def _jump_to_call(self, call_id: str | None) -> None:
        if call_id:
            self.timeline.jump_to_call(call_id)
            self.timeline.focus()

    def action_decide(self, way: str) -> None:
        """One of the ways to decide the waiting call; the card asks whether it counts."""
        self.card.choose(way)

    def action_waiting(self, by: int) -> None:
        """Another one of the waiting calls."""
        self.card.step(by)

    def action_read_on(self, by: int) -> None:
        """Read on in a long call on the card."""
        self.card.scroll_text(by)

    def action_timeline(self, order: str) -> None:
        """Follow, fold, unfold or copy."""
        match order:
            case "follow":
                self.timeline.follow()
            case "fold" | "unfold":
                self.timeline.fold_all(order == "fold")
            case "copy":
                copied = self.get_selected_text() or self.timeline.copy_selected()
                if copied:
                    copy(self.app, copied)
                else:
                    self.app.notify("Nothing is chosen: go to a block with the arrows, or select with the mouse.")

    def on_text_selected(self) -> None:
        """What is selected with the mouse is copied."""
        if selected := self.get_selected_text():
            copy(self.app, selected)

    def action_side(self) -> None:
        """Show or hide the side, whatever the width."""
        shown = self.query_one(SidePanel).display
        self.set_class(shown, "-no-side")
        self.set_class(not shown, "-side")

    def _withdrawable(self) -> str | None:
        call = self.state.calls.by_id.get(self.timeline.selected_call or "")
        return call.id if call and call.observation and not call.withdrawn else None

    @work(group="ask")
    async def action_withdraw(self) -> None:
        """Take the selected call's result out of the context, after asking why."""
        call_id = self._withdrawable()
        if call_id is not None:
            label = call_label(self.state.calls.by_id[call_id])
            answer: Answer | None = await self.app.push_screen_wait(withdraw_question(label))
            if answer is not None and answer.choice == "withdraw":
                self.order(Withdraw(call_id, answer.text))

    def action_export(self) -> None:
        """Write the session to a file."""
        self.post_message(ExportWanted(self.bridge.session.id))

    def action_salvage(self) -> None:
        """Have what is sound of a damaged session put in its place; it opens again then."""
        self.app.post_message(SalvageWanted(self.bridge.session.id))
        self.dismiss()

    def action_library(self) -> None:
        """Back to the library."""
        self.dismiss()

    def order(self, command: AnyCommand) -> None:
        """Send a command and tell of a refusal."""
        self.run_worker(self._order(command), group="send")

    async def _order(self, command: AnyCommand) -> None:
        seq = self.state.run.seq
        receipt = await self.bridge.send(command)
        if receipt.accepted:
            await self.bridge.wait_for_news(seq)
        else:
            self.app.notify(receipt.reason, severity="error")
