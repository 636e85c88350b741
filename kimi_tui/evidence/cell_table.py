"""The cells at a cited place, as rows that a sentence may name."""

from collections.abc import Iterable
from functools import lru_cache

import msgspec

from kimi_tui.cells import Cell
from kimi_tui.evidence.labels import (
    clean_label,
    content_stems,
    find_named_labels,
    named_share,
    same_but_for_kind,
    same_label,
    stem,
)
from kimi_tui.evidence.vocabulary import HEADER_WORDS
from kimi_tui.quantities.text_periods import find_periods


class FoundCell(msgspec.Struct, frozen=True):
    """A cell with the source that contains it."""

    source: str
    cell: Cell

    @property
    def label(self) -> str:
        """Return the figure's name: its row, or its column where the rows are periods or have no names."""
        return cell_label(self.cell)

    @property
    def line(self) -> tuple[str, str, int, str]:
        """Return what the cells of one row share, or of one column where rows are periods."""
        cell = self.cell
        across = cell.row_number if cell.row.startswith(cell_label(cell)) else 0
        return self.source, cell.part if not cell.table else str(cell.table), across, cell_label(cell)


class CellTable:
    """All cells that a claim may rest on."""

    def __init__(self, cells: Iterable[FoundCell], currencies: frozenset[str] = frozenset()) -> None:
        """`currencies` are those of the source's figures, for the ones that show none."""
        self.cells = list(cells)
        self.currencies = currencies
        self.labels = {found.label for found in self.cells if found.label}

    def cells_of_row(self, row: str) -> list[FoundCell]:
        """Return the cells of a row that the citation names: `Net sales`, or `Segment > Net sales` with its section."""
        *sections, label = (piece.strip() for piece in row.replace("\u203a", ">").split(">"))
        whole = [found for found in self.cells if same_label(found.cell.row, row)]
        if whole:
            return whole
        exact = [found for found in self.cells if same_label(found.cell.row, label) or same_label(found.label, label)]
        if not exact and not sections:
            near = [found for found in self.cells if same_but_for_kind(found.cell.row, row)]
            if near and len({found.line for found in near}) == 1:
                return near
        if not exact:
            return [found for found in self.cells if same_label(f"{found.cell.section} {found.cell.row}", row)]
        return [one for one in exact if all(named_share(part, _descriptive_words(one)) == 1 for part in sections)]

    def cells_named_by(self, words: frozenset[str]) -> list[FoundCell]:
        """Return the cells of the rows whose labels a sentence's words name."""
        labels = find_named_labels(self.labels, words)
        found = [one for one in self.cells if one.label in labels]
        sectioned = [one for one in found if one.cell.section and named_share(one.cell.section, words) == 1]
        return sectioned or found

    def column_headers_named_by(self, cells: Iterable[FoundCell], words: frozenset[str]) -> set[str]:
        """Return the headers among these cells' columns that a sentence names, periods and units left out."""
        headers = {column_words(found.cell): found.cell.column for found in cells}
        return {column for wanted, column in headers.items() if wanted and wanted <= words}


def cell_label(cell: Cell) -> str:
    """Return the label by which a sentence would name a cell."""
    return _label(cell.row, cell.column)


def column_words(cell: Cell) -> frozenset[str]:
    """Return the words of a cell's column header that are neither a period nor a unit."""
    return _naming_words(cell.column)


# A table repeats its labels in every cell, and a memo asks for them again in every sentence.
@lru_cache(maxsize=8192)
def _label(row: str, column: str) -> str:
    label = clean_label(row.split(" \u203a ", maxsplit=1)[0])
    return label if _naming_words(label) or not _naming_words(column) else clean_label(column)


@lru_cache(maxsize=8192)
def _naming_words(text: str) -> frozenset[str]:
    """Return the words of a label that are neither a period, a unit nor a number."""
    for period in reversed(find_periods(text)):
        text = text[: period.start] + " " + text[period.end :]
    return frozenset(word for word in content_stems(text) if word not in _GENERIC and not word.isdigit())


def _descriptive_words(found: FoundCell) -> frozenset[str]:
    cell = found.cell
    return frozenset(content_stems(f"{cell.section} {cell.row} {cell.column} {cell.caption}"))


_GENERIC = frozenset(map(stem, HEADER_WORDS))
