"""Select blocks of the timeline: open, collapse, jump, search and copy them.

What is opened or gone to stays where the eye is: the line that was acted on does not move when it was in view.
"""

from kimi_tui.tui.rendering.blocks import searchable_text
from kimi_tui.tui.rendering.lines import sanitize_text
from kimi_tui.tui.timeline.canvas import TimelineCanvas


class TimelineSelection(TimelineCanvas):
    """Timeline whose blocks can be selected."""

    @property
    def selected_call(self) -> str | None:
        """Return the id of the selected call, if a call is selected."""
        blocks = self.timeline.blocks
        if self.selected is None or self.selected >= len(blocks):
            return None
        return blocks[self.selected].call_id or None

    # Opening and folding

    def toggle(self, index: int | None = None) -> None:
        """Open a block one step further, or collapse it when it is open; by default the selected one."""
        index = self.selected if index is None else index
        if index is None:
            return
        layout = self.timeline
        level = layout.level(index)
        self.set_level(index, 0 if level >= layout.top_level(index) else level + 1)

    def set_level(self, index: int, level: int) -> None:
        """Set how far a block is opened; its visible first line stays in place."""
        layout = self.timeline
        if min(level, layout.top_level(index)) == layout.level(index):
            return
        head = layout.heights.offset(index)
        held = self._top <= head < self._top + self.in_view.height
        if not held and layout.heights.find(self._top)[0] == index:
            self._top = head
        layout.set_level(index, min(level, layout.top_level(index)))
        self._set_follows(self._follows and index >= len(layout.blocks))
        self.redraw_now()

    def collapse_all(self, folded: bool) -> None:
        """Collapse or open every block that can be collapsed."""
        block, _ = self.timeline.heights.find(self._top)
        self.timeline.fold_all(folded)
        self._top = self.timeline.heights.offset(block)
        self.redraw_now()

    # Selecting

    def select(self, index: int | None) -> None:
        """Select a block and bring it into view."""
        layout = self.timeline
        self.selected = index
        if index is not None and self.in_view.height > 0:
            laid = layout.lay_out_block(index)
            first = layout.heights.offset(index)
            last = first + layout.heights[index]
            self.show_lines(first if last - first < self.in_view.height else first + laid.gap, last)
            if index < self._last_selectable and self._follows:
                self._set_follows(False)
        self.refresh()

    def show_lines(self, first: int, last: int) -> None:
        """Scroll no further than needed to have some lines in view, the first of them if not all fit."""
        height = self.in_view.height
        if first < self._top:
            self.move_to(first)
        elif last > self._top + height:
            self.move_to(min(first, last - height))

    @property
    def _last_selectable(self) -> int:
        """Return the index of the last block that can be selected."""
        layout = self.timeline
        return len(layout.blocks) - (0 if layout.live else 1)

    def select_next_block(self) -> None:
        """Select the block below; below the last one, follow the end."""
        if self.selected is None and self._follows:
            return
        if self.selected is not None and self.selected >= self._last_selectable:
            self.follow()
        elif self._last_selectable >= 0:
            top = self.timeline.heights.find(self._top)[0]
            self.select(min(top if self.selected is None else self.selected + 1, self._last_selectable))

    def select_previous_block(self) -> None:
        """Select the block above; from nothing, the last one in view."""
        if self._last_selectable >= 0:
            self.select(self._last_in_view() if self.selected is None else max(self.selected - 1, 0))

    def _last_in_view(self) -> int:
        line = self._top + max(self.in_view.height, 1) - 1
        return min(self.timeline.heights.find(line)[0], self._last_selectable)

    def jump_to_block(self, index: int) -> None:
        """Select a block and show it at the upper edge."""
        if 0 <= index < len(self.timeline.blocks):
            self.selected = index
            layout = self.timeline
            self.move_to(layout.heights.offset(index) + layout.lay_out_block(index).gap)
            self._set_follows(False)
            self.redraw_now()

    def jump_to_call(self, call_id: str) -> None:
        """Select a call and show it."""
        index = self.timeline.state.timeline.by_call.get(call_id)
        if index is not None:
            self.jump_to_block(index)

    def copy_selected(self) -> str:
        """Return the text of the selected block; empty if none is selected."""
        layout = self.timeline
        if self.selected is None or self.selected >= len(layout.blocks):
            return ""
        return sanitize_text(searchable_text(layout.blocks[self.selected], layout.call(self.selected)))

    # Searching

    def search(self, text: str, *, backwards: bool = False) -> int:
        """Go to the next match in any block, collapsed ones too; returns the number of matches.

        Where there are many blocks, the text is counted before, in slices (see `TimelineSearch.search_in_slices`).
        """
        count = self.found.search(text)
        self.go_to_match(backwards=backwards)
        return count

    def go_to_match(self, *, backwards: bool = False) -> None:
        """Go to the next match among those that were counted last."""
        layout = self.timeline
        start = self.selected if self.selected is not None else layout.heights.find(self._top)[0]
        match = self.found.go_to_match(start, backwards=backwards)
        if match is not None:
            self.selected = match.spot.block
            line = layout.line_of(match.spot)
            self._set_follows(False)
            if not self._top <= line < self._top + self.in_view.height:
                self._top = max(line - self.in_view.height // 3, 0)
            self.redraw_now()
        self.refresh()

    def search_selected(self, text: str) -> None:
        """Search a text, and go to its first match in the selected block if there is one."""
        self.found.search(text)
        self.found.current = None
        if self.selected is not None and self.found.matches(self.selected):
            self.go_to_match()
        self.refresh()

    @property
    def match_position(self) -> int:
        """Return which match was gone to last, from 1; 0 if none."""
        return self.found.position

    def clear_search(self) -> None:
        """Remove the highlights."""
        self.found.search("")
        self.refresh()
