"""The screen of one session: timeline, budgets and plan, the card of a waiting call, and the input line.

The screen shows the fold that its bridge keeps; it holds no truth of its own. Commands, panels, dialogs, alerts and
search are objects that it holds, and whatever the engine refuses is shown in the engine's words.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.widget import Widget

from kimi_tui.commands import AskQuestion, Steer
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.session import Library, SearchHit, Session
from kimi_tui.tui.actions import Action, Place, bindings_for, display_key
from kimi_tui.tui.approval.card import ApprovalCard
from kimi_tui.tui.bridge import SessionBridge, SessionBroken, StateChanged, StreamEnded
from kimi_tui.tui.completion.assembly import SessionDocuments, make_completer
from kimi_tui.tui.messages import ExportRequested, SalvageRequested
from kimi_tui.tui.screens.base import SessionOverlay, SingleLayoutScreen
from kimi_tui.tui.screens.question_dialogs import meant_for_a_card
from kimi_tui.tui.screens.search_controller import SearchController, SearchHost
from kimi_tui.tui.screens.session_alerts import SessionAlerts
from kimi_tui.tui.screens.session_commands import SessionCommands
from kimi_tui.tui.screens.session_dialogs import SessionDialogs
from kimi_tui.tui.screens.session_panels import SessionPanels
from kimi_tui.tui.terminal.clipboard import copy
from kimi_tui.tui.timeline.minimap import TimelineMinimap
from kimi_tui.tui.timeline.view import TimelineView
from kimi_tui.tui.ui_context import UiContext, run_in_group
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.key_footer import KeyFooter
from kimi_tui.tui.widgets.search_bar import SearchBar
from kimi_tui.tui.widgets.session_header import DamageBanner, SessionHeader, format_entry_time
from kimi_tui.tui.widgets.side_panel import SidePanel

WIDE_CELLS = 100
"""Columns from which the side is shown, unless a person said otherwise."""

TALL_LINES = 32
"""Lines from which there is room to breathe."""


class SessionScreen(SingleLayoutScreen):
    """A session, live or recorded.

    Some of its actions are methods of the objects that it holds: `action_order` is that of its commands.
    """

    AUTO_FOCUS = ""  # nothing is focused, and styled for it, before `go_home` says where to
    PLACES: ClassVar[tuple[Place, ...]] = ("timeline", "session", "approval")
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(*PLACES)

    def __init__(
        self,
        session: Session,
        look: UiContext,
        library: Library,
        *,
        hit: SearchHit | None = None,
        words: str = "",
        panel: str = "",
        make_bridge: Callable[[Session, MessagePump], SessionBridge] = SessionBridge,
    ) -> None:
        """`hit` is a place to show once it is there, `words` the search that found it, `panel` one to open at once."""
        super().__init__(name=session.id)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE_CELLS, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL_LINES, "-tall")]
        self.ui_context = look
        """Keys, clocks and characters."""
        self.bridge = make_bridge(session, self)
        """The session and the fold of its entries."""
        self.commands = SessionCommands(
            self.bridge,
            start=lambda work: run_in_group(self, work, "send"),
            refuse=lambda reason: self.app.notify(reason, severity="error"),
            go_home=self.go_home,
        )
        """Sends what a person decided."""
        self.action_order, self.cancel = self.commands.order, self.commands.cancel
        self._alerts = SessionAlerts(self, self.bridge, look)
        self._library = library
        self._hit = hit
        self._words = words
        self._first_panel = panel
        documents = SessionDocuments(self.bridge, library)
        completer = make_completer(self, self.PLACES, look.keys, documents.list_desk, documents.list_sources)
        self._popup = completer.popup
        self._line = AskLine(history=look.history, completer=completer, id="ask")

    @property
    def state(self) -> TrajectoryState:
        """Return the state of the session."""
        return self.bridge.state

    def compose(self) -> ComposeResult:
        """Header, timeline and side, search, card, line, keys."""
        look, session = self.ui_context, self.bridge.session
        self._make_parts()
        yield SessionHeader(self.state, live=session.live, damaged=bool(session.damage), ascii=look.ascii)
        if session.damage:
            yield DamageBanner(session.damage, look.keys["session.salvage"])
        with Horizontal(id="middle"):
            yield self.timeline
            yield TimelineMinimap(self.timeline)
            yield SidePanel(self.state, ascii=look.ascii)
        yield self.search
        yield self.card
        with Vertical(id="ask-frame") as frame:
            frame.display = session.live
            yield self._popup
            yield self._line
        yield KeyFooter(
            ("search", *self.PLACES, "everywhere"), look.keys, label_of=lambda action: _action_label(action, self.state)
        )

    def _make_parts(self) -> None:
        """Make the widgets that a person works with, and the objects that need them."""
        look, session = self.ui_context, self.bridge.session
        self.timeline = TimelineView(self.state, ascii=look.ascii, live=session.live)
        self.card = ApprovalCard(look.decision_guard, look.keys, ascii=look.ascii)
        """The card of the waiting call."""
        self.search = SearchBar()
        """The search line with its places."""
        self.panels = SessionPanels(self, self.bridge, look, self.timeline)
        self._dialogs = SessionDialogs(self, self.bridge, self.commands, self.timeline.selection)
        host = SearchHost(
            start=lambda work, group: run_in_group(self, work, group, exclusive=True),
            cancel=lambda group: self.workers.cancel_group(self, group),
            report=lambda problem: self.app.notify(problem, severity="error"),
            show_source=self.panels.show_source,
            leave_for=self.panels.leave_for,
            go_home=self.go_home,
        )
        self._searching = SearchController(self.bridge, self._library, self.timeline, self.search, host)
        self.search.listener = self._searching
        self.action_panel, self.action_withdraw = self.panels.open, self._dialogs.withdraw
        self.action_search, self.search_for = self.search.open, self.search.search_for
        self.action_find = self.search.action_find
        self.action_go_on, self.action_places = self.search.action_go_on, self.search.action_places
        self.action_widen = self.search.action_widen
        self.action_decide, self.action_read_on = self.card.choose, self.card.scroll_text
        self.action_waiting = self.card.show_other_call

    async def on_mount(self) -> None:
        """Start following the session."""
        if not _is_composed(self):
            return
        if self._first_panel:
            self.call_after_refresh(self.panels.open, self._first_panel)
        self.go_home()
        for follow in (
            self.bridge.collect_entries,
            self.bridge.apply_entries,
            self.bridge.collect_fragments,
            self.bridge.announce_fragments,
        ):
            self.run_worker(follow(), group="bridge")
        self.set_interval(1.0, self._tick)
        await self._draw_state()

    async def on_unmount(self) -> None:
        """Release the session; its engine goes on in its runner."""
        self.workers.cancel_group(self, "bridge")
        await self.bridge.close()

    def on_screen_resume(self) -> None:
        """Restart the decision guard, since the card becomes visible only now."""
        if not _is_composed(self):
            return
        self.card.restart_wait()
        if self.focused is None:
            self.go_home()

    # Drawing

    async def on_state_changed(self, message: StateChanged) -> None:
        """Draw what the applied entries changed."""
        for index in message.changed:
            self.timeline.block_changed(index)
        await self._draw_state()

    async def _draw_state(self) -> None:
        """Draw a new or changed state, and notify the person where needed."""
        if self._hit is not None and self._searching.has_place(self._hit):
            hit, self._hit = self._hit, None
            self.call_after_refresh(self._searching.show_place, hit, self._words)
            await self.search.open_with(self._words)
        if await self.card.show_waiting(self.state):
            self._alerts.alert_waiting_call()
        _show_clock(self)
        self._show_hint()
        self.refresh_bindings()
        if (panel := _overlay_above(self.app.screen)) is not None:
            panel.show()
        self._alerts.notify_status_change()

    def on_fragments_arrived(self) -> None:
        """Draw the new fragments at the end of the timeline."""
        for delta in self.bridge.take_fragments():
            self.timeline.show_delta(delta)
        if (panel := _overlay_above(self.app.screen)) is not None:
            panel.show_stream()

    def _tick(self) -> None:
        """Draw what changes with time alone."""
        if self.commands.open_turn:
            self._alerts.notify_status_change()
            if self.is_current:
                _show_clock(self)

    @on(SessionBroken)
    @on(StreamEnded)
    def _announce_end(self, message: SessionBroken | StreamEnded) -> None:
        """Say that the session cannot be read any more, or that nothing more comes."""
        self._alerts.announce_end(message)

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _show_hint(self) -> None:
        """Say in the line what it does."""
        self._line.set_hint(_line_hint(self.state, self.ui_context.keys, is_focused=self.focused is self._line))

    # Actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action is available now."""
        open_turn, run, waiting = self.commands.open_turn, self.state.run, self.state.calls.waiting
        match action, parameters:
            case "order", ("hold" | "resume" as way,):
                return open_turn and run.paused == (way == "resume")
            case "order", ("act",):
                return open_turn and (run.thinking or run.waits_to_retry is not None)
            case "order", _:
                return open_turn
            case ("decide", ("all",)) | ("waiting", _):
                return open_turn and len(waiting) > 1
            case ("decide" | "read_on", _):
                return open_turn and bool(waiting)
            case "timeline", ("follow",):
                return not self.timeline.viewport.following
            case "salvage", _:
                return bool(self.bridge.session.damage)
            case "withdraw", _:
                return self.bridge.session.live and self._dialogs.withdrawable_call is not None
            case "go_on" | "widen" | "places", _:
                return self.search.can_run(action)
            case _:
                return True

    def go_home(self) -> None:
        """Give the focus to the widget that a person starts with: the line; a recording has none."""
        self._line.focus() if self.bridge.session.live else self.timeline.focus()

    def action_write(self) -> None:
        """From the timeline to the line; from anywhere else on to the next part."""
        self.go_home() if self.timeline.has_focus else self.focus_next()

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

    def action_side(self) -> None:
        """Show or hide the side, whatever the width."""
        shown = self.query_one(SidePanel).display
        self.set_class(shown, "-no-side")
        self.set_class(not shown, "-side")

    def action_export(self) -> None:
        """Write the session to a file."""
        self.post_message(ExportRequested(self.bridge.session.id))

    def action_salvage(self) -> None:
        """Salvage a damaged session and open it again."""
        self.panels.leave_for(SalvageRequested(self.bridge.session.id))

    def action_library(self) -> None:
        """Return to the library."""
        self.dismiss()

    # What the widgets say

    def on_text_selected(self) -> None:
        """Copy the text selected with the mouse."""
        if selected := self.get_selected_text():
            copy(self.app, selected)

    def on_paste(self, event: events.Paste) -> None:
        """Put a paste that no line took into the line."""
        if self.bridge.session.live:
            self._line.insert_paste(event.text)

    def on_ask_line_sent(self, message: AskLine.Sent) -> None:
        """Ask or steer; what may have been meant for the card is asked about first."""
        text, line = message.text, message.line

        def done() -> None:
            line.clear_text()
            self.timeline.selection.follow_end()

        def decide() -> None:
            line.clear_text()
            self.timeline.focus()

        if not self.state.run.turn_open:
            self.commands.send(AskQuestion(text), done)
        elif self.card.display and text.casefold() in meant_for_a_card(self.ui_context.keys):
            self._dialogs.ask_what_was_meant(text, lambda: self.commands.send(Steer(text), done), decide)
        else:
            self.commands.send(Steer(text), done)

    def on_ask_line_left(self) -> None:
        """Escape in the line: to the timeline."""
        self.timeline.focus()

    def on_approval_card_decided(self, message: ApprovalCard.Decided) -> None:
        """Send the person's decision."""
        self.commands.send_decisions(message.commands, self.card.show_receipts)
        if self.card.mode == "decide":
            self.go_home()

    def on_approval_card_dismissed(self, message: ApprovalCard.Dismissed) -> None:
        """Move the focus when the card closes, so that further typing decides nothing."""
        target: Widget = self._line if message.typing else self.timeline
        target.focus()

    def on_timeline_view_follow_changed(self) -> None:
        """Offer the way back to the end only when it is needed."""
        self.refresh_bindings()

    @on(TimelineView.SourceChosen)
    @on(TimelineView.LinkChosen)
    def _open_chosen(self, message: TimelineView.SourceChosen | TimelineView.LinkChosen) -> None:
        """Show the source at the place that was chosen, or ask whether to open the link."""
        if isinstance(message, TimelineView.LinkChosen):
            self.panels.open_link(message.address)
        else:
            self.panels.show_cited(message.cited)


