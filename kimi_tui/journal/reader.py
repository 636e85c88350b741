"""Reading a session file: any number of readers, each with its own cursor, none of them ever writes."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec

from kimi_tui.events import Entry
from kimi_tui.journal import schema, words
from kimi_tui.journal.chain import digest_of, event_from
from kimi_tui.journal.sources import StoredSources
from kimi_tui.session import SearchHit, SessionError

_COLUMNS = "seq, at, trajectory, turn, step, type, body, digest"


class Inflight(msgspec.Struct, frozen=True):
    """What had streamed of an unfinished step, to the last second."""

    trajectory: str
    step: int
    at: str
    reasoning: str
    text: str


class ChainBreak(msgspec.Struct, frozen=True):
    """The first entry that does not follow from the one before."""

    seq: int
    why: str


class JournalReader:
    """A read-only view of a session file."""

    def __init__(self, path: Path) -> None:
        """Open the file; raises `SessionError` when there is none, it is not ours, or it is damaged."""
        self.path = path
        if not path.is_file():
            raise SessionError(f"there is no session file at {path}")
        try:
            self._connection = connect(path, read_only=True)
            version = schema.check(self._connection, path)
            row = None
            if version:
                row = self._connection.execute("select value from meta where key = 'session'").fetchone()
        except sqlite3.Error as error:
            raise damaged(path, error) from None
        if row is None:
            self._connection.close()
            raise SessionError(f"{path} holds no session; delete it, or restore it from a copy")
        self.session: str = row[0]
        self.sources = StoredSources(self._connection)

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Entries with `seq > after`, in order; raises `SessionError` for a damaged one."""
        sql = f"select {_COLUMNS} from entries where seq > ? order by seq"
        try:
            for row in self._connection.execute(sql, (after,)):
                yield entry_from(self.session, row)
        except (sqlite3.Error, msgspec.MsgspecError, ValueError) as error:
            raise damaged(self.path, error) from None

    def last_seq(self) -> int:
        """The seq of the last entry, 0 when there is none."""
        return int(self._connection.execute("select coalesce(max(seq), 0) from entries").fetchone()[0])

    def verify_chain(self) -> ChainBreak | None:
        """The first break of the hash chain, None when it holds."""
        previous, expected = "", 1
        try:
            for *row, body, digest in self._connection.execute(f"select {_COLUMNS} from entries order by seq"):
                seq, at, trajectory, turn, step, kind = row
                if seq != expected:
                    return ChainBreak(expected, f"entry {expected} is missing")
                if digest_of(previous, self.session, (seq, at, trajectory, turn, step, kind), body) != digest:
                    return ChainBreak(seq, f"entry {seq} ({kind}) does not match its digest")
                previous, expected = digest, expected + 1
        except (sqlite3.Error, TypeError, ValueError) as error:
            return ChainBreak(expected, f"entry {expected} cannot be read: {error}")
        return None

    def inflight(self) -> list[Inflight]:
        """Unfinished streams, one a trajectory."""
        rows = self._connection.execute("select trajectory, step, at, reasoning, text from inflight")
        return [Inflight(*row) for row in rows]

    def summary(self) -> tuple[int, str] | None:
        """The cached summary: (the seq it was made at, JSON), None if there is none."""
        row = self._connection.execute("select seq, body from summary").fetchone()
        return (int(row[0]), str(row[1])) if row else None

    def search(self, text: str, limit: int = 50) -> list[SearchHit]:
        """Places where all words of `text` stand, best first."""
        hits = []
        for row in words.found(self._connection, text, limit):
            hit = words.part_hit(self._connection, self.session, row, text) if row > words.PART_OFFSET else None
            if row <= words.PART_OFFSET:
                hit = self._entry_hit(row, text)
            if hit is not None:
                hits.append(hit)
        return hits

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _entry_hit(self, seq: int, query: str) -> SearchHit | None:
        row = self._connection.execute(f"select {_COLUMNS} from entries where seq = ?", (seq,)).fetchone()
        if row is None:
            return None
        kind, text = words.searchable(entry_from(self.session, row).event)
        return SearchHit(self.session, seq, kind, words.snippet_of(text, query))


def entry_from(session: str, row: tuple[int, str, str, int, int, str, str, str]) -> Entry:
    """The entry of a stored row."""
    seq, at, trajectory, turn, step, kind, body, digest = row
    return Entry(session, seq, at, trajectory, turn, step, event_from(kind, body), digest)


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection that commits by itself, waits for a writer and shares the file with readers."""
    mode = "ro" if read_only else "rwc"
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}", uri=True, isolation_level=None, timeout=5.0, check_same_thread=False
    )
    connection.execute("pragma trusted_schema = off")
    return connection


def damaged(path: Path, error: Exception) -> SessionError:
    """The error for a file that cannot be read."""
    return SessionError(
        f"the session file {path} is damaged or unreadable ({error}); other sessions are not affected: "
        "restore it from a copy, or delete it"
    )
