"""Rows of a delimited file as parts, and their figures as cells at their places."""

import pytest

from kimi_tui.tools.text import csv_parts
from kimi_tui.tools.text.csv_parts import ROWS_EACH, RowParts
from kimi_tui.tools.text.delimited import DelimitedSheet


def row_parts(text: str) -> RowParts:
    return RowParts(DelimitedSheet(text))


def test_parts_have_the_header_before_their_rows() -> None:
    [part] = row_parts("region,sales\nnorth,5\nsouth,7\n").parts()
    assert (part.label, part.text) == ("rows 1-2", "header: region | sales\nrow 1: north | 5\nrow 2: south | 7")


@pytest.mark.parametrize(
    ("count", "labels"),
    [
        (0, ["rows 0-0"]),
        (1, ["rows 1-1"]),
        (ROWS_EACH, ["rows 1-50"]),
        (ROWS_EACH + 1, ["rows 1-50", "rows 51-51"]),
    ],
)
def test_parts_of_so_many_rows(count: int, labels: list[str]) -> None:
    text = "region,sales\n" + "".join(f"r{number},{number}.5\n" for number in range(count))
    assert [part.label for part in row_parts(text).parts()] == labels


def test_cells_are_where_they_say_with_row_and_column() -> None:
    rows = row_parts('region,Revenue (USD m)\nnorth,"1,234.5"\nsouth,(7.5)\n')
    parts = {part.label: part.text for part in rows.parts()}
    assert [(cell.value, cell.row, cell.column, cell.scale, cell.unit) for cell in rows.cells] == [
        ("1234.5", "north", "Revenue (USD m)", 6, "USD"),
        ("-7.5", "south", "Revenue (USD m)", 6, "USD"),
    ]
    assert all(parts[cell.part][cell.start : cell.end] == cell.text for cell in rows.cells)
    assert rows.notes() == ()


def test_parts_of_cells_with_blanks_and_line_breaks_stay_on_their_row() -> None:
    [part] = row_parts('a,b\n"x\ny","  z  "\n').parts()
    assert part.text == "header: a | b\nrow 1: x y | z"


def test_parts_of_titles_above_the_table_say_so() -> None:
    [part] = row_parts("Revenue by region\n\nregion,sales\nnorth,5\nsouth,7\n").parts()
    assert part.text.startswith("above the table: Revenue by region\nheader: region | sales\n")


def test_too_many_figures_are_not_kept_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_parts, "MAX_CELLS", 3)
    rows = row_parts("region,sales\n" + "".join(f"r{number},{number}.5\n" for number in range(5)))
    assert len(list(rows.parts())) == 1
    assert rows.cells == []
    assert rows.notes() == ("Its figures are more than 3 and are not kept one by one; those of a query are.",)


def test_text_columns_have_no_cells() -> None:
    rows = row_parts("name,code\nann,007\nbob,008\n")
    list(rows.parts())
    assert rows.cells == []
