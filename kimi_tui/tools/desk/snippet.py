"""The snippet of a search hit: the text where most of the terms are close together."""

import itertools
import re
from collections.abc import Sequence

from kimi_tui.index_normalization import number_pattern

SNIPPET_CHARS = 300
"""About how much text is shown around a match."""
_MAX_PLACES = 400
_WHOLE = 5
"""A word of up to so many letters is looked for whole; of a longer one its beginning, as word forms have it."""


def best_snippet(text: str, terms: Sequence[str], beginning: int = 0) -> str:
    """About 300 characters of `text` with as many different terms as possible, else from `beginning` on."""
    each = _MAX_PLACES // max(len(terms), 1)
    places = [
        (match.start(), match.end(), number)
        for number, term in enumerate(terms)
        for match in itertools.islice(_pattern(term).finditer(text), each)
    ]
    core, end = _densest(sorted(places)) if places else (beginning, min(beginning + SNIPPET_CHARS, len(text)))
    return _around(text, core, min(end, core + SNIPPET_CHARS))


def _densest(places: Sequence[tuple[int, int, int]]) -> tuple[int, int]:
    """Return where the window with the most different terms begins and ends, the shortest of equal ones."""
    best: tuple[int, int, int, int] = (0, 0, 0, 0)
    first = 0
    for last, (_, end, _) in enumerate(places):
        while end - places[first][0] > SNIPPET_CHARS:
            first += 1
        start = places[first][0] if first <= last else places[last][0]
        different = len({number for _, _, number in places[first : last + 1]})
        if (different, start - end) > (best[0], best[1]) or best == (0, 0, 0, 0):
            best = (different, start - end, start, end)
    return best[2], best[3]


def _pattern(term: str) -> re.Pattern[str]:
    """Return a term in any case, with what may follow the beginning of its words and any mark between digits."""
    pieces = []
    for word in term.split():
        if number := number_pattern(word):
            pieces.append(number)
        elif word.isascii() and word.isalpha() and len(word) > _WHOLE:
            pieces.append(re.escape(word[: max(_WHOLE, len(word) - 3)]) + r"\w*")
        else:
            pieces.append(re.escape(word))
    pattern = r"\W+".join(pieces)
    edge = r"\b" if term[:1].isascii() and term[:1].isalnum() else ""
    return re.compile(edge + pattern, re.IGNORECASE) if pieces else re.compile(r"(?!)")


def _around(text: str, core: int, core_end: int) -> str:
    """Return the core with enough text on both sides, cut between words."""
    around = max(SNIPPET_CHARS - (core_end - core), 0)
    end = min(max(core - around // 2, 0) + SNIPPET_CHARS, len(text))
    start = max(end - SNIPPET_CHARS, 0)
    if start:
        start = text.find(" ", start, core) + 1 or start
    if end < len(text):
        end = max(text.rfind(" ", core_end, end), min(core_end, end))
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
