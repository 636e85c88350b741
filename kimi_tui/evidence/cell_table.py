"""The cells at a cited place, as rows that a sentence may name."""

from collections.abc import Iterable

import msgspec

from kimi_tui.cells import Cell
from kimi_tui.evidence.labels import named_labels, plain_label, same_label, share_named, stem, words_of
from kimi_tui.evidence.periods import periods_of
from kimi_tui.evidence.vocabulary import HEADER_WORDS


class FoundCell(msgspec.Struct, frozen=True):
    """A cell and the source that it stands in."""

    source: str
    cell: Cell

    @property
    def label(self) -> str:
        """What the figure is called: its row, or its column where the rows are periods or have no names."""
        return label_of(self.cell)

    @property
    def line(self) -> tuple[str, str, int, str]:
        """What the cells of one row share; where rows are periods, what the cells of one column share."""
        cell = self.cell
        across = cell.row_number if cell.row.startswith(label_of(cell)) else 0
        return self.source, cell.part if not cell.table else str(cell.table), across, label_of(cell)


class CellTable:
    """All cells that a claim may rest on."""

    def __init__(self, cells: Iterable[FoundCell]) -> None:
        self.cells = list(cells)
        self.labels = {found.label for found in self.cells if found.label}

    def declared(self, row: str) -> list[FoundCell]:
        """The cells of a row that the citation names: `Net sales`, or `Segment > Net sales` with its section."""
        *sections, label = (piece.strip() for piece in row.replace("\u203a", ">").split(">"))
        whole = [found for found in self.cells if same_label(found.cell.row, row)]
        if whole:
            return whole
        exact = [found for found in self.cells if same_label(found.cell.row, label) or same_label(found.label, label)]
        if not exact:
            return [found for found in self.cells if same_label(f"{found.cell.section} {found.cell.row}", row)]
        return [one for one in exact if all(share_named(part, _about(one)) == 1 for part in sections)]

    def named(self, words: frozenset[str]) -> list[FoundCell]:
        """The cells of the rows whose labels a sentence's words name."""
        labels = named_labels(self.labels, words)
        found = [one for one in self.cells if one.label in labels]
        sectioned = [one for one in found if one.cell.section and share_named(one.cell.section, words) == 1]
        return sectioned or found

    def columns_named(self, cells: Iterable[FoundCell], words: frozenset[str]) -> set[str]:
        """The headers among these cells' columns that a sentence names, periods and units left out."""
        headers = {column_words(found.cell): found.cell.column for found in cells}
        return {column for wanted, column in headers.items() if wanted and wanted <= words}


def label_of(cell: Cell) -> str:
    """The label by which a sentence would name a cell."""
    label = plain_label(cell.row.split(" \u203a ")[0])
    return label if _is_name(label) else plain_label(cell.column) if _is_name(cell.column) else label


def column_words(cell: Cell) -> frozenset[str]:
    """The words of a cell's column header that name something else than a period or a unit."""
    text = cell.column
    for period in reversed(periods_of(text)):
        text = text[: period.start] + " " + text[period.end :]
    return frozenset(word for word in words_of(text) if word not in _GENERIC and not word.isdigit())


def _is_name(label: str) -> bool:
    """Whether a label has words that are no period."""
    text = label
    for period in reversed(periods_of(label)):
        text = text[: period.start] + " " + text[period.end :]
    return any(not word.isdigit() and word not in _GENERIC for word in words_of(text))


def _about(found: FoundCell) -> frozenset[str]:
    cell = found.cell
    return frozenset(words_of(f"{cell.section} {cell.row} {cell.column} {cell.caption}"))


_GENERIC = frozenset(map(stem, HEADER_WORDS))
