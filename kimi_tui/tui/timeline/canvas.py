"""Draw and scroll the timeline: one widget that paints only the visible lines.

It follows the end while text streams until the person scrolls away, then holds still: whatever grows or folds above
the view, the line at its upper edge stays the one that was looked at. Changes are gathered and drawn once.
"""

from collections.abc import Callable
from time import monotonic
from typing import ClassVar

from textual import events
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.signal import Signal
from textual.strip import Strip
from textual.widget import Widget

from kimi_tui.events import Delta
from kimi_tui.projections.state import SessionState
from kimi_tui.tui.rendering.glyphs import ASCII, UNICODE
from kimi_tui.tui.rendering.lines import BLANK, StyledLine
from kimi_tui.tui.rendering.sections import MIN_WIDTH_CELLS
from kimi_tui.tui.timeline.exact_heights import settle_end, settle_view
from kimi_tui.tui.timeline.layout import LinePosition, TimelineLayout
from kimi_tui.tui.timeline.markers import TimelineMarkers
from kimi_tui.tui.timeline.painter import SELECTED_ROLE, Overlay, StripPainter, row_key
from kimi_tui.tui.timeline.scroll_thumb import ScrollThumb
from kimi_tui.tui.timeline.search import TimelineSearch
from kimi_tui.tui.timeline.style import ROLES, TIMELINE_CSS
from kimi_tui.tui.timeline.text_selection import selected_text

MAX_WIDTH_CELLS = 140
"""Cells after which a wider screen is left empty, since the eye loses the line."""
GUTTER_CELLS = 2
"""Cells left of the text, for the mark of the selected block."""
_MAX_CACHED_STRIPS = 2048
"""Painted lines that are kept."""
_NOTHING = 1 << 60
"""A line below every other: nothing is to be drawn."""


def stopped_clock() -> float:
    """Return a constant time, for recordings, where no call runs any more."""
    return 0.0


