"""Reading a session file: damage is named, what comes before it is read, and nothing is written."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.events import QuestionAsked
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.writer import JOURNAL_NAME, JournalWriter
from kimi_tui.session import SessionError
from tests.story import write_story


@pytest.mark.parametrize(
    ("content", "reported"),
    [
        (b"", "holds no session"),
        (b"garbage " * 1000, "damaged or unreadable"),
        (b"SQLite format 3\0" + bytes(200), "damaged or unreadable|not a session"),
    ],
)
def test_a_file_that_is_no_session_is_distinguished_from_one(tmp_path: Path, content: bytes, reported: str) -> None:
    path = tmp_path / JOURNAL_NAME
    path.write_bytes(content)
    with pytest.raises(SessionError, match=reported):
        JournalReader(path)
    assert path.read_bytes() == content


def test_a_truncated_session_is_damaged_for_readers_and_writers(tmp_path: Path) -> None:
    journal = write_story(tmp_path)
    journal.close()
    whole = journal.path.read_bytes()
    for size in (100, 3000, len(whole) // 2):
        journal.path.write_bytes(whole[:size])
        with pytest.raises(SessionError, match="damaged"):
            _read_all(journal.path)
        with pytest.raises(SessionError, match="damaged"):
            JournalWriter(tmp_path, "s").append([QuestionAsked("a")], turn=1, step=0)


def _read_all(path: Path) -> None:
    with closing(JournalReader(path)) as reader:
        list(reader.entries())
        reader.sources.refs()
        reader.inflight()
        reader.summary()


def test_a_missing_session_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="there is no session file"):
        JournalReader(tmp_path / "none.sqlite")


def test_a_session_without_its_id_is_reported(tmp_path: Path) -> None:
    journal = write_story(tmp_path)
    journal.close()
    with closing(sqlite3.connect(journal.path)) as connection, connection:
        connection.execute("delete from meta where key = 'session'")
    with pytest.raises(SessionError, match="holds no session"):
        JournalReader(journal.path)


def test_a_damaged_entry_is_reported_and_those_before_it_are_read(tmp_path: Path) -> None:
    journal = write_story(tmp_path)
    journal.close()
    for body in ("{", "[" * 50_000, '{"text":3}'):
        copy = Path(shutil.copy(journal.path, tmp_path / "copy.sqlite"))
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute("update entries set body = ? where seq = 3", (body,))
        with closing(JournalReader(copy)) as reader:
            entries = reader.entries()
            assert [next(entries).seq, next(entries).seq] == [1, 2]
            with pytest.raises(SessionError, match="damaged"):
                next(entries)
