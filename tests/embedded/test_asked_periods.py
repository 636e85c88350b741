"""The periods of a question, in several languages, and the spans of a source that make them up."""

from datetime import date

import pytest

from kimi_tui.embedded.asked_periods import Span, last_in, parts_of, read_periods, span_in


def span(first: str, last: str) -> Span:
    return Span(date.fromisoformat(last), date.fromisoformat(first))


YEAR = span("2024-01-01", "2024-12-31")
QUARTERS = [span(f"2024-{3 * n - 2:02}-01", f"2024-{3 * n:02}-{30 if n in (2, 3) else 31}") for n in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    "text",
    [
        "the order backlog at the end of 2024",
        "headcount at year-end 2024",
        "Auftragsbestand Ende 2024",
        "la dette à la fin de 2024",
        "cash at the close of 2024",
    ],
)
def test_read_periods_the_end_of_a_year_is_known(text: str) -> None:
    found = read_periods(text)
    assert found.at_end
    assert found.spans == (YEAR,)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("revenue in the first half of 2024", "2024-01-01", "2024-06-30"),
        ("Umsatz im zweiten Halbjahr 2024", "2024-07-01", "2024-12-31"),
        ("ventes du troisième trimestre 2024", "2024-07-01", "2024-09-30"),
        ("admissions in February 2024", "2024-02-01", "2024-02-29"),
        ("waiting on 30 June 2022", "2022-06-30", "2022-06-30"),
        ("zum 31.12.2023", "2023-12-31", "2023-12-31"),
    ],
)
def test_read_periods_parts_of_a_year_are_spans_of_days(text: str, first: str, last: str) -> None:
    assert read_periods(text).spans == (span(first, last),)


def test_read_periods_a_range_has_every_year_and_since_has_a_beginning() -> None:
    assert [one.last.year for one in read_periods("from 2021 to 2024").spans] == [2021, 2022, 2023, 2024]
    assert read_periods("since the end of 2021").since == 2021
    assert read_periods("the latest headcount").latest
    assert not read_periods("the headcount").names_any


def test_parts_of_a_year_without_a_gap_are_found_and_others_are_not() -> None:
    assert parts_of(YEAR, QUARTERS) == tuple(QUARTERS)
    assert parts_of(YEAR, QUARTERS[:3]) == ()
    assert parts_of(YEAR, [QUARTERS[0], QUARTERS[3]]) == ()


def test_last_in_a_year_is_its_last_quarter() -> None:
    assert last_in(YEAR, QUARTERS) == QUARTERS[3]
    assert last_in(span("2023-01-01", "2023-12-31"), QUARTERS) is None


@pytest.mark.parametrize("text", ["2024Q4", "2024-Q4", "Q4 2024"])
def test_span_in_a_quarter_in_any_spelling_is_the_same(text: str) -> None:
    assert span_in(text) == QUARTERS[3]
