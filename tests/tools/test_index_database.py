"""The database file of a desk's index: its version, its lock, its tables, and what becomes of a damaged one."""

import ast
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from kimi_tui import storage
from kimi_tui.tools.desk import index_database
from kimi_tui.tools.desk.index_database import (
    OLD_SECONDS,
    READING_FILES,
    SCHEMA_VERSION,
    IndexBusyError,
    IndexDatabase,
    IndexReplacedError,
    create_tables,
    reading_version,
)

DESK_CODE = Path(index_database.__file__).parent


def modules_used_by(name: str, seen: frozenset[str] = frozenset()) -> set[str]:
    """The desk's modules that one of them imports, itself included."""
    tree = ast.parse((DESK_CODE / f"{name}.py").read_text())
    found = {name}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kimi_tui.tools.desk."):
            inner = str(node.module).rpartition(".")[2]
            found |= modules_used_by(inner, seen | found) if inner not in seen | found else set()
    return found


def test_reading_version_covers_every_module_that_describes_documents() -> None:
    described = modules_used_by("file_description") | modules_used_by("passages")
    assert {f"{name}.py" for name in described} <= set(READING_FILES)
    assert all((DESK_CODE / name).is_file() for name in READING_FILES)


def test_reading_version_is_short_and_the_same_again() -> None:
    assert reading_version() == reading_version.__wrapped__()
    assert len(reading_version()) == 10


def count(connection: storage.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])


def add(connection: storage.Connection) -> None:
    values = "('a', 1, 1, '', '', '', '', '', '', '', 0, '', x'')"
    columns = (
        "path, size, modified, media_type, digest, title, extractor, notes, last, error, parts, encoding, identity"
    )
    connection.execute(f"INSERT INTO documents ({columns}) VALUES {values}")


@pytest.mark.parametrize("in_memory", [True, False])
def test_database_keeps_what_was_written(tmp_path: Path, in_memory: bool) -> None:
    database = IndexDatabase(tmp_path / "desk", None if in_memory else tmp_path / "cache")
    assert database.read(count) == 0
    database.write(add)
    assert database.read(count) == 1
    database.close()
    database.close()
    assert database.read(count) == (0 if in_memory else 1)
    database.close()


def test_database_of_another_desk_is_another_file(tmp_path: Path) -> None:
    one, other = (IndexDatabase(tmp_path / name, tmp_path / "cache") for name in ("one", "other"))
    one.write(add)
    assert other.read(count) == 0
    for database in (one, other):
        database.close()
    assert len(list((tmp_path / "cache").glob("*.sqlite"))) == 2


def test_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    database = IndexDatabase(tmp_path / "desk", None)

    def add_and_fail(connection: storage.Connection) -> None:
        add(connection)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        database.write(add_and_fail)
    assert database.read(count) == 0
    database.close()


@pytest.mark.parametrize("error", [sqlite3.DatabaseError("malformed"), msgspec.ValidationError("damaged")])
def test_damage_while_it_is_read_replaces_the_file_by_an_empty_one(tmp_path: Path, error: Exception) -> None:
    database = IndexDatabase(tmp_path / "desk", tmp_path / "cache")
    database.write(add)

    def fail(connection: storage.Connection) -> None:
        raise error

    with pytest.raises(IndexReplacedError):
        database.read(fail)
    assert database.read(count) == 0
    database.close()


def test_file_that_another_process_writes_is_busy_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = IndexDatabase(tmp_path / "desk", tmp_path / "cache")
    database.write(add)

    def locked(connection: storage.Connection) -> None:
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error

    with pytest.raises(IndexBusyError, match="call again in a moment"):
        database.write(locked)
    assert database.read(count) == 1
    database.close()


def test_builder_lock_is_held_by_one(tmp_path: Path) -> None:
    one, other = (IndexDatabase(tmp_path / "desk", tmp_path / "cache") for _ in range(2))
    with one.hold_builder_lock() as first:
        assert first
        with other.hold_builder_lock() as second:
            assert not second
    with other.hold_builder_lock() as free:
        assert free


def test_builder_lock_without_a_place_is_free(tmp_path: Path) -> None:
    with IndexDatabase(tmp_path / "desk", None).hold_builder_lock() as free:
        assert free
    (tmp_path / "file").write_text("")
    with IndexDatabase(tmp_path / "desk", tmp_path / "file").hold_builder_lock() as free:
        assert free


@pytest.mark.parametrize(("age", "stays"), [(OLD_SECONDS / 2, True), (OLD_SECONDS * 2, False)])
def test_index_of_another_version_is_deleted_once_it_is_old(tmp_path: Path, age: float, stays: bool) -> None:
    database = IndexDatabase(tmp_path / "desk", tmp_path / "cache")
    database.write(add)
    database.close()
    [current] = (tmp_path / "cache").glob("*.sqlite")
    old = current.with_name(current.name.replace(reading_version(), "0" * 10))
    old.write_bytes(b"old")
    then = current.stat().st_mtime - age
    os.utime(old, (then, then))
    assert database.read(count) == 1
    database.close()
    assert old.exists() is stays


def test_create_tables_is_idempotent_and_refuses_foreign_ones(tmp_path: Path) -> None:
    with closing(storage.connect(tmp_path / "index.sqlite")) as connection:
        create_tables(connection)
        create_tables(connection)
        assert connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
        connection.execute("CREATE TABLE foreign_one (x)")
        with pytest.raises(storage.DatabaseError, match="not the tables of an index"):
            create_tables(connection)


@pytest.mark.parametrize("statement", ["PRAGMA user_version = 99", "CREATE VIEW v AS SELECT 1", "DROP TABLE cells"])
def test_create_tables_refuses_a_changed_layout(tmp_path: Path, statement: str) -> None:
    with closing(storage.connect(tmp_path / "index.sqlite")) as connection:
        create_tables(connection)
        connection.execute(statement)
        with pytest.raises(storage.DatabaseError):
            create_tables(connection)
