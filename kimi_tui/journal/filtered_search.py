"""Search only some calls of a session: those of a tool, a host, a range of steps, or failed ones.

The sources that these calls read are searched with them.
"""

from collections.abc import Iterator

from kimi_tui.events import ObservationRecorded, ToolCallProposed
from kimi_tui.journal.chain import decode_event
from kimi_tui.journal.full_text_index import PART_ROW_OFFSET, matching_rows
from kimi_tui.session import SearchQuery
from kimi_tui.storage import Connection

_MAX_ROWS = 10_000
"""Places of the words that are looked at."""


def filtered_rows(connection: Connection, query: SearchQuery, limit: int) -> Iterator[int]:
    """Yield rows that pass the filters and hold the words: entries in order, then parts of sources."""
    wanted = set(matching_rows(connection, query.words, _MAX_ROWS, best=False)) if query.words else None
    calls: dict[str, ToolCallProposed] = {}
    read: set[str] = set()
    count = 0
    sql = "select seq, type, body from entries where seq < ? and step between ? and ? order by seq"
    steps = (min(step, PART_ROW_OFFSET) for step in query.steps or (0, PART_ROW_OFFSET))
    for seq, kind, body in connection.execute(sql, (PART_ROW_OFFSET, *steps)):
        if kind not in _SEARCHABLE_TYPES:
            continue
        event = decode_event(kind, body)
        if isinstance(event, ToolCallProposed):
            calls[event.call_id] = event
        if not _passes_filters(query, event, calls):
            continue
        if isinstance(event, ObservationRecorded):
            read.update(ref.id for ref in event.sources)
        if count < limit and not query.sources and (wanted is None or seq in wanted):
            count += 1
            yield seq
    yield from _matching_parts(connection, query, read, limit - count)


def _matching_parts(connection: Connection, query: SearchQuery, read: set[str], limit: int) -> Iterator[int]:
    """Yield rows of matching parts of the sources that were read."""
    for row in matching_rows(connection, query.words, _MAX_ROWS, best=False, sources=True) if read else ():
        part = connection.execute("select source from parts where part = ?", (row - PART_ROW_OFFSET,)).fetchone()
        if limit > 0 and part is not None and f"S{part[0]}" in read:
            limit -= 1
            yield row


_SEARCHABLE_TYPES = frozenset(
    {
        "QuestionAsked",
        "SteerReceived",
        "ReasoningRecorded",
        "MessageRecorded",
        "ToolCallProposed",
        "ObservationRecorded",
        "TurnFinished",
    }
)
"""Types of entries that can be found."""


def _passes_filters(query: SearchQuery, event: object, calls: dict[str, ToolCallProposed]) -> bool:
    """Return whether the call filters accept an entry; without such filters every entry passes."""
    if not query.is_call_filter:
        return True
    if isinstance(event, ToolCallProposed):
        return not query.errors and query.matches_call(event.tool, (effect.target for effect in event.effects))
    if isinstance(event, ObservationRecorded):
        call = calls.get(event.call_id)
        targets = [effect.target for effect in call.effects] if call else []
        failed = event.status in ("error", "lookup-failed", "interrupted")
        return (failed or not query.errors) and query.matches_call(call.tool if call else "", targets)
    return False
