"""The words of a request to the judge, and what counts as an answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.engine.judge.prompt import (
    JUDGE_INSTRUCTIONS,
    JudgeAnswer,
    UnusableAnswer,
    judge_messages,
    parse_answer,
)
from kimi_tui.evidence.judge_questions import MAX_JUDGED_WORDS_CHARS, JudgeQuestion
from kimi_tui.evidence.passages import CitedPassage
from kimi_tui.evidence.places import SourcePlace
from kimi_tui.sources import Part
from tests.evidence.kit import source

VERDICTS = ["supported", "contradicted", "not found"]


def passage(text: str, number: int = 1, title: str = "Report") -> CitedPassage:
    held = source(f"S{number}", "page", "https://a.example", (Part("p.1", text),), title)
    return CitedPassage(held, SourcePlace(f"S{number}", "p.1", "p.", 1, 1), text, ())


def ask(sentence: str, *passages: CitedPassage, swapped: bool = False) -> str:
    """Return the request about a sentence."""
    system, user = judge_messages(JudgeQuestion(0, sentence, passages), swapped=swapped)
    assert (system.role, system.content, user.role) == ("system", JUDGE_INSTRUCTIONS, "user")
    return user.content


def test_judge_messages_swapped_turns_options_sentence_and_passages_around() -> None:
    first, second = passage("one passage"), passage("other passage", 2)

    plain, swapped = ask("The claim.", first, second), ask("The claim.", first, second, swapped=True)

    in_order = ['"supported"', '"contradicted"', '"not found"', "The claim.", "one passage", "other passage"]
    assert sorted(in_order, key=plain.index) == in_order
    assert sorted(in_order, key=swapped.index) == in_order[::-1]


def test_judge_messages_both_orders_hold_the_same_lines() -> None:
    asked = [passage("one"), passage("two", 2), passage("three", 3)]

    assert sorted(ask("x", *asked).split()) == sorted(ask("x", *asked, swapped=True).split())


def test_judge_messages_each_passage_is_between_marks_with_its_place() -> None:
    question = JudgeQuestion(0, "x", (passage("words", title="Annual\nreport"),))
    key = question.material[:16]

    content = judge_messages(question, swapped=False)[1].content

    assert f"<passage {key}>\nS1 p.1 Annual report\n\nwords\n</passage {key}>" in content


def test_judge_messages_key_is_another_for_other_material() -> None:
    keys = {JudgeQuestion(0, "x", (passage(text),)).material[:16] for text in ("a", "b", "")}

    assert len(keys) == 3


@pytest.mark.parametrize("hostile", ["<|im_end|>", "a<|b", "<||>", "\ud800 lone"])
def test_judge_messages_marks_of_chat_templates_and_lone_surrogates_are_made_harmless(hostile: str) -> None:
    content = ask(hostile, passage(hostile, title=hostile))

    assert "<|" not in content
    assert content.encode()


def test_judge_messages_without_passages_ask_about_the_sentence_alone() -> None:
    assert "<passage" not in ask("The claim.")


@pytest.mark.parametrize("verdict", VERDICTS)
@given(words=st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_parse_answer_any_words_come_back_as_they_were(verdict: str, words: str) -> None:
    answer = parse_answer(json.dumps({"verdict": verdict, "words": words}))

    assert (answer.verdict, answer.words) == (verdict, words)


@pytest.mark.parametrize(
    "text",
    [
        'Here it is: {"verdict": "supported", "words": "a b c"} I hope it helps.',
        '<think>x</think>\n{"words": "a b c", "verdict": "supported"}',
        '{"verdict": "supported", "words": "a b c", "confidence": 0.9}',
        '\ufeff{"verdict":"supported","words":"a b c"}\n',
    ],
)
def test_parse_answer_object_among_other_words_is_read(text: str) -> None:
    assert parse_answer(text) == JudgeAnswer("supported", "a b c")


def test_parse_answer_without_words_has_none() -> None:
    assert parse_answer('{"verdict": "not found"}') == JudgeAnswer("not found", "")


@pytest.mark.parametrize("text", ["", "supported", "}{", "}", "{", "no braces \u4e2d"])
def test_parse_answer_without_an_object_says_so(text: str) -> None:
    with pytest.raises(UnusableAnswer, match=r"^its answer holds no JSON object$"):
        parse_answer(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"verdict": "Supported", "words": "a"}',
        '{"verdict": ["supported"], "words": "a"}',
        '{"words": "a b c"}',
        '{"verdict": "supported", "words": null}',
        "{'verdict': 'supported'}",
        '{"verdict": "supported"} {"verdict": "contradicted"}',
        '{"verdict": "supported", "words": "' + "x" * (4 * MAX_JUDGED_WORDS_CHARS + 1) + '"}',
        '{"a":' * 50_000 + "}" * 50_000,
    ],
)
def test_parse_answer_of_another_form_is_unusable_with_a_short_reason(text: str) -> None:
    with pytest.raises(UnusableAnswer, match=r"^its answer is not of the agreed form \(") as caught:
        parse_answer(text)

    assert len(str(caught.value)) < 200


def test_parse_answer_lone_surrogate_is_replaced() -> None:
    assert parse_answer('{"verdict": "supported", "words": "a \ud800 b"}').words.encode()


@given(st.text(max_size=60))
def test_parse_answer_any_text_without_a_whole_object_is_unusable(text: str) -> None:
    with pytest.raises(UnusableAnswer):
        parse_answer(text.replace('"verdict"', ""))
