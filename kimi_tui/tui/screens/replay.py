"""Replay of a recorded session: play at any speed, pause, step; no engine runs."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from kimi_tui.session import Library, Session
from kimi_tui.tui.actions import Place, bindings_for
from kimi_tui.tui.approval.card import ApprovalCard
from kimi_tui.tui.playhead import Playhead
from kimi_tui.tui.replay_bridge import ReplayBridge
from kimi_tui.tui.screens.session import SessionScreen
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.key_footer import KeyFooter
from kimi_tui.tui.widgets.replay_line import ReplayLine
from kimi_tui.tui.widgets.session_header import SessionHeader
from kimi_tui.tui.widgets.side_panel import SidePanel


class ReplayControl:
    """Plays, pauses and steps through a recording."""

    def __init__(
        self,
        bridge: ReplayBridge,
        playhead: Playhead,
        line: ReplayLine,
        start: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """`start` runs a coroutine beside the caller."""
        self._bridge = bridge
        self._playhead = playhead
        self._line = line
        self._start = start

    def play(self) -> None:
        """Play or pause; at the end, from the beginning."""
        if self._playhead.ended and not self._playhead.playing:
            self._start(self._bridge.seek(0))
        self._playhead.toggle()
        self._line.refresh()

    def next(self) -> None:
        """Show one more entry."""
        self._start(self._bridge.fold_next_entry())

    def seek(self, by: int) -> None:
        """To the end of the next step, or of the one before."""
        self._start(self._bridge.seek(self._playhead.find_step_end(by)))

    def seek_share(self, share: float) -> None:
        """To a place given as a share of the recording."""
        self._start(self._bridge.seek(self._playhead.seek_share(share)))

    def speed(self, by: int) -> None:
        """Faster or slower."""
        self._playhead.change_speed(by)
        self._line.refresh()


class ReplayScreen(SessionScreen, inherit_bindings=False):
    """Screen of a recording. Its keys for playing are methods of a `ReplayControl`."""

    PLACES: ClassVar[tuple[Place, ...]] = ("replay", "session")
    BINDINGS: ClassVar[list[BindingType]] = [*Screen.BINDINGS, *bindings_for(*PLACES)]

    def __init__(self, session: Session, look: UiContext, library: Library, *, speed: float) -> None:
        """`speed` is a multiple of the recording's own pace; 0 shows its end at once."""
        self.playhead = Playhead(speed)
        """Where the replay is."""
        super().__init__(session, look, library, make_bridge=partial(ReplayBridge, playhead=self.playhead))
        assert isinstance(self.bridge, ReplayBridge)
        self._replay_line = ReplayLine(self.playhead, ascii=look.ascii)
        self._control = ReplayControl(
            self.bridge, self.playhead, self._replay_line, lambda work: self.run_worker(work, group="seek")
        )
        self.action_play, self.action_next = self._control.play, self._control.next
        self.action_seek, self.action_speed = self._control.seek, self._control.speed

    def compose(self) -> ComposeResult:
        """Return the session, with the line of the replay in the place of the one that asks.

        The card is shown as it was, without its choices.
        """
        for widget in super().compose():
            if isinstance(widget, ApprovalCard):
                widget.add_class("-recorded")
            if isinstance(widget, KeyFooter):
                yield self._replay_line
            yield widget

    def on_playhead_moved(self) -> None:
        """Draw the position of the replay."""
        self._replay_line.refresh()

    def on_replay_restarted(self) -> None:
        """Draw another state from its beginning."""
        self.timeline.set_state(self.state)
        self.query_one(SessionHeader).set_state(self.state)
        self.query_one(SidePanel).set_state(self.state)

    def on_replay_line_sought(self, message: ReplayLine.Sought) -> None:
        """Seek to the clicked place."""
        self._control.seek_share(message.share)
