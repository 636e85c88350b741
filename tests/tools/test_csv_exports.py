"""Delimited files as programs of all kinds write them: rows, header and figures arrive whole."""

import pytest

from kimi_tui.storage import connect_memory
from kimi_tui.tools.sql.csv_table import write_table


def rows_of(text: str) -> list[tuple[object, ...]]:
    connection = connect_memory()
    write_table(text.encode(), "", connection)
    return [tuple(row) for row in connection.execute("SELECT * FROM data")]


@pytest.mark.parametrize(
    "text",
    [
        "name,amt\r\nA,1\r\nB,2\r\n\x1a",
        "name^amt\nA^1\nB^2\n",
        "name~amt\nA~1\nB~2\n",
        "name\x01amt\nA\x011\nB\x012\n",
        "name,amt\u2028A,1\u2028B,2\n",
        "name,amt\x85A,1\x85B,2",
    ],
)
def test_rows_between_rare_marks_are_read(text: str) -> None:
    assert rows_of(text) == [("A", 1), ("B", 2)]


@pytest.mark.parametrize(
    ("amounts", "values"),
    [
        (("CHF 1'234.-", "CHF 20.-"), (1234, 20)),
        (("1.000,-", "2.500,-"), (1000, 2500)),
        (("1.234,50-", "2.000,00"), (-1234.5, 2000)),
    ],
)
def test_dash_in_place_of_decimals_is_no_minus(amounts: tuple[str, ...], values: tuple[float, ...]) -> None:
    rows = rows_of("name;amt\n" + "".join(f"A;{amount}\n" for amount in amounts))
    assert [row[1] for row in rows] == list(values)


def test_pairs_of_name_and_value_above_the_header_are_no_rows() -> None:
    text = "Report,,\nGenerated,2024-01-01,\nCurrency,EUR,\n,,\nItem,Q1,Q2\nSales,1,2\nCost,5,6\n"
    assert rows_of(text) == [("Sales", 1, 2), ("Cost", 5, 6)]


def test_table_with_blank_cells_in_its_first_rows_keeps_its_header() -> None:
    text = "Item,2024,\nSales,1,\nCost,2,\nTax,3,4\nNet,5,6\n"
    assert len(rows_of(text)) == 4
