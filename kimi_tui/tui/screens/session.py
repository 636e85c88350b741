"""The screen of one session: timeline, budgets and plan, the card of a waiting call, and the input line.

The screen shows the fold that its bridge keeps; it holds no truth of its own. What a person can do in it is in
`session_actions`; whatever the engine refuses is told in the engine's words.
"""

from collections.abc import Mapping

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.dom import DOMNode
from textual.widget import Widget

from kimi_tui.commands import AnyCommand, ApproveAlways, Receipt
from kimi_tui.projections.state import SessionState
from kimi_tui.session import Library, SearchHit, Session
from kimi_tui.text import one_line
from kimi_tui.tui.actions import Action, display_key
from kimi_tui.tui.approval.card import ApprovalCard
from kimi_tui.tui.bridge import SessionBroken, StateChanged
from kimi_tui.tui.completion.assembly import make_completer
from kimi_tui.tui.panels.overlay import SessionOverlay
from kimi_tui.tui.screens.dialog import DialogAnswer
from kimi_tui.tui.screens.question_dialogs import link_dialog
from kimi_tui.tui.screens.session_line import SessionLine
from kimi_tui.tui.timeline.minimap import TimelineMinimap
from kimi_tui.tui.timeline.view import TimelineView
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.damage_banner import DamageBanner
from kimi_tui.tui.widgets.key_footer import KeyFooter
from kimi_tui.tui.widgets.search_bar import SearchBar
from kimi_tui.tui.widgets.session_header import SessionHeader, format_entry_time
from kimi_tui.tui.widgets.side_panel import SidePanel

WIDE_CELLS = 100
"""Columns from which the side is shown, unless a person said otherwise."""

TALL_LINES = 32
"""Lines from which there is room to breathe."""


