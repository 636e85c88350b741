"""Which cell belongs to the period that a sentence names, and which is not known to."""

import msgspec
import pytest

from kimi_tui.cells import Cell
from kimi_tui.evidence.cell_periods import period_days, period_matches_cell, period_sort_key
from kimi_tui.quantities.text_periods import find_periods


def cell(column: str = "", start: str = "", end: str = "", row: str = "Sales") -> Cell:
    return Cell("p.1", 0, 1, "5", "5", "grid", row=row, column=column, period_start=start, period_end=end)


@pytest.mark.parametrize(
    ("said", "there", "matches"),
    [
        ("2024", cell("2024"), True),
        ("2023", cell("2024"), False),
        ("2024", cell(), None),
        ("2024", cell("", "2024-01-01", "2024-12-31"), True),
        ("2023", cell("", "2024-01-01", "2024-12-31"), False),
        ("2023", cell("", "2023-01-30", "2024-01-28"), True),
        ("2024", cell("", "2023-01-30", "2024-01-28"), True),
        ("2022", cell("", "2023-01-30", "2024-01-28"), None),
        ("2024", cell("Q3 2024"), True),
        ("Q4 2024", cell("", "", "2024-Q4"), True),
        ("Q3 2024", cell("", "", "2024-Q4"), False),
        ("2024", cell("", "", "2024-Q4"), None),
        ("2023", cell("", "", "2024-Q4"), False),
        ("June 2024", cell("", "", "2024-H1"), None),
        ("2024", cell("", "2024-07-01", "2024-09-30"), None),
        ("2023", cell("", "2024-07-01", "2024-09-30"), False),
        ("June 2024", cell("", "", "2024-06-30"), True),
        ("June 2024", cell("", "", "2024-05-31"), False),
        ("June 2024", cell(), None),
        ("June 30, 2024", cell("", "", "2024-06-30"), True),
        ("June 30, 2024", cell("", "", "2024-06-29"), False),
        ("June 30, 2024", cell("June 30, 2024"), True),
        ("June 30, 2024", cell("May 31, 2024"), False),
        ("June 30, 2024", cell("2024"), None),
        ("June 30, 2024", cell("2022"), False),
        ("January 28, 2024", cell("2023"), None),
        ("June 30, 2024", cell(), None),
        ("Q3 2024", cell("Q3 2024"), True),
        ("Q3 2024", cell("Q2 2024"), False),
        ("Q3 2024", cell("", "2024-07-01", "2024-09-30"), True),
        ("Q3 2024", cell("", "2024-04-01", "2024-06-30"), None),
        ("Q3 2024", cell("", "2024-01-01", "2024-12-31"), False),
        ("Q3 2024", cell("2019"), None),
        ("Q3 2024", cell("", "", "2019"), False),
        ("Q3 2024", cell("", "", "2024"), None),
        ("first half of 2024", cell("", "2024-01-01", "2024-06-30"), True),
        ("first half of 2024", cell("", "2024-07-01", "2024-09-30"), False),
    ],
)
def test_period_matches_cell(said: str, there: Cell, matches: bool | None) -> None:
    [period] = find_periods(said)

    assert period_matches_cell(period, there) is matches


@pytest.mark.parametrize(
    ("there", "key"),
    [
        (cell("", "", "2024-06-30"), "2024-06-30"),
        (cell("", "", "2024"), "2024-12-31"),
        (cell("Q2 2024"), "2024-06-31"),
        (cell("first half of 2024"), "2024-06-31"),
        (cell("June 30, 2024"), "2024-06-30"),
        (cell("2024"), "2024-12-31"),
        (cell("", row="Sales in 2023"), "2023-12-31"),
        (cell(), ""),
    ],
)
def test_period_sort_key_orders_by_the_end(there: Cell, key: str) -> None:
    assert period_sort_key(there) == key


def test_period_days_of_a_point_in_time_and_an_unreadable_period_is_zero() -> None:
    assert period_days(cell("", "", "2024-06-30")) == 0
    assert period_days(cell("", "long ago", "2024-06-30")) == 0
    assert period_days(cell("", "2024-01-01", "2024-12-31")) == 366


@pytest.mark.parametrize(
    ("text", "known", "same"),
    [
        ("May 31, 2025", {"period_end": "2025-05-31"}, True),
        ("May 31, 2025", {"period_end": "2024-05-31"}, False),
        ("May 31, 2025", {"column": "2024"}, False),
        ("May 31, 2025", {"column": "2025"}, None),
        ("December 22, 2024", {"column": "December 31, 2024"}, False),
        ("2024", {"column": "Fiscal 2024", "period_end": "2025-02-02"}, True),
        ("2025", {"column": "Fiscal 2024", "period_end": "2025-02-02"}, False),
        ("2024", {"period_end": "2024-05-31"}, True),
        ("2024", {}, None),
        ("Q3 2023", {"column": "Q3 2023"}, True),
        ("Q3 2023", {"column": "Q2 2023"}, False),
        ("Q3 2023", {"period_start": "2023-01-01", "period_end": "2023-12-31"}, False),
        ("Q3 2023", {"period_start": "2023-07-01", "period_end": "2023-09-30"}, True),
        ("2023", {"period_start": "2022-01-01", "period_end": "2022-03-31"}, False),
    ],
)
def test_period_matches_cell_by_its_header_or_its_end(text: str, known: dict[str, str], same: bool | None) -> None:
    [period] = find_periods(text)
    assert period_matches_cell(period, msgspec.structs.replace(cell(), **known)) is same
