"""CSV files as typed tables: no figure half converted, every column with a name that SQL takes."""

from pathlib import Path

import pytest

from kimi_tui.tools.workers.child import RefusalError
from tests.tools.csv_tables import table


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
