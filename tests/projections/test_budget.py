"""Budgets: what counts, what does not, and which caps hold."""

import pytest

from kimi_tui.events import (
    AnyEvent,
    ApprovalRequested,
    ApprovalResolved,
    BudgetRaised,
    BudgetWarned,
    CompactionProposed,
    ContextCompacted,
    Effort,
    Entry,
    ObservationRecorded,
    QuestionAsked,
    ReasoningRecorded,
    RunPaused,
    RunResumed,
    SessionOpened,
    StepFailed,
    StepFinished,
    StepStarted,
    ToolCallStarted,
    TurnFinished,
    Usage,
)
from kimi_tui.projections.budget import BUDGET_KINDS, Budget, BudgetMeter, call_cost, effort_line, warning_line
from tests.story import settings


def opened(**caps: float) -> SessionOpened:
    return SessionOpened("1", "m", "e", settings(**caps), "")


def at(seconds: int) -> str:
    return f"2026-11-03T10:{seconds // 60:02}:{seconds % 60:02}.000Z"


def budget_of(*events: AnyEvent | tuple[int, AnyEvent]) -> Budget:
    """The budget after some events, each at a second of its own or at the one given."""
    budget = Budget()
    for seq, event in enumerate(events, 1):
        second, fact = event if isinstance(event, tuple) else (seq, event)
        budget.apply(Entry("s", seq, at(second), "main", 1, 1, fact, ""))
    return budget


USAGE = Usage(100, 10)


def step(n: int, usage: Usage = USAGE) -> tuple[AnyEvent, ...]:
    return StepStarted(n, "", 0), StepFinished(usage, 1.0, "stop")


def test_a_step_that_is_tried_again_counts_once() -> None:
    tried = (StepStarted(1, "", 0), StepFailed("reset", "network", 1), *step(1), *step(2))
    budget = budget_of(opened(), QuestionAsked("q"), *tried)
    assert (budget.steps, budget.total_steps, budget.tokens) == (2, 2, 220)
    assert budget.tokens_per_step == [10, 10]


def test_budget_of_a_turn_begins_anew_and_that_of_the_session_continues() -> None:
    first = (QuestionAsked("q"), *step(1), *step(2), TurnFinished("answered"))
    budget = budget_of(opened(), *first, QuestionAsked("r"), *step(3))
    assert (budget.steps, budget.tokens, budget.total_steps, budget.total_tokens) == (1, 110, 3, 330)
    assert budget.cost_at(at(60)) == pytest.approx(140 / 1e6)
    assert budget.total_cost_at(at(60)) == pytest.approx(3 * 140 / 1e6)


@pytest.mark.parametrize(
    ("usage", "dollars"),
    [
        (Usage(1_000_000, 0), 1.0),
        (Usage(1_000_000, 0, 0, 400_000), 0.6 + 0.4 * 0.5),
        (Usage(0, 1_000_000, 900_000), 4.0),
        (Usage(100, 0, 0, 1_000_000), 0.5),
        (Usage(), 0.0),
    ],
)
def test_cost_is_by_fresh_cached_and_written_tokens(usage: Usage, dollars: float) -> None:
    assert call_cost(usage, {"input": 1.0, "cached": 0.5, "output": 4.0}) == pytest.approx(dollars)


def test_cached_tokens_cost_as_much_as_others_unless_a_price_is_given() -> None:
    event = SessionOpened("1", "m", "e", {"prices": {"input": 2.0, "cached": None, "output": 0.0}}, "")
    budget = budget_of(event, QuestionAsked("q"), *step(1, Usage(1_000_000, 0, 0, 500_000)))
    assert budget.cost_at(at(60)) == pytest.approx(2.0)
    assert call_cost(Usage(1_000_000), {}) == 0.0


def test_pauses_are_left_out_of_the_minutes() -> None:
    events = (
        (0, opened()),
        (10, QuestionAsked("q")),
        (40, RunPaused("person")),
        (50, RunPaused("engine")),
        (100, RunResumed()),
        (110, RunResumed()),
    )
    assert budget_of(*events).minutes(at(130)) == pytest.approx(1.0)
    assert budget_of(*events[:4]).minutes(at(3000)) == pytest.approx(0.5)
    ended = (*events, (160, RunPaused("person")), (220, TurnFinished("stopped")))
    assert budget_of(*ended).minutes(at(3000)) == pytest.approx(1.5)


