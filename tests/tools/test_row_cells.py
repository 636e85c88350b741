"""Figures of CSV rows and query rows with what they mean."""

from pathlib import Path

import pytest

from kimi_tui.cells import Cell, decode_cells
from kimi_tui.tools.base import ToolSettings
from kimi_tui.tools.sql.query_database import QueryDatabase, QueryDatabaseParameters
from kimi_tui.tools.text.plain_reader import read_table
from kimi_tui.tools.text.row_cells import (
    MAX_CELLS,
    RowCells,
    Shown,
    described_by_values,
    heading_of,
    number_in,
)
from tests.tools.kit import source_of, tool_context


@pytest.mark.parametrize(
    ("title", "scale", "unit", "period"),
    [
        ("Revenue (USD m)", 6, "USD", ""),
        ("Revenue (USDm)", 6, "USD", ""),
        ("EUR '000", 3, "EUR", ""),
        ("amount_usd", None, "USD", ""),
        ("revenue_usd_m", 6, "USD", ""),
        ("Umsatz (Mio. EUR)", 6, "EUR", ""),
        ("Revenue, $bn", 9, "USD", ""),
        ("Margin %", -2, "%", ""),
        ("margin_pct", -2, "%", ""),
        ("2023", None, "", "2023"),
        ("2022 › Sales", None, "", "2022"),
        ("31.12.2023", None, "", "2023-12-31"),
        ("Total", None, "", ""),
        ("Bank b", None, "", ""),
    ],
)
def test_a_title_says_unit_scale_and_period(title: str, scale: int | None, unit: str, period: str) -> None:
    heading = heading_of(title)
    assert (heading.scale, heading.unit, heading.period) == (scale, unit, period)


def cells_of(text: str) -> list[Cell]:
    """The cells of a CSV file; each is where it says."""
    extraction = read_table(text.encode())
    texts = {part.label: part.text for part in extraction.parts}
    cells = list(decode_cells(extraction.cells))
    assert all(texts[cell.part][cell.start : cell.end] == cell.text for cell in cells)
    return cells


def test_rows_of_a_csv_file_give_cells() -> None:
    cells = cells_of("Segment;Umsatz (EUR m);Jahr\nNord;1.234,5;2023\nSüd;-7,25;2022\n")
    assert [(one.value, one.scale, one.unit, one.period_end, one.row, one.column, one.row_number) for one in cells] == [
        ("1234.5", 6, "EUR", "2023", "Nord", "Umsatz (EUR m)", 1),
        ("-7.25", 6, "EUR", "2022", "Süd", "Umsatz (EUR m)", 2),
    ]
    assert {one.origin for one in cells} == {"csv"}


def test_lines_above_the_header_say_what_figures_are_counted_in() -> None:
    cells = cells_of("Acme,,\n(in thousands of dollars),,\nItem,2022,2023\nSales,100,200\nCost,50,60\n")
    assert [(one.value, one.scale, one.unit, one.period_end, one.row) for one in cells[:2]] == [
        ("100", 3, "USD", "2022", "Sales"),
        ("200", 3, "USD", "2023", "Sales"),
    ]
    assert cells[0].caption.startswith("Acme › ")


def test_text_columns_and_ambiguous_figures_give_no_cells() -> None:
    assert cells_of("a;b;c\nx;1,234;007\ny;2,500;12\n") == []


def test_cells_are_right_in_every_part() -> None:
    cells = cells_of("id,v\n" + "".join(f"k{n},{n}\n" for n in range(130)))
    assert {one.part for one in cells} == {"rows 1-50", "rows 51-100", "rows 101-130"}
    assert [one.value for one in cells] == [str(n) for n in range(130)]


