"""Searching only some calls of a session: those of a tool, a host, a range of steps, or those that failed.

The sources that these calls read are searched with them.
"""

from collections.abc import Iterator

from kimi_tui.events import ObservationRecorded, ToolCallProposed
from kimi_tui.journal.chain import event_from
from kimi_tui.journal.words import PART_OFFSET, found
from kimi_tui.session import SearchQuery
from kimi_tui.storage import Connection

_MOST_ROWS = 10_000
"""Places of the words that are looked at."""


def narrowed(connection: Connection, query: SearchQuery, limit: int) -> Iterator[int]:
    """Rows that the filters let through and in which the words stand: entries in order, then parts of sources."""
    wanted = set(found(connection, query.words, _MOST_ROWS, best=False)) if query.words else None
    calls: dict[str, ToolCallProposed] = {}
    read: set[str] = set()
    count = 0
    sql = "select seq, type, body from entries where seq < ? and step between ? and ? order by seq"
    steps = (min(step, PART_OFFSET) for step in query.steps or (0, PART_OFFSET))
    for seq, kind, body in connection.execute(sql, (PART_OFFSET, *steps)):
        if kind not in _SEARCHED:
            continue
        event = event_from(kind, body)
        if isinstance(event, ToolCallProposed):
            calls[event.call_id] = event
        if not _passes(query, event, calls):
            continue
        if isinstance(event, ObservationRecorded):
            read.update(ref.id for ref in event.sources)
        if count < limit and not query.sources and (wanted is None or seq in wanted):
            count += 1
            yield seq
    yield from _parts(connection, query, read, limit - count)


def _parts(connection: Connection, query: SearchQuery, read: set[str], limit: int) -> Iterator[int]:
    """Rows of parts in which the words stand, of the sources that were read."""
    for row in found(connection, query.words, _MOST_ROWS, best=False, sources=True) if read else ():
        part = connection.execute("select source from parts where part = ?", (row - PART_OFFSET,)).fetchone()
        if limit > 0 and part is not None and f"S{part[0]}" in read:
            limit -= 1
            yield row


_SEARCHED = frozenset(
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


def _passes(query: SearchQuery, event: object, calls: dict[str, ToolCallProposed]) -> bool:
    """Whether the filters on calls let an entry through; without such filters every entry passes."""
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
