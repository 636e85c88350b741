"""The periods of a table's figures."""

import pytest

from tests.tools.html_pages import FISCAL, Span, periods, table


@pytest.mark.parametrize(
    ("headers", "caption", "wanted"),
    [
        (("Year ended December 31, 2024",), "", ("2024-01-01", "2024-12-31")),
        (("Three months ended March 31, 2024",), "", ("2024-01-01", "2024-03-31")),
        (("Nine months ended | September 30, 2024",), "", ("2024-01-01", "2024-09-30")),
        (("13 weeks ended June 29, 2024",), "", ("2024-03-31", "2024-06-29")),
        (("As of September 28, 2024",), "", ("", "2024-09-28")),
        (("31 March 2025",), "Balance sheet", ("", "2025-03-31")),
        (("2024",), "For the years ended December 31, 2024 and 2023", ("2024-01-01", "2024-12-31")),
        (("2024",), "Inventories at December 31, 2024 and 2023 were as follows:", ("", "2024-12-31")),
        (("2024",), "", ("", "2024")),
        (("Widgets",), "As of June 30, 2024", ("", "2024-06-30")),
    ],
)
def test_periods_come_from_headers_and_captions(headers: tuple[str, ...], caption: str, wanted: Span) -> None:
    lines = headers[0].split(" | ")
    html = f"<p>{caption}</p>" + table(*(f"| {line}" for line in lines), "Something | 5", "Other | 6")
    assert periods(html) == [wanted, wanted]


def test_balances_at_the_edges_of_a_year_and_the_flows_between() -> None:
    html = FISCAL + table(
        "| Fiscal 2024", "Balance, beginning of year | 5", "Additions | 1", "Balance, end of year | 6"
    )
    assert periods(html) == [("", "2024-01-28"), ("2024-01-29", "2025-02-02"), ("", "2025-02-02")]
    html = table(
        "| Stock | Total", "Balance at June 30, 2023 | 5 | 6", "Net income | 1 | 1", "Balance at June 30, 2024 | 6 | 7"
    )
    assert periods(html)[::2] == [("", "2023-06-30"), ("2023-07-01", "2024-06-30"), ("", "2024-06-30")]


def test_a_title_of_rows_names_their_period() -> None:
    html = table(
        "| Level 1 | Level 2",
        "Year ended June 30, 2024 | |",
        "Sales | 5 | 6",
        "Year ended June 30, 2023 | |",
        "Sales | 7 | 8",
    )
    assert [end for _, end in periods(html)] == ["2024-06-30", "2024-06-30", "2023-06-30", "2023-06-30"]


def test_period_later_due_year_is_document_end() -> None:
    html = FISCAL + table("Fiscal year | Payments", "2027 | 5", "2028 | 6")
    assert [end for _, end in periods(html)] == ["2025-02-02", "2025-02-02"]


def test_a_caption_that_says_the_last_of_december_means_the_end_of_a_year_of_weeks() -> None:
    years = "the fiscal years ended December 29, 2024, December 31, 2023 and January 1, 2023. "
    html = f"<p>{years * 3}</p><h2>Plans</h2><p>Funded status at December 31, 2024 and 2023:</p>" + table(
        "| 2024", "Plan assets | 5", "Else | 6"
    )
    assert periods(html)[0] == ("", "2024-12-29")
