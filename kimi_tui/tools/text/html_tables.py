"""Extract the tables of a parsed page; a mark holds the place of each in the page.

A table that only lays out a page is unwrapped. Inner tables are taken first: an outer one sees where they stood.
"""

import re
from collections.abc import Iterator
from typing import Any

from kimi_tui.quantities.header_periods import is_period_name
from kimi_tui.tools.text.grid import GridCell, GridRow, is_amount, lay_out_grid
from kimi_tui.tools.text.position_marks import MAX_MARKS, TABLE, TABLE_TOKEN, number_of, remove_marks, table_token
from kimi_tui.tools.text.table import DocumentTable, build_table

_BLOCKS = ("address", "blockquote", "br", "dd", "div", "dl", "dt", "hr", "li", "ol", "p", "pre", "section", "ul")
_HOLDS_PAGE = ("h1", "h2", "h3", "h4", "form", "article", "main", "section", "blockquote", "pre")
"""Elements that a cell of a table of facts does not hold."""
_PROSE_CHARACTERS = 500
"""A cell with more text holds prose."""
_BULLET = re.compile(r"(?:[•·●○▪■◦‣⁃∙*–—-]|\(?[a-z0-9ivx]{1,4}[.)])", re.IGNORECASE)
_INDENT = re.compile(r"(padding-left|margin-left|text-indent|padding)\s*:\s*([^;]+)", re.IGNORECASE)
_LENGTH = re.compile(r"(-?[\d.]+)\s*(pt|px|em|rem|in|%)?")
_POINTS = {"pt": 1.0, "px": 0.75, "em": 10.0, "rem": 10.0, "in": 72.0, "%": 5.0, None: 0.75}
_FIGURE_CHARACTERS = 40
"""A longer text is no figure."""
_SPACED = re.compile(r"(?<=[($€£])\s+(?=[\d(\U000f0000])|(?<=[\d\U000f0001])\s+(?=[)%])")
"""Blanks inside a figure: `( 567 )`."""
_BEGINS_WITH_SPACE = re.compile("^[\u00a0\u2003\u2002 ]{2,}")
_MAX_ROWS = 65_000
"""The most rows that one cell may span."""


def take_tables(tree: Any) -> list[DocumentTable]:
    """Replace the tables of a page by marks with their numbers; tables that lay out are unwrapped."""
    for outer in [one for one in tree.iter("table") if next(one.iterancestors("table"), None) is None]:
        for block in outer.iter(*_BLOCKS):  # what stands on lines of its own in a cell are words of their own
            block.tail = "\n" + (block.tail or "")
            if block.tag not in ("br", "hr"):
                block.text = "\n" + (block.text or "")
    tables: list[DocumentTable] = []
    for element in reversed(list(tree.iter("table"))):
        rows = _rows(element)
        nested: list[int] = []
        grid = lay_out_grid((heading, _cells(row, heading, nested)) for row, heading in rows)
        table = None if _is_layout_table(element, rows, grid) else build_table(grid, _captions(element))
        if table is None or len(tables) >= MAX_MARKS:
            _unwrap(element, rows)
            continue
        table.nested = nested
        tables.append(table)
        tail = element.tail
        element.clear()
        element.tag, element.text, element.tail = "p", table_token(len(tables) - 1), tail
    return tables


def _rows(table: Any) -> list[tuple[Any, bool]]:
    """Return the rows of a table itself, each with whether it is one of headers; the foot comes last."""
    heads: list[tuple[Any, bool]] = []
    feet: list[tuple[Any, bool]] = []
    for child in table:
        if child.tag == "tr":
            heads.append((child, False))
        elif child.tag in ("thead", "tbody", "tfoot"):
            rows = [(row, child.tag == "thead") for row in child if row.tag == "tr"]
            (feet if child.tag == "tfoot" else heads).extend(rows)
    return heads + feet


