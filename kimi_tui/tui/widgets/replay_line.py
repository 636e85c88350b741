"""The control line of a replay: playing or paused, speed and position; a click seeks."""

from typing import ClassVar

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from kimi_tui.tui.formatting import format_clock_time, meter_bar, replace_non_ascii_signs
from kimi_tui.tui.playhead import Playhead


class ReplayLine(Widget):
    """One line under the timeline of a recording."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"replay--mark", "replay--done", "replay--rest", "replay--muted"}

    class Sought(Message):
        """A person chose a position."""

        def __init__(self, share: float) -> None:
            super().__init__()
            self.share = share
            """Of the recording's time, from 0 to 1."""

    def __init__(self, playhead: Playhead, *, ascii: bool) -> None:
        super().__init__(id="replay")
        self._playhead = playhead
        self._ascii = ascii
        self._bar = (0, 0)

    def render(self) -> RenderResult:
        """Mark, speed, bar, step and time."""
        head, progress = self._playhead, self._playhead.progress
        left = f"{self._mark()} {head.speed:g}x  "
        right = (
            f"  step {progress.step} of {progress.steps} · "
            f"{format_clock_time(progress.seconds)} of {format_clock_time(progress.total)}"
        )
        width = max(self.size.width - len(left) - len(right), 4)
        self._bar = (len(left), width)
        full, empty = meter_bar(progress.share, width, self._ascii)
        return Content.assemble(
            (left, self.get_visual_style("replay--mark", partial=True)),
            (full, self.get_visual_style("replay--done", partial=True)),
            (empty, self.get_visual_style("replay--rest", partial=True)),
            (replace_non_ascii_signs(right, self._ascii), self.get_visual_style("replay--muted", partial=True)),
        )

    def _mark(self) -> str:
        if self._playhead.playing:
            return ">" if self._ascii else "▶"
        if self._playhead.ended:
            return "#" if self._ascii else "■"
        return "=" if self._ascii else "‖"

    def on_click(self, event: events.Click) -> None:
        """Go where the pointer is."""
        offset = event.get_content_offset(self)
        start, width = self._bar
        if offset is not None and start <= offset.x <= start + width:
            self.post_message(self.Sought((offset.x - start) / max(width - 1, 1)))
