"""CSV files as typed tables: no figure half converted, every column with a name that SQL takes."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from kimi_tui.tools.sql.csv_store import prepare
from kimi_tui.tools.sql.csv_table import CsvFacts
from kimi_tui.tools.sql.select import query
from kimi_tui.tools.workers.child import RefusalError


class Table(NamedTuple):
    """A file as it was made ready for queries."""

    database: str
    facts: CsvFacts
    rows: list[tuple[Any, ...]]


def table(tmp_path: Path, data: str | bytes, name: str = "x.csv") -> Table:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    stored = prepare(str(path), str(tmp_path / "store"))
    facts = msgspec.convert(stored["facts"], CsvFacts)
    database = str(tmp_path / "store" / stored["database"])
    found = query(database, "SELECT * FROM data", 1000, 5.0, facts.columns)
    return Table(database, facts, [tuple(row) for row in found["rows"]])


def column(tmp_path: Path, cells: list[str], delimiter: str = ",") -> tuple[str, tuple[object, ...], str]:
    """Type, values and remark of a column of these cells, in a file with this delimiter."""
    rows = "".join(f'k{delimiter}"{cell}"\n' for cell in cells)
    found = table(tmp_path, f"key{delimiter}value\n{rows}")
    return found.facts.columns[1].type, tuple(row[1] for row in found.rows), found.facts.columns[1].remark


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


def test_names_become_identifiers_each_once(tmp_path: Path) -> None:
    found = table(tmp_path, 'Revenue (USD m),revenue usd m,2025,,"a""b; DROP",Größe\n1,2,3,4,5,6,7\n1,2,3,4,5,6\n')
    assert [column.name for column in found.facts.columns] == [
        "revenue_usd_m",
        "revenue_usd_m_2",
        "c_2025",
        "column_4",
        "a_b_drop",
        "größe",
        "column_7",
    ]
    assert found.facts.columns[0].header == "Revenue (USD m)"
    assert any("Line 2 has more or fewer cells" in note for note in found.facts.notes)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("a;b\n1;2,5\n", "x.csv"),
        ("a\tb\n1\t2,5\n", "x.tsv"),
        ("a|b\r\n1|2,5\r\n", "x.csv"),
        ("a|b\r1|2,5\r", "x.csv"),
        ("sep=;\na;b\n1;2,5\n", "x.csv"),
        (b"\xef\xbb\xbfa;b\n1;2,5\n", "x.csv"),
        ("a;b\n1;2,5\n".encode("utf-16"), "x.csv"),
        ('\n\n"a";"b"\n\n"1";"2,5"\n', "x.csv"),
        (b"a;b\n1;2\x00,5\n", "x.csv"),
    ],
)
def test_delimiters_and_encodings_are_found(tmp_path: Path, data: str | bytes, name: str) -> None:
    found = table(tmp_path, data, name)
    assert [column.name for column in found.facts.columns] == ["a", "b"]
    assert found.rows == [(1, 2.5)]


def test_a_line_end_inside_quotes_and_odd_separators_stay_in_their_cell(tmp_path: Path) -> None:
    found = table(tmp_path, 'a,b\n"one\ntwo",x\x0by\u2028z\n')
    assert found.rows == [("one\ntwo", "x\x0by\u2028z")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("x," * 600 + "x", "601 columns"),
        (b"a,b\n" + b"x" * (65 << 20), "65 MB, more than the 64 MB"),
    ],
    ids=["nothing", "blank", "wide", "long"],
)
def test_write_table_other_file_raises_reason(tmp_path: Path, data: str | bytes, words: str) -> None:
    with pytest.raises(RefusalError, match=words):
        table(tmp_path, data)


def test_a_header_alone_is_an_empty_table(tmp_path: Path) -> None:
    found = table(tmp_path, "a,b\n")
    assert (found.rows, [column.name for column in found.facts.columns]) == ([], ["a", "b"])


def test_hostile_cells_and_headers_stay_values(tmp_path: Path) -> None:
    found = table(tmp_path, "\"a); DROP TABLE data; --\",b\n'); ATTACH 'x' AS y; --,=cmd()\n")
    assert [column.name for column in found.facts.columns] == ["a_drop_table_data", "b"]
    assert found.rows == [("'); ATTACH 'x' AS y; --", "=cmd()")]


def test_a_file_is_converted_once_for_each_content(tmp_path: Path) -> None:
    first = table(tmp_path, "a,b\nx,1\n")
    made = Path(first.database).stat()
    again = table(tmp_path, "a,b\nx,1\n", "copy.csv")
    assert (again.database, again.facts) == (first.database, first.facts)
    assert Path(first.database).stat().st_ino == made.st_ino
    other = table(tmp_path, "a,b\nx,2\n")
    assert other.database != first.database
    assert other.rows == [("x", 2)]


def test_csv_store_replaced_file_of_same_size_and_time_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    table(tmp_path, "a,b\nx,1\n")
    before = path.stat()
    path.unlink()
    path.write_text("a,b\nx,9\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    stored = prepare(str(path), str(tmp_path / "store"))
    database = str(tmp_path / "store" / stored["database"])
    assert query(database, "SELECT b FROM data", 5, 5.0)["rows"] == [[9]]


def test_a_stored_database_that_went_away_is_made_again(tmp_path: Path) -> None:
    Path(table(tmp_path, "a,b\nx,1\n").database).unlink()
    assert table(tmp_path, "a,b\nx,1\n").rows == [("x", 1)]