def test_a_file_with_too_many_figures_says_that_none_are_kept() -> None:
    extraction = read_table(("a,b\n" + "1,2\n" * (MAX_CELLS // 2 + 1)).encode())
    assert extraction.cells == b""
    assert any("are not kept one by one" in note for note in extraction.notes)


async def test_rows_of_a_query_give_cells(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Segment,Revenue (USD m),Year\nNorth,5.5,2023\nSouth,,2022\n")
    async with tool_context(ToolSettings(desk=tmp_path, offline=True)) as context:
        sql = "SELECT segment, revenue_usd_m, year, revenue_usd_m * 2 AS twice FROM data"
        await QueryDatabase().run(QueryDatabaseParameters("a.csv", sql), context)
        cells = context.sources.cells("S1")
        text = source_of(context, "S1").parts[0].text
    assert [(one.value, one.scale, one.unit, one.period_end, one.row, one.column) for one in cells] == [
        ("5.5", 6, "USD", "2023", "North", "Revenue (USD m)"),
        ("11.0", None, "", "2023", "North", "twice"),
    ]
    assert {one.origin for one in cells} == {"query"}
    assert all(text[one.start : one.end] == one.text for one in cells)


def test_row_cells_take_unit_and_period_from_columns_of_their_own() -> None:
    headings = [heading_of(title) for title in ("fact", "value", "units", "start_date", "end_date")]
    values = ("Assets", "40321000000", "USD", "2022-03-01", "2022-05-31")
    shown = [Shown(text, number_in(text), 0, len(text)) for text in values]
    [cell] = RowCells("query", headings).of_row("rows 1-1", 1, shown)
    assert (cell.row, cell.value, cell.unit, cell.scale) == ("Assets", "40321000000", "USD", 0)
    assert (cell.period_start, cell.period_end) == ("2022-03-01", "2022-05-31")


def test_row_cells_text_that_is_no_plain_number_is_no_figure() -> None:
    assert [number_in(text) for text in ("007", "1,234", "2024", "1e5", "+3", "12.50")] == ["", "", "", "", "", "12.50"]


def test_csv_column_of_figures_and_texts_gives_cells_where_rows_name_their_unit() -> None:
    found = cells_of("fact,value,units\nCash,939902000,USD\nPolicy,Cash is kept in banks,\nShares,318730,shares\n")
    assert [(cell.row, cell.value, cell.unit) for cell in found] == [
        ("Cash", "939902000", "USD"),
        ("Shares", "318730", "shares"),
    ]
    assert cells_of("name,number\nOne,12345\nTwo,none\n") == []


def test_unit_column_with_a_power_of_ten_scales_its_row() -> None:
    text = "Metric,Unit,2024\nSales,EUR m,1234\nMargin,%,12.5\nStaff,FTE,55\n"
    assert [(cell.scale, cell.unit) for cell in cells_of(text)] == [(6, "EUR"), (-2, "%"), (0, "FTE")]


def row_of(titles: list[str], values: list[str]) -> Cell:
    """The last cell of one row."""
    shown = [Shown(value, number_in(value), 0, 0) for value in values]
    headings = [described_by_values(heading_of(title), [value]) for title, value in zip(titles, values, strict=True)]
    return list(RowCells("query", headings).of_row("rows 1-1", 1, shown))[-1]


@pytest.mark.parametrize(
    ("unit", "scale", "known"),
    [("EUR thousand", 3, "EUR"), ("Mio. EUR", 6, "EUR"), ("USD", 0, "USD"), ("%", -2, "%"), ("MW", 0, "MW")],
)
def test_row_cells_a_unit_beside_a_figure_gives_currency_and_scale(unit: str, scale: int, known: str) -> None:
    found = row_of(["firm", "unit", "value"], ["Anden", unit, "12"])
    assert (found.unit, found.scale) == (known, scale)


@pytest.mark.parametrize(
    ("titles", "values", "period"),
    [
        (["firm", "quarter", "value"], ["Anden", "2024Q4", "12"], "2024-Q4"),
        (["firm", "year", "quarter", "value"], ["Anden", "2024", "Q4", "12"], "2024-Q4"),
        (["a", "p", "v"], ["Anden", "H1 2024", "12"], "2024-H1"),
        (["firm", "year", "value"], ["Anden", "2024", "12"], "2024"),
    ],
)
def test_row_cells_a_part_of_a_year_is_kept_as_the_period(titles: list[str], values: list[str], period: str) -> None:
    assert row_of(titles, values).period_end == period


def test_described_by_values_a_column_without_a_name_holds_units_or_periods_by_its_texts() -> None:
    assert described_by_values(heading_of("u"), ["EUR thousand", "MW", "EUR thousand"]).names_units
    assert described_by_values(heading_of("p"), ["2024-Q1", "2024-Q2"]).names_periods
    assert described_by_values(heading_of("a"), ["Anden SA", "Brisk"]) == heading_of("a")
