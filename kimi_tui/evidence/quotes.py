"""Find quoted passages between double quotation marks of different languages."""

import re
from collections.abc import Iterator

MIN_QUOTE_WORDS = 3
"""A quoted passage of fewer words is a name or a term, not a quote."""
MIN_QUOTE_IDEOGRAPHS = 6
"""The same for scripts that put no blanks between words."""
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_OPENING = r"(?:(?<!\d)\"|(?<=\d)\"(?=[^\W\d_]))"
"""A straight mark right after a figure means inches, unless a word follows."""
_QUOTED = re.compile(
    rf"{_OPENING}[^\"]{{1,4000}}\"|{_OPENING}[^\"\u201d]{{1,4000}}\u201d"
    '|[\u201c\u201e][^\u201c\u201d\u201e"]{1,4000}[\u201d\u201c"]'
    "|\u00ab[^\u00ab\u00bb]{1,4000}\u00bb|\u00bb[^\u00ab\u00bb]{1,4000}\u00ab"
    "|\u300c[^\u300c\u300d]{1,4000}\u300d|\u300e[^\u300e\u300f]{1,4000}\u300f"
)


def find_quotes(text: str) -> tuple[str, ...]:
    """Return the quotes of a text without their marks, in order; names and terms in quotation marks are none."""
    return tuple(quote for match in _QUOTED.finditer(text) if _is_quote(quote := match.group()[1:-1].strip()))


def remove_quotes(text: str) -> str:
    """Return a text without its quotes; names and terms in quotation marks stay."""
    return _QUOTED.sub(lambda match: " " if _is_quote(match.group()[1:-1]) else match.group(), text)


def find_quoted_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where quotation marks open and close between two places."""
    return (match.span() for match in _QUOTED.finditer(text, start, end))


def count_ideographs(text: str) -> int:
    """Return how many signs of scripts without blanks a text has."""
    return len(_IDEOGRAPH.findall(text))


def _is_quote(text: str) -> bool:
    return len(text.split()) >= MIN_QUOTE_WORDS or count_ideographs(text) >= MIN_QUOTE_IDEOGRAPHS