def _show_clock(screen: SessionScreen) -> None:
    """Draw the header and the side for the present moment; a recording shows its last one."""
    now, session = screen.ui_context.now(), screen.bridge.session
    screen.query_one(SessionHeader).show(now, session.storage_trouble)
    screen.query_one(SidePanel).show(format_entry_time(now) if session.live else screen.state.run.last_at)


def _is_composed(screen: SessionScreen) -> bool:
    """Return whether all parts of the screen are mounted."""
    return screen.display and bool(screen.query(SidePanel))


def _overlay_above(top: DOMNode) -> SessionOverlay | None:
    """Return the panel over the session; None for one that is still being mounted."""
    return top if isinstance(top, SessionOverlay) and top.is_mounted else None


def _action_label(action: Action, state: TrajectoryState) -> str:
    """Return the present name of an action: the key for pause also resumes."""
    return "Go on" if action.id == "session.pause" and state.run.paused else action.label


def _line_hint(state: TrajectoryState, keys: Mapping[str, str], *, is_focused: bool) -> str:
    """Return what the input line does now, and how to leave it."""
    if not state.run.turn_open:
        return "Ask a question"
    leave = display_key(keys["line.leave"])
    if is_focused and state.calls.waiting:
        return (
            f"Steer the model; {display_key(keys['approval.now'])} approves the call, {leave} leaves the line to decide"
        )
    if is_focused and state.run.thinking:
        return f"Steer the model; {leave}, then {display_key(keys['session.act'])} makes it act now"
    return "Steer: the model reads this before its next step"
