"""Names, years, quarters and kinds of reports in a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.tools.desk.question_names import MAX_NAME_WORDS, MAX_YEARS, read_question


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("What was revenue in 2023?", (2023,)),
        ("FY2023 and FY24", (2023, 2024)),
        ("from 2019 to 2022", (2019, 2020, 2021, 2022)),
        ("2022-2019", (2019, 2020, 2021, 2022)),
        ("fiscal year 2023", (2023,)),
        ("between 1950 and 2020", (1950, 2020)),
        ("1950 to 2020", (1950, 2020)),
        ("revenue of $2023", ()),
        ("2,023 stores", ()),
        ("20231", ()),
        ("", ()),
    ],
)
def test_read_question_years(text: str, years: tuple[int, ...]) -> None:
    assert read_question(text).years == years


def test_read_question_of_many_years_keeps_the_latest() -> None:
    years = read_question(" ".join(str(year) for year in range(1980, 2025))).years
    assert len(years) == MAX_YEARS
    assert years[-1] == 2024


@pytest.mark.parametrize(
    ("text", "quarter", "form"),
    [
        ("revenue in Q3 2023", 3, "quarterly"),
        ("2023Q2", 2, "quarterly"),
        ("1Q23 margin", 1, "quarterly"),
        ("the second fiscal quarter", 2, "quarterly"),
        ("the annual report", 0, "annual"),
        ("10-K of 2023", 0, "annual"),
        ("the 8-K", 0, "current"),
        ("the earnings release of Q3", 3, "current"),
        ("What is the margin?", 0, ""),
        ("", 0, ""),
    ],
)
def test_read_question_quarter_and_form(text: str, quarter: int, form: str) -> None:
    found = read_question(text)
    assert (found.quarter, found.form) == (quarter, form)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("What is Acme Widgets' revenue?", {"acme", "acmewidgets"}),
        ("J&J and JnJ", {"jj"}),
        ("Johnson & Johnson", {"johnson"}),
        ("3M's sales", {"3m"}),
        ("AMD vs Intel", {"amd", "intel"}),
    ],
)
def test_read_question_candidates_hold_the_names(text: str, names: set[str]) -> None:
    assert names <= {one.squeezed for one in read_question(text).candidates}


def test_read_question_candidates_are_no_years_and_the_longest_come_first() -> None:
    found = read_question("Acme in 2023 and Q3 FY24").candidates
    assert not {"2023", "q3", "fy24"} & {one.squeezed for one in found}
    lengths = [one.last - one.first for one in found]
    assert lengths == sorted(lengths, reverse=True)
    assert max(lengths) < MAX_NAME_WORDS


@pytest.mark.parametrize(
    ("word", "capital", "upper"),
    [("Acme", True, False), ("acme", False, False), ("AMD", True, True), ("3M", True, True)],
)
def test_read_question_candidate_says_how_it_is_written(word: str, capital: bool, upper: bool) -> None:
    [found] = read_question(word).candidates
    assert (found.is_capital, found.is_upper) == (capital, upper)


@given(st.text(max_size=80))
def test_read_question_of_any_text(text: str) -> None:
    found = read_question(text)
    assert all(one.squeezed and 0 <= one.first <= one.last < len(found.words) for one in found.candidates)
    assert list(found.years) == sorted(set(found.years))
