"""Markers of notable blocks: waiting calls, errors, vetoes, decisions, questions and memos.

Kept up block by block as the session goes on, so that drawing them depends on how many there are and on nothing else.
"""

from typing import NamedTuple

from kimi_tui.projections.calls import Call
from kimi_tui.projections.timeline import TimelineBlock
from kimi_tui.tui.rendering.glyphs import Glyphs
from kimi_tui.tui.timeline.layout import TimelineLayout
from kimi_tui.tui.timeline.search import FAILED_STATES


class TimelineMarker(NamedTuple):
    """The marker of one block."""

    weight: int
    """Of several marks in one place the heaviest is shown."""
    glyph: str
    """One cell."""
    role: str
    """A role of the timeline."""
    block: int = 0
    """The index of the block."""


class TimelineMarkers:
    """The marks of one timeline."""

    def __init__(self, layout: TimelineLayout) -> None:
        self._layout = layout
        self._by_block: dict[int, TimelineMarker] = {}
        for index in range(len(layout.blocks)):
            self.changed(index)

    def changed(self, index: int) -> None:
        """A block was made or changed."""
        layout = self._layout
        if index >= len(layout.blocks):
            return
        mark = marker_of(layout.blocks[index], layout.call(index), layout.glyphs)
        if mark is None:
            self._by_block.pop(index, None)
        else:
            self._by_block[index] = mark._replace(block=index)

    def rows(self, height: int) -> dict[int, TimelineMarker]:
        """Return the mark of each of `height` rows that has one, the whole timeline drawn on them."""
        heights = self._layout.heights
        whole = max(heights.total, height, 1)
        found: dict[int, TimelineMarker] = {}
        for index, mark in self._by_block.items():
            row = min(heights.offset(index) * height // whole, height - 1)
            if row not in found or mark.weight >= found[row].weight:
                found[row] = mark
        return found


def marker_of(block: TimelineBlock, call: Call | None, glyphs: Glyphs) -> TimelineMarker | None:
    """Return the marker of a block; None for an ordinary one."""
    if call is not None:
        return _call_mark(call, glyphs)
    if block.kind == "notice":
        return TimelineMarker(4, glyphs.error, "error") if block.level == "error" else None
    if block.kind == "memo":
        return TimelineMarker(3, glyphs.memo, "accent")
    if block.kind == "question":
        return TimelineMarker(1, glyphs.bar, "bar")
    return None


def _call_mark(call: Call, glyphs: Glyphs) -> TimelineMarker | None:
    """Return the marker of a call: a waiting decision weighs most, a made decision least."""
    status = call.observation.status if call.observation else ""
    if call.state == "waiting":
        return TimelineMarker(5, glyphs.waiting, "warning")
    if status in FAILED_STATES:
        return TimelineMarker(4, glyphs.error, "error")
    if status in ("vetoed", "denied") or call.withdrawn:
        return TimelineMarker(4, glyphs.vetoed, "warning")
    if call.decision is not None:
        return TimelineMarker(2, glyphs.check, "ok")
    return None
