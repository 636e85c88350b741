"""Compute exact heights of the visible blocks, so that the view does not jump.

What is above the view may turn out higher or lower than its estimate: then the line at the upper edge gets another
number, and that is what these functions return.
"""

from kimi_tui.tui.timeline.layout import TimelineLayout

_MAX_ROUNDS = 4
"""How often to start again when the end moves up into view."""


def settle_view(layout: TimelineLayout, top: int, height: int) -> int:
    """Make every height in view exact, with line `top` at the upper edge; returns where that line is now."""
    for _ in range(_MAX_ROUNDS):
        top = _settle_top(layout, max(min(top, layout.heights.total - height), 0))
        _settle_below(layout, top, height)
        if top + height <= layout.heights.total or top <= 0:
            break
    return max(min(top, layout.heights.total - height), 0)


def settle_end(layout: TimelineLayout, height: int) -> int:
    """Make every height of the last `height` lines exact; returns the line at the upper edge."""
    index, filled = len(layout.heights) - 1, 0
    while index >= 0 and filled < height:
        laid = layout.lay_out_block(index)
        for section in range(len(laid.sections) - 1, -1, -1):
            filled += len(layout.lines(index, section))
            if filled >= height:
                break
        index -= 1
    return max(layout.heights.total - height, 0)


def _settle_top(layout: TimelineLayout, top: int) -> int:
    """Compute the exact height at the upper edge, keeping its lower end in place."""
    index, offset = layout.heights.find(top)
    below = layout.heights[index] - offset
    laid = layout.lay_out_block(index)
    if not laid.sections:
        return top
    if offset:
        offset = max(layout.heights[index] - below, 0)
    section, row = laid.heights.find(offset)
    below = laid.heights[section] - row
    layout.lines(index, section)
    if row:
        row = max(laid.heights[section] - below, 0)
    return layout.heights.offset(index) + laid.heights.offset(section) + row


def _settle_below(layout: TimelineLayout, top: int, height: int) -> None:
    """Compute exact heights between the upper and the lower edge."""
    index, offset = layout.heights.find(top)
    section = layout.lay_out_block(index).heights.find(offset)[0]
    filled = -(offset - layout.lay_out_block(index).heights.offset(section))
    while index < len(layout.heights) and filled < height:
        count = len(layout.lay_out_block(index).sections)
        while section < count and filled < height:
            filled += len(layout.lines(index, section))
            section += 1
        index, section = index + 1, 0
