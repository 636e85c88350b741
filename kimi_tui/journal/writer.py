"""Writing a session file: the one writer appends, commits, and only then tells anybody.

Several events given to one `append` are one transaction: all of them are in the journal or none.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from kimi_tui.events import AnyEvent, Entry
from kimi_tui.journal import schema, words
from kimi_tui.journal.chain import body_of, digest_of, event_from, type_of
from kimi_tui.journal.lock import WriterLock
from kimi_tui.journal.reader import Inflight, connect, damaged
from kimi_tui.journal.sources import SourceShelf
from kimi_tui.session import SessionError

JOURNAL_NAME = "journal.sqlite"
"""The session file's name inside the session's folder."""
LOCK_NAME = "writer.lock"
MAIN = "main"
"""The trajectory of a session with one agent."""


def now() -> str:
    """The clock as entries write it: UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Journal:
    """The writer of one session."""

    def __init__(self, folder: Path, session: str, clock: Callable[[], str] = now) -> None:
        """Open or create the session file in `folder`.

        Raises `SessionBusy` when another process writes it and `SessionError` when it cannot be written or is not ours.
        """
        self.path = folder / JOURNAL_NAME
        self.session = session
        self._clock = clock
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = WriterLock(folder / LOCK_NAME)
        except OSError as error:
            raise _unwritable(folder, error) from None
        try:
            self._connection = self._open()
        except BaseException:
            self._lock.release()
            raise
        self.sources = SourceShelf(self._connection, clock)
        last = self._connection.execute("select seq, digest from entries order by seq desc limit 1").fetchone()
        self._seq: int = last[0] if last else 0
        self._digest: str = last[1] if last else ""

    def append(self, events: Sequence[AnyEvent], *, turn: int, step: int, trajectory: str = MAIN) -> list[Entry]:
        """Commit the events in one transaction and return their entries; raises `SessionError` if it cannot."""
        entries: list[Entry] = []
        seq, digest = self._seq, self._digest
        try:
            self._connection.execute("begin immediate")
            for event in events:
                seq, at, kind, body = seq + 1, self._clock(), type_of(event), body_of(event)
                digest = digest_of(digest, self.session, (seq, at, trajectory, turn, step, kind), body)
                row = (seq, at, trajectory, turn, step, kind, body, digest)
                self._connection.execute("insert into entries values (?, ?, ?, ?, ?, ?, ?, ?)", row)
                stored = event_from(kind, body)
                self._index(seq, stored)
                entries.append(Entry(self.session, seq, at, trajectory, turn, step, stored, digest))
            self._connection.execute("commit")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("rollback")
            raise _unwritable(self.path, error) from None
        self._seq, self._digest = seq, digest
        return entries

    def keep_inflight(self, step: int, reasoning: str, text: str, trajectory: str = MAIN) -> None:
        """Overwrite the unfinished stream's row."""
        row = (trajectory, step, self._clock(), reasoning, text)
        self._connection.execute("insert or replace into inflight values (?, ?, ?, ?, ?)", row)

    def inflight(self, trajectory: str = MAIN) -> Inflight | None:
        """What a crash left of an unfinished stream."""
        sql = "select trajectory, step, at, reasoning, text from inflight where trajectory = ?"
        row = self._connection.execute(sql, (trajectory,)).fetchone()
        return Inflight(*row) if row else None

    def clear_inflight(self, trajectory: str = MAIN) -> None:
        """Forget the unfinished stream: its events are recorded."""
        self._connection.execute("delete from inflight where trajectory = ?", (trajectory,))

    def keep_summary(self, body: str) -> None:
        """Keep the library's line for this session, as of the last entry."""
        self._connection.execute("insert or replace into summary values (1, ?, ?)", (self._seq, body))

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it; safe to call twice."""
        try:
            self._connection.execute("pragma wal_checkpoint(truncate)")
        except sqlite3.Error:
            pass  # a reader holds it, or it is closed already: the log is folded in at the next opening
        self._connection.close()
        self._lock.release()

    def _open(self) -> sqlite3.Connection:
        try:
            created = not self.path.exists()
            connection = connect(self.path, read_only=False)
            schema.migrate(connection, self.path)
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            if created:
                os.chmod(self.path, 0o600)
            connection.execute("insert or ignore into meta values ('session', ?)", (self.session,))
            self.session = connection.execute("select value from meta where key = 'session'").fetchone()[0]
        except sqlite3.OperationalError as error:
            raise _unwritable(self.path, error) from None
        except sqlite3.DatabaseError as error:
            raise damaged(self.path, error) from None
        return connection

    def _index(self, seq: int, event: AnyEvent) -> None:
        _, text = words.searchable(event)
        if text:
            self._connection.execute("insert into words (rowid, text) values (?, ?)", (seq, text))


def _unwritable(path: Path, error: Exception) -> SessionError:
    return SessionError(
        f"the session at {path} cannot be written ({error}); free space or make the folder writable, or point "
        "KIMI_TUI_HOME at another one: everything recorded so far is kept"
    )
