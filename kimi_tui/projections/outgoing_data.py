"""Find the words of an outgoing call that come from the desk or from the person.

A call carries its arguments to somebody else's machine. Here every run of words in them is looked for in what the
model read on the desk and in what the person wrote, so that the person sees which data would leave. A finding is
certain: the words stand there. That nothing was found is not: a paraphrase leaves no trace.
"""

import re
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import unquote_plus

import msgspec

from kimi_tui.events import EffectKind
from kimi_tui.projections.calls import Call
from kimi_tui.projections.state import SessionState

OUTGOING_EFFECTS: frozenset[EffectKind] = frozenset({"network", "write", "spend"})
"""Effects that send a call's arguments out of the session."""
MIN_RUN_WORDS = 3
"""Consecutive words that are no coincidence."""
MIN_FIGURE_DIGITS = 3
"""Digits that make a word a figure, which is reported on its own."""
MAX_WORDS = 2_000
"""Words of one argument that are looked for; the rest is shown all the same."""
MAX_SEARCHED_CHARS = 4_000_000
"""Characters of observations that are searched, the latest first."""

_WORD = re.compile(r"(?:%[0-9A-Fa-f]{2}|[^\W_])+(?:[.,'\u2019-](?:%[0-9A-Fa-f]{2}|[^\W_])+)*")
_INNER_SIGNS = ".,'\u2019-"
"""Signs that stand inside words and at their ends."""
_SEPARATORS = {ord(sign): " " for sign in '()[]{}<>|/\\"\u201c\u201d\u201e;:!?=&#*_`~+\u00b7%$\u20ac\u00a3'}

DataOrigin = Literal["desk", "person"]


class OriginMark(msgspec.Struct, frozen=True):
    """A run of words whose origin is known."""

    start: int
    """In the argument's text."""
    end: int
    origin: DataOrigin
    source: str = ""
    """For the desk: the sources of the observation, or its call when it names none: `S3` or `c12`."""


class OutgoingText(msgspec.Struct, frozen=True):
    """One text that leaves with the call."""

    argument: str
    """Where it stands: `url`, `filters.0.value`."""
    text: str
    """Whole; untrusted."""
    marks: tuple[OriginMark, ...] = ()
    """In order, without overlaps."""


def sends_data(call: Call) -> bool:
    """Return whether the call sends its arguments out of the session."""
    return any(effect.kind in OUTGOING_EFFECTS for effect in call.effects)


def outgoing_texts(call: Call, state: SessionState) -> tuple[OutgoingText, ...]:
    """Return every text that would leave with the call, with the known origins of its words; empty when none would."""
    if not sends_data(call):
        return ()
    written = [("person", "", text) for text in _person_texts(state)]
    read = [("desk", source, text) for source, text in _read_texts(call, state)]
    places = [_SearchedText(origin, source, text) for origin, source, text in (*written, *read) if text]
    return tuple(
        OutgoingText(argument, text, tuple(_find_marks(text, places)))
        for argument, text in _argument_texts(call.arguments)
        if text
    )


class _SearchedText:
    """One text in which words are searched."""

    def __init__(self, origin: str, source: str, text: str) -> None:
        self.origin: DataOrigin = "person" if origin == "person" else "desk"
        self.source = source
        self._plain = f" {_normalized(text)} "
        self._lower = self._plain.lower()

    def contains(self, words: list[str]) -> bool:
        """Return whether the text has these words one after the other."""
        return f" {' '.join(words).lower()} " in self._lower

    def is_origin(self, words: list[str]) -> bool:
        """Return whether the words are no coincidence: a run of them, a figure, or a name."""
        if not self.contains(words):
            return False
        return len(words) >= MIN_RUN_WORDS or any(_is_figure(word) or self._is_name(word) for word in words)

    def _is_name(self, word: str) -> bool:
        """A word that this text writes with a capital letter and never without."""
        if len(word) < 4 or f" {word.lower()} " in self._plain:
            return False
        return f" {word[:1].upper()}{word[1:].lower()} " in self._plain or f" {word.upper()} " in self._plain


def _person_texts(state: SessionState) -> Iterator[str]:
    """Yield the texts that the person wrote in this session."""
    for block in state.timeline.blocks:
        if block.kind in ("question", "steer"):
            yield block.text


def _read_texts(call: Call, state: SessionState) -> Iterator[tuple[str, str]]:
    """Yield source and text of observations that sent nothing out, the latest first."""
    room = MAX_SEARCHED_CHARS
    for other in reversed(state.calls.by_id.values()):
        observation = other.observation
        if other.id == call.id or observation is None or observation.status != "ok" or sends_data(other):
            continue
        _, _, text = observation.text.partition("\n")  # the first line repeats what was asked
        text = text or observation.text
        yield " ".join(ref.id for ref in observation.sources[:3]) or other.id, text
        room -= len(text)
        if room < 0:
            return


def _argument_texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in the arguments with its path; other values in the notation of JSON."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from _argument_texts(inner, f"{path}.{name}" if path else str(name))
        case list():
            for number, inner in enumerate(value):
                yield from _argument_texts(inner, f"{path}.{number}" if path else str(number))
        case str():
            yield path, value
        case None | bool():
            pass
        case _:
            yield path, str(value)


def _normalized(text: str) -> str:
    """A text as words with one blank between them, each without the mark of a possessive."""
    words = (word.strip(_INNER_SIGNS) for word in text.replace("\u2019", "'").translate(_SEPARATORS).split())
    return " ".join(word.removesuffix("'s") for word in words)


def _find_marks(text: str, places: list[_SearchedText]) -> Iterator[OriginMark]:
    """Return the longest runs that occur in one of the texts, from left to right."""
    found = [
        (match.start(), match.end(), word) for match in _WORD.finditer(text) for word in _decode_word(match.group())
    ]
    found = found[:MAX_WORDS]
    at = 0
    while at < len(found):
        length, place = _longest_run([word for _, _, word in found[at : at + 60]], places)
        if place is None:
            at += 1
            continue
        yield OriginMark(found[at][0], found[at + length - 1][1], place.origin, place.source)
        at += length


def _decode_word(word: str) -> list[str]:
    """Return the words that a part of an address encodes, or the word unchanged."""
    return unquote_plus(word).split() or [word]


def _longest_run(words: list[str], places: list[_SearchedText]) -> tuple[int, _SearchedText | None]:
    """Return how many of the words occur together in one of the texts, and in which; 0 and None for none."""
    best: tuple[int, _SearchedText | None] = (0, None)
    for place in places:
        if not words or not place.contains(words[:1]):
            continue
        length = 1
        while length < len(words) and place.contains(words[: length + 1]):
            length += 1
        if length > best[0] and place.is_origin(words[:length]):
            best = (length, place)
    return best


def _is_figure(word: str) -> bool:
    return sum(character.isdigit() for character in word) >= MIN_FIGURE_DIGITS
