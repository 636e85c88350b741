"""The tables of a session file: foreign and newer files are refused, older ones are copied and brought up to date."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.journal import schema
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.writer import JOURNAL_NAME, JournalWriter
from kimi_tui.session import SessionError
from kimi_tui.storage import connect, connect_memory
from tests.story import SESSION, write_story


def test_a_foreign_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL_NAME
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table theirs (a)")
    before = path.read_bytes()
    for open_it in (lambda: JournalReader(path), lambda: JournalWriter(tmp_path, "s")):
        with pytest.raises(SessionError, match="not a session of kimi-tui"):
            open_it()
    assert path.read_bytes() == before


def test_a_session_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    journal = write_story(tmp_path)
    journal.close()
    with closing(sqlite3.connect(journal.path)) as connection:
        connection.execute("pragma user_version = 99")
    before = journal.path.read_bytes()
    for open_it in (lambda: JournalReader(journal.path), lambda: JournalWriter(tmp_path, "s")):
        with pytest.raises(SessionError, match=r"newer kimi-tui \(schema 99, this one knows 3\); update"):
            open_it()
    assert journal.path.read_bytes() == before


def test_an_older_file_is_copied_before_it_is_brought_up_to_date(tmp_path: Path) -> None:
    journal = write_story(tmp_path)
    journal.close()

    def add_column(connection: sqlite3.Connection) -> None:
        connection.execute("alter table sources add column kept text")

    with closing(connect(journal.path, read_only=False)) as connection:
        schema.migrate(connection, journal.path, (*schema.MIGRATIONS, add_column))
        assert schema.check_schema(connection, journal.path, 4) == 4
        assert "kept" in [row[1] for row in connection.execute("pragma table_info(sources)")]
    with closing(JournalReader(tmp_path / "journal.v3.bak")) as copy:
        assert copy.session == SESSION
        assert copy.verify_chain() is None


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    journal = write_story(tmp_path)
    journal.close()

    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("drop table sources")
        connection.execute("this is not SQL")

    connection = connect(journal.path, read_only=False)
    with closing(connection), pytest.raises(SessionError, match="damaged"):
        schema.migrate(connection, journal.path, (*schema.MIGRATIONS, fail))
    with closing(JournalReader(journal.path)) as reader:
        assert reader.verify_chain() is None
        assert len(reader.sources.refs()) == 1


def names(connection: sqlite3.Connection) -> set[str]:
    return {str(row[0]) for row in connection.execute("select name from sqlite_master where name not like 'sqlite%'")}


def test_migrate_empty_file_has_every_table_and_is_marked_as_ours(tmp_path: Path) -> None:
    with closing(connect_memory()) as connection:
        assert schema.check_schema(connection, tmp_path) == 0
        schema.migrate(connection, tmp_path)

        assert {"meta", "entries", "blobs", "sources", "parts", *schema.AUXILIARY_NAMES} <= names(connection)
        assert connection.execute("pragma application_id").fetchone()[0] == schema.APPLICATION_ID
        assert schema.check_schema(connection, tmp_path) == len(schema.MIGRATIONS)


def test_migrate_empty_file_makes_no_copy_and_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(connect(path)) as connection:
        schema.migrate(connection, path)
        before = connection.execute("pragma schema_version").fetchone()
        schema.migrate(connection, path)

        assert connection.execute("pragma schema_version").fetchone() == before
    assert [one.name for one in tmp_path.iterdir() if one.suffix == ".bak"] == []


@pytest.mark.parametrize("version", [1, 2])
def test_migrate_each_older_version_runs_only_the_later_steps(tmp_path: Path, version: int) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(connect(path)) as connection:
        schema.migrate(connection, path, schema.MIGRATIONS[:version])
        connection.execute("insert into meta values ('session', 's')")
        schema.migrate(connection, path)

        assert schema.check_schema(connection, path) == 3
        assert connection.execute("select value from meta").fetchone() == ("s",)
    with closing(connect(tmp_path / f"journal.v{version}.bak")) as copy:
        assert schema.check_schema(copy, path) == version


def test_create_auxiliary_makes_again_exactly_what_follows_from_the_others() -> None:
    with closing(connect_memory()) as connection:
        schema.migrate(connection, Path("journal.sqlite"))
        whole = names(connection)
        connection.execute("drop index sources_by_address")
        connection.execute("drop index parts_by_source")
        for table in ("inflight", "summary", "words"):
            connection.execute(f"drop table {table}")
        assert not set(schema.AUXILIARY_NAMES) & names(connection)

        schema.create_auxiliary(connection)

        assert names(connection) == whole


@pytest.mark.parametrize(("pragma", "value"), [("user_version", 1), ("application_id", 7)])
def test_check_schema_file_with_another_mark_is_foreign_even_if_empty(pragma: str, value: int) -> None:
    with closing(connect_memory()) as connection:
        connection.execute(f"pragma {pragma} = {value}")

        with pytest.raises(SessionError, match=r"^x is not a session of kimi-tui; give a session's id or file$"):
            schema.check_schema(connection, Path("x"))
