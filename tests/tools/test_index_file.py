"""The file of a desk's index, shared by processes: a locked one is waited for, a damaged one is replaced once."""

import os
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.sources import Part
from kimi_tui.storage import Connection, DatabaseError, connect, write
from kimi_tui.tools.desk import index_file
from kimi_tui.tools.desk.file_description import describe_reading
from kimi_tui.tools.desk.files import DeskFile
from kimi_tui.tools.desk.index_database import IndexBusyError, IndexReplacedError
from kimi_tui.tools.desk.index_store import IndexStore
from kimi_tui.tools.text.parts import Extraction, FileReading

WRITER = """
import sys
from pathlib import Path
from tests.tools.test_index_file import keep, opened
index = opened(Path(sys.argv[1]))
for number in range(60):
    keep(index, f"{sys.argv[2]}-{number}.txt")
print(len(index.documents()))
"""


def opened(folder: Path) -> IndexStore:
    """The index of the desk in a folder."""
    return IndexStore(folder / "desk", folder / "cache")


def keep(index: IndexStore, path: str) -> None:
    """Add a document to an index."""
    parts = tuple(Part(f"§{number}", "the price of nickel " * 20) for number in range(5))
    reading = FileReading("d", 1, Extraction("", parts, "text"))
    index.replace_documents([(DeskFile(path, "text/plain", 1, 1), describe_reading(path, reading))])


def files(folder: Path) -> list[str]:
    """The databases in the cache."""
    return sorted(path.name for path in (folder / "cache").glob("*.sqlite"))


def test_index_written_by_two_processes_at_once_keeps_what_both_wrote(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen((sys.executable, "-c", WRITER, str(tmp_path), name), stderr=subprocess.PIPE, text=True)
        for name in ("a", "b")
    ]
    assert [writer.communicate()[1] for writer in writers] == ["", ""]
    index = opened(tmp_path)
    assert len(index.documents()) == 120
    assert len(files(tmp_path)) == 1
    index.close()


def test_index_held_by_another_writer_is_left_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_file, "BUSY_SECONDS", 0.05)
    index = opened(tmp_path)
    keep(index, "one.txt")
    [path] = (tmp_path / "cache").glob("*.sqlite")
    before = path.stat().st_ino
    with closing(connect(path)) as other, write(other):
        with pytest.raises(IndexBusyError, match="another process"):
            keep(index, "two.txt")
        assert [document.path for document in index.documents()] == ["one.txt"]
    assert (path.stat().st_ino, files(tmp_path)) == (before, [path.name])
    index.close()
    again = opened(tmp_path)
    assert [document.path for document in again.documents()] == ["one.txt"]
    again.close()


def test_index_held_by_another_writer_when_opened_is_left_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_file, "BUSY_SECONDS", 0.05)
    first = opened(tmp_path)
    keep(first, "one.txt")
    first.close()
    [path] = (tmp_path / "cache").glob("*.sqlite")
    with closing(connect(path)) as other, write(other):
        second = opened(tmp_path)
        assert [document.path for document in second.documents()] == ["one.txt"]
        second.close()
    third = opened(tmp_path)
    assert [document.path for document in third.documents()] == ["one.txt"]
    third.close()


def test_damaged_index_is_replaced_once_for_two_that_have_it_open(tmp_path: Path) -> None:
    one, other = opened(tmp_path), opened(tmp_path)
    keep(one, "one.txt")
    other.documents()
    [path] = (tmp_path / "cache").glob("*.sqlite")
    with closing(connect(path)) as connection:
        connection.execute("drop table documents")
    for index in (one, other):
        with pytest.raises(IndexReplacedError):
            index.documents()
    keep(one, "two.txt")
    assert [document.path for document in other.documents()] == ["two.txt"]
    assert len(files(tmp_path)) == 1
    one.close()
    other.close()


def test_replaced_index_survives_the_close_of_the_damaged_one(tmp_path: Path) -> None:
    def lay_out(connection: Connection) -> None:
        connection.execute("create table if not exists t (x)")

    one = index_file.IndexFile(tmp_path, "desk", lay_out)
    other = index_file.IndexFile(tmp_path, "desk", lay_out)
    damaged, fresh = one.open(), other.open()
    fresh.close()
    fresh = other.replace()
    with write(fresh):
        fresh.execute("insert into t values (1)")
    damaged.close()
    with closing(one.replace()) as adopted:
        assert adopted.execute("select x from t").fetchall() == [(1,)]
    fresh.close()


def test_index_opened_by_many_threads_at_once_is_one_file(tmp_path: Path) -> None:
    indexes = [opened(tmp_path) for _ in range(8)]
    failures: list[DatabaseError | IndexBusyError | IndexReplacedError] = []

    def work(number: int) -> None:
        try:
            for document in range(5):
                keep(indexes[number], f"{number}-{document}.txt")
        except (DatabaseError, IndexBusyError, IndexReplacedError) as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(indexes[0].documents()) == 40
    for index in indexes:
        index.close()


def test_an_index_of_another_version_stays_for_a_day_and_goes_then(tmp_path: Path) -> None:
    index = opened(tmp_path)
    keep(index, "one.txt")
    index.close()
    [path] = (tmp_path / "cache").glob("*.sqlite")
    older = path.with_name(path.name.rpartition("-")[0] + "-0123456789.sqlite")
    for age, stays in ((10.0, True), (100_000.0, False)):
        older.write_bytes(b"x")
        os.utime(older, (time.time() - age,) * 2)
        index = opened(tmp_path)
        assert [document.path for document in index.documents()] == ["one.txt"]
        index.close()
        assert older.exists() == stays
