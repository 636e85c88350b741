"""The grid of a table: which cell is in which column, however the markup splits it.

Every reader's tables end here. Cells keep where they begin and end in columns of the markup; from these the columns of
the table are found: a currency sign, a closing bracket, a percent sign and the mark of a note belong to their figure.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from kimi_tui.quantities.currencies import SYMBOLS
from kimi_tui.quantities.header_periods import is_period_name
from kimi_tui.tools.text.figures import DASHES, NOTHING, PREFIX, SUFFIX, parse_figure
from kimi_tui.tools.text.position_marks import remove_marks

_YEAR_IN_MONEY = re.compile(rf"\s*(?:FY\s?)?(?:19|20)\d\d\s*(?:US|A|CA|HK)?[{SYMBOLS}](?:['’]?000|\s?m)?\s*")
"""A year over a column with what is counted in it: `2017 £`."""
MAX_SPAN_COLUMNS = 1_000
"""The most columns that one cell may span."""
MAX_CARRIED_CELLS = 100_000
"""Cells that may be repeated in further rows of one table because they span them."""
MAX_INTERVALS = 1_000
"""Different extents of cells that the columns of a table are found from."""


class GridCell(msgspec.Struct):
    """A cell that is not empty."""

    text: str
    """On one line."""
    first: int
    """The first column of the markup that it fills, from 0."""
    last: int
    """The one behind its last."""
    heading: bool = False
    """True when it is marked up as a header."""
    indent: float = 0
    """How far its text is moved to the right, in points or so."""
    carried: bool = False
    """True when it stands in a row above and spans this one too."""
    rows: int = 1
    """How many rows it spans."""

    @property
    def plain(self) -> str:
        """Its text without marks."""
        return remove_marks(self.text)

    @property
    def is_figure(self) -> bool:
        """Return whether it shows an amount, or a dash in place of one."""
        return is_amount(self.text)


class GridRow(msgspec.Struct):
    """A row that is not empty."""

    cells: list[GridCell]
    """From left to right."""
    heading: bool = False
    """True when it is marked up as one of headers."""


def is_amount(text: str) -> bool:
    """Return whether a cell's text is a figure, or a dash in place of one."""
    return _is_amount(remove_marks(text))


@lru_cache(maxsize=1 << 16)
def _is_amount(plain: str) -> bool:
    return (
        parse_figure(plain) is not None or parse_figure(plain, comma_is_decimal=True) is not None or is_nothing(plain)
    )


def is_nothing(text: str) -> bool:
    """Return whether a cell's text is a dash in place of an amount."""
    return NOTHING.fullmatch(text) is not None


def is_header_text(text: str) -> bool:
    """Return whether a cell's text is no amount, or a year or date that heads a column."""
    plain = remove_marks(text)
    return not is_amount(plain) or is_period_name(plain) or _YEAR_IN_MONEY.fullmatch(plain) is not None


def lay_out_grid(rows: Iterable[tuple[bool, Iterable[tuple[GridCell, int]]]]) -> list[GridRow]:
    """Return rows of cells with column spans placed in their columns; empty rows are removed.

    Each row comes with whether it is one of headers. An empty cell has an empty text.
    """
    found: list[GridRow] = []
    open_cells: list[tuple[int, int, GridCell]] = []
    """First column, rows left and the cell, of those that span further rows."""
    room = MAX_CARRIED_CELLS
    for heading, cells in rows:
        placed = [
            GridCell(cell.text, cell.first, cell.last, cell.heading, cell.indent, carried=True)
            for _, _, cell in open_cells
        ]
        placed = [cell for cell in placed if cell.text]
        taken = [(first, cell.last) for first, _, cell in open_cells]
        open_cells = [(first, left - 1, cell) for first, left, cell in open_cells if left > 1]
        column = 0
        for cell, span in cells:
            column = _free(taken, column)
            cell.first, cell.last = column, column + min(max(span, 1), MAX_SPAN_COLUMNS)
            column = cell.last
            if cell.text:
                placed.append(cell)
            if cell.rows > 1 and room > 0:
                room -= min(cell.rows, MAX_CARRIED_CELLS)
                insort(open_cells, (cell.first, cell.rows - 1, cell), key=lambda one: one[0])
        if placed:
            placed.sort(key=lambda cell: cell.first)
            found.append(GridRow(placed, heading))
    marks = _columns_of_marks(found)
    for row in found:
        row.cells = _joined(row.cells, marks)
    return found


def _columns_of_marks(rows: Sequence[GridRow]) -> set[int]:
    """Return the columns of the markup in which nothing begins but signs, and marks of notes as `(1)`."""
    marks: set[int] = set()
    others: set[int] = set()
    for row in rows:
        for cell in row.cells:
            plain = cell.plain
            if _is_small(plain) or plain.strip() in DASHES:
                marks.add(cell.first)
            elif is_amount(plain) or not (SUFFIX.fullmatch(plain) or PREFIX.fullmatch(plain)):
                others.add(cell.first)
    return marks - others


