"""Select blocks of the timeline: open, collapse, jump to and copy them.

What is opened or gone to stays where the eye is: the line that was acted on does not move when it was in view.
"""

from kimi_tui.tui.rendering.blocks import searchable_text
from kimi_tui.tui.rendering.lines import sanitize_text
from kimi_tui.tui.timeline.viewport import Viewport


class BlockSelection:
    """The selected block of a timeline, and what is done with blocks."""

    def __init__(self, viewport: Viewport) -> None:
        self._viewport = viewport
        self.index: int | None = None
        """The index of the selected block; the number of blocks for what streams."""

    @property
    def call(self) -> str | None:
        """Return the id of the selected call, if a call is selected."""
        blocks = self._viewport.layout.blocks
        if self.index is None or self.index >= len(blocks):
            return None
        return blocks[self.index].call_id or None

    # Opening and folding

    def toggle(self, index: int | None = None) -> None:
        """Open a block one step further, or collapse it when it is open; by default the selected one."""
        index = self.index if index is None else index
        if index is None:
            return
        layout = self._viewport.layout
        level = layout.level(index)
        self.set_level(index, 0 if level >= layout.top_level(index) else level + 1)

    def set_level(self, index: int, level: int) -> None:
        """Set how far a block is opened; its visible first line stays in place."""
        view, layout = self._viewport, self._viewport.layout
        level = min(level, layout.top_level(index))
        if level == layout.level(index):
            return
        head = layout.heights.offset(index)
        if not view.has_line(head) and view.top_block == index:
            view.top = head
        layout.set_level(index, level)
        view.following = view.following and index >= len(layout.blocks)
        view.redraw()

    def open(self, steps: int) -> None:
        """Open the selected block by so many steps, or fold it with 0."""
        if self.index is not None:
            self.set_level(self.index, self._viewport.layout.level(self.index) + steps if steps else 0)

    def collapse_all(self, folded: bool) -> None:
        """Collapse or open every block that can be collapsed."""
        view = self._viewport
        block = view.top_block
        view.layout.fold_all(folded)
        view.top = view.layout.heights.offset(block)
        view.redraw()

    # Selecting

    def select(self, index: int | None) -> None:
        """Select a block and bring it into view."""
        view, layout = self._viewport, self._viewport.layout
        self.index = index
        if index is not None and view.size.height > 0:
            laid = layout.lay_out_block(index)
            first = layout.heights.offset(index)
            last = first + layout.heights[index]
            view.show_lines(first if last - first < view.size.height else first + laid.gap, last)
            if index < self._last_selectable:
                view.leave_end()
        view.redraw()

    @property
    def _last_selectable(self) -> int:
        """Return the index of the last block that can be selected."""
        layout = self._viewport.layout
        return len(layout.blocks) - (0 if layout.live else 1)

    def select_next(self) -> None:
        """Select the block below; below the last one, follow the end."""
        view = self._viewport
        if self.index is None and view.at_end:
            return
        if self.index is not None and self.index >= self._last_selectable:
            self.follow_end()
        elif self._last_selectable >= 0:
            self.select(min(view.top_block if self.index is None else self.index + 1, self._last_selectable))

    def select_previous(self) -> None:
        """Select the block above; from nothing, the last one in view."""
        if self._last_selectable >= 0:
            last_in_view = min(self._viewport.last_block, self._last_selectable)
            self.select(last_in_view if self.index is None else max(self.index - 1, 0))

    def move(self, direction: int) -> None:
        """Select the block above or below; scroll through one that is higher than the view."""
        view, index, height = self._viewport, self.index, self._viewport.size.height
        if index is not None and height > 0:
            first = view.layout.heights.offset(index)
            last = first + view.layout.heights[index]
            if first >= view.top + height or last <= view.top:
                self.index = None
            elif direction > 0 and last > view.top + height:
                view.move_to(view.top + min(last - view.top - height, max(height // 3, 1)))
                return
            elif direction < 0 and first < view.top:
                view.move_to(view.top - min(view.top - first, max(height // 3, 1)))
                return
        self.select_next() if direction > 0 else self.select_previous()

    def follow_end(self) -> None:
        """Select nothing, and go to the end and stay there."""
        self.index = None
        self._viewport.follow()

    def jump_to_block(self, index: int) -> None:
        """Select a block and show it at the upper edge."""
        view, layout = self._viewport, self._viewport.layout
        if 0 <= index < len(layout.blocks):
            self.index = index
            view.move_to(layout.heights.offset(index) + layout.lay_out_block(index).gap)
            view.leave_end()
            view.redraw()

    def jump_to_call(self, call_id: str) -> None:
        """Select a call and show it."""
        index = self._viewport.layout.state.timeline.by_call.get(call_id)
        if index is not None:
            self.jump_to_block(index)

    def copy_text(self) -> str:
        """Return the text of the selected block; empty if none is selected."""
        layout = self._viewport.layout
        if self.index is None or self.index >= len(layout.blocks):
            return ""
        return sanitize_text(searchable_text(layout.blocks[self.index], layout.call(self.index)))
