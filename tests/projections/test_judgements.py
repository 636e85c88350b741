"""The judgements of a session, and the caps on them."""

import pytest

from kimi_tui.events import AnyEvent, Entry, QuestionAsked, StatementJudged, Usage
from kimi_tui.projections.judgements import MAX_FAILURES, Judgements, spent_cap

AT = "2026-11-03T09:00:00.000Z"


def judgement(material: str, *, replies: tuple[str, ...] = ("{}", "{}")) -> StatementJudged:
    return StatementJudged("Words.", material, "unchecked", replies=replies, usage=Usage(100, 20))


def judgements_after(*events: AnyEvent) -> Judgements:
    found = Judgements()
    for number, event in enumerate(events, 1):
        found.apply(Entry("s", number, AT, "main", 1, 1, event, ""))
    return found


@pytest.mark.parametrize(
    ("asked", "tokens", "failures", "reason"),
    [
        (0, 0, 0, ""), (9, 1_000, MAX_FAILURES - 1, ""),
        (10, 0, 0, "the cap of 10 judged statements is reached"),
        (0, 1_001, 0, "the cap of 1,000 tokens for judging is reached"),
        (0, 0, MAX_FAILURES, "the model gave no answer about 2 statements in a row"),
    ],
)  # fmt: skip
def test_spent_cap_names_the_cap_that_is_reached(asked: int, tokens: int, failures: int, reason: str) -> None:
    assert spent_cap(asked, tokens, failures, max_asked=10, max_tokens=1_000) == reason


def test_judgements_count_statements_tokens_and_failures_in_a_row() -> None:
    found = judgements_after(QuestionAsked("q"), judgement("a"), judgement("b", replies=()), judgement("c", replies=()))
    assert (found.asked, found.tokens, found.failures) == (3, 360, 2)
    found = judgements_after(QuestionAsked("q"), judgement("b", replies=()), judgement("c"))
    assert found.failures == 0


def test_judgements_of_a_turn_before_are_kept_unless_nothing_was_answered() -> None:
    found = judgements_after(
        QuestionAsked("q"), judgement("a"), judgement("b", replies=()), QuestionAsked("and then?"), judgement("c")
    )
    assert (found.asked, found.tokens, found.failures) == (1, 120, 0)
    assert set(found.by_material) == {"a", "c"}
