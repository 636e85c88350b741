"""The timeline widget: one that paints only the visible lines, with keys, mouse, and messages to the screen.

What is in view, which block is selected, the search and the painting are objects of their own, which it holds. Changes
are gathered and drawn once. Keys and clicks only choose what is looked at; what they ask of the session goes out as a
message.
"""

from collections.abc import Callable
from time import monotonic
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.signal import Signal
from textual.strip import Strip
from textual.widget import Widget

from kimi_tui.events import Delta
from kimi_tui.evidence.cited_places import CitedPlace
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.tui.rendering.glyphs import ASCII, UNICODE
from kimi_tui.tui.rendering.lines import width_of
from kimi_tui.tui.timeline.block_selection import BlockSelection
from kimi_tui.tui.timeline.citation_stops import cited_at
from kimi_tui.tui.timeline.layout import LinePosition, TimelineLayout
from kimi_tui.tui.timeline.line_painter import LinePainter
from kimi_tui.tui.timeline.markers import TimelineMarkers
from kimi_tui.tui.timeline.match_navigator import MatchNavigator
from kimi_tui.tui.timeline.painter import row_key, selected_text
from kimi_tui.tui.timeline.search import TimelineSearch
from kimi_tui.tui.timeline.style import ROLES, TIMELINE_CSS
from kimi_tui.tui.timeline.viewport import Viewport


def stopped_clock() -> float:
    """Return a constant time, for recordings, where no call runs any more."""
    return 0.0


