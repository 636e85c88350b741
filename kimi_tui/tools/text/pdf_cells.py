"""The figures of a PDF's tables as cells: their places in the text of pages, and what captions and headers say."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from kimi_tui.cells import Cell
from kimi_tui.tools.text.calendar import calendar_of
from kimi_tui.tools.text.figures import commas_are_decimal, figure_of
from kimi_tui.tools.text.grid import is_nothing
from kimi_tui.tools.text.marks import marks_in, without_marks
from kimi_tui.tools.text.pdf_page import PageText
from kimi_tui.tools.text.periods import is_period
from kimi_tui.tools.text.table import Block, BodyRow, Table
from kimi_tui.tools.text.table_cells import Meanings, Reading, usual_unit
from kimi_tui.tools.text.table_text import Draft

_POINT_SHOWN = re.compile(r"\d,\d{3}(?!\d)|\d\.\d{1,2}(?!\d)|(?<!\d)0\.\d")
"""What is written in documents whose decimal mark is a point."""
_TWO_WAYS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
Places = dict[int, tuple[int, int]]
"""Where each figure begins and ends in its page's text, by its number."""


def cells_of_pages(
    pages: Sequence[PageText], titles: Sequence[str], labels: Sequence[str], texts: Sequence[str], places: list[Places]
) -> Iterator[Cell]:
    """The cells of all pages in reading order; everything is given page by page, `texts` without marks."""
    tables = [table for page in pages for table in page.tables]
    reading = Reading(calendar_of(_sayings(pages)), usual_unit(_sayings(pages)))
    amounts = [without_marks(text) for table in tables for text in table.amounts()[:200]]
    comma = commas_are_decimal(amounts)
    unsure = not comma and not any(map(_POINT_SHOWN.search, amounts))
    number = 0
    for page, title, label, text, where in zip(pages, titles, labels, texts, places, strict=True):
        for table in page.tables:
            number += 1
            table.number = number
            meanings = Meanings(table, [one for one in (title, page.unit_line) if one], reading)
            for cell in _cells(table, meanings, label, text, where, comma_is_decimal=comma):
                yield _doubted(cell) if unsure and _TWO_WAYS.fullmatch(cell.value.lstrip("-")) else cell


def _sayings(pages: Sequence[PageText]) -> Iterator[str]:
    """Texts that say when and in what things are counted."""
    for page in pages:
        yield page.unit_line
        for table in page.tables:
            yield from table.captions
            for block in table.blocks:
                yield from {" ".join(header) for header in block.headers if header}


def _cells(
    table: Table, meanings: Meanings, label: str, text: str, places: Places, *, comma_is_decimal: bool
) -> Iterator[Cell]:
    """The cells of one table."""
    for block, row, column, number in _figures(table):
        plain = without_marks(row.cells[column])
        figure = figure_of(plain, comma_is_decimal=comma_is_decimal)
        if number not in places or (figure is None and not is_nothing(plain)) or (column == 0 and is_period(plain)):
            continue
        start, end = places[number]
        draft = Draft(table, block, row, column, figure)
        cell = meanings.cell(draft, (label, start, end), text[start:end], figure.value if figure else "0")
        yield _from_page(cell)


def _doubted(cell: Cell) -> Cell:
    """A cell whose point may as well group thousands."""
    note = f"Nothing shows whether the point of {cell.text} groups thousands; it is read as a decimal point."
    return msgspec.structs.replace(cell, notes=(*cell.notes, note))


def _figures(table: Table) -> Iterator[tuple[Block, BodyRow, int, int]]:
    """Every marked figure of a table with its number."""
    for block in table.blocks:
        for row in block.rows:
            for column, cell in enumerate(row.cells):
                for number in marks_in(cell)[:1]:
                    yield block, row, column, number


def _from_page(cell: Cell) -> Cell:
    """The same, known from a page."""
    return msgspec.structs.replace(cell, origin="pdf")
