"""A page's text and tables: prose line by line, the rows of a table as `label | a | b`."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import msgspec

from kimi_tui.quantities.units import is_unit_note, names_unit
from kimi_tui.tools.text.figures import FIGURE, plain_digits
from kimi_tui.tools.text.grid import GridCell, lay_out_grid
from kimi_tui.tools.text.pdf_layout import PdfGrid, PdfRow, PdfSegment, build_grid
from kimi_tui.tools.text.position_marks import mark_figure
from kimi_tui.tools.text.table import DocumentTable, build_table

PARAGRAPH_GAP = 1.9
"""A larger distance between two rows, in sizes of type, parts two paragraphs."""
_STRETCHED_GAP = 2.5
"""Gaps in lines of prose are not wider, in sizes of type."""
_LINE_GAP = 1.6
"""Lines of one label are not further apart, in sizes of type."""
_HALF_LINE = 0.95
"""Figures in the middle of two lines of a label are nearer to each, in sizes of type."""
_ROW_GAP = 3.0
"""Rows of one table are not further apart, in sizes of type."""
_CAPTION_LINES = 4
_CAPTION_CHARACTERS = 200
_SCALE_WORDS = ("million", "thousand", "billion", "mio", "mrd", "tsd", "teur", "crore", "lakh", "dollars")
_SCALE_SIGNS = ("百万", "千")
"""What a line about units has in it; takes less to look for than what it says."""
_MAX_LABELS = 3
"""Rows without figures, one after the other, inside a table."""


class PdfPageText(msgspec.Struct):
    """The text and the tables of a page."""

    text: str
    """With marks around the figures of its tables."""
    tables: list[DocumentTable] = []
    """Their figures marked as in the text."""
    unit_line: str = ""
    """The line of the page that says what amounts are counted in; empty if none does."""


def build_page_text(rows: Sequence[PdfRow], number_next: Callable[[], int]) -> PdfPageText:
    """Return the text of rows in reading order; `number_next` gives each figure of a table its number."""
    page = PdfPageText("")
    lines: list[str] = []
    before: PdfRow | None = None
    for block, is_table in _blocks(rows):
        if before is not None and _begins_anew(before, block[0]):
            lines.append("")
        if is_table:
            grid = _with_marks(build_grid(block), number_next)
            captions = _captions(lines)
            lines += _table_lines(grid)
            table = _table(grid, captions)
            if table is not None:
                page.tables.append(table)
        else:
            lines += _prose_lines(block)
        before = block[-1]
    page.text = "\n".join(lines)
    if _names_scale(page.text):
        short = (line for line in lines if len(line) <= _CAPTION_CHARACTERS and _names_scale(line))
        page.unit_line = next((line for line in short if is_unit_note(line) and names_unit(line)), "")
    return page


def _names_scale(text: str) -> bool:
    """Return whether a text may say what amounts are counted in."""
    lower = text.lower()
    return any(word in lower for word in _SCALE_WORDS) or (
        not text.isascii() and any(sign in text for sign in _SCALE_SIGNS)
    )


def _blocks(rows: Sequence[PdfRow]) -> Iterator[tuple[list[PdfRow], bool]]:
    """Yield the rows of each table, and what is between tables."""
    prose: list[PdfRow] = []
    index = 0
    while index < len(rows):
        end = _table_end(rows, index)
        if end:
            table = _with_whole_labels(rows[index:end])
            heads = _take_header_rows(prose, table)
            if prose:
                yield prose, False
            yield [*heads, *table], True
            prose, index = [], end
        else:
            prose.append(rows[index])
            index += 1
    if prose:
        yield prose, False


def _take_header_rows(prose: list[PdfRow], table: Sequence[PdfRow]) -> list[PdfRow]:
    """Take the last rows out of `prose` that are over columns of the table that follows, but not over its labels."""
    left, right = min(row.left for row in table), max(row.right for row in table)
    heads: list[PdfRow] = []
    below = table[0]
    while prose and len(heads) < _CAPTION_LINES:
        row = prose[-1]
        near = row.column == below.column and row.baseline - below.baseline <= _ROW_GAP * max(row.size, below.size)
        if not near or row.left < left + 0.25 * (right - left) or row.right > right + 2 * row.size:
            break
        heads.insert(0, prose.pop())
        below = row
    return heads


def _with_whole_labels(rows: Sequence[PdfRow]) -> list[PdfRow]:
    """Return the rows of a table with labels that go over several lines in one, beside their figures.

    A line goes on with a label when it begins with a small letter, or when figures without a label are between the two.
    """
    left, right = min(row.left for row in rows), max(row.right for row in rows)
    kept: list[PdfRow] = []
    for row in rows:
        before = kept[-1] if kept else None
        if before is None or before.baseline - row.baseline > _LINE_GAP * row.size:
            kept.append(row)
            continue
        label_side = left + 0.25 * (right - left)
        close = before.baseline - row.baseline < _HALF_LINE * row.size
        alone = [len(before.segments) == 1, len(row.segments) == 1]
        if close and alone[0] and row.left > label_side and all(segment.figure for segment in row.segments):
            kept[-1] = msgspec.structs.replace(row, segments=[before.segments[0], *row.segments])
        elif (any(alone) and _continues_label(before, row)) or (
            close and alone == [False, True] and row.left < label_side
        ):
            kept[-1] = _joined(before, row)
        else:
            kept.append(row)
    return kept


def _continues_label(before: PdfRow, row: PdfRow) -> bool:
    """Return whether a row's label is the rest of the label above it."""
    first, rest = before.segments[0], row.segments[0]
    lower = rest.text[:1].islower() and not rest.figure and not first.figure
    return lower and abs(rest.left - first.left) < 3 * row.size and not first.text.endswith((".", ":", ";"))


