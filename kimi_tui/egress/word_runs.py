"""Find runs of words of one text in others."""

import re
from collections.abc import Callable, Iterator, Set
from itertools import chain, groupby
from urllib.parse import unquote_plus

from kimi_tui.egress.searched_text import WORD, Corpus, SearchedText, figure_keys

MAX_WORDS = 2_000
"""Words of one text that are looked for; the rest is shown all the same."""
MAX_RUN_WORDS = 60
"""Words of the longest run that is looked for."""
MIN_DECODED_LETTERS = 4
"""Letters and digits of decoded words that are no coincidence."""

_FIGURE = re.compile(r"(?<![^\W_])\d[\d.,]*\d(?![^\W_])|\d{4,}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d[\d.,]*\d|\d|[^\W\d_]+")


def decode_word(word: str) -> list[str]:
    """Return the words that a part of an address encodes, or the word unchanged."""
    return unquote_plus(word).split() or [word]


def find_runs(
    words: list[tuple[int, int, str]], places: list[SearchedText], vocabulary: Set[str]
) -> Iterator[tuple[int, int, int]]:
    """Yield start, end and the number of the text for the longest runs of words that a text has, from left to right.

    `words` are start, end and word; a word that is not in `vocabulary` begins no run.
    """
    words = words[:MAX_WORDS]
    at = 0
    while at < len(words):
        length, number = 0, 0
        if words[at][2].lower() in vocabulary:
            length, number = _longest_run([word for _, _, word in words[at : at + MAX_RUN_WORDS]], places)
        if length:
            yield words[at][0], words[at + length - 1][1], number
        at += max(length, 1)


def find_decoded_run(
    text: str, desk: Corpus, person: Corpus, *, figures: bool, is_telling: Callable[[str], bool]
) -> tuple[str, int]:
    """Return telling words of a decoded text that the desk has and the person did not write, and the text's number.

    A run of words counts, a name, or with `figures` a figure; empty when there is none. Words that run together by
    capitals or digits are taken apart.
    """
    for pattern in (WORD, _PARTS):
        words = [(match.start(), match.end(), match.group()) for match in pattern.finditer(text)]
        rows = [list(row) for known, row in groupby(words, lambda one: one[2].lower() in desk.vocabulary) if known]
        telling = [row for row in rows if is_telling(" ".join(word for _, _, word in row))]
        for start, end, number in find_runs(list(chain(*telling)), list(desk.places), desk.vocabulary):
            run = [word for at, _, word in words if start <= at < end]
            if (
                sum(map(len, run)) >= MIN_DECODED_LETTERS
                and is_telling(text[start:end])
                and not any(place.contains(run) for place in person.places)
            ):
                return text[start:end], number
    for word in _FIGURE.findall(text) if figures else ():
        if not _YEAR.fullmatch(word) and figure_keys(word) & desk.figures - person.figures:
            return word, next(at for at, place in enumerate(desk.places) if place.has_figure(word))
    return "", 0


def _longest_run(words: list[str], places: list[SearchedText]) -> tuple[int, int]:
    """Return how many of the words occur together in one of the texts, and its number; zeros for none."""
    best = (0, 0)
    for number, place in enumerate(places):
        if words[0].lower() not in place.vocabulary:
            continue
        length = 1
        while length < len(words) and words[length].lower() in place.vocabulary and place.contains(words[: length + 1]):
            length += 1
        if length > best[0] and place.is_origin(words[:length]):
            best = (length, number)
    return best