class TimelineCanvas(ScrollView, can_focus=True):
    """The drawn timeline of one session."""

    DEFAULT_CSS = TIMELINE_CSS
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"timeline--{role}" for role in ROLES}
    ALLOW_SELECT = True

    class FollowChanged(Message, namespace="timeline_view"):
        """The timeline started or stopped following its end."""

        def __init__(self, following: bool) -> None:
            self.following = following
            """Whether it follows now."""
            super().__init__()

    def __init__(
        self,
        state: SessionState,
        *,
        ascii: bool = False,
        live: bool = True,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`live` says whether time passes in what is shown; it does not in a recording."""
        super().__init__(id=id, classes=classes)
        self._live = live
        self.glyphs = ASCII if ascii else UNICODE
        self.selected: int | None = None
        """The index of the selected block; the number of blocks for what streams."""
        self._follows = True
        self._top = 0
        self._moving = False
        self._pending = False
        self._dirty = 0
        self._thumb = ScrollThumb()
        self.in_view = Size(0, 0)
        """How many cells a line has, the scroll bar left out, and how many lines are in view."""
        self.settled: Signal[None] = Signal(self, "settled")
        """Told whenever what is in view, or where it stands, may have changed."""
        self.painter = StripPainter(self)
        """Turns lines into strips in the look of this timeline."""
        self._strips: LRUCache[int, tuple[StyledLine, bool, Strip]] = LRUCache(_MAX_CACHED_STRIPS)
        self._take(state)

    def _take(self, state: SessionState) -> None:
        self.timeline = TimelineLayout(state, self.glyphs, monotonic if self._live else stopped_clock)
        self.found = TimelineSearch(self.timeline)
        self.highlights: dict[int, tuple[Overlay, ...]] = {}
        """What is marked besides search matches, by `row_key`."""
        self.marks = TimelineMarkers(self.timeline)
        """What is worth finding from afar."""
        self.selected = None
        self._strips.clear()

    def set_state(self, state: SessionState) -> None:
        """Show another session, from its end."""
        self._take(state)
        if self.in_view.width:
            self.timeline.resize(self._text_width)
        self._set_follows(True)
        self.redraw_now()

    @property
    def following(self) -> bool:
        """Return whether the view moves with the end."""
        return self._follows

    @property
    def _gutter(self) -> int:
        return GUTTER_CELLS if self.in_view.width >= 20 else 0

    @property
    def _text_width(self) -> int:
        return max(min(self.in_view.width - self._gutter - 1, MAX_WIDTH_CELLS), MIN_WIDTH_CELLS)

    # Changes

    def block_changed(self, index: int) -> None:
        """The state made or changed a block; drawn soon, together with whatever else changes meanwhile."""
        self._keep_top_line(lambda: self.timeline.block_changed(index), index)
        self.marks.changed(index)

    def show_delta(self, delta: Delta) -> None:
        """Take a fragment of what streams."""
        self._keep_top_line(lambda: self.timeline.show_delta(delta), len(self.timeline.blocks))

    def _keep_top_line(self, change: Callable[[], None], index: int) -> None:
        """Apply a change to the blocks from `index` on, keeping the top visible line in place."""
        layout = self.timeline
        block, offset = layout.heights.find(self._top)
        change()
        self._top = layout.heights.offset(block) + min(offset, layout.heights[block])
        self._dirty = min(self._dirty, layout.first_changed_line(index))
        if not self._pending and self.is_attached:
            self._pending = True
            self.call_later(self._settle)

    def redraw_now(self) -> None:
        """Compute exact heights of the visible blocks, scroll to them, and draw."""
        self._dirty = 0
        self._settle()

    def _settle(self) -> None:
        """Compute exact heights of the visible blocks, scroll, and draw what changed."""
        height, width = self.in_view.height, self.in_view.width
        dirty, self._dirty, self._pending = self._dirty, _NOTHING, False
        if height < 1 or width < 1:
            return
        layout = self.timeline
        before = self.scroll_offset.y
        self._top = settle_end(layout, height) if self._follows else settle_view(layout, self._top, height)
        self._moving = True
        total = layout.heights.total
        # Setting `virtual_size` itself would lay out the whole screen again for each streamed fragment.
        self.set_reactive(Widget.virtual_size, Size(width, total))
        self._thumb.show(self.vertical_scrollbar, total, height, self._top, at_end=self._follows)
        self.scroll_target_y = self.scroll_y = self._top
        self._moving = False
        first = max(dirty - self._top, 0) if before == self._top else 0
        if first < height:
            self.refresh(Region(0, first, width, height - first))
        self.settled.publish(None)

    def _tick(self) -> None:
        """Redraw running clocks, once a second."""
        layout = self.timeline
        if self._live and (layout.live or layout.ticking()):
            self._keep_top_line(layout.tick, layout.heights.find(self._top)[0])

    def on_mount(self) -> None:
        """Begin to follow the end."""
        self.set_interval(1.0, self._tick)

    def on_resize(self, event: events.Resize) -> None:
        """Lay out anew what is in view, at the new width."""
        layout = self.timeline
        self.in_view = self.scrollable_content_region.size
        if self.in_view.width > 0 and layout.width != self._text_width:
            block, offset = layout.heights.find(self._top)
            layout.resize(self._text_width)
            self._top = layout.heights.offset(block) + min(offset, layout.heights[block])
        self._strips.clear()
        self.redraw_now()

    # Scrolling

    def follow(self) -> None:
        """Go back to the end and stay there."""
        self.selected = None
        self._set_follows(True)
        self.redraw_now()

    def _set_follows(self, follows: bool) -> None:
        if follows != self._follows:
            self._follows = follows
            self.post_message(self.FollowChanged(follows))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Make exact what came into view; a person's scrolling decides whether the end is followed."""
        if self._moving or round(old_value) == round(new_value):
            return
        self._top = round(new_value)
        self._set_follows(self._top >= self.max_scroll_y)
        self.redraw_now()

    def move_to(self, top: int) -> None:
        """Scroll to a line at once, as a person does."""
        top = max(top, 0)
        self._top = settle_view(self.timeline, top, self.in_view.height)
        end = self._top + self.in_view.height >= self.timeline.heights.total
        self._set_follows(end and (top >= self._top or self._follows))
        self.redraw_now()

    # Painting

    def notify_style_update(self) -> None:
        """The theme changed."""
        super().notify_style_update()
        self.painter.clear()
        self._strips.clear()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the painted lines of a part of the view.

        The base class would make each of them anew whenever it moved; a strip that is kept is cut and encoded once.
        """
        first, last = crop.column_span
        strips = [self._painted(y) for y in crop.line_range]
        return strips if first == 0 and last >= self.in_view.width else [strip.crop(first, last) for strip in strips]

    def render_line(self, y: int) -> Strip:
        """One line of the view with its place in the text, which is asked for under the mouse alone.

        What is painted goes without: each place would be a style of its own, made and kept for every piece of text.
        """
        spot = self.timeline.spot(self.scroll_offset.y + y)
        strip = self._painted(y)
        return strip.apply_offsets(0, 0) if spot is None else strip.apply_offsets(-self._gutter, row_key(spot))

    def _painted(self, y: int) -> Strip:
        """One line of the view."""
        spot = self.timeline.spot(self.scroll_offset.y + y)
        width = self.in_view.width
        if spot is None:
            return self.painter.strip(BLANK, width, "")
        lines = self.timeline.lines(spot.block, spot.section)
        line = lines[spot.row] if spot.row < len(lines) else BLANK
        key = row_key(spot)
        chosen = spot.block == self.selected and line is not BLANK
        overlays = self._overlays(spot, lines, line, key)
        kept = self._strips.get(key)
        if kept is not None and kept[0] == line and kept[1] == chosen and not overlays:
            return kept[2]
        if chosen and not line.fill and self.has_focus and self._is_head(spot):
            line = line._replace(fill="cursor")
        gutter = (self.glyphs.marker if chosen else " ").ljust(self._gutter)[: self._gutter]
        strip = self.painter.strip(line, width, gutter, overlays)
        if not overlays:
            self._strips.discard(key)  # setting alone would keep the old one
            self._strips[key] = (lines[spot.row] if spot.row < len(lines) else BLANK, chosen, strip)
        return strip

    def _is_head(self, spot: LinePosition) -> bool:
        """Return whether a spot is the first line of a collapsed block."""
        layout = self.timeline
        return layout.top_level(spot.block) > 0 and layout.row_in_block(spot) == layout.head_row(spot.block)

    def _overlays(self, spot: LinePosition, lines: list[StyledLine], line: StyledLine, key: int) -> list[Overlay]:
        """Highlights, search matches and selected text on one line."""
        overlays = [*self.highlights.get(key, ()), *self.found.overlays(spot, lines)]
        selection = self.text_selection
        span = selection.get_span(key) if selection is not None else None
        if span is not None:
            start, end = max(span[0], 0), span[1] if span[1] >= 0 else len(line.text)
            overlays.append(Overlay(start, end, SELECTED_ROLE))
        return overlays

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text as it was written."""
        return selected_text(self.timeline, selection), "\n"
