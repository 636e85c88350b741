"""How long a turn may still work: a range by its plan and its pace, and no figure where nothing is known."""

import pytest

from kimi_tui import events
from kimi_tui.events import Usage
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.time_left import TimeLeft, estimate_time_left
from kimi_tui.tui.formatting import format_time_left
from tests.tui.sessions import MemorySession, opened, proposed


def played(*done: int, total: int = 6, seconds: float = 60.0, **settings: object) -> MemorySession:
    """A turn whose plan has `done[n]` of its steps done after model call n; entries are `seconds` apart."""
    session = MemorySession()
    session.record(opened(**settings), events.QuestionAsked("Why?"))
    play_turn(session, *done, total=total, seconds=seconds)
    return session


def play_turn(session: MemorySession, *done: int, total: int = 6, seconds: float = 60.0) -> None:
    """Play the model calls of a turn."""
    for ready in done:
        number = session.state.budget.total_steps + 1
        steps = [{"text": f"step {n}", "state": "done" if n < ready else "open"} for n in range(total)]
        artifact = {"kind": "plan", "steps": steps} if total else None
        call = proposed(f"c{number}", "update_plan")
        session.record(events.StepStarted(number, "", 900), call, seconds=seconds)
        session.record(events.StepFinished(Usage(900, 60, 14), 2.4, "tool_calls"), seconds=seconds)
        session.record(events.ObservationRecorded(call.call_id, "ok", "Noted.", artifact=artifact), seconds=seconds)


def left_of(session: MemorySession) -> TimeLeft:
    return estimate_time_left(session.state.budget, session.state.plan_progress)


@pytest.mark.parametrize(
    ("session", "why"),
    [
        (played(0, 0, 0, 0, total=0), "no plan yet"),
        (played(0, 0, 0, 0), "nothing of the plan is done yet"),
        (played(0, 1), "fewer than 3 steps"),
    ],
)
def test_estimate_without_enough_to_go_by_is_none_with_its_reason(session: MemorySession, why: str) -> None:
    assert left_of(session).why_none == why
    assert format_time_left(left_of(session)) == "no estimate yet"


def test_estimate_of_an_even_pace_has_the_time_that_it_will_take_in_its_range() -> None:
    left = left_of(played(0, 1, 2, 3, 4, 5, 6, 7, total=12))
    assert not left.why_none
    # Five steps of the plan are left, one model call each, of four minutes: twenty minutes, and the memo.
    assert left.low_minutes < 20 < left.high_minutes
    assert left.high_minutes < 45


def test_estimate_becomes_narrower_the_more_of_the_plan_is_done() -> None:
    early, late = left_of(played(0, 1, 1, 2, total=20)), left_of(played(*range(13), total=20))
    assert late.high_minutes / late.low_minutes < early.high_minutes / early.low_minutes


def test_estimate_never_goes_beyond_the_cap_on_steps() -> None:
    left = left_of(played(0, 0, 0, 0, 1, total=20, caps={"steps": 7.0}))
    assert left.by_cap
    assert left.high_minutes == pytest.approx(2 * 4)


def test_estimate_of_a_plan_that_is_done_leaves_the_memo() -> None:
    left = left_of(played(0, 2, 4, 6))
    assert 0 < left.low_minutes <= left.high_minutes < 10


def test_estimate_of_a_new_turn_forgets_the_plan_of_the_one_before() -> None:
    session = played(0, 2, 4, 6)
    session.record(events.TurnFinished("answered"), events.QuestionAsked("And in 2023?"))
    assert left_of(session).why_none == "no plan yet"
    play_turn(session, 6, 6, 6, 6, total=9)
    assert left_of(session).why_none == "nothing of the plan is done yet", "what was done before is no pace"


def test_estimate_is_the_same_folded_at_once_and_entry_by_entry() -> None:
    session = played(0, 1, 2, 3, 4)
    folded = SessionState()
    folded.apply_all(session.entries)
    assert estimate_time_left(folded.main.budget, folded.main.plan_progress) == left_of(session)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(0.1, 0.4, "<1 min"), (0.5, 3.2, "0-4 min"), (3.9, 10.2, "3-11 min"), (5.0, 5.0, "5 min"), (50, 150, "0.8-2.5 h")],
)
def test_time_left_is_a_range_in_words(low: float, high: float, words: str) -> None:
    assert format_time_left(TimeLeft(low, high)) == words
