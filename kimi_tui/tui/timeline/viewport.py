"""The lines of a timeline that are in view: which ones, and what moves them.

The view follows the end until a person scrolls away, then it holds still: whatever grows or folds above it, the line
at its upper edge stays the one that was looked at. An end that is an answer is shown from the answer's first line on,
until a person scrolls past it. No widget is needed: one is only called when it has to draw.
"""

from collections.abc import Callable

from textual.geometry import Size

from kimi_tui.tui.rendering.sections import MIN_WIDTH_CELLS
from kimi_tui.tui.timeline.exact_heights import settle_end, settle_view
from kimi_tui.tui.timeline.layout import TimelineLayout

MAX_WIDTH_CELLS = 140
"""Cells after which a wider screen is left empty, since the eye loses the line."""
GUTTER_CELLS = 2
"""Cells left of the text, for the mark of the selected block."""
_MIN_GUTTER_WIDTH_CELLS = 20
"""A narrower view has no gutter."""
_NOTHING = 1 << 60
"""A line below every other: nothing is to be drawn."""


class Viewport:
    """The window over a layout."""

    def __init__(self, layout: TimelineLayout, redraw: Callable[[], None]) -> None:
        """`redraw` settles and draws the view at once; it is called whenever the view has moved."""
        self.layout = layout
        """What is looked at; another one may be put here."""
        self.size = Size(0, 0)
        """How many cells a line has, the scroll bar left out, and how many lines are in view."""
        self.top = 0
        """The line at the upper edge."""
        self.following = True
        """True when the view moves with the end."""
        self._past_answer = False
        self.redraw = redraw
        self._dirty = 0

    @property
    def gutter(self) -> int:
        """Return the cells left of the text."""
        return GUTTER_CELLS if self.size.width >= _MIN_GUTTER_WIDTH_CELLS else 0

    @property
    def text_width(self) -> int:
        """Return the cells of a line of text."""
        return max(min(self.size.width - self.gutter - 1, MAX_WIDTH_CELLS), MIN_WIDTH_CELLS)

    @property
    def top_block(self) -> int:
        """Return the index of the block at the upper edge."""
        return self.layout.heights.find(self.top)[0]

    @property
    def last_block(self) -> int:
        """Return the index of the block at the lower edge."""
        return self.layout.heights.find(self.top + max(self.size.height, 1) - 1)[0]

    @property
    def at_end(self) -> bool:
        """Return whether the last line is followed and in view."""
        return self.following and self.has_line(self.layout.heights.total - 1)

    def has_line(self, line: int) -> bool:
        """Return whether a line is in view."""
        return self.top <= line < self.top + self.size.height

    # Changes

    def keep_top_line(self, change: Callable[[], None]) -> None:
        """Apply a change to the layout, keeping the line at the upper edge in place."""
        heights = self.layout.heights
        block, offset = heights.find(self.top)
        change()
        heights = self.layout.heights
        self.top = heights.offset(block) + min(offset, heights[block])

    def change_blocks(self, change: Callable[[], None], first: int) -> None:
        """Apply a change to the blocks from `first` on; they are drawn when the view is settled next."""
        self.keep_top_line(change)
        self._dirty = min(self._dirty, self.layout.first_changed_line(first))

    def mark_all_dirty(self) -> None:
        """Have every line drawn when the view is settled next."""
        self._dirty = 0

    def resize(self, size: Size) -> None:
        """Take another size; the text is laid out anew where its width has changed."""
        self.size = size
        self.layout.view_height = size.height
        if size.width > 0 and self.layout.width != self.text_width:
            self.keep_top_line(lambda: self.layout.resize(self.text_width))
        elif self.layout.live:
            self.keep_top_line(self.layout.refresh_live)

    def settle(self, drawn_top: int) -> int | None:
        """Compute exact heights of what is in view, and where it is now.

        `drawn_top` is the line at the upper edge when the view was drawn last. Returns the first row of the view that
        has to be drawn; None when there is no room for any.
        """
        dirty, self._dirty = self._dirty, _NOTHING
        height = self.size.height
        if height < 1 or self.size.width < 1:
            return None
        self.top = self._settle_followed(height) if self.following else settle_view(self.layout, self.top, height)
        return max(dirty - self.top, 0) if drawn_top == self.top else 0

    def _settle_followed(self, height: int) -> int:
        """Return the line at the upper edge of a view that follows the end, with exact heights."""
        end, answer = settle_end(self.layout, height), self.layout.last_answer
        if answer is None:
            self._past_answer = False
        if answer is None or self._past_answer:
            return end
        first = self.layout.heights.offset(answer) + self.layout.lay_out_block(answer).gap
        return settle_view(self.layout, first, height) if first < end else end

    # Scrolling

    def follow(self, *, past_answer: bool = True) -> None:
        """Go to the end and stay there; without `past_answer` to the beginning of an answer that is the end."""
        self.following, self._past_answer = True, past_answer
        self.redraw()

    def leave_end(self) -> None:
        """Stop following the end."""
        self.following = False

    def scroll_to(self, top: int, *, is_end: bool) -> None:
        """Go where a person scrolled to; at the end of what was laid out the view follows it."""
        self.top, self.following, self._past_answer = top, is_end, is_end
        self.redraw()

    def move_to(self, top: int) -> None:
        """Go to a line at once, as a person does."""
        top = max(top, 0)
        self.top = settle_view(self.layout, top, self.size.height)
        end = self.top + self.size.height >= self.layout.heights.total
        self.following = end and (top >= self.top or self.following)
        self._past_answer = self.following
        self.redraw()

    def show_lines(self, first: int, last: int) -> None:
        """Scroll no further than needed to have some lines in view, the first of them if not all fit."""
        height = self.size.height
        if first < self.top:
            self.move_to(first)
        elif last > self.top + height:
            self.move_to(min(first, last - height))

    def page(self, direction: int) -> None:
        """Scroll by a page, two lines of the old one kept."""
        self.move_to(self.top + direction * max(self.size.height - 2, 1))

    def show_distant_line(self, line: int) -> None:
        """Have a line in view, a third below the upper edge where it was not; stops following the end."""
        self.following = False
        if not self.has_line(line):
            self.top = max(line - self.size.height // 3, 0)
        self.redraw()
