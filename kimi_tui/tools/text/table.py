"""The one table model of all readers: captions, column headers and rows.

Header rows are found by what they say: they come before the first row of amounts and name columns, most often by years
or dates. A row of years further down begins a new block under headers of its own.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

import msgspec

from kimi_tui.quantities.header_periods import is_period_name
from kimi_tui.quantities.units import is_unit_note, names_unit
from kimi_tui.tools.text.grid import (
    GridCell,
    GridRow,
    find_column,
    find_columns,
    find_columns_under,
    is_amount,
    is_header_text,
    lay_out_grid,
)
from kimi_tui.tools.text.position_marks import remove_marks

_MAX_TEXTS = 4_096


def remember_search(pattern: str) -> Callable[[str], bool]:
    """Return a function that tells whether a pattern is somewhere in a text, and remembers it for the latest texts."""
    search = re.compile(pattern).search

    @lru_cache(maxsize=_MAX_TEXTS)
    def is_in(text: str) -> bool:
        return search(text) is not None

    return is_in


MAX_HEADER_LINES = 8
"""The most rows that head a table."""
_RAISED_MARK = re.compile(r"\s?\^(?:\(\w{1,2}\)|\w{1,3}(?:,\w{1,2})*)(?![\w^])")
"""The mark of a note, which is no part of a row's name."""
_NOTE_CHARACTERS = 120
"""A row of one cell that is longer is a note, no title of rows."""


class BodyRow(msgspec.Struct):
    """A row of a table."""

    cells: list[str]
    """One text for each column, empty where there is none; with marks."""
    number: int
    """From 1, through all blocks."""
    sections: tuple[str, ...] = ()
    """The titles of rows above that it belongs to, the widest first."""

    label: str = ""
    """What the row is called: its texts before the first amount."""


class TableBlock(msgspec.Struct):
    """Rows under the same headers."""

    headers: list[list[str]]
    """For each column the texts over it, from top to bottom."""
    rows: list[BodyRow]

    def header(self, column: int, join: str = " ") -> str:
        """Return the header of a column."""
        return join.join(self.headers[column])


class DocumentTable(msgspec.Struct):
    """A table of a document."""

    captions: list[str]
    """What it is called and counted in, a line each."""
    blocks: list[TableBlock]
    """At least one."""
    columns: int
    notes: list[str] = []
    """Long texts under its rows."""
    nested: list[int] = []
    """The numbers of tables that stood in its cells."""
    number: int = 0
    """In its document, from 1."""

    def amounts(self) -> list[str]:
        """Return the texts of its cells."""
        return [cell for block in self.blocks for row in block.rows for cell in row.cells if cell]


def build_table_from_texts(rows: Sequence[Sequence[str]], captions: Sequence[str] = ()) -> DocumentTable | None:
    """Return a table whose cells are given as texts; None if there is nothing in them."""
    laid = lay_out_grid((False, ((GridCell(" ".join(text.split()), 0, 0), 1) for text in row)) for row in rows)
    return build_table(laid, list(captions))


def build_table(rows: list[GridRow], captions: list[str]) -> DocumentTable | None:
    """Return the table that a grid shows; None if there is nothing in it."""
    if not rows:
        return None
    left = min(row.cells[0].first for row in rows)
    data = [
        index
        for index, row in enumerate(rows)
        if _shows_amounts(row, left, rows[max(0, index - MAX_HEADER_LINES) : index])
    ]
    if not data:
        return _text_table(rows, captions)
    notes = _take_notes(rows, data[-1])
    units = [note for note in map(remove_marks, notes) if is_unit_note(note)]
    notes, captions = [note for note in notes if remove_marks(note) not in units], [*captions, *units]
    columns = find_columns([rows[index] for index in data]) or [(left, left + 1)]
    if columns[0][0] > left:
        columns.insert(0, (left, columns[0][0]))
    last = _last_header(rows[: data[0]], left)
    columns = _with_empty_columns(columns, rows[: last + 1])
    titles = [row for row in rows[: last + 1] if _is_title(row, left)]
    heads = [row for row in rows[: last + 1] if not _is_title(row, left)]
    while last + 1 < data[0] and _is_title(rows[last + 1], left) and is_unit_note(rows[last + 1].cells[0].plain):
        last += 1
        titles.append(rows[last])
    captions = captions + [row.cells[0].plain for row in titles]
    table = DocumentTable(captions, [TableBlock(_headers(heads, columns), [])], len(columns), notes)
    _fill(table, rows[last + 1 :], columns, left)
    return table


