"""Sessions on disk to be damaged, and ways to do it, for the tests of recovery."""

import sqlite3
from contextlib import closing
from pathlib import Path

from kimi_tui.events import MessageRecorded, ObservationRecorded, QuestionAsked
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.sources import Part


def written(folder: Path, entries: int = 40) -> Path:
    """A session with some entries and a source."""
    journal = JournalWriter(folder, "s1")
    journal.append([QuestionAsked("What is it?")], turn=1, step=0)
    source = journal.sources.add(
        kind="document", title="T", address="a.txt", media_type="text/plain", data=b"abc", parts=(Part("§1", "abc"),)
    )
    for number in range(entries - 2):
        journal.append([MessageRecorded(f"message {number} " + "words " * 40)], turn=1, step=number)
    journal.append([ObservationRecorded("c1", "ok", "[S1] abc", sources=(source,))], turn=1, step=entries)
    journal.close()
    return journal.path


def change(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)


def blind(path: Path) -> None:
    """Take the first page away, without which SQLite finds nothing."""
    with path.open("r+b") as file:
        file.write(bytes(2048))
