"""Sums over text: said when they are met, and not when all are numbers."""

import sqlite3
from pathlib import Path

import pytest

from tests.tools.ledger import total


@pytest.mark.parametrize("sql", ["SELECT sum(v) FROM t", "SELECT k, avg(v) FROM t GROUP BY k",
                                 "SELECT total(v) OVER (ORDER BY k) FROM t"])  # fmt: skip
async def test_a_sum_over_text_is_said(tmp_path: Path, sql: str) -> None:
    connection = sqlite3.connect(tmp_path / "t.db")
    connection.execute("CREATE TABLE t (k, v)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [("a", 5), ("a", "1,234"), ("b", 7)])
    connection.commit()
    connection.close()
    assert "met text" in (await total(tmp_path / "t.db", sql)).text
    assert "met text" not in (await total(tmp_path / "t.db", sql.replace("FROM t", "FROM t WHERE v < 10"))).text


async def test_work_with_a_column_that_was_kept_as_text_is_said(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("k,v,n\na,9,1\nb,10,2\nc,11,3\nd,n/a,4\n")
    for sql in ("SELECT sum(v) FROM data", "SELECT max(v) FROM data", "SELECT k FROM data WHERE v > 5"):
        assert '"n/a" is no number' in (await total(tmp_path / "t.csv", sql)).text
    assert "Note:" not in (await total(tmp_path / "t.csv", "SELECT k, sum(n) FROM data GROUP BY k")).text
