"""Find stretches of a text that look encoded: no words, whatever a person may call them.

Looks at form alone. Words of any language with vowels, slugs of words, dates and short numbers pass; random letters,
mixed letters and digits, and long numbers do not.
"""

import re

MIN_OPAQUE_CHARS = 12
"""Characters of the shortest stretch that is reported."""
MAX_DIGITS_IN_WORDS = 8
"""Digits that dates and numbers of documents have."""

_STRETCH = re.compile(r"[A-Za-z0-9+/=_%~.,:;|!$*'()@-]{12,}")
_SPLIT = re.compile(r"[./?&=#_,;:|+~-]|%[0-9A-Fa-f]{2}")
_CHUNK = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+")
_VOWEL = re.compile(r"[aeiouyAEIOUY]")
_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xz]{6,}", re.IGNORECASE)
_SPACED = re.compile(
    r"(?:(?<!\S)[A-Za-z0-9](?:[\s.,_-]+|$)){10,}|(?:\b\d{1,3}\b[\s.,;:_-]*){8,}|(?:[.\-]{1,6}[\s/]+){8,}"
)
_NOT_LATIN = re.compile(
    r"[\u2500-\u2bff\ufe00-\ufe0f\U0001f000-\U0001faff\U000e0000-\U000e01ff\u200b-\u200f\u2060\u2800-\u28ff]{8,}"
)


def find_opaque(text: str) -> list[tuple[int, int]]:
    """Return start and end of each stretch that looks encoded, from left to right, without overlaps."""
    found: list[tuple[int, int]] = []
    for stretch in _STRETCH.finditer(text):
        found += _opaque_parts(stretch.group(), stretch.start())
    for pattern in (_SPACED, _NOT_LATIN):
        found += [match.span() for match in pattern.finditer(text)]
    return _merge(sorted(found))


def _opaque_parts(stretch: str, offset: int) -> list[tuple[int, int]]:
    """Return the parts of a stretch without blanks that look encoded: between separators, or all of it together."""
    cuts = [0, *(at for match in _SPLIT.finditer(stretch) for at in match.span()), len(stretch)]
    parts = [(cuts[at], cuts[at + 1]) for at in range(0, len(cuts) - 1, 2) if cuts[at] < cuts[at + 1]]
    strange = [(start, end) for start, end in parts if not looks_like_words(stretch[start:end])]
    long = [(start, end) for start, end in strange if end - start >= MIN_OPAQUE_CHARS]
    if sum(end - start for start, end in strange) >= 2 * MIN_OPAQUE_CHARS:
        long = strange
    return [(offset + start, offset + end) for start, end in long]


def looks_like_words(part: str) -> bool:
    """Return whether a text without separators may be words, a date or a short number."""
    if len(part) <= 3:
        return True
    chunks = _CHUNK.findall(part)
    letters = [chunk for chunk in chunks if chunk.isalpha()]
    digits = sum(len(chunk) for chunk in chunks if chunk.isdigit())
    if digits > MAX_DIGITS_IN_WORDS or sum(map(len, chunks)) < len(part) * 0.7:
        return False
    if not letters:
        return True
    if len(chunks) > 2 and sum(map(len, chunks)) / len(chunks) < 3:
        return False
    return all(_is_pronounceable(chunk) for chunk in letters)


def _is_pronounceable(word: str) -> bool:
    """Return whether letters may be a word: short, or with vowels and no long row of consonants."""
    if len(word) <= 4:
        return True
    vowels = len(_VOWEL.findall(word))
    return len(word) <= 24 and vowels * 6 >= len(word) and not _CONSONANTS.search(word)


def _merge(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
