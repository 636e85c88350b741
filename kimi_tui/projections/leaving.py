"""Which words of a call that reaches out come from the desk or from the person.

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

OUTWARD: frozenset[EffectKind] = frozenset({"network", "write", "spend"})
"""Effects by which arguments leave the session."""
RUN = 3
"""So many words in a row are no coincidence."""
FIGURE_DIGITS = 3
"""A word with so many digits is a figure, and found by itself."""
MOST_WORDS = 2_000
"""Words of one argument that are looked for; the rest is shown all the same."""
MOST_READ = 4_000_000
"""Characters of observations that are searched, the latest first."""

_WORD = re.compile(r"(?:%[0-9A-Fa-f]{2}|[^\W_])+(?:[.,'\u2019-](?:%[0-9A-Fa-f]{2}|[^\W_])+)*")
_EDGES = ".,'\u2019-"
"""Signs that stand inside words and at their ends."""
_SIGNS = {ord(sign): " " for sign in '()[]{}<>|/\\"\u201c\u201d\u201e;:!?=&#*_`~+\u00b7%$\u20ac\u00a3'}

Origin = Literal["desk", "person"]


class Mark(msgspec.Struct, frozen=True):
    """A run of words whose origin is known."""

    start: int
    """In the argument's text."""
    end: int
    origin: Origin
    source: str = ""
    """For the desk: the sources of the observation, or its call when it names none: `S3` or `c12`."""


class Leaving(msgspec.Struct, frozen=True):
    """One text that leaves with the call."""

    argument: str
    """Where it stands: `url`, `filters.0.value`."""
    text: str
    """Whole; untrusted."""
    marks: tuple[Mark, ...] = ()
    """In order, without overlaps."""


def leaves(call: Call) -> bool:
    """Whether the call carries its arguments out of the session."""
    return any(effect.kind in OUTWARD for effect in call.effects)


def leaving(call: Call, state: SessionState) -> tuple[Leaving, ...]:
    """Every text that would leave with the call, with what is known of its words; empty when none would."""
    if not leaves(call):
        return ()
    written = [("person", "", text) for text in _written(state)]
    read = [("desk", source, text) for source, text in _read(call, state)]
    places = [_Place(origin, source, text) for origin, source, text in (*written, *read) if text]
    return tuple(
        Leaving(argument, text, tuple(_marks(text, places))) for argument, text in _texts(call.arguments) if text
    )


class _Place:
    """One text in which words are looked for."""

    def __init__(self, origin: str, source: str, text: str) -> None:
        self.origin: Origin = "person" if origin == "person" else "desk"
        self.source = source
        self._plain = f" {_folded(text)} "
        self._lower = self._plain.lower()

    def has(self, words: list[str]) -> bool:
        """Whether the words stand there one after the other."""
        return f" {' '.join(words).lower()} " in self._lower

    def tells(self, words: list[str]) -> bool:
        """Whether the words are no coincidence: a run of them, a figure, or a name."""
        if not self.has(words):
            return False
        return len(words) >= RUN or any(_is_figure(word) or self._is_name(word) for word in words)

    def _is_name(self, word: str) -> bool:
        """A word that this text writes with a capital letter and never without."""
        if len(word) < 4 or f" {word.lower()} " in self._plain:
            return False
        return f" {word[:1].upper()}{word[1:].lower()} " in self._plain or f" {word.upper()} " in self._plain


def _written(state: SessionState) -> Iterator[str]:
    """What the person wrote in this session."""
    for block in state.timeline.blocks:
        if block.kind in ("question", "steer"):
            yield block.text


def _read(call: Call, state: SessionState) -> Iterator[tuple[str, str]]:
    """What the model read without reaching out: the source and the text, the latest first."""
    room = MOST_READ
    for other in reversed(state.calls.by_id.values()):
        observation = other.observation
        if other.id == call.id or observation is None or observation.status != "ok" or leaves(other):
            continue
        _, _, text = observation.text.partition("\n")  # the first line repeats what was asked
        text = text or observation.text
        yield " ".join(ref.id for ref in observation.sources[:3]) or other.id, text
        room -= len(text)
        if room < 0:
            return


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in the arguments, with where it stands; other values as they are written in JSON."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from _texts(inner, f"{path}.{name}" if path else str(name))
        case list():
            for number, inner in enumerate(value):
                yield from _texts(inner, f"{path}.{number}" if path else str(number))
        case str():
            yield path, value
        case None | bool():
            pass
        case _:
            yield path, str(value)


def _folded(text: str) -> str:
    """A text as words with one blank between them, each without the mark of a possessive."""
    words = (word.strip(_EDGES) for word in text.replace("\u2019", "'").translate(_SIGNS).split())
    return " ".join(word.removesuffix("'s") for word in words)


def _marks(text: str, places: list[_Place]) -> Iterator[Mark]:
    """The longest runs that stand in one of the places, from left to right."""
    found = [(match.start(), match.end(), word) for match in _WORD.finditer(text) for word in _decoded(match.group())]
    found = found[:MOST_WORDS]
    at = 0
    while at < len(found):
        length, place = _longest([word for _, _, word in found[at : at + 60]], places)
        if place is None:
            at += 1
            continue
        yield Mark(found[at][0], found[at + length - 1][1], place.origin, place.source)
        at += length


def _decoded(word: str) -> list[str]:
    """A word, or the word that a part of an address stands for."""
    return unquote_plus(word).split() or [word]


def _longest(words: list[str], places: list[_Place]) -> tuple[int, _Place | None]:
    """How many of the words stand together in one of the places, and where; 0 and None for none."""
    best: tuple[int, _Place | None] = (0, None)
    for place in places:
        if not words or not place.has(words[:1]):
            continue
        length = 1
        while length < len(words) and place.has(words[: length + 1]):
            length += 1
        if length > best[0] and place.tells(words[:length]):
            best = (length, place)
    return best


def _is_figure(word: str) -> bool:
    return sum(character.isdigit() for character in word) >= FIGURE_DIGITS
