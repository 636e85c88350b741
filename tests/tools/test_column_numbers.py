"""Which columns are numbers, and how their figures are written."""

from pathlib import Path

import pytest

from tests.tools.csv_tables import column, table


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-2", "3"], "INTEGER", (1, -2, 3)),
        (["1", "", "3"], "INTEGER", (1, None, 3)),
        (["1", "2.5"], "REAL", (1.0, 2.5)),
        (["1e3", ".5"], "REAL", (1000.0, 0.5)),
        (["1,234", "12"], "INTEGER", (1234, 12)),
        (["1,234.5", "-12"], "REAL", (1234.5, -12.0)),
        (["12,34,567", "1,00,000"], "INTEGER", (1234567, 100000)),
        (["1 234 567", "12"], "INTEGER", (1234567, 12)),
        (["1'234.5", "12"], "REAL", (1234.5, 12.0)),
        (["1.234,5", "7,25"], "REAL", (1234.5, 7.25)),
        (["(1,234)", "56"], "INTEGER", (-1234, 56)),
        (["$1,234", "$5"], "INTEGER", (1234, 5)),
        (["$(45)", "-3", "2-"], "INTEGER", (-45, -3, -2)),
        (["12.5%", "-3%"], "REAL", (12.5, -3.0)),
        (["\u22125", "5"], "INTEGER", (-5, 5)),
        (["1.5E+03", "2E-2"], "REAL", (1500.0, 0.02)),
    ],
)
def test_a_column_that_reads_in_one_way_becomes_numbers(
    tmp_path: Path, cells: list[str], kind: str, values: tuple[object, ...]
) -> None:
    assert column(tmp_path, cells)[:2] == (kind, values)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["007", "12"], "leading zeros"),
        (["1", "+3"], "plus signs"),
        (["12345678901234567890", "1"], "more digits than a number keeps"),
        (["1234567890123456", "1"], "more digits than a number keeps"),
        (["1E5", "12E3"], "codes"),
        (["1,5", "1.5"], "several ways"),
        (["$5", "€5"], "several currencies"),
        (["5%", "5"], "percent"),
        (["(1)", "(2)"], "brackets"),
        (["12.2024", "11.2024"], "months"),
        (["1", "2", "3", "n/a"], '"n/a" is no number'),
        (["nan", "1"], "no number"),
        (["inf", "1"], "no number"),
        (["١٢", "1"], "no number"),
        (["1_000", "1"], "no number"),
        (["1,23,4", "12"], "no number"),
        (["2025-01-31", "2025-02-28"], ""),
        (["", ""], ""),
    ],
)
def test_any_other_column_stays_text_and_says_why(tmp_path: Path, cells: list[str], why: str) -> None:
    kind, values, remark = column(tmp_path, cells)
    assert (kind, values) == ("TEXT", tuple(cell or None for cell in cells))
    assert why in remark
    assert bool(why) == bool(remark)


@pytest.mark.parametrize(
    ("data", "values"),
    [
        ("a;b\nx;1,234\ny;0,875\n", (1.234, 0.875)),
        ("a;b\nx;1.234\ny;12.345.678\n", (1234, 12345678)),
        ("a;b;c\nx;1,234;12,5\ny;2,500;3,1\n", (1.234, 2.5)),
        ("a;b;c\nx;1.234;12,5\ny;2.500;3,1\n", (1234, 2500)),
        ("a;b;c\nx;1,234;12.5\ny;2,500;3.1\n", (1234, 2500)),
        ("a;b\nx;1,234\ny;2,500\n", ("1,234", "2,500")),
        ("a;b\nx;1.234\ny;2.500\n", ("1.234", "2.500")),
        ("a\tb\nx\t1.234\ny\t2.500\n", ("1.234", "2.500")),
        ("a\tb\nx\t1.234\ny\t0.500\n", (1.234, 0.5)),
        ("a,b\nx,1.234\ny,2.500\n", (1.234, 2.5)),
        ('a,b\nx,"1,234"\ny,"2,500"\n', (1234, 2500)),
        ('a,b,c\nx,"1,234","0,5"\ny,"2,500","1,5"\n', (1.234, 2.5)),
        ('a,b,c,d\nx,"1,234","0,5",1.5\ny,"2,500","1,5",2.5\n', ("1,234", "2,500")),
    ],
)
def test_three_places_are_read_by_column_file_and_delimiter_or_not_at_all(
    tmp_path: Path, data: str, values: tuple[object, ...]
) -> None:
    found = table(tmp_path, data)
    assert tuple(row[1] for row in found.rows) == values
    assert ("may be" in found.facts.columns[1].remark) == isinstance(values[0], str)
