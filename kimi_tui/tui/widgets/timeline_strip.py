"""The strip beside the timeline: all of the session on one column, with where you are and what is worth finding.

A click goes there. It is drawn anew only when one of its cells changes, however fast the timeline grows.
"""

from textual import events
from textual.strip import Strip
from textual.widget import Widget

from kimi_tui.tui.rendering.lines import Line, Span
from kimi_tui.tui.widgets.timeline_marks import Mark
from kimi_tui.tui.widgets.timeline_view import TimelineView


class TimelineStrip(Widget):
    """One column at the right of a timeline."""

    DEFAULT_CSS = "TimelineStrip { width: 1; height: 1fr; }"

    def __init__(self, view: TimelineView) -> None:
        super().__init__(id="strip")
        self._view = view
        self._marks: dict[int, Mark] = {}
        self._here = range(0)

    def on_mount(self) -> None:
        """Follow the timeline."""
        self._view.settled.subscribe(self, lambda _: self._renew())

    def on_resize(self) -> None:
        """Spread the session over another height."""
        self._renew()

    def _renew(self) -> None:
        """Look at what has changed, and draw it if it shows."""
        height, view = self.size.height, self._view
        if height < 1:
            return
        marks, here = view.marks.rows(height), self._rows_in_view(height)
        shown = {row: mark[1:3] for row, mark in marks.items()}
        if shown != {row: mark[1:3] for row, mark in self._marks.items()} or here != self._here:
            self.refresh()
        self._marks, self._here = marks, here

    def _rows_in_view(self, height: int) -> range:
        """The rows of the strip that stand for what is in view; none when all of the timeline is."""
        view = self._view
        whole, seen = view.timeline.heights.total, view.in_view.height
        if whole <= seen:
            return range(0)
        first = view.scroll_offset.y * height // whole
        return range(first, max(first + 1, -(-(view.scroll_offset.y + seen) * height // whole)))

    def render_line(self, y: int) -> Strip:
        """One cell: a mark, over what is in view or not."""
        mark = self._marks.get(y)
        span = Span(mark.glyph, mark.role) if mark else Span(" ")
        line = Line((span,), fill="here" if y in self._here else "")
        return self._view.painter.strip(line, 1, "", 0)

    def on_click(self, event: events.Click) -> None:
        """Go to the mark, or to the place in the session."""
        event.stop()
        mark = self._marks.get(event.y)
        if mark is not None:
            self._view.jump_to_block(mark.block)
        else:
            whole, seen = self._view.timeline.heights.total, self._view.in_view.height
            self._view.move_to(event.y * whole // max(self.size.height, 1) - seen // 2)
        self._view.focus()
