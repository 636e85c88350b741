"""The rows, header and delimiter of CSV files as they come: each row once, in its columns, and every guess said."""

import pytest

from tests.tools.sheets import read


@pytest.mark.parametrize(
    ("text", "header", "rows", "note"),
    [
        ("Acme,,\n(in thousands),,\nItem,2022,2023\nSales,1,2\nCost,3,4\n", ["Item", "2022", "2023"], 2, "2 lines"),
        ("Report\n\nDate;Open\n2024-01-02;1,5\n2024-01-03;1,7\n", ["Date", "Open"], 2, '"Report"'),
        ("2023-01-01,5\n2023-01-02,6\n", ["", ""], 2, "no header"),
        ("2020,100\n2021,110\n2022,120\n", ["", ""], 3, "no header"),
        ("Item,2022,2023\nSales,100,200\nCost,50,60\n", ["Item", "2022", "2023"], 2, ""),
        (",amount\n0,5\n1,6\n", ["", "amount"], 2, ""),
        ("Region,2022,,2023,\n,Sales,Cost,Sales,Cost\nNorth,1,2,3,4\n" * 1 + "South,5,6,7,8\n",
         ["Region", "2022 › Sales", "2022 › Cost", "2023 › Sales", "2023 › Cost"], 2, "2 lines (1-2)"),
        ("Item,Revenue,Share\n,USD m,%\nA,1,2\nB,3,4\n", ["Item", "Revenue › USD m", "Share › %"], 2, "2 lines"),
        ("Item,Revenue\nA,see note\nB,5\nC,6\nD,7\n", ["Item", "Revenue"], 4, ""),
        ("name,city\nAnn,Berlin\nBob,Paris\n", ["name", "city"], 2, "taken as the header"),
        ("a,b,c,\n1,2,3,\n4,5,6,\n", ["a", "b", "c"], 2, ""),
        ("item,amount\nA,1,234\nB,2,500\n", ["item", "amount", ""], 2, "2 titles and most rows 3 cells"),
        ("Umsatz\n1,5\n2,5\n", ["Umsatz"], 2, ""),
        ("a,b\n1,2\n3,4,5\n6\n", ["a", "b"], 3, "Lines 3, 4 have more or fewer cells"),
    ],
)  # fmt: skip
def test_the_header_is_found_or_a_note_says_how_it_was_taken(
    text: str, header: list[str], rows: int, note: str
) -> None:
    found, cells, notes = read(text)
    assert (found, len(cells)) == (header, rows)
    assert note in notes
    assert bool(note) == bool(notes)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("t;v\n" + "a, b;1,5\n" * 30, 2),
        ("t\tv\n" + "a, b; c\t1\n" * 30, 2),
        ("t|v|w\n" + "a, b|1|2\n" * 30, 3),
        ("t,v\n" + '"a; b; c",1\n' * 30, 2),
        ("Report of 2024, all figures; see notes\n\n" + "k;v\n" + "x;1\n" * 300, 2),
        ('"a; b",c\n"d; e",f\n', 2),
    ],
)
def test_the_delimiter_is_the_one_that_all_lines_agree_on(text: str, width: int) -> None:
    header, _, _ = read(text)
    assert len(header) == width
