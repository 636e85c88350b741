"""Render frames as differences: only the cells that changed are written to the terminal.

Textual renders every widget that overlaps what is to be drawn, whole, and writes all of it again. Here only the rows
that are to be drawn are rendered, of the widgets that are seen in them, and of those rows only the cells are written
that the terminal does not show already. A full update, as after a resize, writes everything and forgets what was shown.
"""

import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

Cell = tuple[str, Style | None]
"""What one cell shows; the second cell of a wide character shows nothing of its own."""
Spans = list[tuple[int, int, int]]
"""Row, first column and end of each stretch that is to be drawn."""
Row = dict[int, Strip]
"""What stands in a row, by the column at which it begins."""


class DiffCompositor(Compositor):
    """Compositor that remembers what the terminal shows."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: dict[int, tuple[list[int], Row]] = {}

    def render_full_update(self, simplify: bool = False) -> LayoutUpdate:
        """Return the whole screen, regardless of what the terminal shows."""
        self._shown.clear()
        return super().render_full_update(simplify)

    def render_partial_update(self) -> "FrameDiff | None":
        """Return the cells that have to be redrawn; None when there are none."""
        regions = self._dirty_regions.copy()
        self._dirty_regions.clear()
        spans = list(self._regions_to_spans(regions))
        spans = [span for span in spans if 0 <= span[0] < self.size.height]
        if not spans:
            return None
        frame = FrameDiff()
        rows = self._rows(spans)
        for y, first, end in spans:
            self._compare(frame, y, first, end, rows[y])
        return frame if frame.changed_runs else None

    def _rows(self, spans: Spans) -> dict[int, Row]:
        """Return the rows of some spans, from the widgets in front to those behind."""
        cuts = self.cuts
        rows: dict[int, Row] = {y: {} for y, _, _ in spans}
        open_cuts = {y: set(cuts[y][:-1]) & _between(spans, y, cuts[y]) for y in rows}
        first, last = min(rows), max(rows)
        for widget, (region, clip) in self.visible_widgets.items():
            seen = region.intersection(clip)
            wanted = [y for y in range(max(seen.y, first), min(seen.bottom, last + 1)) if open_cuts.get(y)]
            wanted = [y for y in wanted if any(seen.x <= cut < seen.right for cut in open_cuts[y])]
            if not wanted or not seen.width:
                continue
            top, bottom = wanted[0], wanted[-1] + 1
            part = Region(seen.x - region.x, top - region.y, seen.width, bottom - top)
            strips = widget.render_lines(part)
            for y in wanted:
                if y - top < len(strips):
                    self._fill(rows[y], open_cuts[y], cuts[y], seen, strips[y - top])
        return rows

    def _fill(self, row: Row, open_cuts: set[int], cuts: list[int], seen: Region, strip: Strip) -> None:
        """Put a widget's strip into those parts of a row that no widget before it has taken."""
        inside = [cut for cut in cuts if seen.x <= cut <= seen.right]
        parts = strip.divide([cut - seen.x for cut in inside[1:]])
        for cut, part in zip(inside, parts, strict=False):
            if cut in open_cuts:
                open_cuts.discard(cut)
                row[cut] = part

    def _compare(self, frame: "FrameDiff", y: int, first: int, end: int, row: Row) -> None:
        """Add the changed cells of a row to the frame, and remember them as shown."""
        cuts = self.cuts[y]
        known, shown = self._shown.get(y, (cuts, {}))
        if known != cuts:
            shown = {}
        for x, strip in row.items():
            if first < x + strip.cell_length and x < end and (before := shown.get(x)) is not strip:
                frame.add(x, y, before, strip)
                shown[x] = strip
        self._shown[y] = cuts, shown


def _between(spans: Spans, y: int, cuts: list[int]) -> set[int]:
    """Return the cuts of a row that begin something in one of its spans."""
    return {x for row, first, last in spans if row == y for x, end in pairwise(cuts) if first < end and x < last}


class FrameDiff(ChopsUpdate):
    """Runs of changed cells to write."""

    def __init__(self) -> None:
        super().__init__((), [], [])
        self.changed_runs: list[tuple[int, int, Strip]] = []
        """Column, row and what is written there."""

    def add(self, x: int, y: int, before: Strip | None, strip: Strip) -> None:
        """Add the cells of a strip that differ from the former strip; all of them when that is unknown."""
        if before is None or before.cell_length != strip.cell_length:
            self.changed_runs.append((x, y, strip))
            return
        if before == strip:
            return
        old, new = _cells(before), _cells(strip)
        if old is None or new is None or len(old) != len(new):
            self.changed_runs.append((x, y, strip))
            return
        if old == new:
            return
        first = next(n for n, cell in enumerate(new) if cell != old[n])
        end = len(new) - next(n for n, cell in enumerate(reversed(new)) if cell != old[-1 - n])
        while first and not (new[first][0] and old[first][0]):
            first -= 1
        while end < len(new) and not (new[end][0] and old[end][0]):
            end += 1
        self.changed_runs.append((x + first, y, Strip(list(_segments(new[first:end])), end - first)))

    def render_segments(self, console: Console) -> str:
        """Return the bytes for the terminal."""
        return "".join(Control.move_to(x, y).segment.text + strip.render(console) for x, y, strip in self.changed_runs)


def _cells(strip: Strip) -> list[Cell] | None:
    """Return a strip cell by cell; None where terminals disagree on the width of a character."""
    cells: list[Cell] = []
    for text, style, _ in strip:
        if text.isascii():
            cells += [(letter, style) for letter in text]
            continue
        for letter in text:
            if unicodedata.category(letter) in ("Mn", "Me", "Mc", "Cf", "Sk") or letter > "\U0000ffff":
                return None
            cells.append((letter, style))
            if unicodedata.east_asian_width(letter) in "WF":
                cells.append(("", style))
    return cells if len(cells) == strip.cell_length else None


def _segments(cells: list[Cell]) -> Iterator[Segment]:
    """Cells as pieces of text of one style each."""
    text, style = "", cells[0][1]
    for letter, next_style in cells:
        if next_style is not style and next_style != style:
            yield Segment(text, style)
            text, style = "", next_style
        text += letter
    yield Segment(text, style)
