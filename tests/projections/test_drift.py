"""Drift: reported when the steps leave the question and the plan, and at no other time."""

import random
from collections.abc import Iterable
from itertools import count
from pathlib import Path

import pytest

from kimi_tui.events import (
    AnyEvent,
    DriftNoticed,
    Entry,
    ObservationRecorded,
    PlanEdited,
    PlanStep,
    QuestionAsked,
    ReasoningRecorded,
    SteerReceived,
    StepFinished,
    ToolCallProposed,
    Usage,
)
from kimi_tui.journal.reader import JournalReader
from kimi_tui.projections.drift import MIN_DRIFT_STEPS, WINDOW_STEPS, Drift, topic_words

QUESTION = "How did the margins of Tharnholm's heat pump business develop from 2019 to 2024, and why?"
FILLER = (
    "First the annual report must be opened because tables on pages behind notes often restate earlier figures "
    "before consolidation changes definitions whose effect nobody mentions elsewhere"
)
ON_COURSE = "The margins of the heat pump business of Tharnholm in 2019 and 2024 develop as follows: "
AWAY = "Football leagues and their transfer windows, stadium capacities, trophies won by clubs of northern cities: "


def entries(*events: AnyEvent) -> Iterable[Entry]:
    for seq, event in zip(count(1), events, strict=False):
        yield Entry("s", seq, "2026-01-01T00:00:00.000Z", "main", 1, seq, event, "")


def step(reasoning: str, seed: int = 0) -> tuple[AnyEvent, ...]:
    """A step with some reasoning that is padded as reasoning is."""
    padding = " ".join(random.Random(seed).sample(FILLER.split(), 12))
    call = ToolCallProposed("c1", "search_documents", {"query": reasoning[:40]}, "")
    return ReasoningRecorded(f"{padding}. {reasoning}"), call, StepFinished(Usage(), 0.0, "stop")


def drift(*events: AnyEvent) -> Drift:
    folded = Drift()
    for entry in entries(*events):
        folded.apply(entry)
    return folded


def many(reasoning: str, times: int) -> list[AnyEvent]:
    return [event for n in range(times) for event in step(f"{reasoning} item {n}", n)]


def test_steps_that_speak_of_the_question_are_near_it() -> None:
    folded = drift(QuestionAsked(QUESTION), *many(ON_COURSE, 300))
    assert len(folded.trend) == 300
    assert max(folded.trend) < 0.4
    assert folded.standing_out == 0


def test_steps_that_leave_the_question_stand_out_after_a_while() -> None:
    folded = drift(QuestionAsked(QUESTION), *many(ON_COURSE, 20), *many(AWAY, WINDOW_STEPS + MIN_DRIFT_STEPS))
    assert folded.trend[-1] > 0.8
    assert folded.standing_out >= MIN_DRIFT_STEPS


def test_a_short_detour_does_not_stand_out_long_enough() -> None:
    folded = drift(QuestionAsked(QUESTION), *many(ON_COURSE, 20), *many(AWAY, 5), *many(ON_COURSE, 3))
    assert folded.standing_out == 0


def test_a_new_plan_is_a_new_course() -> None:
    plan = {"kind": "plan", "steps": [{"text": "collect trophies and stadium capacities of clubs", "state": "doing"}]}
    noted = ObservationRecorded("c9", "ok", "Plan noted.", artifact=plan)
    folded = drift(QuestionAsked(QUESTION), *many(ON_COURSE, 20), noted, *many(AWAY, 20))
    assert folded.standing_out == 0


@pytest.mark.parametrize(
    "said",
    [
        SteerReceived("Look at stadium capacities and trophies of clubs instead."),
        PlanEdited((PlanStep("stadium capacities and trophies of clubs"),)),
    ],
)
def test_what_a_person_says_is_a_new_course(said: AnyEvent) -> None:
    assert drift(QuestionAsked(QUESTION), *many(ON_COURSE, 20), said, *many(AWAY, 20)).standing_out == 0


def test_what_the_engine_says_is_none() -> None:
    said = SteerReceived("Look at stadium capacities and trophies of clubs instead.", by="engine")
    assert drift(QuestionAsked(QUESTION), *many(ON_COURSE, 20), said, *many(AWAY, 20)).standing_out > MIN_DRIFT_STEPS


def test_too_few_words_tell_nothing() -> None:
    bare: list[AnyEvent] = [StepFinished(Usage(), 0.0, "stop"), ReasoningRecorded("word " * 600)] * 300
    folded = drift(QuestionAsked(QUESTION), *bare)
    assert set(folded.trend) == {0.0}


def test_a_model_that_never_speaks_of_the_question_does_not_stand_out() -> None:
    assert drift(QuestionAsked(QUESTION), *many(AWAY, 100)).standing_out == 0


def test_what_was_noticed_is_not_noticed_again_until_the_steps_came_back() -> None:
    away: list[AnyEvent] = [
        QuestionAsked(QUESTION),
        *many(ON_COURSE, 20),
        *many(AWAY, 20),
        DriftNoticed(0.9, 0.2, MIN_DRIFT_STEPS),
    ]
    assert drift(*away, *many(AWAY, 20)).noticed
    assert not drift(*away, *many(ON_COURSE, 20)).noticed


def test_a_new_question_begins_anew() -> None:
    folded = drift(QuestionAsked(QUESTION), *many(ON_COURSE, 20), *many(AWAY, 20), QuestionAsked("And the clubs?"))
    assert folded.trend == []
    assert folded.standing_out == 0


def test_words_without_spaces_are_compared_by_pairs() -> None:
    assert topic_words("热泵业务 margin") == {"热泵", "泵业", "业务", "margin"}


@pytest.mark.parametrize("name", ["v1.sqlite", "sample-session.sqlite"])
def test_recorded_sessions_never_stand_out(name: str) -> None:
    reader = JournalReader(Path(__file__).parents[1] / "data" / "journals" / name)
    folded = Drift()
    try:
        for entry in reader.entries():
            folded.apply(entry)
            assert folded.standing_out < MIN_DRIFT_STEPS
    finally:
        reader.close()
