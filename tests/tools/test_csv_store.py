"""CSV files as databases: made once for each content, and found again."""

import os
from pathlib import Path

from kimi_tui.tools.sql.csv_store import prepare
from kimi_tui.tools.sql.select import query
from tests.tools.csv_tables import table


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
