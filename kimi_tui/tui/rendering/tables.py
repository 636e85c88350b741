"""Fit tables to a width: aligned columns while there is room, else one record below the other.

The widths are found once for a whole table, so that its rows can be drawn in pieces and still stand in line.
"""

from collections.abc import Sequence
from typing import NamedTuple

from kimi_tui.tui.rendering.glyphs import Glyphs
from kimi_tui.tui.rendering.lines import StyledLine, StyledSpan, width_of, wrap_spans

TableCell = Sequence[StyledSpan]
"""The content of one cell, on one line."""

MIN_WORD_CELLS = 12
"""Cells of its longest word that a column keeps; a table that cannot give them is shown as records."""
COLUMN_GAP_CELLS = 3
"""Cells between two columns: blank, rail, blank."""


class UnfittedTable(NamedTuple):
    """A table before it has a width."""

    header: Sequence[TableCell]
    """One cell for each column."""
    rows: Sequence[Sequence[TableCell]]
    """A row may have fewer cells than there are columns; more are not shown."""
    aligns: Sequence[str]
    """`left`, `right` or `center` for each column."""


class FittedTable(NamedTuple):
    """A table with its width."""

    table: UnfittedTable
    """What is drawn."""
    width: int
    """Cells for the whole table."""
    columns: Sequence[int]
    """Cells for each column; empty when the rows are shown as records."""
    glyphs: Glyphs
    """The signs to draw with."""

    def head(self) -> list[StyledLine]:
        """Return the header and the rule under it; nothing for records."""
        if not self.columns:
            return []
        lines = _row(self.table.header, self.columns, self.table.aligns, self.glyphs, "strong")
        rule = f"{self.glyphs.rule}{self.glyphs.cross}{self.glyphs.rule}".join(
            self.glyphs.rule * size for size in self.columns
        )
        return [*lines, StyledLine((StyledSpan(rule, "faint"),), lead=len(rule))]

    def body(self, start: int, stop: int) -> list[StyledLine]:
        """Return the lines of some of the rows."""
        lines: list[StyledLine] = []
        for number, row in enumerate(self.table.rows[start:stop], start):
            if self.columns:
                lines += _row(row, self.columns, self.table.aligns, self.glyphs, "")
            else:
                lines += [StyledLine()] if number else []
                lines += _record(self.table.header, row, self.width)
        return lines


def fit_table(table: UnfittedTable, width: int, glyphs: Glyphs) -> FittedTable:
    """Return a table fitted to `width` cells; words wrap inside their cell."""
    room = width - COLUMN_GAP_CELLS * (len(table.header) - 1)
    natural, least = _column_widths(table)
    columns = _shrink_columns(natural, least, room) if table.header and sum(least) <= room else []
    return FittedTable(table, width, columns, glyphs)


def table_lines(table: UnfittedTable, width: int, glyphs: Glyphs) -> list[StyledLine]:
    """Return a whole table in at most `width` cells."""
    fit = fit_table(table, width, glyphs)
    return fit.head() + fit.body(0, len(table.rows))


def text_of(cell: TableCell) -> str:
    """Return a cell's characters."""
    return "".join(span.text for span in cell)


def is_figure(text: str) -> bool:
    """Return whether a cell reads as a number, a share or an amount, or is empty."""
    digits = sum(character.isdigit() for character in text)
    letters = sum(character.isalpha() for character in text)
    return not text.strip() or (digits > 0 and letters <= 3 and digits >= letters)


def align_figures_right(rows: Sequence[Sequence[TableCell]], aligns: Sequence[str]) -> list[str]:
    """`aligns` with the left-aligned columns whose cells are all figures set to the right."""
    aligned = list(aligns)
    for index, align in enumerate(aligns):
        texts = [text_of(row[index]) for row in rows if index < len(row)]
        if align == "left" and any(texts) and all(is_figure(text) for text in texts):
            aligned[index] = "right"
    return aligned


def _column_widths(table: UnfittedTable) -> tuple[list[int], list[int]]:
    """Return the preferred width of each column, and the smallest that is readable."""
    natural = [2] * len(table.header)
    least = [2] * len(table.header)
    for row in (table.header, *table.rows):
        for index, cell in enumerate(row[: len(natural)]):
            text = text_of(cell)
            natural[index] = max(natural[index], width_of(text))
            word = max((len(word) for word in text.split()), default=0)
            least[index] = max(least[index], min(word, MIN_WORD_CELLS, natural[index]))
    return natural, least


def _shrink_columns(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Return column widths that fit: the widest shrink first, none below its minimum."""
    widths = list(natural)
    while (over := sum(widths) - room) > 0:
        givers = [index for index, size in enumerate(widths) if size > least[index]]
        widest = max(widths[index] for index in givers)
        tops = [index for index in givers if widths[index] == widest]
        floor = max([widths[index] for index in givers if widths[index] < widest] + [least[index] for index in tops])
        step = max(min(widest - floor, over // len(tops)), 1)
        for index in tops[:over]:
            widths[index] -= min(step, widths[index] - least[index])
    return widths


def _row(
    row: Sequence[TableCell], widths: Sequence[int], aligns: Sequence[str], glyphs: Glyphs, style: str
) -> list[StyledLine]:
    """One row, as many lines high as its highest cell."""
    cells = [
        wrap_spans(
            [_styled(span, style) for span in (row[index] if index < len(row) else ())] or [StyledSpan("")], size
        )
        for index, size in enumerate(widths)
    ]
    lines: list[StyledLine] = []
    for level in range(max(len(cell) for cell in cells)):
        spans: list[StyledSpan] = []
        for index, cell in enumerate(cells):
            if index:
                spans.append(StyledSpan(f" {glyphs.rail} ", "faint"))
            spans += _padded(cell[level] if level < len(cell) else StyledLine(), widths[index], aligns[index])
        lines.append(StyledLine(tuple(spans)))
    return lines


def _styled(span: StyledSpan, style: str) -> StyledSpan:
    return span._replace(style=f"{span.style} {style}".strip()) if style else span


def _padded(line: StyledLine, width: int, align: str) -> list[StyledSpan]:
    """Return a cell's line filled up to its column's width."""
    missing = max(width - width_of(line.text), 0)
    left = {"right": missing, "center": missing // 2}.get(align, 0)
    spans = [StyledSpan(" " * left)] if left else []
    spans += line.spans
    if missing - left:
        spans.append(StyledSpan(" " * (missing - left)))
    return spans


def _record(header: Sequence[TableCell], row: Sequence[TableCell], width: int) -> list[StyledLine]:
    """Return a row as lines of `column: value`, for widths where columns do not fit."""
    lines: list[StyledLine] = []
    for index, name in enumerate(header):
        value = row[index] if index < len(row) else ()
        head = [_styled(span, "strong") for span in name]
        lines += wrap_spans(
            [*head, StyledSpan(": ", "muted"), *value], width, rest=[StyledSpan("  ")] if width > 8 else ()
        )
    return lines