def _joined(before: PdfRow, row: PdfRow) -> PdfRow:
    """Two rows whose labels are one."""
    first, rest = before.segments[0], row.segments[0]
    label = PdfSegment(f"{first.text} {rest.text}", min(first.left, rest.left), max(first.right, rest.right))
    return msgspec.structs.replace(row, segments=[label, *before.segments[1:], *row.segments[1:]])


def _table_end(rows: Sequence[PdfRow], start: int) -> int:
    """Return where the table ends whose first row this is; 0 if none begins here."""
    if len(rows[start].segments) < 2:
        return 0
    end, figures, labels = start, 0, 0
    for index in range(start, len(rows)):
        row, before = rows[index], rows[max(index - 1, start)]
        if row.column != rows[start].column or before.baseline - row.baseline > _ROW_GAP * max(row.size, before.size):
            break
        if len(row.segments) >= 2:
            figures += any(segment.figure for segment in row.segments[1:])
            end, labels = index + 1, 0
        else:
            labels += 1
            if labels > _MAX_LABELS or len(row.segments[0].text) > 90:
                break
    return end if figures >= 2 or (figures and end - start >= 2) else 0


def _begins_anew(before: PdfRow, row: PdfRow) -> bool:
    """Return whether a row begins another paragraph than the one before."""
    return row.column != before.column or before.baseline - row.baseline > PARAGRAPH_GAP * max(row.size, before.size)


def _prose_lines(rows: Sequence[PdfRow]) -> Iterator[str]:
    """Yield the rows as lines, with empty ones between paragraphs."""
    for number, row in enumerate(rows):
        if number and _begins_anew(rows[number - 1], row):
            yield ""
        beside = [rows[other] for other in (number - 1, number + 1) if 0 <= other < len(rows)]
        gap = " " if _is_stretched(row, beside) else " | "
        yield gap.join(segment.text for segment in row.segments)


def _is_stretched(row: PdfRow, beside: Sequence[PdfRow]) -> bool:
    """Return whether a row with gaps is justified prose, like a line beside it."""
    gaps = [after.left - before.right for before, after in pairwise(row.segments)]
    if not gaps or max(gaps) > _STRETCHED_GAP * row.size:
        return False
    lines = [one for one in beside if len(one.segments) == 1 and abs(one.left - row.left) < 2 * row.size]
    return any(one.right - one.left > 0.75 * (row.right - row.left) for one in lines)


def _with_marks(grid: PdfGrid, number_next: Callable[[], int]) -> PdfGrid:
    """Return the same with marks around the figures."""
    rows = [
        [
            _mark_figure(text, number_next()) if (row, column) in grid.figures else text
            for column, text in enumerate(texts)
        ]
        for row, texts in enumerate(grid.rows)
    ]
    return PdfGrid(rows, grid.spans, grid.figures)


def _mark_figure(text: str, number: int) -> str:
    """Return a cell's text with marks around its figure, without the mark of a note behind it."""
    match = FIGURE.fullmatch(plain_digits(text))
    start, end = match.span("shown") if match else (0, len(text))
    return text[:start] + mark_figure(text[start:end], number) + text[end:]


def _table_lines(grid: PdfGrid) -> Iterator[str]:
    """Yield the rows of a table as lines."""
    for texts in grid.rows:
        last = max(column for column, text in enumerate(texts) if text)
        yield " | ".join(texts[: last + 1]).lstrip()


def _captions(lines: Sequence[str]) -> list[str]:
    """Return the lines before a table that may name it, or say what it is counted in."""
    found: list[str] = []
    for line in reversed(lines[-2 * _CAPTION_LINES :]):
        if not line:
            if found:
                break
            continue
        if len(line) > _CAPTION_CHARACTERS or line.endswith((".", ";", ",")) or " | " in line:
            break
        found.insert(0, line)
        if len(found) == _CAPTION_LINES:
            break
    return found


def _table(grid: PdfGrid, captions: list[str]) -> DocumentTable | None:
    """Return the same table in the model of all readers; a cell spans the columns that it is over."""
    return build_table(
        lay_out_grid((False, _grid_cells(*row)) for row in zip(grid.rows, grid.spans, strict=True)), captions
    )


def _grid_cells(texts: Sequence[str], spans: Sequence[tuple[int, int]]) -> Iterator[tuple[GridCell, int]]:
    """Yield the cells of a row with the number of columns that each spans, empty ones too."""
    widths = {first: last - first + 1 for first, last in spans}
    column = 0
    while column < len(texts):
        width = widths.get(column, 1)
        yield GridCell(texts[column], 0, 0), width
        column += width
