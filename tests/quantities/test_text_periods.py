"""Periods in text."""

import pytest

from kimi_tui.quantities.text_periods import find_periods


@pytest.mark.parametrize(
    ("text", "kind", "year", "number"),
    [
        ("the year ended May 31, 2025", "day", 2025, 5), ("31 May 2025", "day", 2025, 5),
        ("2024-12-29", "day", 2024, 12),
        ("31.12.2024", "day", 2024, 12), ("in 2024", "year", 2024, 0), ("fiscal 2025", "year", 2025, 0),
        ("FY25", "year", 2025, 0), ("2024-25", "year", 2025, 0), ("Q3 2023", "quarter", 2023, 3),
        ("the third quarter of fiscal 2023", "quarter", 2023, 3), ("H1 2024", "half", 2024, 1),
        ("March 2024", "month", 2024, 3), ("im Dezember 2023", "month", 2023, 12),
    ],
)  # fmt: skip
def test_periods_one_period_is_read(text: str, kind: str, year: int, number: int) -> None:
    [period] = find_periods(text)
    assert (period.kind, period.year, period.number) == (kind, year, number)


@pytest.mark.parametrize(
    "text", ["2,024 million", "$2024", "2024 employees", "12024", "February 30, 2024", "version 20.24"]
)
def test_periods_other_numbers_are_none(text: str) -> None:
    assert [period for period in find_periods(text) if period.kind != "month"] == []
