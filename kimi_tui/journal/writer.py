"""Write a session file: its one writer appends, commits, and only then notifies.

Several events given to one `append` are one transaction: all of them are in the journal or none.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from kimi_tui.events import MAIN_TRAJECTORY, AnyEvent, Entry
from kimi_tui.journal import full_text_index, schema
from kimi_tui.journal.auxiliary_tables import commit_with_rebuild, is_sound, rebuild_tables
from kimi_tui.journal.chain import check_stored_form, digest_entry, event_type_name
from kimi_tui.journal.compression import compress_text
from kimi_tui.journal.lock import StorageWaitFlag, WriterLock
from kimi_tui.journal.reader import Inflight, inflight_from_row
from kimi_tui.journal.recovery.damage_mark import mark_damaged
from kimi_tui.journal.session_file import SMALL_CACHE_PRAGMA, unwritable_error
from kimi_tui.journal.sources import SourceStore
from kimi_tui.session import DamagedSession
from kimi_tui.storage import Connection, DatabaseError, connect, use_write_ahead_log
from kimi_tui.text import replace_surrogates

JOURNAL_NAME = "journal.sqlite"
"""The session file's name inside the session's folder."""
LOCK_NAME = "writer.lock"
"""The lock's name beside it."""
PAGE_BYTES = 2_048
"""A text of some kilobytes leaves half a page empty: in small pages a session takes a fifth less."""
MAX_LOG_BYTES = 4 << 20
"""What the write-ahead log is cut back to once it was folded in; one larger transaction makes it grow meanwhile."""
_CHECKPOINT_PAGES = 1_024
"""Pages in the write-ahead log after which it is folded into the file, when nobody reads at that moment."""


def now_text() -> str:
    """Return the time as entries write it: UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class JournalWriter:
    """Write one session."""

    def __init__(self, folder: Path, session: str, clock: Callable[[], str] = now_text) -> None:
        """Open or create the session file in `folder`.

        Raises `SessionBusy` when another process writes it and `SessionError` when it cannot be written or is not ours.
        """
        self.path = folder / JOURNAL_NAME
        self.session = session
        self.waiting = StorageWaitFlag(folder)
        """Tells other processes that nothing can be recorded now."""
        self._clock = clock
        self._seq = 0
        self._digest = ""
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = WriterLock(folder / LOCK_NAME)
        except OSError as error:
            raise unwritable_error(folder, error) from None
        try:
            self._connection = self._open()
        except BaseException:
            self._lock.release()
            raise
        self.sources = SourceStore(self._connection, self.path, clock)

    def append(
        self, events: Sequence[AnyEvent], *, turn: int, step: int, trajectory: str = MAIN_TRAJECTORY
    ) -> list[Entry]:
        """Commit the events in one transaction and return their entries; raises `SessionError` if it cannot."""
        entries: list[Entry] = []
        rows: list[tuple[object, ...]] = []
        seq, digest = self._seq, self._digest
        for event in events:
            seq, at, kind = seq + 1, self._clock(), event_type_name(event)
            stored, body = check_stored_form(event)
            digest = digest_entry(digest, self.session, (seq, at, trajectory, turn, step, kind), body)
            rows.append((seq, at, trajectory, turn, step, kind, compress_text(body), digest))
            entries.append(Entry(self.session, seq, at, trajectory, turn, step, stored, digest))

        def write() -> None:
            self._connection.executemany("insert into entries values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            for entry in entries:
                self._index(entry.seq, entry.event)
            self._connection.execute("insert or replace into meta values ('head', ?)", (digest,))

        self._commit(write)
        self._seq, self._digest = seq, digest
        return entries

    def save_inflight(self, step: int, reasoning: str, text: str, trajectory: str = MAIN_TRAJECTORY) -> None:
        """Overwrite the unfinished stream's row; raises `SessionError` if it cannot."""
        row = (trajectory, step, self._clock(), replace_surrogates(reasoning), replace_surrogates(text))
        self._write("insert or replace into inflight values (?, ?, ?, ?, ?)", row)

    def inflight(self, trajectory: str = MAIN_TRAJECTORY) -> Inflight | None:
        """Return what a crash left of an unfinished stream; None when nothing can be read of it."""
        sql = "select trajectory, step, at, reasoning, text from inflight where trajectory = ?"
        with suppress(DatabaseError, msgspec.ValidationError):
            row = self._connection.execute(sql, (trajectory,)).fetchone()
            return inflight_from_row(row) if row else None
        return None

    def clear_inflight(self, trajectory: str = MAIN_TRAJECTORY) -> None:
        """Delete the unfinished stream, whose events are recorded."""
        self._write("delete from inflight where trajectory = ?", (trajectory,))

    def save_summary(self, body: str) -> None:
        """Store the library's line for this session, as of the last entry."""
        self._write("insert or replace into summary values (1, ?, ?)", (self._seq, body))

    def close(self) -> None:
        """Close the file, with the write-ahead log folded in, so that one file holds everything; safe to call twice."""
        with suppress(DatabaseError):  # somebody reads it, or it is closed already: folded in at the next closing
            self._connection.execute("pragma busy_timeout = 0")
            self._connection.execute("pragma wal_checkpoint(truncate)")
            self._connection.execute("pragma journal_mode = delete")
        self._connection.close()
        self.waiting.release()
        self._lock.release()

    def _open(self) -> Connection:
        try:
            self.path.touch(mode=0o600)
            connection = connect(self.path)
        except (OSError, DatabaseError) as error:
            raise unwritable_error(self.path, error) from None
        try:
            connection.execute(f"pragma page_size = {PAGE_BYTES}")  # of a new file; an old one keeps its own
            schema.migrate(connection, self.path)
            connection.execute(SMALL_CACHE_PRAGMA)
            use_write_ahead_log(connection)
            connection.execute("pragma synchronous = full")
            connection.execute(f"pragma wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            connection.execute(f"pragma journal_size_limit = {MAX_LOG_BYTES}")
            connection.execute("insert or ignore into meta values ('session', ?)", (self.session,))
            self.session = str(connection.execute("select value from meta where key = 'session'").fetchone()[0])
            last = connection.execute("select seq, digest from entries order by seq desc limit 1").fetchone()
            self._seq, self._digest = (int(last[0]), str(last[1])) if last else (0, "")
        except BaseException as error:
            connection.close()
            if isinstance(error, DatabaseError):
                raise unwritable_error(self.path, error) from None
            raise
        if not is_sound(connection):
            rebuild_tables(connection)
        return connection

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        self._commit(lambda: self._connection.execute(statement, values))

    def _commit(self, action: Callable[[], object]) -> None:
        """Run one transaction; raises `SessionError`, and remembers of a damaged file that it takes nothing more."""
        try:
            commit_with_rebuild(self._connection, self.path, action)
        except DamagedSession as error:
            mark_damaged(self.path, str(error))
            raise

    def _index(self, seq: int, event: AnyEvent) -> None:
        _, text = full_text_index.searchable_text(event)
        if text:
            full_text_index.index_text(self._connection, seq, text)
