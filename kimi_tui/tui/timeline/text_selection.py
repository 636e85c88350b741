"""Return text selected with the mouse as it was written: wrapped lines joined, ornaments removed."""

from collections.abc import Iterator

from textual.selection import Selection

from kimi_tui.tui.rendering.lines import NO_BREAK
from kimi_tui.tui.timeline.layout import LinePosition, TimelineLayout
from kimi_tui.tui.timeline.painter import row_key, spot_of


def selected_text(layout: TimelineLayout, selection: Selection) -> str:
    """Return the selected text; a selection without a start or an end reaches to that end of the timeline."""
    first = spot_of(selection.start.y) if selection.start else LinePosition(0, 0, 0)
    last = spot_of(selection.end.y) if selection.end else LinePosition(len(layout.heights), 0, 0)
    pieces: list[str] = []
    for block in range(first.block, min(last.block + 1, len(layout.heights))):
        for section in range(len(layout.lay_out_block(block).sections)):
            if first[:2] <= (block, section) <= last[:2]:
                pieces += _selected_in(layout, selection, block, section)
    return "".join(pieces).lstrip("\n").replace(NO_BREAK, " ")


def _selected_in(layout: TimelineLayout, selection: Selection, block: int, section: int) -> Iterator[str]:
    """Yield the selected text of one section, each line after what parts it from the one before."""
    for row, line in enumerate(layout.lines(block, section)):
        span = selection.get_span(row_key(LinePosition(block, section, row)))
        if span is not None:
            start, end = max(span[0], line.lead), span[1] if span[1] >= 0 else len(line.text)
            yield line.joiner
            yield line.text[start:end].rstrip()
