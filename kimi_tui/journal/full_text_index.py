"""Index and search a session's full text: reasoning, messages, calls, observations, memo and sources.

The index holds no text of its own (the words' places lead back to entries and parts), so it costs little disk.
A row's id is the entry's seq, or the part's number behind `PART_ROW_OFFSET`.
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
from kimi_tui.index_normalization import DECIMAL_POINT_MARK, alternative_numbers, normalize_for_index, number_pattern
from kimi_tui.journal.chain import decode_event
from kimi_tui.journal.compression import decompress_text
from kimi_tui.session import SearchHit
from kimi_tui.sources import SourceRef
from kimi_tui.storage import Connection, DatabaseError, attached_unwritten, fault_kind

PART_ROW_OFFSET = 1 << 40
"""Above every entry's number."""
_WORD = re.compile(r"\w+")
_INDEXED = re.compile(rf"[\w{DECIMAL_POINT_MARK}]+")
_SNIPPET_CHARS = 160
_CHARS_BEFORE_HIT = 24
"""Characters of a snippet before the first word that was found: a list has not much more room."""
_MAX_QUERY_WORDS = 40
"""Words of a query that are searched; more are ignored."""


def searchable_text(event: AnyEvent) -> tuple[str, str]:
    """Return the kind and searchable text of an event; empty text for other events."""
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


def index_text(connection: Connection, row: int, text: str) -> None:
    """Index a text under its row; raises `DatabaseError`."""
    connection.execute("insert into words (rowid, text) values (?, ?)", (row, normalize_for_index(text)))


def match_expression(text: str) -> str:
    """A safe FTS5 expression: every word must occur, the last one may be unfinished; empty for no words.

    A word that the index has in another form is looked for in both, since older sessions have it as it was written.
    """
    words = [word for word in text.replace(DECIMAL_POINT_MARK, " ").split()[:_MAX_QUERY_WORDS] if _WORD.search(word)]
    return " AND ".join(
        _word_expression(word, "*" if place == len(words) else "") for place, word in enumerate(words, 1)
    )


def _word_expression(word: str, end: str) -> str:
    """Return the expression for one word of a query, as typed or in the forms of the index."""
    written = " AND ".join(f'"{piece}"' for piece in _WORD.findall(word)[:_MAX_QUERY_WORDS]) + end
    forms = (" ".join(_INDEXED.findall(form)) for form in (normalize_for_index(word), *alternative_numbers(word)))
    quoted = (f'"{form}"{end}' for form in forms if form)
    return f"({' OR '.join(dict.fromkeys((written, *quoted)))})"


def snippet(text: str, query: str) -> str:
    """Return about 160 characters of `text` around the first word of `query` found in it."""
    lowered, words = _lower(text), _lower(query).split()[:_MAX_QUERY_WORDS]
    places = [at for at in (_find_word(lowered, word) for word in words) if at >= 0]
    start = max(min(places, default=0) - _CHARS_BEFORE_HIT, 0)
    cut = text[start : start + _SNIPPET_CHARS]
    return ("…" if start else "") + cut + ("…" if start + _SNIPPET_CHARS < len(text) else "")


def _lower(text: str) -> str:
    """Return a text in lower case and of the same length: "İ" alone would become two characters."""
    return text.replace("İ", "i").lower()


def _find_word(text: str, word: str) -> int:
    """Return the first position of a query's word or number in a text, else of a piece of it; -1 for none."""
    if (number := number_pattern(word)) and (match := re.search(number, text)):
        return match.start()
    pieces = _WORD.findall(word)
    if len(pieces) > 1 and (at := text.find(word)) >= 0:
        return at
    return min((at for at in map(text.find, pieces) if at >= 0), default=-1)


def matching_rows(
    connection: Connection, query: str, limit: int, *, best: bool = True, sources: bool = False
) -> Iterator[int]:
    """Yield matching row ids, those of sources alone if only they are wanted.

    Best first; or as they come, which costs a tenth where there are many.
    """
    expression = match_expression(query)
    if not expression:
        return
    order, first = "order by rank" if best else "", PART_ROW_OFFSET if sources else 0
    sql = f"select rowid from words where words match ? and rowid > ? {order} limit ?"
    seen: set[int] = set()
    try:
        for (row,) in connection.execute(sql, (expression, first, limit)):
            seen.add(int(row))
            yield int(row)
    except DatabaseError as error:
        if fault_kind(error) != "corrupt":
            raise
        rest = (
            row
            for row, text in all_texts(connection)
            if row > first and row not in seen and _has_all_words(text, query)
        )
        yield from islice(rest, limit - len(seen))


def may_match(connection: Connection, path: str, expression: str) -> bool:
    """Return whether the file of an unwritten session may match an expression, at the lowest cost.

    `connection` is one to which files can be attached. True when that fails.
    """
    try:
        with attached_unwritten(connection, path):
            sql = "select 1 from other.words where words match ? limit 1"
            return bool(connection.execute(sql, (expression,)).fetchall())
    except DatabaseError:
        return True


def all_texts(connection: Connection) -> Iterator[tuple[int, str]]:
    """Yield each text that can be searched, with its row of the index; one that cannot be read is left out."""
    for seq, kind, body in connection.execute("select seq, type, body from entries order by seq"):
        with suppress(msgspec.MsgspecError, ValueError, TypeError, RecursionError):
            _, text = searchable_text(decode_event(kind, body))
            if text:
                yield seq, text
    for part, stored in connection.execute("select part, text from parts order by part"):
        with suppress(ValueError, TypeError):
            yield PART_ROW_OFFSET + part, decompress_text(stored)


def _has_all_words(text: str, query: str) -> bool:
    """Return whether a text has every word of a query, the last one perhaps as a beginning."""
    *whole, last = _INDEXED.findall(normalize_for_index(query.lower()))[:_MAX_QUERY_WORDS]
    there = set(_INDEXED.findall(normalize_for_index(text.lower())))
    return there.issuperset(whole) and any(word.startswith(last) for word in there)


def hit_in_part(connection: Connection, session: str, row: int, query: str) -> SearchHit | None:
    """Return the hit for a part of a source."""
    sql = "select number, label, text, ref from parts join sources on number = source where part = ?"
    found_part = connection.execute(sql, (row - PART_ROW_OFFSET,)).fetchone()
    if found_part is None:
        return None
    number, label, stored, described = found_part
    text, ref = decompress_text(stored), msgspec.json.decode(described, type=SourceRef)
    return SearchHit(session, 0, "source", snippet(text, query), f"S{number}", label, ref.title or ref.address)
