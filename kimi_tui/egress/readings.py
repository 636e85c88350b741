"""Read a text in every way that a receiver could: decoded, nested, put together from pieces.

A reading is a possibility and no finding: only a reading that holds words of the desk says anything.
"""

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from kimi_tui.egress.ciphers import FOR_OPAQUE, MAX_DECODED_BYTES, ONCE, STRUCTURAL, undo_letter_ciphers
from kimi_tui.egress.opacity import looks_like_words
from kimi_tui.egress.word_ciphers import WORD_CIPHERS

MAX_DEPTH = 4
"""Encodings inside one another."""
MAX_READINGS = 1_500
"""Readings of one text."""
MAX_CIPHER_DEPTH, MAX_CIPHER_CHARS = 1, 2_048
"""Encodings around a letter cipher, and characters of one."""
MIN_CIPHER_CHARS = 6
"""Characters of the shortest text that is read as a letter cipher."""
LETTER_CIPHER = "a letter cipher"
"""The name shown to people for letters that replace others."""
MAX_PIECES = 200
"""Pieces of one text that are read on their own."""
MAX_PIECE_CHARS = 8_192
"""Characters of a piece that are decoded."""

_ENCODED = re.compile(r"[A-Za-z0-9+/_=%.~-]{8,}")


class Piece(msgspec.Struct, frozen=True):
    """A part of a text that may carry something, or several parts put together."""

    text: str
    start: int
    """In the whole text; of the first part."""
    end: int
    """Behind the last part."""


class Reading(msgspec.Struct, frozen=True):
    """One way to read a piece."""

    text: str
    steps: tuple[str, ...]
    """The decodings, the outermost first; empty for the piece as it was written."""


def split_pieces(text: str) -> list[Piece]:
    """Return the whole text, its words, and for an address its host labels, path, query and fragment, also joined."""
    pieces = [Piece(text, 0, len(text))]
    pieces += _address_pieces(text)
    pieces += [Piece(word.group(), *word.span()) for word in _ENCODED.finditer(text)]
    return list(dict.fromkeys(piece for piece in pieces if piece.text.strip()))[:MAX_PIECES]


def decode_piece(text: str, seen: set[str]) -> Iterator[Reading]:
    """Yield a piece's readings, the plainest first: unchanged, decoded in one or more steps, then letter ciphers.

    `seen` holds the readings of other pieces, which are not given again, and takes in these.
    """
    readings = [Reading(text[:MAX_PIECE_CHARS], ())]
    for reading in readings:
        if reading.text in seen or len(seen) > MAX_READINGS:
            continue
        seen.add(reading.text)
        yield reading
        if len(reading.steps) < MAX_DEPTH and not (reading.steps and reading.steps[-1] in WORD_CIPHERS):
            readings += _decode_once(reading)
    for reading in readings:
        if len(reading.steps) <= MAX_CIPHER_DEPTH and len(reading.text) <= MAX_CIPHER_CHARS:
            for shifted in undo_letter_ciphers(reading.text) if len(reading.text) >= MIN_CIPHER_CHARS else ():
                if shifted not in seen:
                    seen.add(shifted)
                    yield Reading(shifted, (*reading.steps, LETTER_CIPHER))


def _decode_once(reading: Reading) -> Iterator[Reading]:
    """Yield a reading decoded once more."""
    is_plain = all(map(looks_like_words, reading.text.split()))
    for name, decoder in (STRUCTURAL | WORD_CIPHERS).items():
        if name in WORD_CIPHERS and len(reading.steps) > MAX_CIPHER_DEPTH:
            continue
        if (name in ONCE or name in WORD_CIPHERS) and (name in reading.steps or (is_plain and name in FOR_OPAQUE)):
            continue
        for decoded in decoder(reading.text):
            if decoded and decoded != reading.text:
                yield Reading(decoded[:MAX_DECODED_BYTES], (*reading.steps, name))


def _address_pieces(text: str) -> Iterator[Piece]:
    """Yield the parts of an address and each kind of part joined; nothing for another text."""
    try:
        parts = urlsplit(text.strip())
        host = parts.hostname or ""
    except ValueError:
        return
    if not parts.scheme or not host:
        return
    for group in _address_groups(parts, host):
        spans = [_locate(text, part) for part in group]
        for part, (start, end) in zip(group, spans, strict=True):
            yield Piece(unquote(part), start, end)
        if len(group) > 1:
            for order in (group, group[::-1]):
                yield Piece("".join(map(unquote, order)), spans[0][0], spans[-1][1])
                yield Piece(" ".join(map(unquote, order)), spans[0][0], spans[-1][1])


def _address_groups(parts: SplitResult, host: str) -> Iterator[list[str]]:
    """Yield the host's own labels, the segments of the path, the query's names and values, the rest."""
    yield host.split(".")[:-1]
    yield [segment for segment in parts.path.split("/") if segment]
    fields = [field.partition("=") for field in re.split("[&;]", parts.query)]
    yield [value for _, _, value in fields if value]
    yield [value for _, _, value in sorted(fields, key=lambda field: (len(field[0]), field[0])) if value]
    yield [value.replace("+", " ") for _, _, value in fields if "+" in value]
    yield [name for name, _, _ in fields if name]
    yield [part for part in (parts.query, parts.fragment, parts.username, parts.password) if part]


def _locate(text: str, part: str) -> tuple[int, int]:
    """Return start and end of a part in the text; of the whole text when it is written otherwise there."""
    at = text.find(part)
    return (at, at + len(part)) if at >= 0 else (0, len(text))
