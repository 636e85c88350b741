"""A dense map of a session: every call as one cell, wrapped like text.

The sign of a cell says how its call went, its colour too. A click, or the cursor of the list beside it, chooses one;
what a filter leaves out stays in its place, faint, so that the picture keeps its shape.
"""

from collections.abc import Collection, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from kimi_tui.projections.calls import Call
from kimi_tui.tui.formatting import CALL_TONES, Tone, call_state
from kimi_tui.tui.rendering.glyphs import ASCII, UNICODE

MAX_LINES = 8
"""Lines after which one cell stands for several calls: the worst of them is shown."""
_STATES_BY_WEIGHT = (
    "ok",
    "not-found",
    "running",
    "denied",
    "vetoed",
    "interrupted",
    "lookup-failed",
    "error",
    "waiting",
)
"""From what is shown last to what is shown first."""


class CallHeatmap(Widget):
    """One cell for each call, coloured by its state."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "picture--muted",
        "picture--accent",
        "picture--good",
        "picture--warning",
        "picture--error",
        "picture--cursor",
    }

    class Picked(Message):
        """A cell was clicked."""

        def __init__(self, call_id: str) -> None:
            super().__init__()
            self.call_id = call_id

    def __init__(self, *, ascii: bool, id: str = "") -> None:
        super().__init__(id=id or None)
        self._glyphs = ASCII if ascii else UNICODE
        self._calls: Sequence[Call] = ()
        self._matching_ids: Collection[str] = ()
        self._current = ""

    def show(self, calls: Sequence[Call], let_through: Collection[str]) -> None:
        """Show these calls; those that match the filter in colour."""
        self._calls, self._matching_ids = calls, let_through
        self._measure()
        self.refresh()

    def set_current(self, call_id: str) -> None:
        """Mark the cell of a call."""
        self._current = call_id
        self.refresh()

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._measure()

    @property
    def _calls_per_cell(self) -> int:
        """Return how many calls one cell represents."""
        room = max(self.size.width, 1) * MAX_LINES
        return max(-(-len(self._calls) // room), 1)

    def _measure(self) -> None:
        cells = -(-len(self._calls) // self._calls_per_cell)
        lines = min(-(-cells // max(self.size.width, 1)), MAX_LINES)
        self.styles.height = max(lines, 1)

    def _cell(self, y: int, x: int) -> Sequence[Call]:
        """Return the calls that are in a cell."""
        first = (y * self.size.width + x) * self._calls_per_cell
        return self._calls[first : first + self._calls_per_cell]

    def render_line(self, y: int) -> Strip:
        """One line of cells."""
        base = self.rich_style
        segments = []
        for x in range(self.size.width):
            calls = self._cell(y, x)
            if not calls:
                break
            glyph, tone = self._cell_style(calls)
            style = base + self.get_component_rich_style(f"picture--{tone}", partial=True) if tone else base
            if any(call.id == self._current for call in calls):
                style += self.get_component_rich_style("picture--cursor", partial=True)
            segments.append(Segment(glyph, style))
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _cell_style(self, calls: Sequence[Call]) -> tuple[str, Tone]:
        """Return the sign and the tone of the call that matters most."""
        shown = [call for call in calls if call.id in self._matching_ids]
        if not shown:
            return self._glyphs.info, "muted"
        call = max(
            shown,
            key=lambda one: _STATES_BY_WEIGHT.index(call_state(one)) if call_state(one) in _STATES_BY_WEIGHT else 0,
        )
        state, glyphs = call_state(call), self._glyphs
        glyph = {
            "ok": glyphs.ok,
            "not-found": glyphs.waiting,
            "waiting": glyphs.waiting,
            "running": glyphs.running,
            "vetoed": glyphs.vetoed,
            "denied": glyphs.vetoed,
        }.get(state, glyphs.error if call.observation else glyphs.proposed)
        return (glyphs.vetoed if call.withdrawn else glyph), CALL_TONES.get(state, "muted")

    def on_click(self, event: events.Click) -> None:
        """Choose the call under the pointer; of several the first that matches the filter."""
        for call in self._cell(event.y, event.x):
            if call.id in self._matching_ids:
                self.post_message(self.Picked(call.id))
                return
