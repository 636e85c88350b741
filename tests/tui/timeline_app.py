"""The smallest app around a timeline, which keeps what the timeline tells it."""

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot

from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.tui.themes import THEMES
from kimi_tui.tui.timeline.view import TimelineView


def use_our_theme(app: App[None]) -> None:
    """Give an app the first of our themes, whose colour roles the timeline's look names."""
    for theme in THEMES:
        app.register_theme(theme)
    app.theme = THEMES[0].name


class TimelineApp(App[None]):
    """A timeline and nothing else."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, state: TrajectoryState, *, ascii: bool = False) -> None:
        super().__init__()
        self.state = state
        self.ascii_only = ascii
        self.reported: list[Message] = []
        self.actions_run = 0
        use_our_theme(self)

    def compose(self) -> ComposeResult:
        yield TimelineView(self.state, ascii=self.ascii_only)

    @property
    def view(self) -> TimelineView:
        return self.query_one(TimelineView)

    def on_timeline_view_call_chosen(self, message: TimelineView.CallChosen) -> None:
        self.reported.append(message)

    def on_timeline_view_source_chosen(self, message: TimelineView.SourceChosen) -> None:
        self.reported.append(message)

    def on_timeline_view_link_chosen(self, message: TimelineView.LinkChosen) -> None:
        self.reported.append(message)

    def on_timeline_view_follow_changed(self, message: TimelineView.FollowChanged) -> None:
        self.reported.append(message)

    def action_approve(self) -> None:
        """The action that hostile markup would like to run."""
        self.actions_run += 1


def shown(view: TimelineView) -> list[str]:
    """The text of every line in view, without margin."""
    return [view.render_line(y).text[2:].rstrip() for y in range(view.viewport.size.height)]


def line_with(view: TimelineView, text: str) -> tuple[int, int]:
    """Return where in the widget a text begins: column and line of its first character."""
    for y, line in enumerate(view.render_line(y).text for y in range(view.viewport.size.height)):
        if text in line:
            return line.index(text), y
    raise AssertionError(f"{text!r} is not in view")


async def settled(pilot: Pilot[None]) -> TimelineView:
    """The view, once everything asked of it has happened."""
    await pilot.pause()
    await pilot.pause()
    assert isinstance(pilot.app, TimelineApp)
    return pilot.app.view
