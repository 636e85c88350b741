"""The desk in another form: misspelled names, words apart, figures written otherwise."""

import pytest

from kimi_tui.egress.loose_matches import WORDS_APART, LooseMatch, find_loose_matches
from kimi_tui.egress.searched_text import prepare_corpus

DESK = (
    "The board met twice in spring.",
    "The covenant was waived by the Hollenbeck lenders; Karrenbruck costs 4,210 million.",
)


def found(text: str, person: str = "") -> list[LooseMatch]:
    written = prepare_corpus((person,) if person else ())
    return list(find_loose_matches(text, prepare_corpus(DESK), written))


@pytest.mark.parametrize(
    ("text", "words", "how"),
    [
        ("about Karrenbruk plant", "karrenbruck", "written otherwise"),
        ("about karenbruck", "karrenbruck", "written otherwise"),
        ("about Krrnbrck", "karrenbruck", "written otherwise"),
        ("about karren bruck", "karrenbruck", "written apart"),
        ("Kar-ren-bruck", "karrenbruck", "written apart"),
        ("lenders or covenant or waived", "covenant waived lenders", WORDS_APART),
        ("four thousand two hundred ten", "4210", "a figure written otherwise"),
        ("42.10", "42.10", "a figure written otherwise"),
        ("\u041aarrenbruk", "karrenbruck", "written otherwise"),
    ],
)
def test_find_loose_matches_of_words_in_another_form(text: str, words: str, how: str) -> None:
    matches = [match for match in found(text) if match.how == how]
    assert matches, found(text)
    assert matches[0].words == words
    assert matches[0].number == 1
    assert 0 <= matches[0].start < matches[0].end <= len(text)


def test_find_loose_matches_gives_the_place_of_a_name_in_plain_text() -> None:
    [match] = found("about Karrenbruk plant")
    assert (match.start, match.end) == (6, 16)


def test_find_loose_matches_of_a_text_that_changes_its_length_marks_it_whole() -> None:
    text = "\ufb01nd Karrenbruk"
    [match] = found(text)
    assert (match.start, match.end) == (0, len(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "heat pump market share in Europe",
        "covenant lenders",
        "annual report 2024",
        "board met",
        "the the the",
        "17",
    ],
)
def test_find_loose_matches_of_ordinary_words_finds_nothing(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("about Karrenbruk", "What of Karrenbruck?"),
        ("about Karrenbruk", "What of Karrenbruk?"),
        ("karren bruck", "What of Karrenbruck?"),
        ("42.10", "Is it 4,210?"),
        ("lenders or covenant or waived", "Which covenant was waived?"),
    ],
)
def test_find_loose_matches_leaves_what_the_person_wrote(text: str, person: str) -> None:
    assert found(text, person) == []


def test_find_loose_matches_of_words_far_apart_on_the_desk_finds_nothing() -> None:
    desk = prepare_corpus(("covenant " + "filler " * 30 + "waived " + "filler " * 30 + "lenders",))
    assert list(find_loose_matches("covenant waived lenders", desk, prepare_corpus(()))) == []


def test_find_loose_matches_in_an_empty_desk_finds_nothing() -> None:
    assert list(find_loose_matches("Karrenbruk 4,210", prepare_corpus(()), prepare_corpus(()))) == []