def _text_table(rows: list[GridRow], captions: list[str]) -> DocumentTable:
    """Return a table without amounts: its first row, or those marked up as such, are its header."""
    columns = find_columns(rows) or [(rows[0].cells[0].first, rows[0].cells[-1].last)]
    while len(rows) > 1 and len(rows[0].cells) == 1 and len(columns) > 1 and not rows[0].cells[0].carried:
        captions = [*captions, rows.pop(0).cells[0].plain]
    heads = 1
    while heads < min(len(rows), MAX_HEADER_LINES) and rows[heads].heading and rows[heads - 1].heading:
        heads += 1
    if len(rows) == 1:
        heads = 0
    table = DocumentTable(captions, [TableBlock(_headers(rows[:heads], columns), [])], len(columns))
    for number, row in enumerate(rows[heads:], 1):
        table.blocks[0].rows.append(BodyRow(texts := _texts(row, columns), number, label=_label(texts)))
    return table


def _shows_amounts(row: GridRow, left: int, above: Sequence[GridRow]) -> bool:
    """Return whether a row has an amount behind its label."""
    if row.heading:
        return False
    cells = [cell for cell in row.cells if cell.first > left or len(row.cells) == 1]
    return any(not is_header_text(cell.text) for cell in cells) or (
        len(cells) < len(row.cells) and _is_row_of_years(row, cells, above)
    )


def _is_row_of_years(row: GridRow, cells: list[GridCell], above: Sequence[GridRow]) -> bool:
    """Return whether years are what a row tells, as `Founded | 1998 | 2004` under names, and not what heads columns."""
    label = row.cells[0].plain
    if is_unit_note(label) or is_period_name(label) or re.search(r"(?i)\b(?:year|period|ended|date|as of)", label):
        return False
    years = [cell for cell in cells if re.fullmatch(r"(?:19|20)\d\d", cell.plain)]
    if not years or len(years) < len(cells) or row.cells[0].heading or row.cells[0].carried:
        return False
    places = {cell.first for cell in cells}
    return any(
        len({cell.first for cell in one.cells if not is_period_name(cell.plain)} & places) == len(places)
        for one in above
    )


def _is_title(row: GridRow, left: int) -> bool:
    """Return whether a row has nothing but one text from the left edge on."""
    return len(row.cells) == 1 and row.cells[0].first == left


def _last_header(rows: list[GridRow], left: int) -> int:
    """Return the last of the leading rows that heads columns, -1 if none does."""
    found = -1
    for index, row in enumerate(rows):
        if not _is_title(row, left) or (row.heading and index < MAX_HEADER_LINES):
            found = index
    return min(found, 2 * MAX_HEADER_LINES)


def _with_empty_columns(columns: list[tuple[int, int]], heads: list[GridRow]) -> list[tuple[int, int]]:
    """Return the columns with those that have a header but no figure: where a row of headers names all others too."""
    for row in heads:
        over = [
            cell for cell in row.cells if not any(first < cell.last and cell.first < last for first, last in columns)
        ]
        others = {column for cell in row.cells if cell not in over for column in find_columns_under(columns, cell)}
        if over and len(others) >= len(columns) - 1:
            columns = sorted([*columns, *((cell.first, cell.last) for cell in over)])
    return columns


def _take_notes(rows: list[GridRow], last: int) -> list[str]:
    """Take the rows out that are notes under the table, or say what it is counted in; their texts."""
    notes: list[str] = []
    while len(rows) > last + 1 and len(rows[-1].cells) == 1:
        cell = rows[-1].cells[0]
        if len(cell.text) <= _NOTE_CHARACTERS and not (is_unit_note(cell.plain) and names_unit(cell.plain)):
            break
        notes.insert(0, rows.pop().cells[0].text)
    return notes


