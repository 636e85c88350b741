"""CSV files as typed tables: no figure half converted, every column with a name that SQL takes."""

from pathlib import Path

import pytest

from kimi_tui.tools.sql import select as _sql
from kimi_tui.tools.sql.csv_table import Table, read_table
from kimi_tui.tools.workers.child import RefusalError


def table(tmp_path: Path, data: str | bytes, name: str = "x.csv") -> Table:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_table(path, tabs=name.endswith(".tsv"))


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-2", "+3"], "INTEGER", (1, -2, 3)),
        (["1", "", "3"], "INTEGER", (1, None, 3)),
        (["1", "2.5"], "REAL", (1.0, 2.5)),
        (["1e3", ".5"], "REAL", (1000.0, 0.5)),
        (["1,234", "12"], "INTEGER", (1234, 12)),
        (["1,234.5", "-12"], "REAL", (1234.5, -12.0)),
        (["1,23", "12"], "TEXT", ("1,23", "12")),
        (["007", "12"], "TEXT", ("007", "12")),
        (["1", "n/a"], "TEXT", ("1", "n/a")),
        (["9" * 30, "1"], "REAL", (1e30, 1.0)),
        (["nan", "1"], "TEXT", ("nan", "1")),
        (["inf", "1"], "TEXT", ("inf", "1")),
        (["١٢", "1"], "TEXT", ("١٢", "1")),
        (["1_000", "1"], "TEXT", ("1_000", "1")),
        (["2025-01-31", "2025-02-28"], "TEXT", ("2025-01-31", "2025-02-28")),
        (["", ""], "TEXT", (None, None)),
    ],
)
def test_a_column_is_a_number_only_if_every_value_is_one(
    tmp_path: Path, cells: list[str], kind: str, values: tuple[object, ...]
) -> None:
    found = table(tmp_path, "key,value\n" + "".join(f'k,"{cell}"\n' for cell in cells))
    assert found.columns[1].type == kind
    assert tuple(row[1] for row in found.rows) == values


def test_names_become_identifiers_each_once(tmp_path: Path) -> None:
    found = table(tmp_path, 'Revenue (USD m),revenue usd m,2025,,"a""b; DROP",Größe\n1,2,3,4,5,6,7\n')
    assert [column.name for column in found.columns] == [
        "revenue_usd_m",
        "revenue_usd_m_2",
        "c_2025",
        "column_4",
        "a_b_drop",
        "größe",
        "column_7",
    ]
    assert found.columns[0].header == "Revenue (USD m)"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("a;b\n1;2,5\n", "x.csv"),
        ("a\tb\n1\t2,5\n", "x.tsv"),
        ("a|b\r\n1|2,5\r\n", "x.csv"),
        (b"\xef\xbb\xbfa;b\n1;2,5\n", "x.csv"),
        ("a;b\n1;2,5\n".encode("utf-16"), "x.csv"),
        ('\n\n"a";"b"\n\n"1";"2,5"\n', "x.csv"),
    ],
)
def test_delimiters_and_encodings_are_found(tmp_path: Path, data: str | bytes, name: str) -> None:
    found = table(tmp_path, data, name)
    assert [column.name for column in found.columns] == ["a", "b"]
    assert found.rows == [(1, "2,5")]


def test_a_line_end_inside_quotes_and_odd_separators_stay_in_their_cell(tmp_path: Path) -> None:
    found = table(tmp_path, 'a,b\n"one\ntwo",x\x0by\u2028z\n')
    assert found.rows == [("one\ntwo", "x\x0by\u2028z")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("," * 600, "601 columns"),
        (b"a,b\n" + b"x" * (33 << 20), "larger than 32 MB"),
    ],
    ids=["nothing", "blank", "wide", "long"],
)
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, data: str | bytes, words: str) -> None:
    with pytest.raises(RefusalError, match=words):
        table(tmp_path, data)


def test_a_header_alone_is_an_empty_table(tmp_path: Path) -> None:
    assert table(tmp_path, "a,b\n").rows == []
    found = _sql.query(str(tmp_path / "x.csv"), "SELECT count(*), max(a) FROM data", 5, 2.0)
    assert found["rows"] == [[0, None]]


def test_hostile_cells_and_headers_stay_values(tmp_path: Path) -> None:
    table(tmp_path, "\"a); DROP TABLE data; --\",b\n'); ATTACH 'x' AS y; --,=cmd()\n")
    found = _sql.query(str(tmp_path / "x.csv"), "SELECT * FROM data", 5, 2.0)
    assert found["columns"] == ["a_drop_table_data", "b"]
    assert found["rows"] == [["'); ATTACH 'x' AS y; --", "=cmd()"]]
