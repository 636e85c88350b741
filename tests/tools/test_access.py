"""The files that a worker may open: known by their place and by what is there."""

import os
from pathlib import Path

import msgspec
import pytest

from kimi_tui.tools.workers.access import WorkerAccess, allowed_files, database_access, is_same_file, place_of


def test_allowed_files_are_those_that_exist(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    found = allowed_files(tmp_path / "a", tmp_path / "missing", tmp_path)
    assert [place_of(file) for file in found] == [tmp_path / "a", tmp_path]
    assert allowed_files() == ()


def test_allowed_file_is_another_once_it_is_replaced(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_text("x")
    other.write_text("y")
    [file] = allowed_files(path)
    with path.open("rb") as opened:
        assert is_same_file(opened.fileno(), file)
    other.replace(path)
    with path.open("rb") as opened:
        assert not is_same_file(opened.fileno(), file)


def test_allowed_link_is_the_link_and_not_its_target(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    [file] = allowed_files(tmp_path / "link")
    with (tmp_path / "link").open("rb") as opened:
        assert not is_same_file(opened.fileno(), file)


@pytest.mark.parametrize("name", [b"plain", b"\xff odd", b"with blanks", "\u00e4".encode()])
def test_place_of_leads_back_to_any_name(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_text("x")
    [file] = allowed_files(path)
    assert place_of(file) == path
    packed = msgspec.msgpack.encode(WorkerAccess((file,)))
    assert msgspec.msgpack.decode(packed, type=WorkerAccess).reads == (file,)


def test_database_access_has_its_log_and_journal_as_far_as_they_exist(tmp_path: Path) -> None:
    for name in ("a.db", "a.db-wal", "a.db-shm", "b.db-journal"):
        (tmp_path / name).write_text("x")
    found = database_access(tmp_path / "a.db")
    assert [Path(file.path).name for file in found.reads] == ["a.db", "a.db-wal"]
    assert (found.writes, found.program) == ((), "")


def test_database_access_to_a_missing_file_is_none(tmp_path: Path) -> None:
    assert database_access(tmp_path / "a.db") == WorkerAccess()
