"""Periods in headers, captions and the labels of rows."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("December 31, 2024", ["2024-12-31"]),
        ("Dec. 31 2024", ["2024-12-31"]),
        ("31 December 2024", ["2024-12-31"]),
        ("31st Dec, 2024", ["2024-12-31"]),
        ("2024-12-31", ["2024-12-31"]),
        ("12/31/2024", ["2024-12-31"]),
        ("12/31/24", ["2024-12-31"]),
        ("31.12.2024", ["2024-12-31"]),
        ("June 2024", ["2024-06-30"]),
        ("February 2024", ["2024-02-29"]),
        ("June 31, 2024", ["2024-06-30"]),
        ("December 31, 2024 and 31 March 2023", ["2024-12-31", "2023-03-31"]),
        ("13/45/2024", []),
        ("December 32, 2024", []),
        ("2024-00-10", []),
        ("31 Foober 2024", []),
        ("", []),
    ],
)
def test_parse_period_words_finds_whole_dates(text: str, dates: list[str]) -> None:
    assert [str(day) for day in parse_period_words(text).dates] == dates


@pytest.mark.parametrize(
    ("text", "years", "fiscal"),
    [
        ("2024", [2024], False),
        ("2024 2023", [2024, 2023], False),
        ("FY25", [2025], True),
        ("fiscal year 2024", [2024], True),
        ("Fiscal '24", [2024], True),
        ("'24", [2024], False),
        ("2,024", [], False),
        ("$2024", [], False),
        ("2024%", [], False),
        ("12024", [], False),
        ("1899", [], False),
    ],
)
def test_parse_period_words_finds_years(text: str, years: list[int], fiscal: bool) -> None:
    found = parse_period_words(text)
    assert (found.years, found.fiscal) == (years, fiscal)


@pytest.mark.parametrize(
    ("text", "months", "weeks", "quarter"),
    [
        ("Year ended December 31, 2024", 12, 0, 0),
        ("Three months ended March 31", 3, 0, 0),
        ("nine-month period", 9, 0, 0),
        ("12 months", 12, 0, 0),
        ("52 weeks ended", 0, 52, 0),
        ("thirteen weeks ended June 29", 0, 13, 0),
        ("Quarter ended June 30", 3, 0, 0),
        ("first half 2024", 6, 0, 0),
        ("H1 2024", 6, 0, 0),
        ("Q3 2024", 0, 0, 3),
        ("3Q24", 0, 0, 3),
        ("third quarter of fiscal 2024", 0, 0, 3),
        ("more than twelve months", 0, 0, 0),
        ("Less than 12 months or more", 0, 0, 0),
        ("December 31, 2024", 0, 0, 0),
    ],
)
def test_parse_period_words_finds_how_long(text: str, months: int, weeks: int, quarter: int) -> None:
    found = parse_period_words(text)
    assert (found.months, found.weeks, found.quarter) == (months, weeks, quarter)
    assert found.is_span is bool(months or weeks or quarter)


@pytest.mark.parametrize(
    ("text", "instant", "month_day"),
    [
        ("As of December 31", True, (12, 31)),
        ("at December 31, 2024", True, None),
        ("Balance, January 1", True, (1, 1)),
        ("at year-end", True, None),
        ("Year ended December 31", False, (12, 31)),
        ("Sales", False, None),
        ("December 32", False, None),
    ],
)
def test_parse_period_words_finds_points_in_time(text: str, instant: bool, month_day: tuple[int, int] | None) -> None:
    found = parse_period_words(text)
    assert (found.instant, found.month_day) == (instant, month_day)


@pytest.mark.parametrize(
    "text",
    [
        "2024",
        "FY 2024",
        "Year ended December 31, 2024",
        "Q3 2024",
        "Three months ended",
        "December 31",
        "2024 (1)",
        "2024 vs 2023",
    ],
)
def test_is_period_name_of_a_period_alone(text: str) -> None:
    assert is_period_name(text)


@pytest.mark.parametrize(
    "text", ["", "Sales", "Sales 2024", "2024 sales", "Total at December 31, 2024", "x" * 200, "and", "the year"]
)
def test_is_period_name_of_other_text_is_false(text: str) -> None:
    assert not is_period_name(text)


@given(st.text(st.sampled_from("QFYH123490- ,./'quarter months ended December"), max_size=60))
def test_parse_period_words_of_any_text(text: str) -> None:
    found = parse_period_words(text)
    assert all(1900 <= day.year <= 2100 for day in found.dates)
    assert parse_period_words(text) is found