def test_a_new_turn_has_its_own_minutes() -> None:
    budget = budget_of((0, QuestionAsked("q")), (60, RunPaused("person")), (120, QuestionAsked("r")))
    assert budget.minutes(at(150)) == pytest.approx(0.5)


def test_no_time_has_passed_before_a_question_or_when_the_clock_was_set_back() -> None:
    assert budget_of(opened()).minutes(at(100)) == 0.0
    assert budget_of((100, QuestionAsked("q"))).minutes(at(40)) == 0.0


def test_meters_tell_each_kind_with_its_cap() -> None:
    budget = budget_of((0, opened(steps=4, minutes=2)), (0, QuestionAsked("q")), *((0, event) for event in step(1)))
    meters = {meter.kind: meter for meter in budget.meters(at(60))}
    assert tuple(meters) == BUDGET_KINDS
    assert meters["steps"] == BudgetMeter("steps", 1, 4.0)
    assert meters["tokens"] == BudgetMeter("tokens", 110, None)
    assert meters["minutes"] == BudgetMeter("minutes", 1.0, 2.0)
    assert meters["cost"].spent == pytest.approx(140 / 1e6)
    assert [meter.share for meter in meters.values()][:4] == [0.25, 0.0, 0.5, 0.0]


def test_waiting_for_a_person_is_no_work() -> None:
    events = (
        (0, QuestionAsked("q")),
        (0, StepStarted(1, "", 0)),
        (10, ApprovalRequested("c1", "rule", "why")),
        (20, ToolCallStarted("c2")),
        (30, ObservationRecorded("c2", "ok", "")),
        (50, ApprovalResolved("c1", "approve")),
        (50, ToolCallStarted("c1")),
        (60, ObservationRecorded("c1", "ok", "")),
        (60, CompactionProposed("hide", ("c1",), ask=True)),
        (80, CompactionProposed("hide", ("c1",), ask=False, by="person")),
        (90, ContextCompacted("hide", ("c1",))),
        (100, RunPaused("person")),
        (110, RunResumed()),
    )
    budget = budget_of(*events)
    assert budget.minutes(at(120)) == pytest.approx(110 / 60)
    assert budget.working(at(120)) == pytest.approx((120 - 10 - 20 - 20 - 10) / 60)


def test_a_server_of_ones_own_costs_as_long_as_something_works() -> None:
    prices = {"prices": {"gpu_hour": 3.6, "gpus": 8.0}}
    event = SessionOpened("1", "m", "e", prices, "")
    asked = (0, QuestionAsked("q")), (10, RunPaused("person")), (20, RunResumed()), (30, TurnFinished("answered"))
    budget = budget_of((0, event), *asked)
    assert budget.cost_at(at(60)) == pytest.approx(20 / 3600 * 3.6 * 8)
    again = budget_of((0, event), *asked, (40, QuestionAsked("r")))
    assert again.cost_at(at(40)) == 0.0
    assert again.total_cost_at(at(40)) == pytest.approx(budget.cost_at(at(30)))
    assert again.cost_at(at(50)) == pytest.approx(10 / 3600 * 3.6 * 8)


def test_bytes_tries_and_checkpoints_are_counted() -> None:
    fetched = (ObservationRecorded("c1", "ok", "", fetched=700), ObservationRecorded("c2", "ok", "", fetched=50))
    failed = (StepStarted(2, "", 0), StepFailed("reset", "network", 1, partial_text="half"), StepStarted(2, "", 0))
    folded = ContextCompacted("fold", (), "so far", through=1, usage=Usage(1_000, 200))
    budget = budget_of(opened(), QuestionAsked("q"), *step(1), *fetched, *failed, StepFailed("reset", "x", 2), folded)
    assert (budget.bytes, budget.retries, budget.discarded) == (750, 1, 1)
    assert (budget.steps, budget.tokens) == (2, 110 + 1_200)
    anew = budget_of(opened(), QuestionAsked("q"), *fetched, *failed, QuestionAsked("r"))
    assert (anew.bytes, anew.retries, anew.discarded) == (0, 0, 0)


