"""Cells in the columns of their table."""

import pytest

from tests.tools.desk_pages import cells_of, desk, table, text_of


def test_spans_of_rows_and_columns_are_resolved() -> None:
    text = text_of(
        desk(
            "<table><tr><td rowspan=2>Item</td><td colspan=2>Year ended June 30,</td></tr><tr><td>2023</td>"
            "<td>2022</td>"
            "</tr><tr><td rowspan=2>North</td><td>1,234</td><td>1,100</td></tr><tr><td>7</td><td>8</td></tr></table>"
        )
    )
    assert text.splitlines() == [
        "| Item | Year ended June 30, 2023 | Year ended June 30, 2022 |",
        "| --- | --- | --- |",
        "| North | 1,234 | 1,100 |",
        "| North | 7 | 8 |",
    ]


@pytest.mark.parametrize("attributes", ["", 'border="0"', 'role="presentation"'])
def test_signs_brackets_percents_and_marks_in_cells_of_their_own_join_their_figure(attributes: str) -> None:
    html = (
        f"<table {attributes}><tr><td></td><td colspan=3>2023</td><td></td><td colspan=3>2022</td></tr>"
        "<tr><td>Revenue</td><td>$</td><td>1,234</td><td>(1)</td><td></td><td>$</td><td>1,100</td><td></td></tr>"
        "<tr><td>Net loss</td><td>$</td><td>(567</td><td>)</td><td></td><td></td><td>(89</td><td>)</td></tr>"
        "<tr><td>Margin</td><td></td><td>12.5</td><td>%</td><td></td><td></td><td>—</td><td></td></tr></table>"
    )
    assert text_of(desk(html)).splitlines()[2:] == [
        "| Revenue | $1,234 (1) | $1,100 |",
        "| Net loss | $(567) | (89) |",
        "| Margin | 12.5% | — |",
    ]
    shown = [(cell.text, cell.value, cell.unit) for cell in cells_of(html)]
    assert shown == [
        ("$1,234", "1234", "USD"),
        ("$1,100", "1100", "USD"),
        ("$(567)", "-567", "USD"),
        ("(89)", "-89", "USD"),  # as the column is marked
        ("12.5%", "12.5", "%"),
    ]


def test_small_losses_under_a_header_of_their_own_are_no_marks_of_notes() -> None:
    text = text_of(desk(table("| 2024 | 2023", "Cost | 5 | (6)", "Tax | 7 | (1)")))
    assert "| Cost | 5 | (6) |\n| Tax | 7 | (1) |" in text
