"""Read a session file: any number of readers, each with its own cursor, none of them ever writes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from kimi_tui.events import Entry, ObservationRecorded, ToolCallProposed
from kimi_tui.journal import filtered_search, full_text_index, schema
from kimi_tui.journal.chain import decode_event, digest_entry, json_line_from_row
from kimi_tui.journal.compression import decompress_text
from kimi_tui.journal.recovery.damage_mark import read_damage_mark
from kimi_tui.journal.session_file import SMALL_CACHE_PRAGMA, is_damage, reading_errors, unreadable_error
from kimi_tui.journal.sources import SourceReader
from kimi_tui.session import SearchHit, SearchQuery, SessionError
from kimi_tui.storage import Connection, DatabaseError, connect
from kimi_tui.text import one_line

_COLUMNS = "seq, at, trajectory, turn, step, type, body, digest"
_CANCEL_CHECK_INSTRUCTIONS = 20_000
"""Instructions of SQLite, some hundred microseconds, between two looks at whether a search is outdated."""
_BATCH_ROWS = 200
"""Rows read at once: a slow reader holds nothing of the file in between."""


class NoSession(SessionError):
    """The file is ours, or empty, but no session was ever written into it."""


class Inflight(msgspec.Struct, frozen=True):
    """The streamed text of an unfinished step, at most a second old."""

    trajectory: str
    step: int
    at: str
    reasoning: str
    text: str


def inflight_from_row(row: tuple[Any, ...]) -> Inflight:
    """Return the unfinished stream of a stored row; raises `msgspec.ValidationError` for a damaged one."""
    return msgspec.convert(dict(zip(Inflight.__struct_fields__, row, strict=True)), Inflight)


class ChainBreak(msgspec.Struct, frozen=True):
    """The first entry that does not follow from the one before."""

    seq: int
    why: str
    """In a person's words: what is wrong there."""


