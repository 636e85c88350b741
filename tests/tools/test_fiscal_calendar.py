"""When a document's fiscal years end."""

from kimi_tui.tools.text.fiscal_calendar import read_calendar
from tests.tools.html_pages import FISCAL, periods, table


def test_fiscal_years_end_when_the_document_says() -> None:
    html = FISCAL + table("| Fiscal 2024 | Fiscal 2023", "Net sales | 5 | 6")
    assert periods(html) == [("2024-01-29", "2025-02-02"), ("2023-01-30", "2024-01-28")]
    html = FISCAL + table("| 2024 | 2023", "Inventories | 5 | 6")
    assert periods(html) == [("", "2025-02-02"), ("", "2024-01-28")]


def test_of_two_ends_of_a_year_the_one_named_more_often_counts() -> None:
    calendar = read_calendar(
        ["the years ended December 29, 2024 and December 31, 2023"] * 3 + ["the year ended December 31, 2024"]
    )
    assert {year: str(day) for year, day in calendar.ends.items()} == {2023: "2023-12-31", 2024: "2024-12-29"}
