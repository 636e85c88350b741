"""Periods in headers, captions and the labels of rows."""

from datetime import date

import pytest

from kimi_tui.quantities.header_periods import is_period_name, parse_period_words


@pytest.mark.parametrize(
    ("text", "day", "months"),
    [
        ("Year ended December 31, 2024", date(2024, 12, 31), 12),
        ("Three months ended 30 June 2025", date(2025, 6, 30), 3),
        ("Gesch\u00e4ftsjahr bis 31. M\u00e4rz 2024", date(2024, 3, 31), 0),
        ("31.12.2023", date(2023, 12, 31), 0),
        ("12/31/23", date(2023, 12, 31), 0),
        ("March 2024", date(2024, 3, 31), 0),
    ],
)
def test_period_words_of_a_header_give_its_day_and_length(text: str, day: date, months: int) -> None:
    words = parse_period_words(text)
    assert (words.dates, words.months) == ([day], months)


@pytest.mark.parametrize(
    ("text", "years", "fiscal", "quarter"),
    [
        ("2024", [2024], False, 0), ("FY25", [2025], True, 0), ("Q3 FY25", [2025], False, 3),
        ("4Q 2024", [2024], False, 4), ("second quarter of 2023", [2023], False, 2),
        ("2024 2023", [2024, 2023], False, 0),
        ("Net sales", [], False, 0), ("$2,024", [], False, 0),
    ],
)  # fmt: skip
def test_period_words_of_years_alone_name_them(text: str, years: list[int], fiscal: bool, quarter: int) -> None:
    words = parse_period_words(text)
    assert (words.years, words.fiscal, words.quarter) == (years, fiscal, quarter)


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("As of December 31, 2024", True), ("Fiscal 2024", True), ("Three Months Ended", True), ("2024 vs. 2023", True),
        ("Net sales 2024", False), ("Total", False), ("", False), ("2024" * 40, False),
    ],
)  # fmt: skip
def test_period_name_is_nothing_but_a_period(text: str, is_name: bool) -> None:
    assert is_period_name(text) is is_name


def test_period_words_of_a_point_in_time_are_no_stretch() -> None:
    assert parse_period_words("As of December 31, 2024").instant
    assert not parse_period_words("Year ended December 31, 2024").instant
