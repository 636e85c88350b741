"""Replay of a recorded session: play at any speed, pause, step; no engine runs."""

from collections.abc import Coroutine
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from kimi_tui.session import Library, Session
from kimi_tui.tui.actions import Place, bindings_for
from kimi_tui.tui.playhead import Playhead
from kimi_tui.tui.replay_bridge import ReplayBridge
from kimi_tui.tui.screens.session import SessionScreen
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.key_footer import KeyFooter
from kimi_tui.tui.widgets.replay_line import ReplayLine
from kimi_tui.tui.widgets.session_header import SessionHeader
from kimi_tui.tui.widgets.side_panel import SidePanel


class ReplayScreen(SessionScreen, inherit_bindings=False):
    """Screen of a recording."""

    PLACES: ClassVar[tuple[Place, ...]] = ("replay", "session")
    BINDINGS: ClassVar[list[BindingType]] = [*Screen.BINDINGS, *bindings_for(*PLACES)]

    def __init__(self, session: Session, look: UiContext, library: Library, *, speed: float) -> None:
        """`speed` is a multiple of the recording's own pace; 0 shows its end at once."""
        super().__init__(session, look, library)
        self.playhead = Playhead(speed)
        """Where the replay stands."""
        self.replay = ReplayBridge(session, self, self.playhead)
        """The bridge, for what only a replay can do."""
        self.bridge = self.replay

    def compose(self) -> ComposeResult:
        """Return the session, with the line of the replay in the place of the one that asks."""
        for widget in super().compose():
            if isinstance(widget, KeyFooter):
                yield ReplayLine(self.playhead, ascii=self.ui_context.ascii)
            yield widget

    async def on_mount(self) -> None:
        """Show the card as it was, without its choices; the base class's own handler runs as well."""
        self.card.add_class("-recorded")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action is available now."""
        if action in ("decide", "waiting", "read_on"):
            return False
        return super().check_action(action, parameters)

    def on_playhead_moved(self) -> None:
        """Draw the position of the replay."""
        self.query_one(ReplayLine).refresh()

    def on_replay_restarted(self) -> None:
        """Draw another state from its beginning."""
        self.timeline.set_state(self.state)
        self.query_one(SessionHeader).set_state(self.state)
        self.query_one(SidePanel).set_state(self.state)

    def action_play(self) -> None:
        """Play or pause; at the end, from the beginning."""
        if self.playhead.ended and not self.playhead.playing:
            self._go(self.replay.seek(0))
        self.playhead.toggle()
        self.query_one(ReplayLine).refresh()

    def action_next(self) -> None:
        """Show one more entry."""
        self._go(self.replay.fold_next_entry())

    def action_seek(self, by: int) -> None:
        """To the end of the next step, or of the one before."""
        self._go(self.replay.seek(self.playhead.find_step_end(by)))

    def action_speed(self, by: int) -> None:
        """Faster or slower."""
        self.playhead.change_speed(by)
        self.query_one(ReplayLine).refresh()

    def on_replay_line_sought(self, message: ReplayLine.Sought) -> None:
        """Seek to the clicked place."""
        self._go(self.replay.seek(self.playhead.seek_share(message.share)))

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        self.run_worker(work, group="seek")
