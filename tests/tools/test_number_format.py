"""Figures with significant digits alone."""

import math

import pytest

from kimi_tui.tools.calculation.number_format import format_figure


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (2.0, "2.0"),
        (-1234567.25, "-1234567.25"),
        (1e22, "1e+22"),
        (1e-7, "1e-07"),
        (math.nan, "nan"),
    ],
)
def test_a_figure_shows_the_digits_that_carry_meaning(value: float, text: str) -> None:
    assert format_figure(value) == text
