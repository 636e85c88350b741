"""`find_in`: find words or a phrase in one source."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar

import msgspec

from kimi_tui.events import Effect
from kimi_tui.index_normalization import number_pattern
from kimi_tui.sources import Part
from kimi_tui.text import count_noun, one_line
from kimi_tui.tools.base import Observation, Tool, ToolContext, ToolError
from kimi_tui.tools.call_digests import COUNTS_AS_WORDS
from kimi_tui.tools.desk.documents import open_named, parse_source_name
from kimi_tui.tools.desk.search_query import split_terms
from kimi_tui.tools.text.source_display import MAX_TITLE_CHARS

CONTEXT_CHARS = 150
"""Characters shown on each side of a match."""
MAX_MATCHES = 10_000
"""Matches that are counted."""
_ROW = re.compile(r"(?:row|header) ?(\d*):")
_PARAGRAPH_END = re.compile(r"\n(?=[ \t]*\n|row \d)")
_SAME = {"'": "['\u2018\u2019\u02bc]", "-": "[-\u2010-\u2015\u2212]", '"': '["\u201c\u201d]'}
"""Marks that are written in several ways."""


class FindInParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `find_in`."""

    source: Annotated[
        str, msgspec.Meta(description="Id of a source, as in S3, or the path of a document on the desk.", min_length=1)
    ]
    text: Annotated[
        str,
        msgspec.Meta(
            description="A phrase, figure or words to find, in any case. If the phrase stands nowhere, "
            "passages with all its words are shown.",
            min_length=1,
            max_length=500,
            extra=COUNTS_AS_WORDS,
        ),
    ]
    limit: Annotated[int, msgspec.Meta(description="The most matches to show.", ge=1, le=100)] = 10


class SourceMatch(msgspec.Struct, frozen=True):
    """One match in a source."""

    label: str
    """Of the part, or `row 7` inside a table."""
    context: str
    """The text around it, on one line; untrusted."""


class FindIn(Tool):
    """Shows each place of a phrase in a source."""

    name: ClassVar[str] = "find_in"
    description: ClassVar[str] = (
        "Find a phrase, figure or words inside one source, in any case: each match comes with its page, section or "
        "row as in [S3 p.4] and the text around it. Use it to check a quote or a figure before citing it."
    )
    parameters: ClassVar[type[msgspec.Struct]] = FindInParameters
    read_only: ClassVar[bool] = True
    timeout: ClassVar[float] = 180.0

    def effects(self, arguments: FindInParameters) -> tuple[Effect, ...]:
        """Return the source that is read."""
        return (Effect("read", parse_source_name(arguments.source)[0]),)

    def label(self, arguments: FindInParameters) -> str:
        """Return the text to find and its source, in one line."""
        return f'Find "{one_line(arguments.text, 80)}" in {one_line(parse_source_name(arguments.source)[0], 80)}'

    async def run(self, arguments: FindInParameters, context: ToolContext) -> Observation:
        """Return the matches; raises `ToolError`."""
        opened, _ = await open_named(context, arguments.source)
        found = await asyncio.to_thread(find_matches, opened.parts, arguments.text)
        what = one_line(arguments.text, 200)
        where = f"[{opened.ref.id}] {one_line(opened.ref.title, MAX_TITLE_CHARS)}".rstrip()
        if not found:
            note_text = "".join(f" Note: {one_line(note)}" for note in opened.notes)
            raise ToolError(f'0 matches for "{what}" in {where}. Try fewer or other words.{note_text}', "not-found")
        least = "at least " if len(found) == MAX_MATCHES else ""
        lines = [f'{least}{count_noun(len(found), "match")} for "{what}" in {where}.']
        lines += [f"Note: {one_line(note)}" for note in opened.notes]
        lines += [f"[{opened.ref.id} {match.label}] {match.context}" for match in found[: arguments.limit]]
        if len(found) > arguments.limit:
            lines.append(
                f"More: {count_noun(len(found) - arguments.limit, 'match')}. Pass a limit over {arguments.limit}."
            )
        return Observation("\n".join(lines), (opened.ref,), notes=opened.notes)


def find_matches(parts: Sequence[Part], text: str) -> list[SourceMatch]:
    """Return every match of the phrase; else the paragraphs that contain all its words."""
    phrase = _pattern(text.strip().strip('"\u201c\u201d'))
    found = [_match(part, place) for part in parts for place in phrase.finditer(part.text)]
    if found:
        return found[:MAX_MATCHES]
    words = [_pattern(term) for term in split_terms(text)]
    return [_match(part, place) for part in parts for place in _together(part.text, words)][:MAX_MATCHES]


def _pattern(text: str) -> re.Pattern[str]:
    """Return a pattern of a phrase: any case, spacing, quotes, dashes and number notation."""
    words = (
        number_pattern(word) or "".join(_SAME.get(mark, re.escape(mark)) for mark in word) for word in text.split()
    )
    return re.compile(r"\s+".join(words) or r"(?!)", re.IGNORECASE)


def _together(text: str, words: Sequence[re.Pattern[str]]) -> Iterator[re.Match[str]]:
    """Yield the first word's first place in each paragraph, or row, that has all words."""
    ends = [*(end.start() for end in _PARAGRAPH_END.finditer(text)), len(text)]
    for start, end in zip([0, *ends], ends, strict=False):
        places = [place for word in words if (place := word.search(text, start, end))]
        if places and len(places) == len(words):
            yield places[0]


def _match(part: Part, place: re.Match[str]) -> SourceMatch:
    """Return a place with its label and surroundings."""
    text = part.text
    start, end = max(place.start() - CONTEXT_CHARS, 0), min(place.end() + CONTEXT_CHARS, len(text))
    label = part.label
    if label.startswith("rows "):
        begin = text.rfind("\n", 0, place.start()) + 1
        if row := _ROW.match(text, begin):
            label = f"row {row.group(1) or 0}"
            start, end = max(start, begin), min(end, text.find("\n", place.start()) % (len(text) + 1))
    shown = ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
    return SourceMatch(label, one_line(shown))
