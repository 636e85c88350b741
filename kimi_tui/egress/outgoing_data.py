"""Find the words of an outgoing call that come from the desk or from the person, encoded or not.

A call carries its arguments to somebody else's machine. Here every run of words in them, and in every reading of
them that a receiver could make, is looked for in what the model read on the desk and in what the person wrote, so that
the person sees which data would leave. A finding is certain: the words stand there. That nothing was found is not: a
paraphrase leaves no trace, and what looks encoded and cannot be read is named as such.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal

import msgspec

from kimi_tui.egress.common_words import MIN_UNSPLIT_LETTERS, are_telling, is_common
from kimi_tui.egress.loose_matches import find_loose_matches
from kimi_tui.egress.opacity import find_opaque
from kimi_tui.egress.readings import LETTER_CIPHER, MAX_READINGS, Piece, Reading, decode_piece, split_pieces
from kimi_tui.egress.searched_text import (
    MIN_SQUEEZED_CHARS,
    WORD,
    Corpus,
    SearchedText,
    prepare_corpus,
    squeeze,
)
from kimi_tui.egress.word_runs import decode_word, find_decoded_run, find_runs
from kimi_tui.events import EffectKind
from kimi_tui.projections.calls import Call
from kimi_tui.projections.trajectory import TrajectoryState

OUTGOING_EFFECTS: frozenset[EffectKind] = frozenset({"network", "write", "spend"})
"""Effects that send a call's arguments out of the session."""
MAX_SEARCHED_CHARS = 2_000_000
"""Characters of observations that are searched, the latest first."""

CERTAIN_STEPS = frozenset(
    {
        "base64",
        "hexadecimal",
        "another base",
        "numbers",
        "Morse code",
        "invisible characters",
        "uuencode",
        "letters apart",
        "spelled digits",
    }
)
"""Decodings after which ordinary text is no text any more: what they give is no coincidence."""
MIN_CIPHER_LETTERS = 7
"""Letters of the shortest word that counts in one of the many readings of a letter cipher."""
MAX_PIECED_READINGS = 20
"""Readings of a text that is put together from pieces of several calls."""
MAX_JOINED_CHARS = 60
"""Characters of words written together."""
SHORT_PIECE = 10
"""Characters of a piece that is looked at last: put together, such pieces say more."""

DataOrigin = Literal["desk", "person"]


class OriginMark(msgspec.Struct, frozen=True):
    """A run of words whose origin is known."""

    start: int
    """In the argument's text."""
    end: int
    origin: DataOrigin
    source: str = ""
    """For the desk: the sources of the observation, or its call when it names none: `S3` or `c12`."""
    decoded: str = ""
    """The words that the marked text stands for; empty where they are written plainly."""
    how: tuple[str, ...] = ()
    """How they were encoded, the outermost first."""


class OutgoingText(msgspec.Struct, frozen=True):
    """One text that leaves with the call."""

    argument: str
    """Where it stands: `url`, `filters.0.value`."""
    text: str
    """Whole; untrusted."""
    marks: tuple[OriginMark, ...] = ()
    """In order, without overlaps; those of encoded words last."""
    opaque: tuple[tuple[int, int], ...] = ()
    """Start and end of stretches that look encoded and could not be read."""

    @property
    def opaque_chars(self) -> int:
        """Characters that look encoded and could not be read."""
        return sum(end - start for start, end in self.opaque)


class KnownTexts(msgspec.Struct, frozen=True):
    """The texts in which the words of a call are looked for."""

    written: tuple[str, ...]
    """By the person."""
    sources: tuple[str, ...]
    """For each text of the desk: its sources, or its call."""
    read: tuple[str, ...]
    """On the desk, oldest first."""

    @property
    def person(self) -> Corpus:
        """The texts of the person, ready to be searched."""
        return prepare_corpus(self.written)

    @property
    def desk(self) -> Corpus:
        """The texts of the desk, ready to be searched."""
        return prepare_corpus(self.read)


def sends_data(call: Call) -> bool:
    """Return whether the call sends its arguments out of the session."""
    return any(effect.kind in OUTGOING_EFFECTS for effect in call.effects)


def outgoing_texts(call: Call, state: TrajectoryState) -> tuple[OutgoingText, ...]:
    """Return every text that would leave with the call, with the known origins of its words; empty when none would."""
    if not sends_data(call):
        return ()
    known = collect_known_texts(call, state)
    return tuple(mark_text(argument, text, known) for argument, text in argument_texts(call.arguments) if text)


def mark_text(argument: str, text: str, known: KnownTexts) -> OutgoingText:
    """Return a text with the known origins of its words."""
    marks = list(_plain_marks(text, known))
    plain = "".join(squeeze("".join(decode_word(text[mark.start : mark.end]))) for mark in marks)
    hidden = list(_hidden_marks(text, known, plain))
    hidden += [
        OriginMark(match.start, match.end, "desk", known.sources[match.number], match.words, (match.how,))
        for match in (find_loose_matches(text, known.desk, known.person) if known.read else ())
        if not all(squeeze(word) in plain for word in match.words.split())
    ]
    opaque = tuple(
        (start, end)
        for start, end in find_opaque(text)
        if not any(mark.start <= start and end <= mark.end for mark in (*marks, *hidden))
        and not any(text[start:end] in written for written in known.written)
    )
    return OutgoingText(argument, text, (*marks, *hidden), opaque)


