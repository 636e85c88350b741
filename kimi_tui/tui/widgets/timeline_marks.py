"""What on a timeline is worth finding from afar: calls that wait, errors, vetoes, decisions, questions and memos.

Kept up block by block as the session goes on, so that drawing them depends on how many there are and on nothing else.
"""

from typing import NamedTuple

from kimi_tui.projections.calls import Call
from kimi_tui.projections.timeline import TimelineBlock
from kimi_tui.tui.rendering.glyphs import Glyphs
from kimi_tui.tui.widgets.timeline_layout import TimelineLayout
from kimi_tui.tui.widgets.timeline_search import FAILED


class Mark(NamedTuple):
    """One place that is marked."""

    weight: int
    """Of several marks in one place the heaviest is shown."""
    glyph: str
    """One cell."""
    role: str
    """A role of the timeline."""
    block: int = 0
    """The index of the block."""


class Marks:
    """The marks of one timeline."""

    def __init__(self, layout: TimelineLayout) -> None:
        self._layout = layout
        self._by_block: dict[int, Mark] = {}
        for index in range(len(layout.blocks)):
            self.changed(index)

    def changed(self, index: int) -> None:
        """A block was made or changed."""
        layout = self._layout
        if index >= len(layout.blocks):
            return
        mark = mark_of(layout.blocks[index], layout.call(index), layout.glyphs)
        if mark is None:
            self._by_block.pop(index, None)
        else:
            self._by_block[index] = mark._replace(block=index)

    def rows(self, height: int) -> dict[int, Mark]:
        """The mark of each of `height` rows that has one, the whole timeline drawn on them."""
        heights = self._layout.heights
        whole = max(heights.total, height, 1)
        found: dict[int, Mark] = {}
        for index, mark in self._by_block.items():
            row = min(heights.offset(index) * height // whole, height - 1)
            if row not in found or mark.weight >= found[row].weight:
                found[row] = mark
        return found


def mark_of(block: TimelineBlock, call: Call | None, glyphs: Glyphs) -> Mark | None:
    """The mark of a block, None for one like all others."""
    if call is not None:
        return _call_mark(call, glyphs)
    if block.kind == "notice":
        return Mark(4, glyphs.error, "error") if block.level == "error" else None
    if block.kind == "memo":
        return Mark(3, glyphs.memo, "accent")
    if block.kind == "question":
        return Mark(1, glyphs.bar, "bar")
    return None


def _call_mark(call: Call, glyphs: Glyphs) -> Mark | None:
    """The mark of a call: what is asked of a person weighs most, what a person decided least."""
    status = call.observation.status if call.observation else ""
    if call.state == "waiting":
        return Mark(5, glyphs.waiting, "warning")
    if status in FAILED:
        return Mark(4, glyphs.error, "error")
    if status in ("vetoed", "denied") or call.withdrawn:
        return Mark(4, glyphs.vetoed, "warning")
    if call.decision is not None:
        return Mark(2, glyphs.check, "ok")
    return None
