"""A session again, from its recording: played at any speed, paused, stepped through; nothing is behind it."""

from collections.abc import Coroutine
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from kimi_tui.session import Library, Session
from kimi_tui.tui.actions import Place, bindings
from kimi_tui.tui.look import Look
from kimi_tui.tui.playhead import Playhead
from kimi_tui.tui.replaying import ReplayBridge
from kimi_tui.tui.screens.session import SessionScreen
from kimi_tui.tui.widgets.head_line import HeadLine
from kimi_tui.tui.widgets.key_line import KeyLine
from kimi_tui.tui.widgets.replay_line import ReplayLine
from kimi_tui.tui.widgets.side_panel import SidePanel


class ReplayScreen(SessionScreen, inherit_bindings=False):
    """A recording."""

    PLACES: ClassVar[tuple[Place, ...]] = ("replay", "session")
    BINDINGS: ClassVar[list[BindingType]] = [*Screen.BINDINGS, *bindings(*PLACES)]

    def __init__(self, session: Session, look: Look, library: Library, *, speed: float) -> None:
        """`speed` is a multiple of the recording's own pace; 0 shows its end at once."""
        super().__init__(session, look, library)
        self.playhead = Playhead(speed)
        """Where the replay stands."""
        self.replay = ReplayBridge(session, self, self.playhead)
        """The bridge, for what only a replay can do."""
        self.bridge = self.replay

    def compose(self) -> ComposeResult:
        """The session, with the line of the replay in the place of the one that asks."""
        for widget in super().compose():
            if isinstance(widget, KeyLine):
                yield ReplayLine(self.playhead, ascii=self.look.ascii)
            yield widget

    async def on_mount(self) -> None:
        """Show the card as it was, without its choices; the base class's own handler runs as well."""
        self.card.add_class("-recorded")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action means something now."""
        if action in ("decide", "waiting", "read_on"):
            return False
        return super().check_action(action, parameters)

    def on_moved(self) -> None:
        """Draw where the replay stands."""
        self.query_one(ReplayLine).refresh()

    def on_rewound(self) -> None:
        """Draw another state from its beginning."""
        self.timeline.set_state(self.state)
        self.query_one(HeadLine).set_state(self.state)
        self.query_one(SidePanel).set_state(self.state)

    def action_play(self) -> None:
        """Play or pause; at the end, from the beginning."""
        if self.playhead.ended and not self.playhead.playing:
            self._go(self.replay.seek(0))
        self.playhead.toggle()
        self.query_one(ReplayLine).refresh()

    def action_next(self) -> None:
        """One entry on."""
        self._go(self.replay.step())

    def action_seek(self, by: int) -> None:
        """To the end of the next step, or of the one before."""
        self._go(self.replay.seek(self.playhead.step_end(by)))

    def action_speed(self, by: int) -> None:
        """Faster or slower."""
        self.playhead.change_speed(by)
        self.query_one(ReplayLine).refresh()

    def on_replay_line_sought(self, message: ReplayLine.Sought) -> None:
        """To the place that was clicked."""
        self._go(self.replay.seek(self.playhead.seek_share(message.share)))

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        self.run_worker(work, group="seek")