class TimelineView(ScrollView, can_focus=True):
    """The timeline of one session."""

    DEFAULT_CSS = TIMELINE_CSS
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"timeline--{role}" for role in ROLES}
    ALLOW_SELECT = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Block above", show=False, id="timeline.up"),
        Binding("down", "move(1)", "Block below", show=False, id="timeline.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="timeline.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="timeline.page_down"),
        Binding("home", "home", "Beginning", show=False, id="timeline.home"),
        Binding("end", "end", "End", show=False, id="timeline.end"),
        Binding("enter", "toggle_block", "Open or fold", show=False, id="timeline.toggle"),
        Binding("right", "open(1)", "Open", show=False, id="timeline.open"),
        Binding("left", "open(0)", "Fold", show=False, id="timeline.fold"),
    ]

    class CallChosen(Message):
        """A person chose a call."""

        def __init__(self, call_id: str) -> None:
            self.call_id = call_id
            super().__init__()

    class SourceChosen(Message):
        """A person chose a citation or a source."""

        def __init__(self, cited: CitedPlace) -> None:
            self.cited = cited
            """The place, with what a checked memo says of it."""
            super().__init__()

    class LinkChosen(Message):
        """A person chose a link; nothing has been opened, and the address is untrusted text."""

        def __init__(self, address: str) -> None:
            self.address = address
            super().__init__()

    class FollowChanged(Message):
        """The timeline started or stopped following its end."""

        def __init__(self, following: bool) -> None:
            self.following = following
            """True when it follows now."""
            super().__init__()

    def __init__(
        self,
        state: TrajectoryState,
        *,
        ascii: bool = False,
        live: bool = True,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`live` says whether time passes in what is shown; it does not in a recording."""
        super().__init__(id=id, classes=classes)
        self._live = live
        self._glyphs = ASCII if ascii else UNICODE
        self._announced_following = True
        self._moving = False
        self._pending = False
        self._pressed: Offset | None = None
        self.timeline = self._lay_out(state)
        """Heights and drawn lines of every block."""
        self.viewport = Viewport(self.timeline, self.redraw_now)
        """What is in view; moves it."""
        self.selection = BlockSelection(self.viewport)
        """The selected block; opens and folds blocks."""
        self.painter = LinePainter(self, self.viewport, self.selection, self._glyphs)
        """Turns lines into strips in the look of this timeline."""
        self.settled: Signal[None] = Signal(self, "settled")
        """Published whenever what is in view, or where it is, may have changed."""
        self._take(self.timeline)

    def _lay_out(self, state: TrajectoryState) -> TimelineLayout:
        return TimelineLayout(state, self._glyphs, monotonic if self._live else stopped_clock)

    def _take(self, layout: TimelineLayout) -> None:
        self.timeline = self.viewport.layout = layout
        self.found = TimelineSearch(layout)
        """The search and its matches."""
        self.matches = MatchNavigator(self.found, self.selection, self.viewport)
        """Goes from match to match."""
        self.marks = TimelineMarkers(layout)
        """What is worth finding from afar."""

    def set_state(self, state: TrajectoryState, *, past_answer: bool = False) -> None:
        """Show another session, from its answer or its end; with `past_answer` from the very end."""
        self._take(self._lay_out(state))
        self.selection.index, self.painter.highlights = None, {}
        self.painter.forget_strips()
        self.viewport.resize(self.viewport.size)
        self.viewport.follow(past_answer=past_answer)

    # Changes

    def block_changed(self, index: int) -> None:
        """The state made or changed a block; drawn soon, together with whatever else changes meanwhile."""
        self._change_blocks(lambda: self.timeline.block_changed(index), index)
        self.marks.changed(index)

    def show_delta(self, delta: Delta) -> None:
        """Take a fragment of what streams."""
        self._change_blocks(lambda: self.timeline.show_delta(delta), len(self.timeline.blocks))

    def _change_blocks(self, change: Callable[[], None], first: int) -> None:
        """Apply a change to the blocks from `first` on, and draw them soon."""
        self.viewport.change_blocks(change, first)
        if not self._pending and self.is_attached:
            self._pending = True
            self.call_later(self._settle)

    def redraw_now(self) -> None:
        """Compute exact heights of the visible blocks, scroll to them, and draw."""
        self.viewport.mark_all_dirty()
        self._settle()

    def _settle(self) -> None:
        """Compute exact heights of the visible blocks, scroll, and draw what changed."""
        view = self.viewport
        self._pending = False
        if view.following != self._announced_following:
            self._announced_following = view.following
            self.post_message(self.FollowChanged(view.following))
        first = view.settle(self.scroll_offset.y)
        if first is None:
            return
        self._moving = True
        width, height = view.size
        # Setting `virtual_size` itself would lay out the whole screen again for each streamed fragment.
        self.set_reactive(Widget.virtual_size, Size(width, self.timeline.heights.total))
        self.scroll_target_y = self.scroll_y = view.top
        self._moving = False
        if first < height:
            self.refresh(Region(0, first, width, height - first))
        self.settled.publish(None)

    def _tick(self) -> None:
        """Redraw running clocks, once a second."""
        layout = self.timeline
        if self._live and (layout.live or layout.ticking()):
            self._change_blocks(layout.tick, self.viewport.top_block)

    def on_mount(self) -> None:
        """Begin to follow the end."""
        self.set_interval(1.0, self._tick)

    def on_resize(self, event: events.Resize) -> None:
        """Lay out anew what is in view, at the new width."""
        self.viewport.resize(self.scrollable_content_region.size)
        self.painter.forget_strips()
        self.redraw_now()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Make exact what came into view; a person's scrolling decides whether the end is followed."""
        if not self._moving and round(old_value) != round(new_value):
            self.viewport.scroll_to(round(new_value), is_end=round(new_value) >= self.max_scroll_y)

    # Painting

    def notify_style_update(self) -> None:
        """The theme changed."""
        super().notify_style_update()
        self.painter.forget_styles()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the painted lines of a part of the view.

        The base class would make each of them anew whenever it moved; a strip that is kept is cut and encoded once.
        """
        first, last = crop.column_span
        top, spot, paint, found = self.scroll_offset.y, self.timeline.spot, self.painter.paint, self.found
        strips = [paint(spot(top + y), found) for y in crop.line_range]
        whole = first == 0 and last >= self.viewport.size.width
        return strips if whole else [strip.crop(first, last) for strip in strips]

    def render_line(self, y: int) -> Strip:
        """One line of the view with its place in the text, which is asked for under the mouse alone.

        What is painted goes without: each place would be a style of its own, made and kept for every piece of text.
        """
        spot = self.timeline.spot(self.scroll_offset.y + y)
        strip = self.painter.paint(spot, self.found)
        return strip.apply_offsets(0, 0) if spot is None else strip.apply_offsets(-self.viewport.gutter, row_key(spot))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text as it was written."""
        return selected_text(self.timeline, selection), "\n"

    # Keys

    def action_move(self, direction: int) -> None:
        """Select the block above or below; scroll through one that is higher than the view."""
        self.selection.move(direction)

    def action_page(self, direction: int) -> None:
        """Scroll by a page, two lines of the old one kept."""
        self.selection.index = None
        self.viewport.page(direction)

    def action_home(self) -> None:
        """Go to the beginning."""
        self.selection.index = None
        self.viewport.move_to(0)

    def action_end(self) -> None:
        """Go to the end and follow it."""
        self.selection.follow_end()

    def action_toggle_block(self) -> None:
        """Open or fold the selected block, and choose it if it is a call."""
        self.selection.toggle()
        self._choose_call()

    def action_open(self, level: int) -> None:
        """Open the selected block one step further, or fold it."""
        self.selection.open(level)

    def _choose_call(self) -> None:
        """Say that the selected call was chosen, if a call is selected."""
        if self.selection.call is not None:
            self.post_message(self.CallChosen(self.selection.call))

    # Mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Remember where, so that a drag is not taken for a click."""
        self._pressed = event.offset

    def on_click(self, event: events.Click) -> None:
        """Choose the target under the pointer; a double click selects the text of the block."""
        event.prevent_default()
        spot = self.timeline.spot(event.y + self.scroll_offset.y)
        if spot is None or event.offset != self._pressed:
            return
        if event.chain == 2:
            self._select_text(spot.block)
            return
        offset, target = _target_at(self.timeline, spot, event.x - self.viewport.gutter)
        if target:
            self._choose(spot, offset, target)
        elif event.chain == 1:
            self._click_block(spot)

    def _select_text(self, block: int) -> None:
        """Select all the text of a block."""
        start = Offset(0, row_key(LinePosition(block, 0, 0)))
        self.screen.selections = {self: Selection(start, Offset(0, row_key(LinePosition(block + 1, 0, 0))))}

    def _click_block(self, spot: LinePosition) -> None:
        layout = self.timeline
        self.selection.index = spot.block
        if layout.row_in_block(spot) == layout.head_row(spot.block):
            if layout.top_level(spot.block):
                self.selection.set_level(spot.block, 0 if layout.level(spot.block) else 1)
            self._choose_call()
        self.refresh()

    def _choose(self, spot: LinePosition, offset: int, target: str) -> None:
        kind, _, value = target.partition(":")
        if kind == "source":
            self.post_message(self.SourceChosen(cited_at(self.timeline, spot, offset, value)))
        elif kind == "link":
            self.post_message(self.LinkChosen(value))
        else:
            self.selection.index = spot.block
            self.selection.set_level(spot.block, 2)


def _target_at(layout: TimelineLayout, spot: LinePosition, cell: int) -> tuple[int, str]:
    """Return the span at a cell of a line: the offset of its first character, and its target."""
    lines = layout.lines(spot.block, spot.section)
    at = offset = 0
    for span in lines[spot.row].spans if spot.row < len(lines) else ():
        at += width_of(span.text)
        if cell < at:
            return offset, span.target if cell >= 0 else ""
        offset += len(span.text)
    return offset, ""