def find_hidden(text: str, known: KnownTexts) -> str:
    """Return words of the desk that a text holds in one of its plainest readings; empty for none."""
    piece = Piece(text, 0, len(text))
    mark = _hidden_mark(piece, known, "", set(), MAX_PIECED_READINGS) if known.read and text else None
    return mark.decoded if mark else ""


def collect_known_texts(call: Call, state: TrajectoryState) -> KnownTexts:
    """Return what the person wrote and what the model read on the desk before a call."""
    written = tuple(block.text for block in state.timeline.blocks if block.kind in ("question", "steer") and block.text)
    read = _read_texts(call, state)
    return KnownTexts(written, tuple(source for source, _ in read), tuple(text for _, text in read))


def argument_texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in the arguments with its path; other values in the notation of JSON."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from argument_texts(inner, f"{path}.{name}" if path else str(name))
        case list():
            for number, inner in enumerate(value):
                yield from argument_texts(inner, f"{path}.{number}" if path else str(number))
        case str():
            yield path, value
        case None | bool():
            pass
        case _:
            yield path, str(value)


def _read_texts(call: Call, state: TrajectoryState) -> list[tuple[str, str]]:
    """Return source and text of the observations that sent nothing out, oldest first, the latest of them at most.

    The oldest are left out many at a time, so that the texts mostly grow at their end alone.
    """
    found: list[tuple[str, str]] = []
    for other in state.calls.by_id.values():
        observation = other.observation
        if other.id == call.id or observation is None or observation.status != "ok" or sends_data(other):
            continue
        _, _, text = observation.text.partition("\n")  # the first line repeats what was asked
        found.append((" ".join(ref.id for ref in observation.sources[:3]) or other.id, text or observation.text))
    while len(found) > 1 and sum(len(text) for _, text in found) > MAX_SEARCHED_CHARS:
        found = found[max(len(found) // 8, 1) :]
    return found


def _plain_marks(text: str, known: KnownTexts) -> Iterator[OriginMark]:
    """Return the longest runs that occur in one of the texts, from left to right."""
    places: list[tuple[DataOrigin, str, SearchedText]] = [("person", "", place) for place in known.person.places]
    places += [("desk", source, place) for source, place in zip(known.sources, known.desk.places, strict=True)]
    words = [(match.start(), match.end(), word) for match in WORD.finditer(text) for word in decode_word(match.group())]
    vocabulary = known.person.vocabulary | known.desk.vocabulary
    for start, end, number in find_runs(words, [place for _, _, place in places], vocabulary):
        origin, source, _ = places[number]
        yield OriginMark(start, end, origin, source)


def _hidden_marks(text: str, known: KnownTexts, plain: str) -> Iterator[OriginMark]:
    """Yield the words of the desk that a text holds encoded, in pieces, or without blanks between them.

    `plain` holds the letters and digits of the words that are marked already.
    """
    if not known.read:
        return
    found: list[Piece] = []
    seen: set[str] = set()
    for piece in sorted(split_pieces(text), key=lambda piece: (len(piece.text) < SHORT_PIECE, piece.end - piece.start)):
        if any(piece.start <= other.start and other.end <= piece.end for other in found):
            continue
        mark = _hidden_mark(piece, known, plain, seen)
        if mark is not None:
            found.append(piece)
            yield mark


def _hidden_mark(
    piece: Piece, known: KnownTexts, plain: str, seen: set[str], most: int = MAX_READINGS
) -> OriginMark | None:
    """Return the words of the desk in the first reading of a piece that has any."""
    visible = squeeze(piece.text)
    desk, person = known.desk, known.person
    for reading in islice(decode_piece(piece.text, seen), most):

        def is_telling(words: str, reading: Reading = reading) -> bool:
            return squeeze(words) not in plain and _says_something(words, reading, visible)

        figures = bool(CERTAIN_STEPS & {*reading.steps})
        decoded, number = find_decoded_run(reading.text, desk, person, figures=figures, is_telling=is_telling)
        if not decoded:
            decoded, number = _find_squeezed(reading, desk, person, visible)
        if decoded and squeeze(decoded) not in plain:
            how = reading.steps or ("written without blanks",)
            return OriginMark(piece.start, piece.end, "desk", known.sources[number], decoded, how)
    return None


def _says_something(words: str, reading: Reading, visible: str) -> bool:
    """Return whether decoded words are no coincidence: nobody encodes common words, but many readings hold some."""
    is_certain = CERTAIN_STEPS & {*reading.steps} and squeeze(words) not in visible
    if LETTER_CIPHER in reading.steps and len(squeeze(words)) < MIN_CIPHER_LETTERS:
        return False
    return bool(is_certain) or are_telling([words])


def _find_squeezed(reading: Reading, desk: Corpus, person: Corpus, visible: str) -> tuple[str, int]:
    """Return letters and digits in a row that the desk has too and that are no coincidence, and the text's number."""
    squeezed = squeeze(reading.text)
    start, end, number = desk.find_squeezed(squeezed)
    found = squeezed[start:end]
    joined = not re.search(r"[\W_]", reading.text.strip()) and len(reading.text) < MAX_JOINED_CHARS
    is_certain = CERTAIN_STEPS & {*reading.steps} and found not in visible
    least = MIN_SQUEEZED_CHARS if joined or is_certain else MIN_UNSPLIT_LETTERS
    is_word = found.isalpha() and is_common(found)
    if len(found) < least or is_word or any(place.has_squeezed(found) for place in person.places):
        return "", 0
    return found, number
