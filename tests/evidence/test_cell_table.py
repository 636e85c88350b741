"""The rows of a table as a citation or a sentence names them."""

import msgspec
import pytest

from kimi_tui.cells import Cell
from kimi_tui.evidence.cell_table import CellTable, FoundCell, cell_label, column_words
from kimi_tui.evidence.labels import content_stems
from tests.evidence.kit import CASH, INCOME, YEARS, grid


def table(*cells: Cell) -> CellTable:
    return CellTable(FoundCell("S1", cell) for cell in cells)


def shown(found: list[FoundCell]) -> list[str]:
    return [one.cell.text for one in found]


SEGMENTS = (
    *grid("p.1", [("Net sales", "10", "9"), ("Costs", "5", "4")], section="Europe"),
    *grid("p.1", [("Net sales", "30", "29"), ("Research and development expenses", "7", "6")], section="Asia"),
)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("Net income", ["3,219", "5,700"]),
        ("net INCOME:", ["3,219", "5,700"]),
        ("Net income (1)", ["3,219", "5,700"]),
        ("Net incomes", ["3,219", "5,700"]),
        ("Income", []),
        ("", []),
        ("> ", []),
        ("Nothing of this", []),
    ],
)
def test_cells_of_row_are_those_of_the_same_label(row: str, found: list[str]) -> None:
    assert shown(table(*INCOME).cells_of_row(row)) == found


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("Net sales", ["10", "9", "30", "29"]),
        ("Europe > Net sales", ["10", "9"]),
        ("Asia \u203a Net sales", ["30", "29"]),
        ("Africa > Net sales", []),
        ("Asia Net sales", ["30", "29"]),
        ("Research and development", ["7", "6"]),
        ("R&D expenses", ["7", "6"]),
    ],
)
def test_cells_of_row_in_a_section_are_those_of_the_section(row: str, found: list[str]) -> None:
    assert shown(table(*SEGMENTS).cells_of_row(row)) == found


def test_cells_named_by_words_prefers_the_more_specific_row() -> None:
    words = frozenset(content_stems("The total current assets were large"))
    assert shown(table(*INCOME).cells_named_by(words)) == ["23,362", "25,382"]


def test_cells_named_by_words_prefers_the_named_section() -> None:
    named = table(*SEGMENTS).cells_named_by(frozenset(content_stems("Net sales in Asia")))
    assert shown(named) == ["30", "29"]


@pytest.mark.parametrize("sentence", ["", "Something else", "income"])
def test_cells_named_by_other_words_are_none(sentence: str) -> None:
    assert table(*INCOME).cells_named_by(frozenset(content_stems(sentence))) == []


def test_cell_table_of_nothing_has_no_rows() -> None:
    empty = table()
    assert empty.labels == set()
    assert empty.cells_of_row("Net income") == []
    assert empty.column_headers_named_by([], frozenset({"europe"})) == set()


@pytest.mark.parametrize(
    ("row", "column", "label"),
    [
        ("Net sales", "2024", "Net sales"),
        ("Net sales \u203a Europe", "2024", "Net sales"),
        ("2024", "Net sales", "Net sales"),
        ("Year ended December 31, 2024", "Total assets", "Total assets"),
        ("2024", "2023", "2024"),
        ("", "Net sales", "Net sales"),
        ("", "", ""),
        ("Net sales (1):", "", "Net sales"),
    ],
)
def test_cell_label_is_the_row_or_the_column_where_rows_are_periods(row: str, column: str, label: str) -> None:
    assert cell_label(Cell("p.1", 0, 1, "5", "5", "grid", row=row, column=column)) == label


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("Year ended December 31, 2024 (in millions)", set()),
        ("Europe 2024", {"europe"}),
        ("2024 \u203a As reported", set()),
        ("", set()),
    ],
)
def test_column_words_leave_periods_and_units_out(column: str, words: set[str]) -> None:
    assert column_words(Cell("p.1", 0, 1, "5", "5", "grid", column=column)) == words


def test_column_headers_named_by_a_sentence_are_those_whose_words_it_has() -> None:
    columns = (("Americas 2025", "2024-06-01", "2025-05-31"), ("Europe 2025", "2024-06-01", "2025-05-31"))
    sales = table(*grid("p.1", [("Net sales", "1", "2")], columns))

    assert sales.column_headers_named_by(sales.cells, frozenset({"europe", "sale"})) == {"Europe 2025"}
    assert sales.column_headers_named_by(sales.cells, frozenset({"sale"})) == set()


def test_found_cell_line_is_shared_by_one_row_and_by_no_other() -> None:
    first, second, *_ = table(*INCOME).cells
    other_row = table(*INCOME).cells[2]
    other_table = FoundCell("S1", msgspec.structs.replace(first.cell, table=9))
    other_source = FoundCell("S2", first.cell)

    assert first.line == second.line
    assert len({one.line for one in (first, other_row, other_table, other_source)}) == 4


def test_found_cell_line_of_transposed_table_is_shared_by_its_column() -> None:
    rows = grid("p.1", [("2024", "5"), ("2023", "4")], (("Net sales", "", ""),))
    first, second = table(*rows).cells
    assert first.line == second.line


def test_cells_of_row_keep_the_order_of_the_table() -> None:
    cells = table(*CASH, *grid("p.9", [("Dividends", "1", "2")], YEARS, table=9))
    assert shown(cells.cells_of_row("Dividends")) == ["(2,300)", "(2,169)", "1", "2"]
