"""The state of a session with several trajectories: live equals replayed, and each knows only its own entries."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kimi_tui.events import (
    MAIN_TRAJECTORY,
    AnyEvent,
    ApprovalRequested,
    ApprovalResolved,
    Entry,
    QuestionAsked,
    RuleRevoked,
    SessionOpened,
    StepStarted,
)
from kimi_tui.projections.calls import DESK_QUERIES_RULE
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.trajectory import SharedState, TrajectoryState
from tests.projections.schedules import sessions
from tests.projections.test_folds import fields_of
from tests.story import settings as session_settings

NAMES = (MAIN_TRAJECTORY, *(f"t{number}" for number in range(2, 9)))
OPENING = SessionOpened("1.0", "model", "embedded", session_settings(tokens=9000), "instructions")
SHARED = tuple(vars(SharedState()))


def entry(seq: int, event: AnyEvent, trajectory: str = MAIN_TRAJECTORY, step: int = 1) -> Entry:
    """An entry of the first turn."""
    return Entry("s", seq, f"2026-11-03T10:00:{seq % 60:02}.000Z", trajectory, 1, step, event, f"{seq:064}")


@st.composite
def interleaved(draw: st.DrawFn) -> list[Entry]:
    """Return the entries of one to eight sessions, each a trajectory of one, in a random order of their steps."""
    drawn = draw(st.lists(sessions(), min_size=1, max_size=len(NAMES)))
    left = {name: list(session.entries) for name, session in zip(NAMES, drawn, strict=False)}
    found: list[Entry] = []
    while left:
        name = draw(st.sampled_from(sorted(left)))
        for _ in range(draw(st.integers(1, 9))):
            if left[name]:
                found.append(left[name].pop(0))
                found[-1] = msgspec.structs.replace(found[-1], trajectory=name, seq=len(found))
        if not left[name]:
            del left[name]
    return found


def own_fields(state: TrajectoryState) -> dict[str, object]:
    """Every field of what a trajectory does not share."""
    return {key: value for key, value in fields_of(state).items() if key.split(".")[0] not in SHARED}


@settings(max_examples=15, deadline=None)
@given(entries=interleaved(), data=st.data())
def test_session_state_of_interleaved_trajectories_is_the_same_live_and_replayed(
    entries: list[Entry], data: st.DataObject
) -> None:
    live, replayed = SessionState(), SessionState()
    for one in entries:
        live.apply(one)
    cut = data.draw(st.integers(0, len(entries)))
    replayed.apply_all(entries[:cut])
    replayed.apply_all(entries[cut:])
    assert (
        live.trajectories.keys() == replayed.trajectories.keys() == {MAIN_TRAJECTORY} | {e.trajectory for e in entries}
    )
    for name, state in live.trajectories.items():
        assert fields_of(state) == fields_of(replayed.trajectories[name])


@settings(max_examples=15, deadline=None)
@given(entries=interleaved())
def test_trajectory_state_knows_its_own_entries_and_the_openings_alone(entries: list[Entry]) -> None:
    whole = SessionState()
    whole.apply_all(entries)
    for name, state in whole.trajectories.items():
        alone = SessionState()
        for one in entries:
            if one.trajectory == name or isinstance(one.event, SessionOpened):
                alone.apply(msgspec.structs.replace(one, trajectory=MAIN_TRAJECTORY))
        assert own_fields(state) == own_fields(alone.main)


@pytest.mark.parametrize("together", [True, False])
def test_trajectory_that_begins_later_knows_how_the_session_was_opened(together: bool) -> None:
    entries = [entry(1, OPENING), entry(2, QuestionAsked("q")), entry(3, StepStarted(1, "", 0), "t2")]
    state = SessionState()
    if together:
        state.apply_all(entries)
    else:
        for one in entries:
            state.apply(one)
    second = state.trajectories["t2"]
    assert second.run.opened == OPENING
    assert second.run.questions == []
    assert second.budget.caps == state.main.budget.caps
    assert (second.run.step, state.main.run.step) == (1, 0)


def test_approval_that_one_trajectory_received_holds_for_all() -> None:
    state = SessionState()
    allowed = state.trajectory("t2").approvals
    state.apply(entry(1, ApprovalRequested("c1", DESK_QUERIES_RULE, "why", ""), "t3"))
    state.apply(entry(2, ApprovalResolved("c1", "approve"), "t2"))
    assert not allowed.desk_opened, "the call of that id in another trajectory asked for something else"
    state.apply(entry(3, ApprovalResolved("c1", "approve"), "t3"))
    state.apply(entry(4, ApprovalResolved("c9", "always", pattern="read network a.example"), "t3"))
    assert state.main.approvals.desk_opened
    assert state.main.approvals.rules == allowed.rules == ["read network a.example"]
    state.apply(entry(5, RuleRevoked("read network a.example")))
    assert not allowed.rules


def test_apply_returns_the_place_in_the_timeline_of_the_entrys_own_trajectory() -> None:
    state = SessionState()
    assert state.apply(entry(1, QuestionAsked("q"))) == 0
    assert state.apply(entry(2, QuestionAsked("q"), "t2")) == 0
    assert [len(one.timeline.blocks) for one in state.trajectories.values()] == [1, 1]
