"""Which statements are left for a judge, with which passages, and which words of an answer count."""

import pytest

from kimi_tui.evidence.judge_questions import (
    MAX_JUDGED_CHARS,
    MAX_JUDGED_WORDS_CHARS,
    JudgeQuestion,
    find_judge_questions,
    place_in_words,
)
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.places import parse_places
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.sources import Part
from tests.evidence.kit import STORED, checked, source


def questions(text: str) -> tuple[JudgeQuestion, ...]:
    return find_judge_questions(checked(text), STORED).questions


def test_find_judge_questions_of_prose_have_the_sentence_and_its_passages() -> None:
    [asked] = questions("The company pays taxes in several countries [S1 p.5; S1 p.1].")
    assert asked.number == 0
    assert asked.sentence == "The company pays taxes in several countries."
    assert [place_in_words(one.place) for one in asked.passages] == ["S1 p.5", "S1 p.1"]


def test_find_judge_questions_keep_the_order_and_numbers_of_the_memo() -> None:
    text = (
        "It pays taxes there [S1 p.5].\n\nRevenues were $46,309 million in 2025 [S1 p.2].\n\nIt makes shoes [S1 p.1]."
    )
    assert [one.number for one in questions(text)] == [0, 2]


def test_find_judge_questions_name_each_passage_once() -> None:
    [asked] = questions("It pays taxes [S1 p.5] in many a country [S1 p.5].")
    assert len(asked.passages) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The business is doing well [S1].", "it cites the whole of S1, and not the place"),
        ("Growth was computed with care [S4 result].", "a calculation has no words that could decide it"),
        ("The filing does not mention weather [S1 p.5].", "that something is not mentioned has no words to show"),
    ],
)
def test_find_judge_questions_says_why_none_is_asked(text: str, reason: str) -> None:
    assert find_judge_questions(checked(text), STORED) == ((), {0: reason})


@pytest.mark.parametrize("text", ["", "It pays taxes.", "Revenues were $46,309 million in 2025 [S1 p.2]."])
def test_find_judge_questions_of_uncited_or_decided_statements_are_none(text: str) -> None:
    assert find_judge_questions(checked(text), STORED) == ((), {})


@pytest.mark.parametrize(("characters", "asked"), [(MAX_JUDGED_CHARS, True), (MAX_JUDGED_CHARS + 1, False)])
def test_find_judge_questions_reads_passages_up_to_a_size(characters: int, asked: bool) -> None:
    stored = InMemorySources({"S1": source("S1", "document", "a.txt", (Part("p.1", "x" * characters),))})
    found = find_judge_questions(check_memo("", "It pays taxes in many places [S1 p.1].", stored), stored)
    assert bool(found.questions) is asked
    assert bool(found.not_asked) is not asked


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("subject to taxation in many places", True),
        ("subject to taxation", True),
        ("to taxation", False),
        ("subject to taxation in few places", False),
        ("subject to \u2026 many places", False),
        ("subject to ... many places", False),
        ("", False),
        ("subject to taxation in many places " * (MAX_JUDGED_WORDS_CHARS // 30), False),
    ],
)
def test_find_words_gives_the_passage_that_has_them(words: str, found: bool) -> None:
    [asked] = questions("The company pays taxes in several countries [S1 p.5].")
    assert (asked.find_words(words) is not None) is found


def test_material_changes_with_the_sentence_and_the_passage_only() -> None:
    [one] = questions("The company pays taxes [S1 p.5].")
    [same] = questions("Intro.\n\nThe company pays taxes [S1 p.5].")
    [other_words] = questions("The company pays rent [S1 p.5].")
    [other_place] = questions("The company pays taxes [S1 p.1].")

    assert one.material == same.material
    assert len({one.material, other_words.material, other_place.material}) == 3
    assert len(one.material) == 64


@pytest.mark.parametrize("inside", ["S1", "S1 p.4", 'S1 p.4 "Net sales" 2018', 'S1 "Net sales"', "S1 rows 2-3"])
def test_place_in_words_leads_back_to_the_place(inside: str) -> None:
    [place] = parse_places(inside) or ()
    assert place_in_words(place) == inside


def test_judge_question_material_of_lone_surrogates_is_that_of_their_stored_form() -> None:
    written, stored = JudgeQuestion(0, "a \ud800 b", ()), JudgeQuestion(0, "a \ufffd b", ())

    assert written.material == stored.material