def _free(taken: Sequence[tuple[int, int]], column: int) -> int:
    """Return the first column from `column` on that no cell from above fills; `taken` is in order."""
    for first, last in taken:
        if first <= column < last:
            column = last
    return column


def _joined(cells: list[GridCell], marks: set[int]) -> list[GridCell]:
    """Join signs, brackets and note marks to their figures; notes occur only in columns of `marks`."""
    joined: list[GridCell] = []
    for index, cell in enumerate(cells):
        before = joined[-1] if joined else None
        following = cells[index + 1] if index + 1 < len(cells) else None
        if (
            before
            and following
            and _belongs_before(cell, following, marks)
            and not _belongs_before(before, cell, marks)
        ):
            before = None  # it is the sign of the next one
        if before is not None and _belongs_before(before, cell, marks):
            glue = "" if before.plain[-1:] in "$€£¥(" + DASHES else " "
            joined[-1] = _both(before, cell, before.text.rstrip() + glue + cell.text)
        elif before is not None and _belongs_after(before, cell, marks):
            glue = "" if cell.plain[:1] in ")%*x×^" else " "
            joined[-1] = _both(before, cell, before.text.rstrip() + glue + cell.text)
        else:
            joined.append(cell)
    return joined


def _both(before: GridCell, cell: GridCell, text: str) -> GridCell:
    return GridCell(text, before.first, cell.last, before.heading, before.indent, before.carried)


def _belongs_before(sign: GridCell, figure: GridCell, marks: set[int]) -> bool:
    """Return whether a cell is the currency sign, bracket or minus of the next one."""
    if figure.first - sign.last > 1 or not PREFIX.fullmatch(sign.plain):
        return False
    plain = figure.plain
    if sign.plain.strip() in DASHES:  # a dash alone is an amount, unless its figure is right beside it
        return figure.first == sign.last and parse_figure(plain) is not None and sign.first in marks
    return (bool(re.search(r"\d", plain)) and len(plain) < 40) or is_nothing(plain)


def _belongs_after(figure: GridCell, mark: GridCell, marks: set[int]) -> bool:
    """Return whether a cell is the closing bracket, percent sign or mark of a note of the one before."""
    if mark.first - figure.last > 1 or not SUFFIX.fullmatch(mark.plain) or not mark.plain.strip():
        return False
    plain = figure.plain
    if parse_figure(mark.plain) is not None or re.match(r"\s*\(", mark.plain):  # `(1)` may be a figure of its own
        return mark.first in marks and is_amount(plain)
    return is_amount(plain) or bool(re.match(r"\s*[^\w\s]?\s*\(", plain) and re.search(r"\d", plain))


def _is_small(mark: str) -> bool:
    """Return whether the mark of a note is one that notes have."""
    return re.fullmatch(r"\s*\((?:\d|1\d|[a-z]{1,2})\)\s*", mark) is not None


def find_columns(rows: Sequence[GridRow]) -> list[tuple[int, int]]:
    """Return each column's first and last markup column, from the rows that show figures.

    A cell over several columns, as the title of a group of rows, makes none.
    """
    intervals = {(cell.first, cell.last) for row in rows if len(row.cells) > 1 for cell in row.cells}
    columns: list[tuple[int, int]] = []
    for first, last in sorted(intervals, key=lambda one: (one[1] - one[0], one))[:MAX_INTERVALS]:
        over = [index for index, column in enumerate(columns) if column[0] < last and first < column[1]]
        if not over:
            columns.append((first, last))
        elif len(over) == 1:
            column = columns[over[0]]
            columns[over[0]] = (min(first, column[0]), max(last, column[1]))
    return _merge_overlapping(columns)


def _merge_overlapping(intervals: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return intervals from left to right, those that overlap as one."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(intervals):
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def find_column(columns: Sequence[tuple[int, int]], cell: GridCell) -> int:
    """Return the first column that a cell is in, else the nearest; `columns` are in order and apart."""
    index = bisect_right(columns, cell.first, key=lambda one: one[1])
    if index == len(columns):
        return index - 1
    if columns[index][0] < cell.last or index == 0:
        return index
    before, behind = cell.first - columns[index - 1][1], columns[index][0] - cell.last
    return index - 1 if before < behind else index


def find_columns_under(columns: Sequence[tuple[int, int]], cell: GridCell) -> list[int]:
    """Return all columns below a header, or the nearest one."""
    start = bisect_right(columns, cell.first, key=lambda one: one[1])
    end = bisect_left(columns, cell.last, key=lambda one: one[0])
    return list(range(start, end)) or [find_column(columns, cell)]
