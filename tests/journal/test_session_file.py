"""The file of a session: transactions are whole, and its errors tell a person what is wrong and what helps."""

import errno
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from kimi_tui.journal.session_file import (
    FREE_BYTES_NEEDED,
    damaged_error,
    is_damage,
    reading_errors,
    unreadable_error,
    unwritable_error,
    write_transaction,
)
from kimi_tui.session import DamagedSession, SessionError, StorageError
from kimi_tui.storage import connect


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("as SQLite says")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    "error",
    [
        zlib.error("cut"),
        msgspec.ValidationError("type"),
        msgspec.DecodeError("no JSON"),
        ValueError("no number"),
        TypeError("none"),
        RecursionError("deep"),
        sqlite_error(sqlite3.SQLITE_CORRUPT),
        sqlite_error(sqlite3.SQLITE_IOERR),
    ],
)
def test_reading_errors_of_a_damaged_file_name_it_and_offer_salvage(tmp_path: Path, error: Exception) -> None:
    path = tmp_path / "s1" / "journal.sqlite"

    with pytest.raises(DamagedSession) as caught, reading_errors(path):
        raise error

    assert caught.value.__cause__ is None
    assert str(caught.value) == (
        f"the session's file is damaged or unreadable ({error}): {path}; other sessions are not affected, and "
        "`kimi-tui salvage s1` saves its intact part"
    )


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (sqlite3.SQLITE_BUSY, "another program holds the file: end it, or wait until it is done"),
        (sqlite3.SQLITE_READONLY, "make the folder writable, or point KIMI_TUI_HOME at another one"),
        (sqlite3.SQLITE_CANTOPEN, "make the folder writable, or point KIMI_TUI_HOME at another one"),
    ],
)
def test_reading_errors_of_a_file_that_is_unavailable_call_nothing_damaged(
    tmp_path: Path, code: int, remedy: str
) -> None:
    with pytest.raises(SessionError) as caught, reading_errors(tmp_path / "j"):
        raise sqlite_error(code)

    assert not isinstance(caught.value, DamagedSession)
    assert str(caught.value) == (
        f"the session at {tmp_path / 'j'} cannot be read now (as SQLite says); nothing in it is damaged: {remedy}"
    )


@pytest.mark.parametrize("error", [KeyError("ours"), AssertionError("ours"), KeyboardInterrupt()])
def test_reading_errors_leave_other_errors_alone(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)), reading_errors(tmp_path):
        raise error


@pytest.mark.parametrize(
    ("error", "damage"),
    [
        (ValueError("x"), True),
        (sqlite_error(sqlite3.SQLITE_NOTADB), True),
        (sqlite_error(sqlite3.SQLITE_IOERR), True),
        (sqlite_error(sqlite3.SQLITE_LOCKED), False),
        (sqlite_error(sqlite3.SQLITE_FULL), False),
        (OSError(errno.EACCES, "no"), False),
        (OSError(errno.EIO, "no"), True),
    ],
)
def test_is_damage_tells_damaged_from_unavailable(error: Exception, damage: bool) -> None:
    assert is_damage(error) is damage
    assert isinstance(unreadable_error(Path("s/j"), error), DamagedSession) is damage


def test_damaged_error_names_the_session_of_the_folder() -> None:
    assert damaged_error(Path("home/s\u00e9/journal.sqlite"), ValueError("x")).session == "s\u00e9"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (sqlite_error(sqlite3.SQLITE_BUSY), "busy"),
        (sqlite_error(sqlite3.SQLITE_FULL), "full"),
        (sqlite_error(sqlite3.SQLITE_READONLY), "read-only"),
        (sqlite_error(sqlite3.SQLITE_IOERR), "failing"),
        (OSError(errno.ENOSPC, "No space left on device"), "full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "quota"),
        (OSError(errno.EIO, "Input/output error"), "failing"),
        (sqlite3.ProgrammingError("Cannot operate on a closed database."), "failing"),
    ],
)
def test_unwritable_error_has_the_kind_and_its_remedy(tmp_path: Path, error: Exception, kind: str) -> None:
    path = tmp_path / "journal.sqlite"

    found = unwritable_error(path, error)

    assert isinstance(found, StorageError)
    assert (found.trouble.kind, found.trouble.path) == (kind, str(tmp_path))
    assert str(found).startswith(f"the session at {path} cannot be written ({error}")
    assert str(found).endswith(": everything recorded so far is kept")


def test_unwritable_error_damaged_file_is_no_matter_of_waiting(tmp_path: Path) -> None:
    found = unwritable_error(tmp_path / "s1" / "j", sqlite_error(sqlite3.SQLITE_CORRUPT))

    assert isinstance(found, DamagedSession)


def test_unwritable_error_room_is_unknown_where_the_folder_is_gone(tmp_path: Path) -> None:
    found = unwritable_error(tmp_path / "gone" / "j", OSError(errno.ENOSPC, "full"))

    assert isinstance(found, StorageError)
    assert (found.trouble.free_bytes, found.trouble.needed_bytes) == (-1, FREE_BYTES_NEEDED)
    assert "MB are free" not in str(found)


def test_write_transaction_that_succeeds_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with closing(connect(path)) as connection, closing(connect(path)) as other:
        connection.execute("create table t (a)")
        with write_transaction(connection, path):
            connection.execute("insert into t values (1)")
            connection.execute("insert into t values (2)")
        assert other.execute("select count(*) from t").fetchone()[0] == 2


def test_write_transaction_statement_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with closing(connect(path)) as connection:
        connection.execute("create table t (a)")
        with pytest.raises(SessionError), write_transaction(connection, path):
            connection.execute("insert into t values (1)")
            connection.execute("insert into none values (1)")
        assert connection.execute("select count(*) from t").fetchone()[0] == 0
        assert not connection.in_transaction


def test_write_transaction_error_of_the_caller_leaves_nothing_behind(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "j")) as connection:
        connection.execute("create table t (a)")
        with pytest.raises(KeyError), write_transaction(connection, tmp_path / "j"):
            connection.execute("insert into t values (1)")
            raise KeyError("ours")
        assert connection.execute("select count(*) from t").fetchone()[0] == 0


def test_write_transaction_while_another_writes_is_busy(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with closing(connect(path)) as first, closing(connect(path, timeout=0)) as second:
        first.execute("create table t (a)")
        first.execute("begin immediate")
        with pytest.raises(StorageError) as caught, write_transaction(second, path):
            second.execute("insert into t values (1)")

    assert caught.value.trouble.kind == "busy"
