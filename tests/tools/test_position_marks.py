"""Marks of figures and tables inside a text: put in, found again, and gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.tools.text.position_marks import (
    END,
    MAX_MARKS,
    TABLE_TOKEN,
    mark_figure,
    marks_in,
    number_of,
    remove_marks,
    remove_marks_with_places,
    start_of,
    table_token,
    tables_in,
)

NUMBERS = st.integers(0, MAX_MARKS - 1)
PLAIN = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=8)


@given(NUMBERS, PLAIN)
def test_mark_figure_keeps_number_and_text(number: int, text: str) -> None:
    marked = mark_figure(text, number)
    assert marks_in(marked) == [number]
    assert remove_marks(marked) == text
    assert marked == start_of(number) + text + END


@given(st.lists(st.tuples(PLAIN, PLAIN, NUMBERS), max_size=5))
def test_remove_marks_with_places_finds_each_figure_again(pieces: list[tuple[str, str, int]]) -> None:
    text = "".join(before + mark_figure(figure, number) for before, figure, number in pieces)
    plain, places = remove_marks_with_places(text)
    assert plain == "".join(before + figure for before, figure, _ in pieces)
    assert [(number, plain[start:end]) for number, start, end in places] == [
        (number, figure) for _, figure, number in pieces
    ]


def test_remove_marks_with_places_of_nested_figures_gives_the_inner_first() -> None:
    text = mark_figure(f"a{mark_figure('b', 2)}c", 1)
    assert remove_marks_with_places(text) == ("abc", [(2, 1, 2), (1, 0, 3)])


@pytest.mark.parametrize("text", ["", "plain", f"no start{END}", start_of(3) + "no end", "\u00e4"])
def test_remove_marks_with_places_of_unpaired_marks_gives_no_place(text: str) -> None:
    plain, places = remove_marks_with_places(text)
    assert plain == remove_marks(text)
    assert places == []


@given(NUMBERS)
def test_table_token_leads_back_to_its_number(number: int) -> None:
    match = TABLE_TOKEN.fullmatch(table_token(number))
    assert match is not None
    assert number_of(match) == number


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", [("", -1)]),
        ("a", [("a", -1)]),
        (f"a{table_token(3)}b", [("a", 3), ("b", -1)]),
        (f"{table_token(0)}{table_token(1)}", [("", 0), ("", 1), ("", -1)]),
    ],
)
def test_tables_in_text(text: str, pieces: list[tuple[str, int]]) -> None:
    assert list(tables_in(text)) == pieces


def test_marks_are_no_characters_of_plain_text() -> None:
    assert remove_marks("\U0001f600 emoji \u4e2d") == "\U0001f600 emoji \u4e2d"
    assert marks_in("\u4e2d") == []