class JournalReader:
    """A read-only view of a session file."""

    def __init__(self, path: Path) -> None:
        """Open the file; raises `SessionError` when there is none, it is not ours, or it is damaged."""
        self.path = path
        if not path.is_file():
            raise SessionError(f"there is no session file at {path}")
        with reading_errors(path):
            self._connection = connect(path, read_only=True)
        try:
            with reading_errors(path):
                self.session = self._session()
                self._connection.execute(SMALL_CACHE_PRAGMA)
        except SessionError:
            self._connection.close()
            raise
        self.sources = SourceReader(self._connection, path)

    def entries(self, after: int = 0, before: int | None = None) -> Iterator[Entry]:
        """Entries with `seq > after`, in order, up to the one `before`; raises `SessionError` for a damaged one."""
        for row in self._rows(after, before):
            with reading_errors(self.path):
                entry = decode_entry(self.session, row)
            yield entry

    def lines(self) -> Iterator[str]:
        """The journal as JSON Lines, from the stored text itself; raises `SessionError` for a damaged entry."""
        for *row, body, digest in self._rows(0):
            seq, at, trajectory, turn, step, kind = row
            with reading_errors(self.path):
                line = json_line_from_row(self.session, (seq, at, trajectory, turn, step, kind), body, digest)
            yield line

    def last_seq(self) -> int:
        """The seq of the last entry, 0 when there is none; raises `SessionError`."""
        with reading_errors(self.path):
            return int(self._connection.execute("select coalesce(max(seq), 0) from entries").fetchone()[0])

    def verify_chain(self, sound: list[Entry] | None = None) -> ChainBreak | None:
        """The first break of the hash chain, or its end when its writer met damage; None when it holds.

        Raises `SessionError` when the file cannot be read just now.
        The entries before it go into `sound`, if that is given: whoever reads all of them next need not read again.
        """
        try:
            self._connection.execute("begin")  # entries and head as of one moment, while a writer goes on
            return self._first_break(sound)
        except DatabaseError as error:
            if not is_damage(error):
                raise unreadable_error(self.path, error) from None
            return ChainBreak(0, f"the journal cannot be read: {error}")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("rollback")

    def structure_fault(self) -> str:
        """Return the first fault of SQLite's own check, empty if none; raises `SessionError`.

        What it finds is nothing of an entry or a source, but may hide one from whoever looks for it by its key.
        """
        with reading_errors(self.path):
            finding = str(self._connection.execute("pragma integrity_check(1)").fetchone()[0])
        return "" if finding == "ok" else one_line(finding)

    def inflight(self) -> list[Inflight]:
        """Return the unfinished streams, one a trajectory; none when they cannot be read."""
        with suppress(DatabaseError, msgspec.ValidationError):
            rows = self._connection.execute("select trajectory, step, at, reasoning, text from inflight")
            return [inflight_from_row(row) for row in rows]
        return []

    def summary(self) -> tuple[int, str] | None:
        """Return the cached summary: (the seq it was made at, JSON); None if there is none that can be read."""
        with suppress(DatabaseError, ValueError, TypeError):
            row = self._connection.execute("select seq, body from summary").fetchone()
            return (int(row[0]), str(row[1])) if row else None
        return None

    def search(
        self,
        query: SearchQuery | str,
        limit: int = 50,
        *,
        best: bool = True,
        outdated: Callable[[], bool] | None = None,
    ) -> list[SearchHit]:
        """Return matches of all words, the best first unless `best` is off; raises `SessionError`.

        It also does as soon as it is `outdated`: nobody wants the answer any more.
        """
        query = SearchQuery.parse(query) if isinstance(query, str) else query
        with reading_errors(self.path), _cancel_when_outdated(self._connection, outdated):
            if query.is_call_filter or query.steps:
                rows = filtered_search.filtered_rows(self._connection, query, limit)
            else:
                rows = full_text_index.matching_rows(
                    self._connection, query.words, limit, best=best, sources=query.sources
                )
            found = (self._hit(row, query.words) for row in rows)
            return [hit for hit in found if hit is not None]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _session(self) -> str:
        row = None
        if schema.check_schema(self._connection, self.path):
            row = self._connection.execute("select value from meta where key = 'session'").fetchone()
        if row is None:
            raise NoSession(f"{self.path} holds no session; delete it, or restore it from a copy")
        return str(row[0])

    def _rows(self, after: int, before: int | None = None) -> Iterator[Any]:
        """Rows in batches; of what lies behind the last one that is wanted nothing is touched: it may be damaged."""
        sql = f"select {_COLUMNS} from entries where seq > ? order by seq limit ?"
        while (wanted := _BATCH_ROWS if before is None else min(_BATCH_ROWS, before - 1 - after)) > 0:
            with reading_errors(self.path):
                rows = self._connection.execute(sql, (after, wanted)).fetchall()
            yield from rows
            if len(rows) < wanted:
                return
            after = rows[-1][0]

    def _first_break(self, sound: list[Entry] | None) -> ChainBreak | None:
        previous, expected = "", 1
        try:
            for *row, body, digest in self._connection.execute(f"select {_COLUMNS} from entries order by seq"):
                seq, at, trajectory, turn, step, kind = row
                if seq != expected:
                    return ChainBreak(expected, f"entry {expected} is missing")
                text = decompress_text(body)
                if digest_entry(previous, self.session, (seq, at, trajectory, turn, step, kind), text) != digest:
                    return ChainBreak(seq, f"entry {seq} ({kind}) does not match its digest")
                previous, expected = digest, expected + 1
                if sound is not None:
                    sound = _append_decoded(sound, self.session, (seq, at, trajectory, turn, step, kind, text, digest))
        except (DatabaseError, TypeError, ValueError) as error:
            if not is_damage(error):
                raise
            return ChainBreak(expected, f"entry {expected} cannot be read: {error}")
        head = self._connection.execute("select value from meta where key = 'head'").fetchone()
        if (head[0] if head else "") != previous:
            return ChainBreak(expected, f"the journal ends before its last entry: entry {expected} is missing")
        if refused := read_damage_mark(self.path):
            return ChainBreak(expected, f"entry {expected} could not be written: {refused}")
        return None

    def _hit(self, row: int, query: str) -> SearchHit | None:
        if row > full_text_index.PART_ROW_OFFSET:
            return full_text_index.hit_in_part(self._connection, self.session, row, query)
        stored = self._connection.execute(f"select {_COLUMNS} from entries where seq = ?", (row,)).fetchone()
        if stored is None:
            return None
        event = decode_entry(self.session, stored).event
        kind, text = full_text_index.searchable_text(event)
        call_id = event.call_id if isinstance(event, ToolCallProposed | ObservationRecorded) else ""
        return SearchHit(self.session, row, kind, full_text_index.snippet(text, query), call_id=call_id)


@contextmanager
def _cancel_when_outdated(connection: Connection, outdated: Callable[[], bool] | None) -> Iterator[None]:
    """Interrupt reading, with an error of SQLite, as soon as it is outdated."""
    connection.set_progress_handler(outdated, _CANCEL_CHECK_INSTRUCTIONS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, _CANCEL_CHECK_INSTRUCTIONS)


def _append_decoded(
    sound: list[Entry], session: str, row: tuple[int, str, str, int, int, str, str, str]
) -> list[Entry] | None:
    """Append a decoded entry; None from the first one that does not decode, which is reported elsewhere."""
    try:
        sound.append(decode_entry(session, row))
    except msgspec.MsgspecError:
        return None
    return sound


def decode_entry(session: str, row: tuple[int, str, str, int, int, str, str, str]) -> Entry:
    """Decode the entry of a stored row."""
    seq, at, trajectory, turn, step, kind, body, digest = row
    return Entry(session, seq, at, trajectory, turn, step, decode_event(kind, body), digest)
