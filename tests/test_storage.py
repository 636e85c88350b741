"""SQLite's errors, each with its meaning, and the state that a transaction leaves behind."""

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.storage import (
    DatabaseError,
    FaultKind,
    connect,
    connect_memory,
    fault_kind,
    read,
    use_write_ahead_log,
    write,
)


def error(code: int) -> sqlite3.Error:
    """An error with this result code."""
    made = sqlite3.OperationalError("made")
    made.sqlite_errorcode = code
    return made


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_BUSY, "busy"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "busy"),
        (sqlite3.SQLITE_BUSY_RECOVERY, "busy"),
        (sqlite3.SQLITE_LOCKED_SHAREDCACHE, "busy"),
        (sqlite3.SQLITE_FULL, "full"),
        (sqlite3.SQLITE_READONLY, "read-only"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "read-only"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "fault"),
        (sqlite3.SQLITE_CANTOPEN, "read-only"),
        (sqlite3.SQLITE_CORRUPT, "corrupt"),
        (sqlite3.SQLITE_CORRUPT_VTAB, "corrupt"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "corrupt"),
        (sqlite3.SQLITE_NOTADB, "corrupt"),
        (sqlite3.SQLITE_ERROR, "corrupt"),
        (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, "corrupt"),
        (sqlite3.SQLITE_IOERR, "fault"),
        (sqlite3.SQLITE_IOERR_WRITE, "fault"),
        (sqlite3.SQLITE_IOERR_SHORT_READ, "corrupt"),
        (sqlite3.SQLITE_NOMEM, "fault"),
        (sqlite3.SQLITE_INTERRUPT, "fault"),
    ],
)
def test_fault_kind_of_a_result_code(code: int, kind: FaultKind) -> None:
    assert fault_kind(error(code)) == kind


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.ENOSPC, "full"), (errno.EDQUOT, "quota"), (errno.EROFS, "read-only"), (errno.EIO, "fault")],
)
def test_fault_kind_of_a_system_error(number: int, kind: FaultKind) -> None:
    assert fault_kind(OSError(number, "made")) == kind


def test_fault_kind_of_a_text_that_is_no_utf8_is_corrupt() -> None:
    with closing(connect_memory()) as connection, pytest.raises(DatabaseError) as raised:
        connection.execute("select cast(x'ff' as text)").fetchone()
    assert fault_kind(raised.value) == "corrupt"


def test_fault_kind_of_a_closed_connection_is_no_damage() -> None:
    connection = connect_memory()
    connection.close()
    with pytest.raises(DatabaseError) as raised:
        connection.execute("select 1")
    assert fault_kind(raised.value) == "fault"


def test_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "x.sqlite")) as connection:
        connection.execute("create table t (x)")
        with pytest.raises(ZeroDivisionError), write(connection):
            connection.execute("insert into t values (1)")
            raise ZeroDivisionError
        assert connection.execute("select count(*) from t").fetchone() == (0,)
        assert not connection.in_transaction


def test_write_beside_another_writer_is_busy_from_its_first_moment(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    with closing(connect(path)) as one, closing(connect(path, timeout=0)) as other:
        use_write_ahead_log(one)
        with write(one):
            with pytest.raises(DatabaseError) as raised, write(other):
                pytest.fail("the other one writes")
            assert fault_kind(raised.value) == "busy"


def test_read_sees_one_moment_while_another_connection_writes(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    with closing(connect(path)) as one, closing(connect(path, read_only=True)) as other:
        use_write_ahead_log(one)
        one.execute("create table t (x)")
        with read(other):
            assert other.execute("select count(*) from t").fetchone() == (0,)
            one.execute("insert into t values (1)")
            assert other.execute("select count(*) from t").fetchone() == (0,)
        assert other.execute("select count(*) from t").fetchone() == (1,)


@pytest.mark.parametrize("name", ["plain", "with ?mode=memory&x=#1", "50%25", "ümlaut"])
def test_connect_takes_any_file_name_as_a_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with closing(connect(path)) as connection:
        connection.execute("create table t (x)")
    assert path.is_file()