class SessionScreen(SessionLine):
    """A session, live or recorded."""

    AUTO_FOCUS = ""  # nothing is focused, and styled for it, before `_focus_initial_widget` says where to

    def __init__(
        self, session: Session, look: UiContext, library: Library, *, hit: SearchHit | None = None, words: str = ""
    ) -> None:
        """`hit` is a place to show once it is there, and `words` the search that found it."""
        super().__init__(session, look, library)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE_CELLS, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL_LINES, "-tall")]
        self._hit = hit
        self._words = words
        completer = make_completer(self, self.PLACES, look.keys, self._list_desk, self._list_sources)
        self._popup = completer.popup
        self._line = AskLine(history=look.history, completer=completer, id="ask")

    def compose(self) -> ComposeResult:
        """Header, timeline and side, search, card, line, keys."""
        look, session = self.ui_context, self.bridge.session
        yield SessionHeader(self.state, live=session.live, damaged=bool(session.damage), ascii=look.ascii)
        if session.damage:
            yield DamageBanner(session.damage, look.keys["session.salvage"])
        with Horizontal(id="middle"):
            view = TimelineView(self.state, ascii=look.ascii, live=session.live)
            yield view
            yield TimelineMinimap(view)
            yield SidePanel(self.state, ascii=look.ascii)
        yield SearchBar()
        yield ApprovalCard(look.decision_guard, look.keys, ascii=look.ascii)
        with Vertical(id="ask-frame") as frame:
            frame.display = session.live
            yield self._popup
            yield self._line
        yield KeyFooter(
            ("search", *self.PLACES, "everywhere"), look.keys, label_of=lambda action: _action_label(action, self.state)
        )

    async def on_mount(self) -> None:
        """Start following the session."""
        if not _is_composed(self):
            return
        self._focus_initial_widget()
        for follow in (
            self.bridge.collect_entries,
            self.bridge.apply_entries,
            self.bridge.collect_fragments,
            self.bridge.announce_fragments,
        ):
            self.run_worker(follow(), group="bridge")
        self.set_interval(1.0, self._tick)
        await self._draw_state()

    def _focus_initial_widget(self) -> None:
        """Give the focus to the widget that a person starts with."""
        self._line.focus() if self.bridge.session.live else self.timeline.focus()

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
            self._focus_initial_widget()

    async def on_state_changed(self, message: StateChanged) -> None:
        """Draw what the applied entries changed."""
        for index in message.changed:
            self.timeline.block_changed(index)
        await self._draw_state()

    async def _draw_state(self) -> None:
        """Draw a new or changed state, and notify the person where needed."""
        if self._hit is not None:
            await self._show_initial_hit(self._hit)
        if await self.card.show_waiting(self.state):
            self.alert_waiting_call()
        self._show()
        self.notify_status_change()

    def on_fragments_arrived(self) -> None:
        """Draw the new fragments at the end of the timeline."""
        for delta in self.bridge.take_fragments():
            self.timeline.show_delta(delta)
        if (panel := _overlay_above(self.app.screen)) is not None:
            panel.show_stream()

    def on_session_broken(self, message: SessionBroken) -> None:
        """Say that the session cannot be read any more."""
        self.app.notify(message.problem, severity="error", timeout=30)

    def on_stream_ended(self) -> None:
        """Say that the stream has ended if the turn is still open."""
        if self.bridge.session.live and self.state.run.turn_open:
            ending = one_line(self.bridge.session.engine_failure, 500)
            why = f"{ending[:1].upper()}{ending[1:]}" if ending else "The engine of this session has ended"
            text = f"{why}. Go back to the library and open the session again."
            self.app.notify(text, severity="warning", timeout=30)

    async def _show_initial_hit(self, hit: SearchHit) -> None:
        """Show the search hit that the session was opened for, once it is loaded."""
        if self.has_place(hit):
            self._hit = None
            self.call_after_refresh(self.show_place, hit, self._words)
            await self.search.open_with(self._words)

    def _tick(self) -> None:
        """Draw what changes with time alone."""
        if self.state.run.turn_open and self.bridge.session.live:
            self.notify_status_change()
            if self.is_current:
                self._show_clock()

    def _show_clock(self) -> None:
        now = self.ui_context.now()
        self.query_one(SessionHeader).show(now, self.bridge.session.storage_trouble)
        moment = format_entry_time(now) if self.bridge.session.live else self.state.run.last_at
        self.query_one(SidePanel).show(moment)

    def _show(self) -> None:
        """Draw what changes with the state."""
        self._show_clock()
        self._show_hint()
        self.refresh_bindings()
        if (panel := _overlay_above(self.app.screen)) is not None:
            panel.show()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _show_hint(self) -> None:
        """Say in the line what it does."""
        self._line.set_hint(_line_hint(self.state, self.ui_context.keys, stands_in_it=self.focused is self._line))

    def on_approval_card_decided(self, message: ApprovalCard.Decided) -> None:
        """Send the person's decision."""
        self._send_decisions(message.commands)
        if self.card.mode == "decide":
            self.go_home()

    @work(group="send")
    async def _send_decisions(self, commands: tuple[AnyCommand, ...]) -> None:
        """Send decisions and show in the card what the engine says to them."""
        seq = self.state.run.seq
        receipts: list[Receipt] = []
        for command in commands:
            receipts.append(await self.bridge.send(command))
            if isinstance(command, ApproveAlways) and not receipts[-1].accepted:
                break  # what the rule would have let run waits on
        self.card.show_receipts(tuple(receipts))
        await self.bridge.wait_until_applied(seq)

    def on_approval_card_dismissed(self, message: ApprovalCard.Dismissed) -> None:
        """Move the focus when the card closes, so that further typing decides nothing."""
        target: Widget = self._line if message.typing else self.timeline
        target.focus()

    def on_timeline_view_follow_changed(self, message: TimelineView.FollowChanged) -> None:
        """The way back to the end is offered only when it is needed."""
        self.following = message.following
        self.refresh_bindings()

    def on_timeline_view_source_chosen(self, message: TimelineView.SourceChosen) -> None:
        """Show the source at the place that was chosen."""
        self.show_cited(message.cited)

    @work(group="ask")
    async def on_timeline_view_link_chosen(self, message: TimelineView.LinkChosen) -> None:
        """Open an address only after showing it whole."""
        answer: DialogAnswer | None = await self.app.push_screen_wait(link_dialog(message.address))
        if answer is not None and answer.choice == "open" and message.address.startswith(("http://", "https://")):
            self.app.open_url(message.address)


def _is_composed(screen: SessionScreen) -> bool:
    """Return whether all parts of the screen are mounted."""
    return screen.display and bool(screen.query(SidePanel))


def _overlay_above(top: DOMNode) -> SessionOverlay | None:
    """Return the panel over the session; None for one that is still being mounted."""
    return top if isinstance(top, SessionOverlay) and top.is_mounted else None


def _action_label(action: Action, state: SessionState) -> str:
    """Return the present name of an action: the key for pause also resumes."""
    return "Go on" if action.id == "session.pause" and state.run.paused else action.label


def _line_hint(state: SessionState, keys: Mapping[str, str], *, stands_in_it: bool) -> str:
    """Return what the input line does now, and how to leave it."""
    if not state.run.turn_open:
        return "Ask a question"
    leave = display_key(keys["line.leave"])
    if stands_in_it and state.calls.waiting:
        return (
            f"Steer the model; {display_key(keys['approval.now'])} approves the call, {leave} leaves the line to decide"
        )
    if stands_in_it and state.run.thinking:
        return f"Steer the model; {leave}, then {display_key(keys['session.act'])} makes it act now"
    return "Steer: the model reads this before its next step"
