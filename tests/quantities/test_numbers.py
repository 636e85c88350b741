"""Numbers in words, and figures with significant digits alone."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.quantities.numbers import NUMBER_WORDS, format_figure, parse_number_words

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
)
ONES = [*_ONES.split(), "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spell(number: int) -> str:
    """A number below a thousand as people write it."""
    if number >= 100:
        rest = f" and {spell(number % 100)}" if number % 100 else ""
        return f"{ONES[number // 100]} hundred{rest}"
    if number >= 20:
        return TENS[number // 10 - 2] + (f"-{ONES[number % 10]}" if number % 10 else "")
    return ONES[number]


@given(st.integers(0, 999))
def test_parse_number_words_reads_every_number_below_a_thousand(number: int) -> None:
    words = spell(number)
    assert re.fullmatch(NUMBER_WORDS, words)
    assert parse_number_words(words) == number
    assert parse_number_words(words.upper().replace("-", " ")) == number


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("a hundred", 100),
        ("a hundred and five", 105),
        ("two hundred forty", 240),
        ("twenty\u2010five", 25),
        ("dozen", 12),
        ("zw\u00f6lf", 12),
        ("f\u00fcnf", 5),
        ("three score", None),
        ("five apples", None),
    ],
)
def test_parse_number_words_value(words: str, value: int | None) -> None:
    assert parse_number_words(words) == value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("eleven stores", "eleven"),
        ("It has twenty-five plants", "twenty-five"),
        ("Threefold", None),
        ("seven-year", None),
        ("stone", None),
        ("often", None),
        ("a hundred of them", "a hundred"),
    ],
)
def test_number_words_pattern_takes_whole_words(text: str, found: str | None) -> None:
    match = re.search(NUMBER_WORDS, text, re.IGNORECASE)
    assert (match.group() if match else None) == found


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (2.0, "2.0"),
        (-1234567.25, "-1234567.25"),
        (1e22, "1e+22"),
        (1e-7, "1e-07"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (0.0, "0.0"),
        (1234567890123456.0, "1234567890123456.0"),
    ],
)
def test_format_figure_shows_the_digits_that_carry_meaning(value: float, text: str) -> None:
    assert format_figure(value) == text