def _cells(row: Any, heading: bool, nested: list[int]) -> Iterator[tuple[GridCell, int]]:
    """Yield the cells of a row, each with how many columns it spans; the numbers of tables in them go into `nested`."""
    for cell in row:
        if cell.tag not in ("td", "th"):
            continue
        text = cell.text or "" if not len(cell) else "".join(cell.itertext())
        indent = _indent(cell, text) if text and text.strip() else 0
        if TABLE in text:
            nested += [number_of(match) for match in TABLE_TOKEN.finditer(text)]
            text = TABLE_TOKEN.sub(" [table below] ", text)
        text = " ".join(_with_lines_apart(text).split())
        if len(text) < _FIGURE_CHARACTERS:
            text = _SPACED.sub("", text)
        span, rows = _span(cell.get("colspan")), min(_span(cell.get("rowspan")), _MAX_ROWS)
        yield GridCell(text, 0, 0, heading or cell.tag == "th", indent, rows=rows), span


def _with_lines_apart(text: str) -> str:
    """Return the text of a cell; amounts on lines of their own are parted by more than a blank."""
    if "\n" not in text:
        return text
    lines = [line for line in map(str.strip, text.split("\n")) if line]
    amounts = len(lines) > 1 and all(is_amount(line) and not is_period_name(remove_marks(line)) for line in lines)
    return " / ".join(lines) if amounts else text


def _span(value: str | None) -> int:
    """Return how many rows or columns are spanned."""
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 6 else 1


def _indent(cell: Any, text: str) -> float:
    """Return how far a label is moved to the right, in points."""
    if cell.getprevious() is not None:
        return 0
    spaces = _BEGINS_WITH_SPACE.match(text.lstrip("\n\r\t"))
    found = 3.0 * len(spaces.group()) if spaces else 0.0
    for element in (cell, *(child for child in cell if isinstance(child.tag, str))):
        for name, value in _INDENT.findall(element.get("style", "")):
            lengths = _LENGTH.findall(value)
            if not lengths or (name.lower() == "padding" and len(lengths) < 4):
                continue
            number, unit = lengths[3] if name.lower() == "padding" else lengths[0]
            found += float(number) * _POINTS[unit or None] if re.fullmatch(r"-?\d*\.?\d+", number) else 0
    return round(found, 1)


def _captions(table: Any) -> list[str]:
    """Return the text of its `caption`."""
    return [text for child in table if child.tag == "caption" if (text := " ".join("".join(child.itertext()).split()))]


def _is_layout_table(table: Any, rows: list[tuple[Any, bool]], grid: list[GridRow]) -> bool:
    """Return whether a table only lays out a page."""
    cells = [cell for row in grid for cell in row.cells if not cell.carried]
    if not cells or max(len(row.cells) for row in grid) < 2:
        return True
    left = grid[0].cells[0].first
    amounts = sum(cell.is_figure for cell in cells if cell.first > left)
    if amounts >= 2 and 4 * amounts >= len(grid):
        return False
    if any(True for _ in table.iter(*_HOLDS_PAGE)):
        return True
    if table.get("role") in ("presentation", "none") and not amounts:
        return True
    if all(len(row.cells) <= 2 and _BULLET.fullmatch(row.cells[0].plain) for row in grid):
        return True
    long = [cell for cell in cells if len(cell.text) > _PROSE_CHARACTERS]
    return bool(long) and (len(grid) < 3 or 4 * len(long) >= len(grid) or _is_one_row(rows))


def _is_one_row(rows: list[tuple[Any, bool]]) -> bool:
    return len(rows) == 1


def _unwrap(table: Any, rows: list[tuple[Any, bool]]) -> None:
    """Make the rows of a table that only lays out paragraphs, and cells that hold blocks blocks of the page."""
    table.tag = "div"
    table.attrib.clear()
    for child in table:
        if child.tag in ("thead", "tbody", "tfoot", "caption", "colgroup"):
            child.tag = "div"
    for row, _ in rows:
        row.tag = "div"
        for cell in row:
            if cell.tag in ("td", "th"):
                holds = any(True for _ in cell.iter("p", "div", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6"))
                cell.tag = "div" if (holds and len(row) < 2) or _is_long(cell) else "span"
                cell.attrib.clear()
                cell.tail = " " + (cell.tail or "")


def _is_long(cell: Any) -> bool:
    """Return whether a cell holds more than a line."""
    return sum(map(len, cell.itertext())) > 200 or any(TABLE_TOKEN.search(text) for text in cell.itertext())
