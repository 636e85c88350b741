"""Turn lines into Textual strips: theme colours for roles, with selections and search matches on top.

For selection with the mouse each line has a place in the text. That place does not depend on what is above it, so a
selection stays on its words when the timeline grows or is folded elsewhere. `selected_text` returns it as it was
written: wrapped lines joined, ornaments removed.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from kimi_tui.tui.rendering.lines import NO_BREAK, StyledLine, StyledSpan, cut_spans
from kimi_tui.tui.timeline.layout import LinePosition, TimelineLayout

_ROW_BITS = 24
_SECTION_BITS = 20
SELECTED_ROLE = "selected"
"""The role of selected text; its look is the screen's."""


class Overlay(NamedTuple):
    """A part of a line that is shown in another role."""

    start: int
    """Offset in the line's characters."""
    end: int
    role: str


def row_key(spot: LinePosition) -> int:
    """Return a spot as one number that grows down the timeline and does not change when something above it does."""
    return ((spot.block << _SECTION_BITS) | spot.section) << _ROW_BITS | spot.row


def spot_of(key: int) -> LinePosition:
    """Return the spot that `row_key` made the number of."""
    row = key & ((1 << _ROW_BITS) - 1)
    rest = key >> _ROW_BITS
    return LinePosition(rest >> _SECTION_BITS, rest & ((1 << _SECTION_BITS) - 1), row)


class StripPainter:
    """Styles and strips for one widget."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._styles: dict[str, Style] = {}
        self._background: Color | None = None

    def clear(self) -> None:
        """Forget all styles, since the theme changed."""
        self._styles.clear()
        self._background = None

    def style(self, roles: str) -> Style:
        """Return the look of a role, or of several on top of each other."""
        style = self._styles.get(roles)
        if style is None:
            style = self._styles[roles] = self._resolved(roles)
        return style

    def _resolved(self, roles: str) -> Style:
        names = [role for role in roles.split() if role != SELECTED_ROLE]
        widget = self._widget
        classes = [f"timeline--{name}" for name in names]
        style = widget.get_visual_style(*classes).rich_style
        if any(widget.get_component_styles(name).text_style.reverse for name in classes):
            style += Style(reverse=True)
        if SELECTED_ROLE in roles.split():
            chosen = widget.screen.get_component_rich_style("screen--selection", partial=True)
            plain = chosen.bgcolor is None or chosen.bgcolor.is_default
            style += Style(reverse=True) if plain else chosen
        return style

    def strip(self, line: StyledLine, width: int, gutter: str, overlays: Iterable[Overlay] = ()) -> Strip:
        """Return a line with its gutter, `width` cells wide, in colours that the terminal can show."""
        fill = line.fill
        spans = line.spans
        for overlay in overlays:
            spans = _apply_overlay(spans, overlay)
        segments = [Segment(gutter, self.style("marker"))] if gutter else []
        segments += [
            Segment(span.text.replace(NO_BREAK, " "), self.style(f"{fill} {span.style}".strip())) for span in spans
        ]
        strip = Strip(segments).adjust_cell_length(width, self.style(fill))
        background = self._background = self._background or self._widget.background_colors[1]
        for line_filter in self._widget.get_line_filters():
            strip = strip.apply_filter(line_filter, background)
        return strip


def _apply_overlay(spans: tuple[StyledSpan, ...], overlay: Overlay) -> tuple[StyledSpan, ...]:
    """Spans with a role added between two offsets."""
    length = sum(len(span.text) for span in spans)
    inside = [
        span._replace(style=f"{span.style} {overlay.role}".strip())
        for span in cut_spans(spans, overlay.start, overlay.end)
    ]
    return (*cut_spans(spans, 0, overlay.start), *inside, *cut_spans(spans, overlay.end, length))


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
