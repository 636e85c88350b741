"""The minimap beside the timeline: the whole session in one column, with the view and the markers.

It is the timeline's only scroll bar: a click goes there, a drag moves the view. It is drawn anew only when one of its
cells changes, however fast the timeline grows.
"""

from itertools import zip_longest

from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from kimi_tui.tui.rendering.lines import BLANK, StyledLine, StyledSpan
from kimi_tui.tui.timeline.markers import TimelineMarker
from kimi_tui.tui.timeline.view import TimelineView

_WHEEL_LINES = 3
"""Lines for each notch of the wheel."""


class TimelineMinimap(Widget):
    """One column at the right of a timeline."""

    DEFAULT_CSS = "TimelineMinimap { width: 1; height: 1fr; }"

    def __init__(self, view: TimelineView) -> None:
        super().__init__(id="strip")
        self._view = view
        self._marks: dict[int, TimelineMarker] = {}
        self._cells: list[StyledLine] = []
        self._pressed_row: int | None = None
        self._dragged = False

    def on_mount(self) -> None:
        """Follow the timeline."""
        self._view.settled.subscribe(self, lambda _: self._refresh_if_changed())

    def on_resize(self) -> None:
        """Map the session to another height."""
        self._refresh_if_changed()

    def _refresh_if_changed(self) -> None:
        """Look at what has changed, and draw it if it shows."""
        height, view = self.size.height, self._view
        if height < 1:
            return
        self._marks, here = view.marks.rows(height), self._rows_in_view(height)
        cells = [_cell(self._marks.get(row), row in here) for row in range(height)]
        changed = [row for row, (old, new) in enumerate(zip_longest(self._cells, cells)) if old != new]
        self._cells = cells
        if changed:
            self.refresh(Region(0, changed[0], 1, changed[-1] + 1 - changed[0]))

    def _rows_in_view(self, height: int) -> range:
        """Return the rows of the strip that represent what is in view; none when all of the timeline is."""
        view = self._view
        whole, seen = view.timeline.heights.total, view.viewport.size.height
        if whole <= seen:
            return range(0)
        first = view.scroll_offset.y * height // whole
        return range(first, max(first + 1, -(-(view.scroll_offset.y + seen) * height // whole)))

    def render_line(self, y: int) -> Strip:
        """Return one cell: a marker or none, with the view highlighted."""
        cell = self._cells[y] if y < len(self._cells) else BLANK
        return self._view.painter.strips.strip(cell, 1, "")

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin a drag."""
        event.stop()
        self._pressed_row, self._dragged = event.y, False
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the view with the pointer while its button is down."""
        if self._pressed_row is not None and (self._dragged or event.y != self._pressed_row):
            self._dragged = True
            self._show_row(min(max(event.y, 0), self.size.height - 1))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """End a drag."""
        event.stop()
        self._pressed_row = None
        self.release_mouse()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll the timeline."""
        event.stop()
        self._view.viewport.move_to(self._view.viewport.top + _WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll the timeline back."""
        event.stop()
        self._view.viewport.move_to(self._view.viewport.top - _WHEEL_LINES)

    def on_click(self, event: events.Click) -> None:
        """Go to the mark, or to the place in the session; a drag has gone there already."""
        event.stop()
        mark = self._marks.get(event.y)
        if mark is not None and not self._dragged:
            self._view.selection.jump_to_block(mark.block)
        elif not self._dragged:
            self._show_row(event.y)
        self._view.focus()

    def _show_row(self, row: int) -> None:
        """Show the part of the session that a row represents; the first and the last row lead to its ends."""
        hidden = max(self._view.timeline.heights.total - self._view.viewport.size.height, 0)
        self._view.viewport.move_to(row * hidden // max(self.size.height - 1, 1))


def _cell(mark: TimelineMarker | None, in_view: bool) -> StyledLine:
    """One row of the strip: a mark or none, over what is in view or not."""
    return StyledLine((StyledSpan(mark.glyph, mark.role) if mark else StyledSpan(" "),), fill="here" if in_view else "")