def _headers(rows: list[GridRow], columns: list[tuple[int, int]]) -> list[list[str]]:
    """Return the texts over each column."""
    headers: list[list[str]] = [[] for _ in columns]
    for row in rows[-2 * MAX_HEADER_LINES :]:
        for cell in row.cells:
            over = find_columns_under(columns, cell)
            if len(over) > 1 and over[0] == 0 and cell.first >= columns[0][1] - 1:
                over = over[1:]
            for column in over:
                if not headers[column] or headers[column][-1] != cell.plain:
                    headers[column].append(cell.plain)
    return headers


def _texts(row: GridRow, columns: list[tuple[int, int]]) -> list[str]:
    """Return the text of each column in a row."""
    texts = [""] * len(columns)
    for cell in row.cells:
        column = find_column(columns, cell)
        texts[column] = f"{texts[column]} {cell.text}".strip()
    return texts


def _label(texts: list[str]) -> str:
    """Return the texts of a row before its first amount; a year or date at its very beginning is a label."""
    label: list[str] = []
    for index, text in enumerate(texts):
        if text and is_amount(text) and not (index == 0 and is_period_name(remove_marks(text))):
            break
        label.append(_RAISED_MARK.sub("", remove_marks(text)))
    return " \u203a ".join(" ".join(text.split()) for text in label if text.strip())


def _fill(table: DocumentTable, rows: list[GridRow], columns: list[tuple[int, int]], left: int) -> None:
    """Put the rows under their headers, with the titles above them."""
    titles: list[tuple[float, str]] = []
    when = ""
    number = 0
    heads: list[GridRow] = []
    for row in rows:
        if _heads_anew(row, left):
            heads.append(row)
            continue
        if heads:
            table.blocks.append(TableBlock(_renewed(table.blocks[-1].headers, heads, columns), []))
            heads = []
            titles = []
            when = ""
        number += 1
        texts = _texts(row, columns)
        first = row.cells[0]
        body = BodyRow(texts, number, label=_label(texts))
        _step_out(titles, first, is_title=_is_title(row, left))
        if _is_title(row, left) and is_period_name(first.plain):
            when, titles = first.plain.rstrip(": "), []
        body.sections = (*([when] if when else []), *(title for _, title in titles))
        table.blocks[-1].rows.append(body)
        if _is_title(row, left) and not is_period_name(first.plain) and len(first.plain) <= _NOTE_CHARACTERS:
            titles.append((first.indent, first.plain.rstrip(": ")))


def _step_out(titles: list[tuple[float, str]], cell: GridCell, *, is_title: bool) -> None:
    """Leave the titles that a row does not belong to, by how far it is moved to the right."""
    total = re.match(r"(?i)(?:sub-?)?totals?\b", cell.plain) is not None
    while titles and (titles[-1][0] > cell.indent or (titles[-1][0] == cell.indent and (is_title or total))):
        titles.pop()


def _heads_anew(row: GridRow, left: int) -> bool:
    """Return whether a row below amounts names the columns again: nothing but periods behind its label."""
    cells = [cell for cell in row.cells if cell.first > left]
    label = row.cells[0].plain if row.cells[0].first == left else ""
    if not cells or (label and not (is_unit_note(label) or is_period_name(label))):
        return False
    return row.heading or all(is_period_name(cell.plain) for cell in cells)


def _renewed(before: list[list[str]], rows: list[GridRow], columns: list[tuple[int, int]]) -> list[list[str]]:
    """Return the headers of a new block; a period over all columns is added to the former headers."""
    headers = _headers(rows, columns)
    if all(len(row.cells) == 1 for row in rows) and len({tuple(header) for header in headers[1:]}) <= 2:
        kept = [[text for text in header if not is_period_name(text)] for header in before]
        return [new + old for new, old in zip(headers, kept, strict=True)]
    if not headers[0]:
        headers[0] = [text for text in before[0] if is_unit_note(text)]
    return headers
