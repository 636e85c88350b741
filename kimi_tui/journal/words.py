"""Full-text index of a session: reasoning, messages, calls, observations, memo and sources.

The index holds no text of its own (the words' places lead back to entries and parts), so it costs little disk.
A row's id is the entry's seq, or the part's number behind `PART_OFFSET`.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import msgspec

from kimi_tui.events import (
    AnyEvent,
    MessageRecorded,
    ObservationRecorded,
    QuestionAsked,
    ReasoningRecorded,
    SteerReceived,
    ToolCallProposed,
    TurnFinished,
)
from kimi_tui.journal.chain import event_from
from kimi_tui.journal.packing import unpack_text
from kimi_tui.session import SearchHit
from kimi_tui.sources import SourceRef
from kimi_tui.storage import Connection, DatabaseError, fault_kind

PART_OFFSET = 1 << 40
"""Above every entry's number."""
_WORD = re.compile(r"\w+")
_SNIPPET = 160
_BEFORE = 24
"""Characters of a snippet before the first word that was found: a list has not much more room."""
_MOST_WORDS = 40
"""More of a query are not looked for."""


def searchable(event: AnyEvent) -> tuple[str, str]:
    """What of an event can be searched: (kind, text); empty text when nothing can."""
    match event:
        case QuestionAsked() | SteerReceived():
            return "question", event.text
        case ReasoningRecorded():
            return "reasoning", event.text
        case MessageRecorded():
            return "message", event.text
        case ToolCallProposed():
            return "call", f"{event.tool} {event.label} {json.dumps(event.arguments, ensure_ascii=False)}"
        case ObservationRecorded():
            return "observation", event.text
        case TurnFinished(memo=dict() as memo):
            return "memo", f"{memo.get('title', '')}\n{memo.get('text', '')}"
        case _:
            return "", ""


def match_expression(text: str) -> str:
    """A safe FTS5 expression: every word must occur, the last one may be unfinished; empty for no words."""
    quoted = [f'"{word}"' for word in _WORD.findall(text)[:_MOST_WORDS]]
    return " ".join(quoted) + "*" if quoted else ""


def snippet_of(text: str, query: str) -> str:
    """About 160 characters of `text` around the first word of `query` found in it."""
    lowered = text.lower()
    places = [at for at in (lowered.find(word.lower()) for word in _WORD.findall(query)) if at >= 0]
    start = max(min(places, default=0) - _BEFORE, 0)
    cut = text[start : start + _SNIPPET]
    return ("…" if start else "") + cut + ("…" if start + _SNIPPET < len(text) else "")


def found(connection: Connection, query: str, limit: int, *, best: bool = True, sources: bool = False) -> Iterator[int]:
    """Row ids that match, those of sources alone if only they are wanted.

    Best first; or as they come, which costs a tenth where there are many.
    """
    expression = match_expression(query)
    if not expression:
        return
    order, first = "order by rank" if best else "", PART_OFFSET if sources else 0
    sql = f"select rowid from words where words match ? and rowid > ? {order} limit ?"
    seen: set[int] = set()
    try:
        for (row,) in connection.execute(sql, (expression, first, limit)):
            seen.add(int(row))
            yield int(row)
    except DatabaseError as error:
        if fault_kind(error) != "corrupt":
            raise
        rest = (row for row, text in all_texts(connection) if row > first and row not in seen and _has(text, query))
        yield from islice(rest, limit - len(seen))


def all_texts(connection: Connection) -> Iterator[tuple[int, str]]:
    """Yield each text that can be searched, with its row of the index; one that cannot be read is left out."""
    for seq, kind, body in connection.execute("select seq, type, body from entries order by seq"):
        with suppress(msgspec.MsgspecError, ValueError, TypeError, RecursionError):
            _, text = searchable(event_from(kind, body))
            if text:
                yield seq, text
    for part, stored in connection.execute("select part, text from parts order by part"):
        with suppress(ValueError, TypeError):
            yield PART_OFFSET + part, unpack_text(stored)


def _has(text: str, query: str) -> bool:
    """Return whether a text has every word of a query, the last one perhaps as a beginning."""
    *whole, last = _WORD.findall(query.lower())[:_MOST_WORDS]
    there = set(_WORD.findall(text.lower()))
    return there.issuperset(whole) and any(word.startswith(last) for word in there)


def part_hit(connection: Connection, session: str, row: int, query: str) -> SearchHit | None:
    """The hit for a part of a source."""
    sql = "select number, label, text, ref from parts join sources on number = source where part = ?"
    found_part = connection.execute(sql, (row - PART_OFFSET,)).fetchone()
    if found_part is None:
        return None
    number, label, stored, described = found_part
    text, ref = unpack_text(stored), msgspec.json.decode(described, type=SourceRef)
    return SearchHit(session, 0, "source", snippet_of(text, query), f"S{number}", label, ref.title or ref.address)
