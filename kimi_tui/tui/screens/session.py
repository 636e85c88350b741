"""One session: its timeline, what is spent and planned, the card of a waiting call, and the line that asks or steers.

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
from kimi_tui.tui.actions import Action, shown_key
from kimi_tui.tui.bridge import Broken, Recorded
from kimi_tui.tui.look import Look
from kimi_tui.tui.panels.sheet import Sheet
from kimi_tui.tui.screens.dialog import Answer
from kimi_tui.tui.screens.questions import link_question
from kimi_tui.tui.screens.session_line import SessionLine
from kimi_tui.tui.widgets.approval_card import ApprovalCard
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.damage_banner import DamageBanner
from kimi_tui.tui.widgets.head_line import HeadLine, entry_time
from kimi_tui.tui.widgets.key_line import KeyLine
from kimi_tui.tui.widgets.search_bar import SearchBar
from kimi_tui.tui.widgets.side_panel import SidePanel
from kimi_tui.tui.widgets.timeline_strip import TimelineStrip
from kimi_tui.tui.widgets.timeline_view import TimelineView

WIDE = 100
"""Columns from which the side is shown, unless a person said otherwise."""

TALL = 32
"""Lines from which there is room to breathe."""


class SessionScreen(SessionLine):
    """A session, live or recorded."""

    AUTO_FOCUS = ""  # nothing is focused, and styled for it, before `_stand` says where to

    def __init__(
        self, session: Session, look: Look, library: Library, *, hit: SearchHit | None = None, words: str = ""
    ) -> None:
        """`hit` is a place to show once it is there, and `words` the search that found it."""
        super().__init__(session, look, library)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]
        self._hit = hit
        self._words = words
        self._line = AskLine(id="ask")

    def compose(self) -> ComposeResult:
        """Header, timeline and side, search, card, line, keys."""
        look, session = self.look, self.bridge.session
        yield HeadLine(self.state, live=session.live, damaged=bool(session.damage), ascii=look.ascii)
        if session.damage:
            yield DamageBanner(session.damage, look.keys["session.salvage"])
        with Horizontal(id="middle"):
            view = TimelineView(self.state, ascii=look.ascii, live=session.live)
            yield view
            yield TimelineStrip(view)
            yield SidePanel(self.state, ascii=look.ascii)
        yield SearchBar()
        yield ApprovalCard(look.calm, look.keys, ascii=look.ascii)
        with Vertical(id="ask-frame") as frame:
            frame.display = session.live
            yield self._line
        yield KeyLine(
            ("search", *self.PLACES, "everywhere"), look.keys, label_of=lambda action: _label(action, self.state)
        )

    async def on_mount(self) -> None:
        """Start following the session."""
        if not _is_whole(self):
            return
        self._stand()
        for follow in (self.bridge.tail, self.bridge.fold, self.bridge.watch, self.bridge.announce):
            self.run_worker(follow(), group="bridge")
        self.set_interval(1.0, self._tick)
        await self._take_in()

    def _stand(self) -> None:
        """Stand where a person begins."""
        self._line.focus() if self.bridge.session.live else self.timeline.focus()

    async def on_unmount(self) -> None:
        """Let go of the session; its engine goes on where it lives."""
        self.workers.cancel_group(self, "bridge")
        await self.bridge.close()

    def on_screen_resume(self) -> None:
        """Back from another screen: the card is before the person only now."""
        if not _is_whole(self):
            return
        self.card.disturb()
        if self.focused is None:
            self._stand()

    async def on_recorded(self, message: Recorded) -> None:
        """Entries were folded: draw what they changed."""
        for index in message.changed:
            self.timeline.block_changed(index)
        await self._take_in()

    async def _take_in(self) -> None:
        """The state has changed, or is seen for the first time: draw it, and say what a person should hear."""
        if self._hit is not None:
            await self._arrive(self._hit)
        if await self.card.show_waiting(self.state):
            self.call_for_person()
        self._show()
        self.tell_news()

    def on_streamed(self) -> None:
        """Fragments wait: draw them at the timeline's end."""
        for delta in self.bridge.take():
            self.timeline.show_delta(delta)
        if (panel := _panel(self.app.screen)) is not None:
            panel.show_stream()

    def on_broken(self, message: Broken) -> None:
        """The session cannot be read any more."""
        self.app.notify(message.problem, severity="error", timeout=30)

    def on_parted(self) -> None:
        """Nothing more will come of a live session: say so if its turn is still open."""
        if self.bridge.session.live and self.state.run.turn_open:
            ending = one_line(self.bridge.session.engine_failure, 500)
            why = f"{ending[:1].upper()}{ending[1:]}" if ending else "The engine of this session has ended"
            text = f"{why}. Go back to the library and open the session again."
            self.app.notify(text, severity="warning", timeout=30)

    async def _arrive(self, hit: SearchHit) -> None:
        """Show the place that the session was opened for, once it is there."""
        if self.has_place(hit):
            self._hit = None
            self.call_after_refresh(self.show_place, hit, self._words)
            await self.search.open_with(self._words)

    def _tick(self) -> None:
        """Draw what changes with the clock alone."""
        if self.state.run.turn_open and self.bridge.session.live:
            self.tell_news()
            if self.is_current:
                self._show_clock()

    def _show_clock(self) -> None:
        now = self.look.now()
        self.query_one(HeadLine).show(now, self.bridge.session.storage_trouble)
        moment = entry_time(now) if self.bridge.session.live else self.state.run.last_at
        self.query_one(SidePanel).show(moment)

    def _show(self) -> None:
        """Draw what changes with the state."""
        self._show_clock()
        self._show_hint()
        self.refresh_bindings()
        if (panel := _panel(self.app.screen)) is not None:
            panel.show()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _show_hint(self) -> None:
        """Say in the line what it does."""
        self._line.hint(_hint(self.state, self.look.keys, stands_in_it=self.focused is self._line))

    def on_approval_card_decided(self, message: ApprovalCard.Decided) -> None:
        """A person decided: writing is home again."""
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
        self.card.answered(tuple(receipts))
        await self.bridge.wait_for_news(seq)

    def on_approval_card_dismissed(self, message: ApprovalCard.Dismissed) -> None:
        """The card's lines are gone; what is typed on goes where it decides nothing."""
        target: Widget = self._line if message.typing else self.timeline
        target.focus()

    def on_timeline_view_follow_changed(self, message: TimelineView.FollowChanged) -> None:
        """The way back to the end is offered only when it is needed."""
        self.following = message.following
        self.refresh_bindings()

    def on_timeline_view_source_chosen(self, message: TimelineView.SourceChosen) -> None:
        """Show the source at the place that was chosen."""
        self.show_source(message.source_id, message.locator)

    @work(group="ask")
    async def on_timeline_view_link_chosen(self, message: TimelineView.LinkChosen) -> None:
        """Open an address only after showing it whole."""
        answer: Answer | None = await self.app.push_screen_wait(link_question(message.address))
        if answer is not None and answer.choice == "open" and message.address.startswith(("http://", "https://")):
            self.app.open_url(message.address)


def _is_whole(screen: SessionScreen) -> bool:
    """Whether its parts are there; while the app is left some are gone, or never came."""
    return screen.display and bool(screen.query(SidePanel))


def _panel(top: DOMNode) -> Sheet | None:
    """The panel over the session; one that is only coming draws the state by itself when it is there."""
    return top if isinstance(top, Sheet) and top.is_mounted else None


def _label(action: Action, state: SessionState) -> str:
    """What an action is called now: the key that pauses also goes on."""
    return "Go on" if action.id == "session.pause" and state.run.paused else action.label


def _hint(state: SessionState, keys: Mapping[str, str], *, stands_in_it: bool) -> str:
    """What the line does now, and what a person who stands in it leaves it for."""
    if not state.run.turn_open:
        return "Ask a question"
    leave = shown_key(keys["line.leave"])
    if stands_in_it and state.calls.waiting:
        return (
            f"Steer the model; {shown_key(keys['approval.now'])} approves the call, {leave} leaves the line to decide"
        )
    if stands_in_it and state.run.thinking:
        return f"Steer the model; {leave}, then {shown_key(keys['session.act'])} makes it act now"
    return "Steer: the model reads this before its next step"