def test_tries_that_failed_are_paid_for_like_others() -> None:
    tried = StepFailed("too long", "capped", 1, partial_reasoning="x", usage=Usage(1_000, 300, 250))
    left = CompactionProposed("fold", (), 1, usage=Usage(500, 40))
    event = SessionOpened("1", "m", "e", settings() | {"protocol": "desk"}, "")
    begun = (event, QuestionAsked("q"), StepStarted(1, "", 0), tried, StepStarted(1, "", 0))
    assert budget_of(*begun, ReasoningRecorded("x", 1.0, 7)).reasoning_tokens == 257
    budget = budget_of(*begun, StepFinished(Usage(100, 10, 7), 1.0, "stop"), left)
    assert (budget.steps, budget.tokens, budget.reasoning_tokens) == (1, 1_300 + 110 + 540, 257)
    assert budget.cost_at(at(60)) == pytest.approx((1_600 + 350 * 4) / 1e6)
    assert budget_of(*begun, *step(2, Usage(100, 10, 7))).reasoning_tokens == 7
    assert budget.effort == Effort("desk", 1, 1, 1)
    assert effort_line(budget.effort) == "1 step by the protocol desk, 1 asked again, 1 discarded"
    assert (effort_line(Effort("hle", 2)), effort_line(Effort())) == ("2 steps by the protocol hle", "")


def test_the_next_step_is_expected_to_be_like_the_median_of_recent_ones() -> None:
    budget = budget_of(opened(), QuestionAsked("q"))
    assert (
        budget.expected_step("steps", 500),
        budget.expected_step("tokens", 500),
        budget.expected_step("bytes", 500),
    ) == (
        1,
        500,
        0,
    )
    steps = [one for n, written in enumerate((10, 900, 30, 20), 1) for one in step(n, Usage(100, written))]
    fetched = ObservationRecorded("c1", "ok", "", fetched=60)
    budget = budget_of((0, opened()), (0, QuestionAsked("q")), *steps, fetched, StepStarted(5, "", 0))
    assert budget.expected_step("tokens", 500) == 500 + 25
    assert budget.expected_step("cost", 500) == pytest.approx((100 + 25 * 4) / 1e6)
    assert budget.expected_step("bytes", 500) == 0
    assert budget.expected_step("minutes", 500) == pytest.approx(2 / 60)


def test_a_step_s_own_cap_is_read_from_the_settings_and_may_be_raised() -> None:
    event = SessionOpened("1", "m", "e", settings() | {"reasoning_cap": 24_000}, "")
    assert budget_of(event).caps == {"reasoning": 24_000}
    assert budget_of(event, BudgetRaised("reasoning", 30_000)).caps == {"reasoning": 30_000}


def test_a_warning_holds_for_its_turn_and_until_the_cap_is_raised() -> None:
    warned = (opened(steps=10), QuestionAsked("q"), BudgetWarned("steps", 0.8, 8, 10))
    assert budget_of(*warned).warned == {"steps": 0.8}
    assert budget_of(*warned, BudgetRaised("steps", 20)).warned == {}
    assert budget_of(*warned, QuestionAsked("r")).warned == {}
    assert warning_line(BudgetWarned("steps", 0.8, 8, 10)) == "80% of the budget of steps is spent: 8 of 10"


def test_what_a_person_raised_stays_raised_when_the_session_is_opened_again() -> None:
    raised = (opened(steps=10), BudgetRaised("steps", 50), BudgetRaised("cost", 3.0))
    assert budget_of(*raised).caps == {"steps": 50, "cost": 3.0}
    assert budget_of(*raised, opened(steps=10)).caps == {"steps": 50, "cost": 3.0}
    assert budget_of(*raised, opened(steps=80)).caps == {"steps": 80, "cost": 3.0}


def test_settings_may_lower_what_no_person_raised() -> None:
    assert budget_of(opened(steps=10, tokens=5), opened(steps=4)).caps == {"steps": 4}


def test_reasoning_is_the_servers_count_when_it_tells() -> None:
    recorded = (QuestionAsked("q"), StepStarted(1, "", 0), ReasoningRecorded("x", 1.0, 7))
    assert budget_of(*recorded, StepFinished(Usage(1, 2), 1.0, "stop")).reasoning_tokens == 7
    assert budget_of(*recorded, StepFinished(Usage(1, 2, 9), 1.0, "stop")).reasoning_tokens == 9
