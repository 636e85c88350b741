"""Figures of tables: scale, unit, sign, period, row and column, from the layout and from tags."""

import pytest

from kimi_tui.tools.text.html_reader import read_html
from kimi_tui.tools.text.table import build_table_from_texts
from kimi_tui.tools.text.table_cells import build_table_cells
from tests.tools.html_pages import XBRL, fact, page_cells, table


def test_rows_have_their_sections_and_columns_their_joined_headers() -> None:
    cells = build_table_cells(
        build_table_from_texts(
            [
                ["", "Year ended June 30,", ""],
                ["", "2024", "2023"],
                ["Operating expenses:", "", ""],
                ["Research", "5", "6"],
                ["Total operating expenses", "5", "6"],
            ]
        )
        or pytest.fail("no table"),
        [],
    )
    assert [(cell.section, cell.row, cell.row_number, cell.column_number) for cell in cells[::2]] == [
        ("Operating expenses", "Research", 2, 2),
        ("", "Total operating expenses", 3, 2),
    ]
    assert cells[0].column == "Year ended June 30, › 2024"


def test_without_tags_the_layout_says_what_it_can() -> None:
    html = XBRL + "<p>(in millions)</p>" + table("| Year ended June 30, 2023", f"Revenue | {fact('1,234')}")
    [cell] = page_cells(html, tagged=False)
    assert (cell.origin, cell.scale, cell.period_end, cell.concept) == ("grid", 6, "2023-06-30", "")


def test_table_that_continues_behind_a_page_break_keeps_its_headers() -> None:
    html = (
        table("(in millions) | 2024 | 2023", "Cash | 5 | 6")
        + "<p>47</p><hr><p>Table of Contents</p>"
        + table("Debt | 7 | 8")
    )
    assert [(cell.text, cell.scale, cell.column) for cell in page_cells(html)[2:]] == [
        ("7", 6, "2024"),
        ("8", 6, "2023"),
    ]


def test_a_column_of_notes_without_figures_keeps_its_header_to_itself() -> None:
    cells = page_cells(
        "<table><tr><td></td><td>Notes</td><td>2017</td></tr><tr><td>Debtors</td><td></td><td>5</td></tr>"
        "<tr><td>Cash</td><td></td><td>6</td></tr></table>"
    )
    assert [(cell.column, cell.column_number) for cell in cells] == [("2017", 3), ("2017", 3)]


@pytest.mark.parametrize(
    ("shown", "value", "scale", "unit"),
    [
        ("$5.1 million", "5.1", 6, "USD"),
        ("€1.2bn", "1.2", 9, "EUR"),
        ("3 Mio. €", "3", 6, "EUR"),
        ("$12.4B", "12.4", 9, "USD"),
    ],
)
def test_a_power_of_ten_that_is_written_with_a_figure_is_its_scale(
    shown: str, value: str, scale: int, unit: str
) -> None:
    [cell] = page_cells("<p>(in thousands)</p>" + table("| Value", f"Revenue | {shown}", "Length | 5 m"))
    assert (cell.text, cell.value, cell.scale, cell.unit) == (shown, value, scale, unit)


def test_tagged_figures_among_other_words_of_a_table_have_their_row_and_column() -> None:
    words = f"Common stock, {fact('5,000', 'x:Authorized')} authorized, {fact('4,000', 'x:Issued')} issued"
    cells = page_cells(XBRL + table("| 2024", "Cash | 7", f"Stock | {words}"))
    assert [(cell.text, cell.row, cell.column, cell.concept) for cell in cells[1:]] == [
        ("5,000", "Stock › " + "Common stock, 5,000 authorized, 4,000 issued", "2024", "x:Authorized"),
        ("4,000", "Stock › " + "Common stock, 5,000 authorized, 4,000 issued", "2024", "x:Issued"),
    ]


def test_every_piece_of_a_table_has_the_unit_that_its_heading_names() -> None:
    rows = [f"Line item number {n} with a long name | {n},000" for n in range(1, 201)]
    read = read_html(
        f"<html><body><h2>Sales (in millions)</h2>{table('| 2024', *rows)}</body></html>".encode(), article=False
    )
    assert len(read.parts) > 2
    assert all("(in millions)" in part.text for part in read.parts)
