"""The timeline widget: keys, mouse, and messages to the screen.

Keys and clicks only choose what is looked at; what they ask of the session goes out as a message.
"""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.message import Message
from textual.selection import Selection

from kimi_tui.tui.rendering.cited_places import CitedPlace
from kimi_tui.tui.rendering.lines import width_of
from kimi_tui.tui.timeline.block_selection import TimelineSelection
from kimi_tui.tui.timeline.citation_stops import cited_at
from kimi_tui.tui.timeline.layout import LinePosition
from kimi_tui.tui.timeline.painter import row_key


class TimelineView(TimelineSelection):
    """The timeline of one session."""

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

    _pressed: Offset | None = None

    # Keys

    def action_move(self, direction: int) -> None:
        """Select the block above or below; scroll through one that is higher than the view."""
        layout, index, height = self.timeline, self.selected, self.in_view.height
        if index is not None and height > 0:
            first = layout.heights.offset(index)
            last = first + layout.heights[index]
            if first >= self._top + height or last <= self._top:
                self.selected = None
            elif direction > 0 and last > self._top + height:
                self.move_to(self._top + min(last - self._top - height, max(height // 3, 1)))
                return
            elif direction < 0 and first < self._top:
                self.move_to(self._top - min(self._top - first, max(height // 3, 1)))
                return
        self.select_next_block() if direction > 0 else self.select_previous_block()

    def action_page(self, direction: int) -> None:
        """Scroll by a page, two lines of the old one kept."""
        self.selected = None
        self.move_to(self._top + direction * max(self.in_view.height - 2, 1))

    def action_home(self) -> None:
        """Go to the beginning."""
        self.selected = None
        self.move_to(0)

    def action_end(self) -> None:
        """Go to the end and follow it."""
        self.follow()

    def action_toggle_block(self) -> None:
        """Open or fold the selected block, and choose it if it is a call."""
        self.toggle()
        if self.selected_call is not None:
            self.post_message(self.CallChosen(self.selected_call))

    def action_open(self, level: int) -> None:
        """Open the selected block one step further, or fold it."""
        if self.selected is not None:
            self.set_level(self.selected, self.timeline.level(self.selected) + 1 if level else 0)

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
        offset, target = self._target(spot, event.x - self._gutter)
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
        self.selected = spot.block
        head = layout.row_in_block(spot) == layout.head_row(spot.block)
        if head and layout.top_level(spot.block):
            self.set_level(spot.block, 0 if layout.level(spot.block) else 1)
        if head and self.selected_call is not None:
            self.post_message(self.CallChosen(self.selected_call))
        self.refresh()

    def _target(self, spot: LinePosition, cell: int) -> tuple[int, str]:
        """Return the span under a click on a cell: the offset of its first character, and its target."""
        lines = self.timeline.lines(spot.block, spot.section)
        at = offset = 0
        for span in lines[spot.row].spans if spot.row < len(lines) else ():
            at += width_of(span.text)
            if cell < at:
                return offset, span.target if cell >= 0 else ""
            offset += len(span.text)
        return offset, ""

    def _choose(self, spot: LinePosition, offset: int, target: str) -> None:
        kind, _, value = target.partition(":")
        if kind == "source":
            self.post_message(self.SourceChosen(cited_at(self.timeline, spot, offset, value)))
        elif kind == "link":
            self.post_message(self.LinkChosen(value))
        else:
            self.selected = spot.block
            self.set_level(spot.block, 2)
