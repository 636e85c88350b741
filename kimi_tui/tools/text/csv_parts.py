"""The rows of a delimited file as citable parts, and their figures as cells."""

import itertools
from collections.abc import Iterator, Sequence

from kimi_tui.cells import Cell
from kimi_tui.sources import Part
from kimi_tui.tools.text.column_numbers import ColumnDecision, ColumnValues, decide_columns
from kimi_tui.tools.text.csv_records import Record
from kimi_tui.tools.text.delimited import DelimitedSheet
from kimi_tui.tools.text.number_forms import parse_number_form, to_decimal
from kimi_tui.tools.text.parts import clean_text
from kimi_tui.tools.text.row_cells import MAX_CELLS, RowCells, Shown, heading_of, number_in

ROWS_EACH = 50
"""Rows in one part of a table."""


class RowParts:
    """Cuts a sheet into parts of `ROWS_EACH` rows, each with the header before it."""

    def __init__(self, sheet: DelimitedSheet) -> None:
        self._sheet = sheet
        self._decisions = _decisions(sheet)
        self.cells: list[Cell] = []
        """The figures of the parts that were made so far; none if there are more than `MAX_CELLS`."""
        figures = [one.type != "TEXT" for one in self._decisions or ()]
        titles = sheet.layout.titles
        units = [one.unit for one in self._decisions or ()]
        names = sheet.titles()
        headings = [heading_of(name, unit, titles) for name, unit in zip(names, units, strict=False)]
        # Rows that each name their unit have figures, also where one column holds figures and texts.
        mixed = any(one.names_units for one in headings) and any(one.figures for one in self._decisions or ())
        self._row_cells = RowCells("csv", headings, titles) if mixed or any(figures) else None

    def notes(self) -> tuple[str, ...]:
        """Return a note on figures that are not kept; none if all are."""
        if self._decisions is not None:
            return ()
        return (f"Its figures are more than {MAX_CELLS:,} and are not kept one by one; those of a query are.",)

    def parts(self) -> Iterator[Part]:
        """Every part in turn."""
        sheet = self._sheet
        header = _line(sheet.header if sheet.layout.header else sheet.titles())
        above = "".join(f"above the table: {clean_text(title)}\n" for title in sheet.layout.titles)
        head = f"{above}header: {header}"
        records = sheet.rows()
        first = 1
        while rows := list(itertools.islice(records, ROWS_EACH)):
            label = f"rows {first}-{first + len(rows) - 1}"
            text = head
            lines = []
            at = len(head)
            for number, record in enumerate(rows, first):
                start = f"\nrow {number}: "
                cells = self._shown(record)
                line = start + _line(cells)
                if self._row_cells is not None:
                    shown = self._placed(cells, at + len(start))
                    self.cells += self._row_cells.of_row(label, number, shown)
                lines.append(line)
                at += len(line)
            yield Part(label, text + "".join(lines))
            first += len(rows)
        if first == 1:
            yield Part("rows 0-0", head)

    def _shown(self, record: Record) -> list[str]:
        """Return the cells of a row, without empty ones behind the last column."""
        return record.cells[: len(self._sheet.header)] if self._sheet.is_padded(record) else record.cells

    def _placed(self, cells: Sequence[str], start: int) -> list[Shown]:
        """Return the cells of a row with their places, the first one at `start`."""
        placed = []
        for cell, decision in itertools.zip_longest(cells, self._decisions or (), fillvalue=None):
            text = _line([cell or ""])
            form = parse_number_form(text) if decision is not None and decision.type != "TEXT" else None
            value = to_decimal(form, decision.mark) if form and decision else ""
            placed.append(Shown(text, value or number_in(text), start, start + len(text)))
            start += len(text) + 3
        return placed


def _line(cells: Sequence[str]) -> str:
    """Cells on one line."""
    return clean_text(" | ".join(" ".join(cell.split()) for cell in cells)).replace("\n", " ")


def _decisions(sheet: DelimitedSheet) -> list[ColumnDecision] | None:
    """Return how each column is written; None when there are too many figures to keep."""
    columns = [ColumnValues() for _ in sheet.header]
    rows = 0
    for batch in sheet.batches():
        rows += len(batch)
        if rows > MAX_CELLS:
            return None
        for values, cells in zip(
            columns, itertools.zip_longest(*(one.cells for one in batch), fillvalue=""), strict=False
        ):
            values.add(map(str.strip, cells))
    decisions = decide_columns(columns, sheet.delimiter)
    return decisions if rows * sum(one.type != "TEXT" for one in decisions) <= MAX_CELLS else None
