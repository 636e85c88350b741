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
_LETTERS_APART = re.compile(r"(?:(?<![^\W_])[^\W_][\W_]{1,3}(?:\d{1,2}=)?){8,}")
_LOWER_WORD = re.compile(r"(?<![^\W_])[a-z]{3,}(?![^\W_])", re.IGNORECASE)
_HOST = re.compile(r"\s*https?://[^/]*", re.IGNORECASE)
_MIXED_CASE = re.compile(
    r"(?<![^\W_])(?!(?:[A-Z]+[a-z]+)+(?![^\W_]))(?=[a-z]*[A-Z])(?=[A-Z]*[a-z])[A-Za-z]{4,}(?![^\W_])"
)
_MIXED_BLANKS = re.compile(r"\S(?:[ \t\u00a0\u2000-\u200a]{2,}|\t|[\u00a0\u2000-\u200a])(?=\S)")
_RARE_PAIRS = frozenset(
    group[0] + second
    for group in [
        "bcdfghkmnpqvwxz",
        "cbdfgjmnpqvwx",
        "dbcfhknpqtwx",
        "fbcdghkmnpqvwxz",
        "gbcdfkpqvwxz",
        "hchpqx",
        "jbcdfghjklmnpqrstvwxyz",
        "kcqx",
        "lbghqrwx",
        "mcdfghjkqrtvwx",
        "nbqx",
        "oq",
        "pcgjqvwxz",
        "qabcdefghijklmnopqrstvwxyz",
        "rqx",
        "sbdgqrvx",
        "tqvx",
        "vbcdfghjkmnpqtuwxz",
        "wbcdfgjmpqtuvwxz",
        "xbdfghjkmnqrsvwxyz",
        "ybdfghjkqvxz",
        "zcdfgjmnpqrvx",
    ]
    for second in group[1:]
)
"""Pairs of letters that the words of European languages hardly have; random letters have one in three."""
_NAMES_IN_ADDRESSES = frozenset(
    [
        "http",
        "https",
        "www",
        "html",
        "htm",
        "php",
        "pdf",
        "xml",
        "xyz",
        "xbrl",
        "txt",
        "csv",
        "gmbh",
        "ftp",
        "tld",
        "sdk",
        "rss",
    ]
)
MIN_STRANGE_WORDS, MIN_STRANGE_PAIRS, MIN_STRANGE_SHARE = 2, 3, 0.12
"""Words, rare pairs and their share of all pairs from which words are no words."""
MIN_MIXED_WORDS, MIN_MIXED_BLANKS = 3, 3
"""Words of mixed case, and blanks of unusual width, that may be a message."""
_NOT_LATIN = re.compile(
    r"[\u2500-\u2bff\ufe00-\ufe0f\U0001f000-\U0001faff\U000e0000-\U000e01ff\u200b-\u200f\u2060\u2800-\u28ff]{8,}"
)


def find_opaque(text: str) -> list[tuple[int, int]]:
    """Return start and end of each stretch that looks encoded, from left to right, without overlaps."""
    found: list[tuple[int, int]] = []
    for stretch in _STRETCH.finditer(text):
        found += _opaque_parts(stretch.group(), stretch.start())
    found += _strange_words(text)
    for pattern, least in ((_MIXED_CASE, MIN_MIXED_WORDS), (_MIXED_BLANKS, MIN_MIXED_BLANKS)):
        spans = [match.span() for match in pattern.finditer(text)]
        found += spans if len(spans) >= least else []
    for pattern in (_SPACED, _NOT_LATIN, _LETTERS_APART):
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


def _strange_words(text: str) -> list[tuple[int, int]]:
    """Return the words of a text that together have more rare pairs of letters than any language, or no vowels."""
    host = _HOST.match(text)
    found = _LOWER_WORD.finditer(text, host.end() if host else 0)
    words = [(*match.span(), match.group().lower()) for match in found if not _is_acronym(match)]
    strange, rare = [], 0
    for start, end, word in words:
        pairs = sum(word[at : at + 2] in _RARE_PAIRS for at in range(len(word) - 1))
        rare += pairs
        if pairs or not _VOWEL.search(word):
            strange.append((start, end))
    pairs_in_all = sum(len(word) - 1 for _, _, word in words)
    without_vowels = sum(not _VOWEL.search(word) for _, _, word in words)
    if len(strange) >= MIN_STRANGE_WORDS and (
        (rare >= MIN_STRANGE_PAIRS and rare >= pairs_in_all * MIN_STRANGE_SHARE) or without_vowels * 2 >= len(words)
    ):
        return strange
    return []


def _is_acronym(match: re.Match[str]) -> bool:
    """Return whether a word may have no vowels: an acronym, or a name that addresses are full of."""
    return (match.group().isupper() and len(match.group()) < 6) or match.group().lower() in _NAMES_IN_ADDRESSES


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
