"""Bounds in words before a figure: `more than 3 billion` is no figure of a table, but says what one may be."""

import re
from decimal import Decimal
from typing import Literal

Bound = Literal["", "above", "just above", "at least", "below", "at most", "nearly", "about"]
"""What words before a figure say of the true one; empty when it is the figure itself."""

STRICT_BOUNDS: frozenset[Bound] = frozenset(("above", "just above", "at least", "below", "at most", "nearly"))
LOWER_BOUNDS: frozenset[Bound] = frozenset(("above", "just above", "at least"))
"""Those whose own digits need not be in the source."""
_WORDS: tuple[tuple[str, Bound, str], ...] = (
    ("least", "at least", r"at least|(?:no|not) (?:less|fewer) than|mindestens"),
    ("most", "at most", r"at most|(?:no|not) more than|as (?:much|many) as|h\u00f6chstens"),
    ("upto", "at most", r"(?<!went )(?<!moved )(?<!rose )(?<!gone )(?<!grew )up to"),
    ("just", "just above", r"(?:just|slightly|a little) (?:more than|over|above)"),
    (
        "nearly",
        "nearly",
        r"nearly|almost|close to|(?:just|slightly|a little) (?:under|below|less than|short of)|approaching|fast|knapp",
    ),
    (
        "above",
        "above",
        r"more than|over|above|exceed(?:s|ed|ing)?|in excess of|(?:greater|larger|higher) than|upwards? of|north of"
        r"|surpass(?:es|ed|ing)?|topp(?:ed|ing)|mehr als",
    ),
    ("below", "below", r"(?:less|fewer|lower|smaller) than|under|below|short of|weniger als"),
    (
        "about",
        "about",
        r"about|around|roughly|approximately|approx\.?|some|circa|ca\.|an estimated|rund|etwa|ungef\u00e4hr",
    ),
)
"""Each bound with its words; of those that end at the same place the first one counts."""
_BOUND = re.compile(
    "(?:"
    + "|".join(rf"(?P<{name}>\b(?:{words}))" for name, _, words in _WORDS)
    + r"|(?P<tilde>[~\u2248]))\s*(?:an?\s+)?$",
    re.IGNORECASE,
)
_OVER_AN_EARLIER = re.compile(
    r"(?:\b(?:increase|growth|gain|improvement|rise|advance|decline|decrease|up|down|premium)\b|%|\bper ?cent)\s+"
    r"(?:over|above|below|under)\s*$|(?:\d|\b(?:thousand|million|billion|crore|times)|%|\bper ?cent)\s+\w+ than\s*$",
    re.IGNORECASE,
)
"""What compares with a figure: `an increase over $5 million`."""
_MAX_CHARS = 40
_NEARLY = Decimal("0.9")
"""The least share of `nearly 3 billion` that the true figure is."""
_ABOUT = Decimal("0.05")
"""How far `about 50` may be off, as a share of it, where it is rounded to tens."""


def bound_before(text: str, start: int) -> Bound:
    """Return the bound that the words before a place of a text set."""
    before = text[max(start - _MAX_CHARS, 0) : start]
    match = _BOUND.search(before)
    if match is None or _OVER_AN_EARLIER.search(before):
        return ""
    return next((bound for name, bound, _ in _WORDS if match[name]), "about")


def is_within(bound: Bound, exact: Decimal, stated: Decimal, step: Decimal) -> bool:
    """Return whether a true size is what a bounded figure says; `step` is the size of the last digit shown.

    `about` allows for figures that are rounded to tens or hundreds, as their zeros show.
    """
    match bound:
        case "above" | "at least":
            return exact > stated or (bound == "at least" and exact == stated)
        case "just above":
            return stated < exact <= stated / _NEARLY
        case "below" | "at most":
            return exact < stated or (bound == "at most" and exact == stated)
        case "nearly":
            return stated * _NEARLY <= exact <= stated + step / 2
        case "about":
            coarse = Decimal(1).scaleb(int(stated.normalize().as_tuple().exponent))
            return abs(exact - stated) <= min(coarse / 2, stated * _ABOUT)
        case _:
            return False
