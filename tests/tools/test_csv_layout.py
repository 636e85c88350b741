"""The rows, header and delimiter of CSV files as they come: each row once, in its columns, and every guess said."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.tools.text.delimited import DelimitedSheet


def read(text: str, preferred: str = "") -> tuple[list[str], list[list[str]], str]:
    """Header, rows and notes of a text."""
    sheet = DelimitedSheet(text, preferred=preferred)
    rows = [record.cells for record in sheet.rows()]
    return sheet.header, rows, " ".join(sheet.notes())


ROWS = "".join(f"{n},item {n},10\n" for n in range(2, 60))


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('1,"item 1,10', ["1", '"item 1', "10"]),
        ('1,"item "one" is it",10', ["1", 'item "one" is it', "10"]),
        ('1,"item ""one"" \\"is\\" it",10', None),
        ('1,item" 1,10', ["1", 'item" 1', "10"]),
        ('1,"item \\"one, two\\"",10', ["1", 'item "one, two"', "10"]),
        ('"1,item 1,10', ['"1', "item 1", "10"]),
    ],
)
def test_a_stray_quotation_mark_costs_no_row(line: str, cells: list[str] | None) -> None:
    header, rows, notes = read(f"id,name,amount\n{line}\n{ROWS}")
    assert header == ["id", "name", "amount"]
    assert len(rows) == 59
    if cells:
        assert rows[0] == cells
    assert ("Line 2 has a quotation mark" in notes) == (line.split(",")[1] != 'item" 1')


def test_two_stray_marks_that_make_a_pair_swallow_nothing() -> None:
    text = f'id,name,amount\n{ROWS}60,"Acme,5\n61,a,6\n62,b,7\n63,Foo",8\n{ROWS}'
    _, rows, notes = read(text)
    assert len(rows) == 58 * 2 + 4
    assert rows[58:62] == [["60", '"Acme', "5"], ["61", "a", "6"], ["62", "b", "7"], ["63", 'Foo"', "8"]]
    assert "Line 60 has" in notes


def test_a_cell_of_several_lines_is_one_cell() -> None:
    text = f'id,note,amount\n1,"Dear all,\n\nplease see, below:\nrow, by row\n",10\n{ROWS}'
    _, rows, notes = read(text)
    assert rows[0] == ["1", "Dear all,\n\nplease see, below:\nrow, by row\n", "10"]
    assert len(rows) == 59
    assert not notes


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


def test_nul_characters_are_left_out_and_said() -> None:
    header, rows, notes = read("a,b\n1\0,2\n3,4\n")
    assert (header, rows[0]) == (["a", "b"], ["1", "2"])
    assert "1 NUL characters" in notes


@given(st.text(alphabet='ab1,;"\n\r\t \\.|\0-', max_size=300))
def test_any_text_is_read_to_its_end_with_every_line_in_a_row(text: str) -> None:
    sheet = DelimitedSheet(text)
    rows = list(sheet.rows())
    sheet.notes()
    sheet.titles()
    lines = [record.line for record in rows]
    assert lines == sorted(set(lines))
    if '"' not in text and rows:
        full = [line for line in re.split(r"\r\n|\r|\n", text) if line.replace("\0", "").strip(" \t,;|")]
        assert len(rows) + sheet.layout.skipped >= len(full)
