"""Paint the lines in view: the selected block, search matches, highlights and selected text on top of each line."""

from textual.cache import LRUCache
from textual.strip import Strip
from textual.widget import Widget

from kimi_tui.tui.rendering.glyphs import Glyphs
from kimi_tui.tui.rendering.lines import BLANK, StyledLine
from kimi_tui.tui.timeline.block_selection import BlockSelection
from kimi_tui.tui.timeline.layout import LinePosition, TimelineLayout
from kimi_tui.tui.timeline.painter import SELECTED_ROLE, Overlay, StripPainter, row_key
from kimi_tui.tui.timeline.search import TimelineSearch
from kimi_tui.tui.timeline.viewport import Viewport

_MAX_CACHED_STRIPS = 2048
"""Painted lines that are kept."""


class LinePainter:
    """Strips for the lines of one view; those without anything on top are kept."""

    def __init__(self, widget: Widget, viewport: Viewport, selection: BlockSelection, glyphs: Glyphs) -> None:
        """`widget` gives the look: theme, focus and text selected with the mouse."""
        self._widget = widget
        self._viewport = viewport
        self._selection = selection
        self._glyphs = glyphs
        self.strips = StripPainter(widget)
        """Turns single lines into strips in the same look."""
        self.highlights: dict[int, tuple[Overlay, ...]] = {}
        """What is marked besides search matches, by `row_key`."""
        self._kept: LRUCache[int, tuple[StyledLine, bool, Strip]] = LRUCache(_MAX_CACHED_STRIPS)

    def forget_strips(self) -> None:
        """Paint every line anew."""
        self._kept.clear()

    def forget_styles(self) -> None:
        """Paint every line anew, in other colours."""
        self.strips.clear()
        self._kept.clear()

    def paint(self, spot: LinePosition | None, found: TimelineSearch) -> Strip:
        """Return a line of the layout as a strip as wide as the view; an empty one for None."""
        width = self._viewport.size.width
        if spot is None:
            return self.strips.strip(BLANK, width, "")
        layout = self._viewport.layout
        lines = layout.lines(spot.block, spot.section)
        line = lines[spot.row] if spot.row < len(lines) else BLANK
        key = row_key(spot)
        chosen = spot.block == self._selection.index and line is not BLANK
        overlays = [*self.highlights.get(key, ()), *found.overlays(spot, lines), *self._selected_text(line, key)]
        kept = self._kept.get(key)
        if kept is not None and kept[0] == line and kept[1] == chosen and not overlays:
            return kept[2]
        drawn = line
        if chosen and not line.fill and self._widget.has_focus and _is_head(layout, spot):
            drawn = line._replace(fill="cursor")
        gutter = self._viewport.gutter
        mark = (self._glyphs.marker if chosen else " ").ljust(gutter)[:gutter]
        strip = self.strips.strip(drawn, width, mark, overlays)
        if not overlays:
            self._kept.discard(key)  # setting alone would keep the old one
            self._kept[key] = (line, chosen, strip)
        return strip

    def _selected_text(self, line: StyledLine, key: int) -> list[Overlay]:
        """Return the text on a line that is selected with the mouse."""
        selection = self._widget.text_selection
        span = selection.get_span(key) if selection is not None else None
        if span is None:
            return []
        return [Overlay(max(span[0], 0), span[1] if span[1] >= 0 else len(line.text), SELECTED_ROLE)]


def _is_head(layout: TimelineLayout, spot: LinePosition) -> bool:
    """Return whether a spot is the first line of a collapsed block."""
    return layout.top_level(spot.block) > 0 and layout.row_in_block(spot) == layout.head_row(spot.block)
