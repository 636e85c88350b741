"""Full-text index of a session: reasoning, messages, calls, observations, memo and sources.

The index holds no text of its own (the words' places lead back to entries and parts), so it costs little disk.
A row's id is the entry's seq, or the part's number behind `PART_OFFSET`.
"""

import json
import re
from collections.abc import Iterator
from contextlib import closing, suppress
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
from kimi_tui.index_normalization import DECIMAL_POINT_MARK, alternative_numbers, normalize_for_index, number_pattern
from kimi_tui.journal.chain import event_from
from kimi_tui.journal.packing import unpack_text
from kimi_tui.session import SearchHit
from kimi_tui.sources import SourceRef
from kimi_tui.storage import Connection, DatabaseError, connect_unwritten, fault_kind

PART_OFFSET = 1 << 40
"""Above every entry's number."""
_WORD = re.compile(r"\w+")
_INDEXED = re.compile(rf"[\w{DECIMAL_POINT_MARK}]+")
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


def put(connection: Connection, row: int, text: str) -> None:
    """Index a text under its row; raises `DatabaseError`."""
    connection.execute("insert into words (rowid, text) values (?, ?)", (row, normalize_for_index(text)))


def match_expression(text: str) -> str:
    """A safe FTS5 expression: every word must occur, the last one may be unfinished; empty for no words.

    A word that the index has in another form is looked for in both, since older sessions have it as it was written.
    """
    words = [word for word in text.replace(DECIMAL_POINT_MARK, " ").split()[:_MOST_WORDS] if _WORD.search(word)]
    return " AND ".join(_either(word, "*" if place == len(words) else "") for place, word in enumerate(words, 1))


def _either(word: str, end: str) -> str:
    """One word of a query as it is written, or in the forms of the index."""
    written = " AND ".join(f'"{piece}"' for piece in _WORD.findall(word)[:_MOST_WORDS]) + end
    forms = (" ".join(_INDEXED.findall(form)) for form in (normalize_for_index(word), *alternative_numbers(word)))
    quoted = (f'"{form}"{end}' for form in forms if form)
    return f"({' OR '.join(dict.fromkeys((written, *quoted)))})"


def snippet_of(text: str, query: str) -> str:
    """About 160 characters of `text` around the first word of `query` found in it."""
    lowered = text.lower()
    places = [at for at in (_place(lowered, word.lower()) for word in query.split()[:_MOST_WORDS]) if at >= 0]
    start = max(min(places, default=0) - _BEFORE, 0)
    cut = text[start : start + _SNIPPET]
    return ("…" if start else "") + cut + ("…" if start + _SNIPPET < len(text) else "")


def _place(text: str, word: str) -> int:
    """Where a word or a number of a query stands first in a text, else the first piece of it that does; -1 for none."""
    if (number := number_pattern(word)) and (match := re.search(number, text)):
        return match.start()
    pieces = _WORD.findall(word)
    if len(pieces) > 1 and (at := text.find(word)) >= 0:
        return at
    return min((at for at in map(text.find, pieces) if at >= 0), default=-1)


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


def may_be_found(path: str, expression: str) -> bool:
    """Return whether the file of a session at rest fits a match expression, by the cheapest look.

    True when that fails.
    """
    try:
        with closing(connect_unwritten(path)) as connection:
            sql = "select 1 from words where words match ? limit 1"
            return connection.execute(sql, (expression,)).fetchone() is not None
    except DatabaseError:
        return True


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
    *whole, last = _INDEXED.findall(normalize_for_index(query.lower()))[:_MOST_WORDS]
    there = set(_INDEXED.findall(normalize_for_index(text.lower())))
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
