"""Words that mean a point in time or a span."""

import pytest

from tests.tools.html_pages import FISCAL, Span, periods, table


@pytest.mark.parametrize(
    ("row", "column", "wanted"),
    [
        ("Inventories", "Fiscal 2024", ("", "2025-02-02")),
        ("Total stockholders’ equity", "Fiscal 2024", ("", "2025-02-02")),
        ("Building materials", "Fiscal 2024 net sales", ("2024-01-29", "2025-02-02")),
        ("Total currently payable", "Fiscal 2024", ("2024-01-29", "2025-02-02")),
        ("Additions to property, plant and equipment", "Fiscal 2024", ("2024-01-29", "2025-02-02")),
        ("(Decrease) increase in cash", "Fiscal 2024", ("2024-01-29", "2025-02-02")),
        ("Bonds with losses of 12 months or greater", "February 2, 2025", ("", "2025-02-02")),
        ("Notes due April 2030", "Carrying amount", ("", "2025-02-02")),
    ],
)
def test_is_point_in_time_by_figure_names(row: str, column: str, wanted: Span) -> None:
    assert periods(FISCAL + table(f"| {column}", f"{row} | 5", "Else | 6"))[0] == wanted
