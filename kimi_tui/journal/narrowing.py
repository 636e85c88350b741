"""Searching only some calls of a session: those of a tool, a host, a range of steps, or those that failed."""

import sqlite3
from collections.abc import Iterator

from kimi_tui.events import ObservationRecorded, ToolCallProposed
from kimi_tui.journal.chain import event_from
from kimi_tui.journal.words import PART_OFFSET, found
from kimi_tui.session import SearchQuery

_MOST_ROWS = 10_000
"""Places of the words that are looked at."""


def narrowed(connection: sqlite3.Connection, query: SearchQuery, limit: int) -> Iterator[int]:
    """Seqs of the entries that the filters let through and in which the words stand, in order."""
    wanted = set(found(connection, query.words, _MOST_ROWS, best=False)) if query.words else None
    calls: dict[str, ToolCallProposed] = {}
    count = 0
    sql = "select seq, step, type, body from entries where seq < ? order by seq"
    for seq, step, kind, body in connection.execute(sql, (PART_OFFSET,)):
        if kind not in _SEARCHED or not query.in_steps(step):
            continue
        event = event_from(kind, body) if query.about_calls else None
        if isinstance(event, ToolCallProposed):
            calls[event.call_id] = event
        if count < limit and _passes(query, event, calls) and (seq in wanted if wanted is not None else True):
            count += 1
            yield seq


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
    if not query.about_calls:
        return True
    if isinstance(event, ToolCallProposed):
        return not query.errors and query.takes(event.tool, (effect.target for effect in event.effects))
    if isinstance(event, ObservationRecorded):
        call = calls.get(event.call_id)
        targets = [effect.target for effect in call.effects] if call else []
        failed = event.status in ("error", "lookup-failed", "interrupted")
        return (failed or not query.errors) and query.takes(call.tool if call else "", targets)
    return False
