"""Days and months."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.quantities.dates import MONTH, YEAR, make_date, month_number, period_start, whole_year


@pytest.mark.parametrize(
    ("name", "number"),
    [("January", 1), ("jan.", 1), ("Sept", 9), ("SEP.", 9), ("M\u00e4rz", 3), ("Mai", 5), ("May", 5), ("Dez", 12)],
)
def test_month_number_of_a_name_is_found_by_the_pattern(name: str, number: int) -> None:
    found = re.fullmatch(MONTH, name, re.IGNORECASE)
    assert found is not None
    assert month_number(found.group()) == number


@pytest.mark.parametrize(("text", "year"), [("2025", 2025), ("25", 2025), ("1998", 1998), ("05", 2005)])
def test_whole_year_of_two_digits_is_of_this_century(text: str, year: int) -> None:
    assert whole_year(text) == year
    assert bool(re.fullmatch(YEAR, text)) == (len(text) == 4)


@pytest.mark.parametrize(
    ("parts", "day"),
    [
        ((2024, 2, 31), date(2024, 2, 29)), ((2023, 4, 31), date(2023, 4, 30)), ((2024, 12, 31), date(2024, 12, 31)),
        ((2024, 13, 1), None), ((2024, 0, 1), None), ((2024, 1, 0), None), ((2024, 1, 32), None), ((1024, 1, 1), None),
    ],
)  # fmt: skip
def test_make_date_of_a_late_day_is_the_last_of_its_month(parts: tuple[int, int, int], day: date | None) -> None:
    assert make_date(*parts) == day


@pytest.mark.parametrize(
    ("end", "months", "weeks", "start"),
    [
        (date(2024, 12, 31), 12, 0, date(2024, 1, 1)), (date(2024, 2, 29), 3, 0, date(2023, 12, 1)),
        (date(2025, 5, 31), 12, 0, date(2024, 6, 1)), (date(2024, 6, 15), 1, 0, date(2024, 5, 16)),
        (date(2025, 2, 1), 0, 52, date(2024, 2, 4)), (date(2024, 3, 30), 0, 13, date(2023, 12, 31)),
    ],
)  # fmt: skip
def test_period_start_of_an_end_is_behind_the_end_before(end: date, months: int, weeks: int, start: date) -> None:
    assert period_start(end, months=months, weeks=weeks) == start


@given(st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.integers(1, 24))
def test_period_start_of_following_periods_touch(day: date, months: int) -> None:
    start = period_start(day, months=months)
    assert start <= day
    assert abs((day - start).days + 1 - months * 30.44) < 5
    assert period_start(day, weeks=months) == day - timedelta(days=7 * months - 1)
