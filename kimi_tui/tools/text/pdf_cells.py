"""Figures of a PDF's tables as cells: places in the page text, and the meaning from captions and headers."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from kimi_tui.cells import Cell
from kimi_tui.quantities.header_periods import is_period_name
from kimi_tui.tools.text.figures import detect_decimal_commas, parse_figure
from kimi_tui.tools.text.fiscal_calendar import read_calendar
from kimi_tui.tools.text.grid import is_nothing
from kimi_tui.tools.text.pdf_page import PdfPageText
from kimi_tui.tools.text.position_marks import marks_in, remove_marks
from kimi_tui.tools.text.table import BodyRow, DocumentTable, TableBlock
from kimi_tui.tools.text.table_cells import DocumentReading, FigureMeanings, find_usual_unit
from kimi_tui.tools.text.table_text import FigureDraft

_POINT_SHOWN = re.compile(r"\d,\d{3}(?!\d)|\d\.\d{1,2}(?!\d)|(?<!\d)0\.\d")
"""What is written in documents whose decimal mark is a point."""
_TWO_WAYS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
Places = dict[int, tuple[int, int]]
"""Where each figure begins and ends in its page's text, by its number."""


def build_page_cells(
    pages: Sequence[PdfPageText],
    titles: Sequence[str],
    labels: Sequence[str],
    texts: Sequence[str],
    places: list[Places],
) -> Iterator[Cell]:
    """Yield the cells of all pages in reading order; everything is given page by page, `texts` without marks."""
    tables = [table for page in pages for table in page.tables]
    reading = DocumentReading(read_calendar(_context_texts(pages)), find_usual_unit(_context_texts(pages)))
    amounts = [remove_marks(text) for table in tables for text in table.amounts()[:200]]
    comma = detect_decimal_commas(amounts, _context_texts(pages))
    unsure = not comma and not any(map(_POINT_SHOWN.search, amounts))
    number = 0
    for page, title, label, text, where in zip(pages, titles, labels, texts, places, strict=True):
        for table in page.tables:
            number += 1
            table.number = number
            meanings = FigureMeanings(table, [one for one in (title, page.unit_line) if one], reading)
            for cell in _cells(table, meanings, label, text, where, comma_is_decimal=comma):
                yield _doubted(cell) if unsure and _TWO_WAYS.fullmatch(cell.value.lstrip("-")) else cell


def _context_texts(pages: Sequence[PdfPageText]) -> Iterator[str]:
    """Texts that say when and in what things are counted."""
    for page in pages:
        yield page.unit_line
        for table in page.tables:
            yield from table.captions
            for block in table.blocks:
                yield from {" ".join(header) for header in block.headers if header}


def _cells(
    table: DocumentTable, meanings: FigureMeanings, label: str, text: str, places: Places, *, comma_is_decimal: bool
) -> Iterator[Cell]:
    """Yield the cells of one table."""
    for block, row, column, number in _figures(table):
        plain = remove_marks(row.cells[column])
        figure = parse_figure(plain, comma_is_decimal=comma_is_decimal)
        if (
            number not in places
            or (figure is None and not is_nothing(plain))
            or (column == 0 and is_period_name(plain))
        ):
            continue
        start, end = places[number]
        draft = FigureDraft(table, block, row, column, figure)
        cell = meanings.cell(draft, (label, start, end), text[start:end], figure.value if figure else "0")
        yield _from_page(cell)


def _doubted(cell: Cell) -> Cell:
    """Return a cell whose point may as well group thousands."""
    note = f"Nothing shows whether the point of {cell.text} groups thousands; it is read as a decimal point."
    return msgspec.structs.replace(cell, notes=(*cell.notes, note))


def _figures(table: DocumentTable) -> Iterator[tuple[TableBlock, BodyRow, int, int]]:
    """Every marked figure of a table with its number."""
    for block in table.blocks:
        for row in block.rows:
            for column, cell in enumerate(row.cells):
                for number in marks_in(cell)[:1]:
                    yield block, row, column, number


def _from_page(cell: Cell) -> Cell:
    """Return the same, known from a page."""
    return msgspec.structs.replace(cell, origin="pdf")
