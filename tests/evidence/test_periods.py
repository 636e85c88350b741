"""Periods in text, and whether a cell belongs to one."""

from typing import Any

import pytest

from kimi_tui.cells import Cell
from kimi_tui.evidence.cell_periods import period_matches_cell
from kimi_tui.evidence.periods import find_periods


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


def cell(**known: str) -> Cell:
    about: dict[str, Any] = dict(known)
    return Cell(part="p.1", start=0, end=1, text="1", value="1", origin="grid", **about)


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
def test_cell_period_agrees(text: str, known: dict[str, str], same: bool | None) -> None:
    [period] = find_periods(text)
    assert period_matches_cell(period, cell(**known)) is same
