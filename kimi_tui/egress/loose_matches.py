"""Find what a text has of the desk without having it word for word: misspelled names, words apart, other numerals."""

import re
from collections.abc import Iterator

import msgspec

from kimi_tui.egress.common_words import are_telling, is_common
from kimi_tui.egress.number_words import find_numbers
from kimi_tui.egress.searched_text import Corpus, SearchedText, figure_keys, name_variants, plain_letters

MIN_APART_WORDS = 3
"""Different rare words that stand close together on the desk and are no coincidence."""
MAX_APART = 9
"""Words of the desk among which they stand."""
MAX_OCCURRENCES = 12
"""Occurrences on the desk of a word that is rare."""
MAX_NAME_PARTS = 4
"""Words over which one name is written."""
MAX_LOOSE_WORDS = 120
"""Words of one text that are looked at."""
WORDS_APART = "words apart"
"""The name shown to people for words of the desk in another order or with others between them."""

_WORD = re.compile(r"[^\W\d_]{2,}")
_YEAR = re.compile(r"(?:19|20)\d\d")


class LooseMatch(msgspec.Struct, frozen=True):
    """Words of the desk in another form."""

    start: int
    end: int
    words: str
    """As the desk has them."""
    number: int
    """Of the text of the desk."""
    how: str


def find_loose_matches(text: str, desk: Corpus, person: Corpus) -> Iterator[LooseMatch]:
    """Yield the names, groups of words and figures of the desk that a text has in another form."""
    yield from _figures(text, desk, person)
    plain = text if text.isascii() else plain_letters(text)
    offset_holds = len(plain) == len(text)
    words = [(*match.span(), match.group().lower()) for match in _WORD.finditer(plain)][:MAX_LOOSE_WORDS]
    for match in (*_near_names(words, desk, person), *_words_apart(words, desk, person)):
        yield match if offset_holds else msgspec.structs.replace(match, start=0, end=len(text))


def _figures(text: str, desk: Corpus, person: Corpus) -> Iterator[LooseMatch]:
    for number in dict.fromkeys(find_numbers(text)):
        keys = figure_keys(number) & desk.figures - person.figures
        if keys and not _YEAR.fullmatch(number):
            at = text.find(number)
            place = next(one for one, known in enumerate(desk.places) if keys & known.figures)
            span = (at, at + len(number)) if at >= 0 else (0, len(text))
            yield LooseMatch(*span, number, place, "a figure written otherwise")


def _near_names(words: list[tuple[int, int, str]], desk: Corpus, person: Corpus) -> Iterator[LooseMatch]:
    """Yield names of the desk that are misspelled, in the plural, without vowels, or in two words."""
    for start, end, word in words:
        if word in desk.vocabulary or word in person.vocabulary or is_common(word):
            continue
        found = next((desk.name_index[key] for key in name_variants(word) if key in desk.name_index), None)
        if found is not None and found[0] not in person.vocabulary and not is_common(found[0]):
            yield LooseMatch(start, end, *found, "written otherwise")
    for size in range(2, MAX_NAME_PARTS + 1):
        for at in range(len(words) - size + 1):
            group = words[at : at + size]
            joined = "".join(word for _, _, word in group)
            found = desk.name_index.get(joined)
            if found is not None and found[0] == joined and joined not in person.vocabulary and are_telling([joined]):
                yield LooseMatch(group[0][0], group[-1][1], *found, "written apart")


def _words_apart(words: list[tuple[int, int, str]], desk: Corpus, person: Corpus) -> Iterator[LooseMatch]:
    """Yield groups of rare words that are close together on the desk, in any order."""
    rare = [one for one in words if len(one[2]) > 3 and one[2] in desk.vocabulary and one[2] not in person.vocabulary]
    if len({word for _, _, word in rare}) < MIN_APART_WORDS:
        return
    for number, place in enumerate(desk.places):
        found = _close_words({word for _, _, word in rare}, place)
        if len(found) >= MIN_APART_WORDS and are_telling(found):
            ends = [(start, end) for start, end, word in rare if word in found]
            yield LooseMatch(ends[0][0], ends[-1][1], " ".join(found), number, WORDS_APART)
            return


def _close_words(words: set[str], place: SearchedText) -> list[str]:
    """Return the most of these words that a text has within `MAX_APART` words, in its order."""
    at = sorted(
        (position, word)
        for word in words
        if len(positions := place.positions.get(word, ())) <= MAX_OCCURRENCES
        for position in positions
    )
    best: list[str] = []
    first = 0
    for last, (position, _) in enumerate(at):
        while position - at[first][0] > MAX_APART:
            first += 1
        window = list(dict.fromkeys(word for _, word in at[first : last + 1]))
        best = window if len(window) > len(best) else best
    return best
