"""Tell words that say something of a desk from words that every company, market and web address has."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

MIN_COMMON_RUN_WORDS = 5
"""Common words one after the other that say something together."""
MIN_UNSPLIT_LETTERS = 20
"""Letters in a row of a text with separators, across them, that say something."""

_YEAR = re.compile(r"(?:19|20)\d\d")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")


@cache
def common_words() -> frozenset[str]:
    """Return words in lower case that the reports of most companies, countries, and the paths of addresses have."""
    return frozenset(Path(__file__).with_name("common_words.txt").read_text(encoding="utf-8").split())


def is_common(word: str) -> bool:
    """Return whether a word says nothing of a desk: short, common in any form, or a number."""
    word = word.lower()
    known = common_words()
    if len(word) < 4 or not word.isalpha() or word in known:
        return True
    return any(word.removesuffix(ending) in known for ending in ("s", "es", "ed", "d", "ing", "ly", "al", "en", "er"))


def are_telling(words: Iterable[str]) -> bool:
    """Return whether words say something of a desk: one of them is uncommon, or there are many together."""
    parts = [part for word in words for part in _PART.findall(word) if not _YEAR.fullmatch(part)]
    letters = [part for part in parts if part.isalpha()]
    return len(letters) >= MIN_COMMON_RUN_WORDS or not all(map(is_common, letters))
