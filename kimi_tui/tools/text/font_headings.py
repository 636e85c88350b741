"""Find the headings of a paged document by fonts and words.

A reader hands over each page's lines with the size and weight of their type; what comes back are the headings of
each page without the running heads that stand on page after page. No layout library is needed for it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

MIN_SIZE_RATIO = 1.12
"""A line whose type is this many times the body's is a heading."""
MIN_WEIGHT_DIFFERENCE = 100
"""A line whose type is this much heavier than the body's is a heading."""
MAX_HEADINGS = 12
"""Headings of one page that are kept."""
MAX_HEADING_CHARS = 110
"""A longer line is a sentence."""
MIN_REPEATED_PAGES = 3
"""Below this, a line that comes again is no running head."""
REPEATED_SHARE = 0.25
"""A line on more than this share of the pages is a running head."""
_FIRST_LINES = 3
"""Lines at the top of a page that may be its title without larger type."""
_NUMBERED = re.compile(
    r"(?:(?:item|note|part|section|chapter|schedule|exhibit|appendix|annex|article)\s+(?:\d{1,3}[a-z]?|[ivxlc]{1,6})\b"
    r"|\d{1,2}(?:\.\d{1,2}){0,3}\.?\s+[A-Z(]|[A-Z]\.\s+[A-Z])",
    re.IGNORECASE,
)
_ITEM = re.compile(r"(?i)(?:item|note|part|section|chapter)\s")
_DIGITS = re.compile(r"\d+")
_NO_KEY = dict.fromkeys(code for code in range(128) if chr(code).isdigit() or chr(code).isspace())
"""ASCII characters that are left out of the key of a line."""
_NUMBER = re.compile(r"[$€£(]*\d[\d,.]*\)?%?")


class FontLine(msgspec.Struct, frozen=True):
    """One line of a page with the type that it is set in."""

    text: str
    size: float = 0.0
    """Points, of its first character; 0 when unknown."""
    weight: int = 0
    """400 is regular and 700 bold; 0 or less when unknown."""


def find_page_headings(pages: Sequence[Sequence[FontLine]]) -> list[tuple[str, ...]]:
    """Return the headings of each page in reading order, without running heads."""
    size, weight = _body(line for page in pages for line in page)
    keys = [[_key(line.text) for line in page] for page in pages]
    running = _running_heads(keys)
    return [_headings(page, own, size, weight, running) for page, own in zip(pages, keys, strict=True)]


def _body(lines: Iterable[FontLine]) -> tuple[float, int]:
    """Return the size and weight that most of the text is set in; 0 when unknown."""
    types: Counter[tuple[float, int]] = Counter()
    for line in lines:
        types[line.size, line.weight] += len(line.text)
    sizes: Counter[float] = Counter()
    weights: Counter[int] = Counter()
    for (size, weight), letters in types.items():
        sizes[round(size, 1)] += letters
        weights[weight] += letters
    usual_size = max(sizes, key=lambda one: sizes[one], default=0.0)
    return usual_size, max(weights, key=lambda one: weights[one], default=0)


def _running_heads(pages: Sequence[Sequence[str]]) -> set[str]:
    """Return the keys of the lines that are on too many pages to say what is on one; given are those of each page."""
    seen: Counter[str] = Counter()
    for page in pages:
        seen.update(set(page))
    least = max(MIN_REPEATED_PAGES, REPEATED_SHARE * len(pages))
    return {key for key, count in seen.items() if count > least} | {""}


def _key(text: str) -> str:
    """Return a line without white space, figures and case."""
    return text.translate(_NO_KEY).lower() if text.isascii() else "".join(_DIGITS.sub("", text).split()).lower()


def _headings(
    page: Sequence[FontLine], keys: Sequence[str], size: float, weight: int, running: set[str]
) -> tuple[str, ...]:
    """Return the headings of one page, each once; `keys` are those of its lines."""
    found: dict[str, None] = {}
    top = 0
    for line, key in zip(page, keys, strict=True):
        if key in running:
            continue
        text = " ".join(line.text.split())
        if not _may_be_heading(text):
            continue
        top += 1
        if _is_set_apart(line, size, weight) or _reads_as_heading(text) or (top <= _FIRST_LINES and _is_title(text)):
            found.setdefault(text)
            if len(found) == MAX_HEADINGS:
                break
    return tuple(found)


def _may_be_heading(text: str) -> bool:
    """Return whether a line is short enough, has words, and is no row of figures."""
    if not 3 <= len(text) <= MAX_HEADING_CHARS or sum(map(str.isalpha, text)) < 3:
        return False
    figures = len(_NUMBER.findall(text))
    return figures <= 1 or (figures <= 3 and figures * 4 < len(text.split()))


def _is_set_apart(line: FontLine, size: float, weight: int) -> bool:
    """Return whether its type is larger or heavier than the body's."""
    return (size > 0 and line.size > MIN_SIZE_RATIO * size) or (
        weight > 0 and line.weight >= weight + MIN_WEIGHT_DIFFERENCE
    )


def _reads_as_heading(text: str) -> bool:
    """Return whether it is in capitals or numbered as headings are."""
    if text.endswith((",", ";")):
        return False
    letters = [letter for letter in text if letter.isalpha()]
    capitals = sum(map(str.isupper, letters))
    if capitals >= 6 and capitals > 0.8 * len(letters):
        return True
    if not _NUMBERED.match(text) or len(text) > 80:
        return False
    return bool(_ITEM.match(text)) or not text.endswith(".")


def _is_title(text: str) -> bool:
    """Return whether a line at the top of a page reads as a title: short, with a capital, no sentence."""
    first = next((letter for letter in text if letter.isalpha()), "")
    return len(text) <= 80 and not text.endswith((".", ",", ";")) and not first.islower()
