"""Records of a delimited file, also around a stray quotation mark."""

import pytest

from tests.tools.sheets import read

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
