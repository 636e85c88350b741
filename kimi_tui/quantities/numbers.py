"""Parse numbers in words: `eleven`, `twenty-five`, `three hundred and forty`; German up to twelve."""

import math
import re

_ONES = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19, "zero": 0, "one": 1, "dozen": 12,
    "zwei": 2, "drei": 3, "vier": 4, "f\u00fcnf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10,
    "elf": 11, "zw\u00f6lf": 12,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_ONE = "|".join(sorted(_ONES, key=len, reverse=True))
_TEN = "|".join(_TENS)
_SMALL = rf"(?:(?:{_TEN})(?:[-\u2010\s](?:{_ONE}))?|(?:{_ONE}))"
NUMBER_WORDS = rf"(?:\b(?:{_SMALL}|a)\s+hundred(?:\s+(?:and\s+)?{_SMALL})?|\b{_SMALL})(?![\w-])"
"""A pattern for one number in words."""


def parse_number_words(words: str) -> int | None:
    """Return the value of a number that `NUMBER_WORDS` matched; None for anything else."""
    total = 0
    for word in re.split(r"[\s\u2010-]+", words.lower()):
        if word == "hundred":
            total = max(total, 1) * 100
        elif word in _TENS:
            total += _TENS[word]
        elif word in _ONES:
            total += _ONES[word]
        elif word not in ("and", "a"):
            return None
    return total


def format_figure(value: float) -> str:
    """Return a float with at most 15 significant digits (`0.3`) and always a point."""
    short = f"{value:.15g}"
    if not math.isfinite(value) or "e" in short:
        return repr(value)
    return short if "." in short else f"{short}.0"
