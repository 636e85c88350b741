"""Calls, timeline, run, plan and memo: what each event of a session changes."""

from pathlib import Path

import pytest

from kimi_tui.events import (
    AnyEvent,
    ApprovalRequested,
    ApprovalResolved,
    BudgetExhausted,
    BudgetRaised,
    ContentFlagged,
    ContextCompacted,
    Entry,
    LoopSuspected,
    ObservationRecorded,
    ObservationWithdrawn,
    PolicyDecided,
    QuestionAsked,
    RuleRevoked,
    RunPaused,
    RunResumed,
    SessionOpened,
    SteerReceived,
    StepFailed,
    StepFinished,
    StepStarted,
    ToolCallProposed,
    ToolCallStarted,
    TurnFinished,
    Usage,
)
from kimi_tui.journal.reader import JournalReader
from kimi_tui.projections.calls import CallState
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.summary import make_summary
from kimi_tui.projections.timeline import TimelineBlock
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.session import State
from tests.story import SESSION, folded, write_story

PROPOSED = ToolCallProposed("c1", "t", {"a": 1}, '{"a":1}', "Do it")
ASK = PolicyDecided("c1", "ask", "rule", "why")
REQUESTED = ApprovalRequested("c1", "rule", "why so", "t query a")
SEEN = ObservationRecorded("c1", "ok", "done")


def state_of(*events: AnyEvent) -> TrajectoryState:
    """The state after some events of one turn, a second apart."""
    return folded(
        [
            Entry("s", seq, f"2026-11-03T10:00:{seq:02}.000Z", "main", 1, 1, event, "")
            for seq, event in enumerate(events, 1)
        ]
    )


@pytest.mark.parametrize(
    ("events", "state", "is_open"),
    [
        ((), "proposed", True),
        ((PolicyDecided("c1", "allow", "r"),), "ready", True),
        ((PolicyDecided("c1", "deny", "r"),), "proposed", True),
        ((ASK,), "proposed", True),
        ((ASK, REQUESTED), "waiting", True),
        ((ASK, REQUESTED, ApprovalResolved("c1", "approve")), "ready", True),
        ((ASK, REQUESTED, ApprovalResolved("c1", "edit", edited={"a": 2})), "ready", True),
        ((ASK, REQUESTED, ApprovalResolved("c1", "always", pattern="t query a")), "ready", True),
        ((ASK, REQUESTED, ApprovalResolved("c1", "veto")), "proposed", True),
        ((PolicyDecided("c1", "allow", "r"), ToolCallStarted("c1")), "running", True),
        ((ToolCallStarted("c1"), REQUESTED), "waiting", True),
        ((ToolCallStarted("c1"), SEEN), "done", False),
        ((SEEN, ObservationWithdrawn("c1")), "done", False),
        ((PolicyDecided("c9", "allow", "r"), ToolCallStarted("c9")), "proposed", True),
    ],
)
def test_call_is_in_the_state_of_its_last_event(events: tuple[AnyEvent, ...], state: CallState, is_open: bool) -> None:
    calls = state_of(QuestionAsked("q"), PROPOSED, *events).calls
    assert calls.by_id["c1"].state == state
    assert ("c1" in calls.open) == is_open
    assert [call.id for call in calls.waiting] == (["c1"] if state == "waiting" else [])


def test_a_call_keeps_everything_that_happened_to_it() -> None:
    edited = ApprovalResolved("c1", "edit", note="n", edited={"a": 2})
    events = (PROPOSED, ASK, REQUESTED, edited, ToolCallStarted("c1", 2), SEEN, ObservationWithdrawn("c1", note="w"))
    call = state_of(*events).calls.by_id["c1"]
    assert (call.arguments, call.proposed, call.is_edited) == ({"a": 2}, {"a": 1}, True)
    assert (call.verdict, call.rule, call.reason, call.pattern) == ("ask", "rule", "why so", "t query a")
    assert (call.decision, call.note, call.attempts) == ("edit", "n", 2)
    assert (call.at[17:19], call.started_at[17:19], call.finished_at[17:19]) == ("01", "05", "06")
    assert (call.observation, call.withdrawn, call.withdrawal_note) == (SEEN, True, "w")


def test_standing_rules_are_kept_once_in_order_until_they_are_revoked() -> None:
    always = [ApprovalResolved("c1", "always", pattern=pattern) for pattern in ("a", "b", "a", "")]
    once = ApprovalResolved("c1", "approve", pattern="c")
    assert state_of(PROPOSED, *always, once).approvals.rules == ["a", "b"]
    assert state_of(PROPOSED, *always, RuleRevoked("a"), RuleRevoked("x")).approvals.rules == ["b"]


@pytest.mark.parametrize(
    ("event", "block"),
    [
        (QuestionAsked("q"), ("question", "q", "info", "")),
        (SteerReceived("s", "engine"), ("steer", "s", "info", "engine")),
        (PROPOSED, ("call", "Do it", "info", "")),
        (TurnFinished("answered", None, "n"), ("notice", "Answered", "warning", "n")),
        (TurnFinished("failed", None, "n"), ("notice", "Failed", "error", "n")),
        (TurnFinished("budget", {"text": "m"}, "n"), ("memo", "m", "warning", "n")),
        (TurnFinished("answered", {"text": "m"}), ("memo", "m", "info", "")),
        (
            StepFailed("reset", "network", 1, 0.0, "wait", "half", "text"),
            ("notice", "The model call failed: reset", "error", "wait\n\nhalf\n\ntext"),
        ),
        (StepFailed("x", "interrupted", 1), ("notice", "The model call was interrupted.", "warning", "")),
        (ContentFlagged("c1", "d", (0, 1), "marked"), ("notice", "Suspicious content (d): marked", "warning", "")),
        (LoopSuspected(2, (), "warned"), ("notice", "The same 2 calls repeat: the model is warned", "warning", "")),
        (
            LoopSuspected(1, (), "refused"),
            ("notice", "The same call repeats: the repeated calls are refused", "warning", ""),
        ),
        (LoopSuspected(1, (), "unheard"), ("notice", "The same call repeats: unheard", "warning", "")),
        (RunPaused("person", "lunch"), ("notice", "Paused by person", "warning", "lunch")),
        (RunResumed("person"), ("notice", "Resumed by person", "info", "")),
        (BudgetExhausted("cost", 1.5, 2), ("notice", "Budget spent: cost 1.5 of 2", "warning", "")),
        (BudgetRaised("steps", 9), ("notice", "Budget raised by person: steps to 9", "info", "")),
        (RuleRevoked("p"), ("notice", "Standing rule revoked: p", "info", "")),
        (ContextCompacted("hide", ("c1",)), ("notice", "1 observation hidden from the context", "info", "")),
    ],
)
def test_the_timeline_has_a_block_for(event: AnyEvent, block: tuple[str, str, str, str]) -> None:
    [made] = state_of(event).timeline.blocks
    assert (made.kind, made.text, made.level, made.detail) == block
    assert (made.seq, made.turn, made.step) == (1, 1, 1)


@pytest.mark.parametrize(
    "event", [SessionOpened("1", "m", "e", {}, ""), StepStarted(1, "", 0), StepFinished(Usage(), 1.0, "stop"), SEEN]
)
def test_the_timeline_has_no_block_for(event: AnyEvent) -> None:
    assert state_of(event).timeline.blocks == []


def test_a_calls_block_stays_in_its_place_and_counts_its_changes() -> None:
    state = SessionState()
    events: list[AnyEvent] = [QuestionAsked("q"), PROPOSED, RunResumed(), ASK, REQUESTED, SEEN]
    reported = [
        state.apply(Entry("s", seq, "2026-11-03T10:00:00.000Z", "main", 1, 1, event, ""))
        for seq, event in enumerate(events, 1)
    ]
    assert reported == [0, 1, 2, 1, 1, 1]
    assert state.main.timeline.blocks[1] == TimelineBlock(
        2, "call", 1, 1, "2026-11-03T10:00:00.000Z", "Do it", call_id="c1", revision=3
    )


STARTED = (QuestionAsked("q"), StepStarted(1, "", 0))


@pytest.mark.parametrize(
    ("events", "name"),
    [
        ((), "empty"),
        ((QuestionAsked("q"),), "running"),
        ((*STARTED, PROPOSED, REQUESTED), "waiting"),
        ((*STARTED, PROPOSED, REQUESTED, RunPaused("person")), "waiting"),
        ((QuestionAsked("q"), RunPaused("person")), "paused"),
        ((QuestionAsked("q"), RunPaused("person"), RunResumed()), "running"),
        ((QuestionAsked("q"), TurnFinished("answered")), "finished"),
        ((QuestionAsked("q"), TurnFinished("stopped")), "stopped"),
        ((QuestionAsked("q"), TurnFinished("budget")), "budget"),
        ((QuestionAsked("q"), TurnFinished("failed")), "failed"),
        ((QuestionAsked("q"), RunPaused("person"), TurnFinished("stopped"), QuestionAsked("r")), "running"),
    ],
)
def test_state_of_a_session_is_one_word(events: tuple[AnyEvent, ...], name: State) -> None:
    assert state_of(*events).name == name


def test_run_has_the_state_of_its_step() -> None:
    run = state_of(*STARTED).run
    assert (run.thinking, run.step_open, run.step, run.attempt) == (True, True, 1, 0)
    failure = StepFailed("reset", "network", 2)
    run = state_of(*STARTED, failure).run
    assert (run.thinking, run.step_open, run.attempt, run.last_failure) == (False, True, 2, failure)
    run = state_of(*STARTED, failure, RunPaused("engine", "w"), RunResumed()).run
    assert (run.attempt, run.paused, run.pause_why, run.paused_by) == (0, False, "", "")
    run = state_of(*STARTED, failure, StepStarted(1, "", 0), StepFinished(Usage(), 1.0, "stop")).run
    assert (run.thinking, run.step_open, run.attempt, run.last_failure) == (False, False, 0, None)
    run = state_of(*STARTED, TurnFinished("stopped")).run
    assert (run.thinking, run.step_open, run.turn_open, run.reason) == (False, False, False, "stopped")


def test_a_budget_that_ran_out_is_forgotten_when_it_is_raised_or_a_new_turn_begins() -> None:
    spent = (*STARTED, BudgetExhausted("steps", 9, 10))
    assert (state_of(*spent).run.exhausted, state_of(*spent).run.exhausted_step) == ("steps", 1)
    assert state_of(*spent, BudgetRaised("steps", 20)).run.exhausted == ""
    assert state_of(*spent, BudgetRaised("tokens", 20)).run.exhausted == "steps"
    assert state_of(*spent, TurnFinished("budget"), QuestionAsked("r")).run.exhausted == ""


def test_the_last_plan_that_was_noted_counts() -> None:
    plan = {"kind": "plan", "steps": [{"text": "a", "state": "done"}, {"text": "b"}], "note": "n"}
    noted = ObservationRecorded("c1", "ok", "", artifact=plan)
    refused = ObservationRecorded("c1", "error", "", artifact={"kind": "plan", "steps": []})
    state = state_of(noted, refused, SEEN)
    assert [(step.text, step.state) for step in state.plan.steps] == [("a", "done"), ("b", "open")]
    assert state.plan.note == "n"


def test_a_memo_is_the_last_draft_then_what_the_turn_ended_with() -> None:
    draft = ObservationRecorded("c1", "ok", "", artifact={"kind": "memo", "text": "draft"})
    state = state_of(QuestionAsked("q"), draft)
    assert (state.memo.memo, state.memo.partial, state.memo.turn) == (draft.artifact, False, 1)
    ended = state_of(QuestionAsked("q"), draft, TurnFinished("budget", {"text": "partial"}))
    assert (ended.memo.memo, ended.memo.partial) == ({"text": "partial"}, True)
    assert state_of(QuestionAsked("q"), draft, TurnFinished("stopped")).memo.memo == draft.artifact


def test_the_storys_summary_tells_it_in_one_line(tmp_path: Path) -> None:
    journal = write_story(tmp_path)
    reader = JournalReader(journal.path)
    state = folded(list(reader.entries()))
    summary = make_summary(state)
    assert (summary.id, summary.question, summary.state, summary.model) == (
        SESSION,
        "What was revenue?",
        "finished",
        "kimi-k2",
    )
    assert (summary.steps, summary.calls, summary.tokens, summary.desk) == (3, 5, 660, "/desk")
    assert summary.cost == pytest.approx(0.000765)
    assert summary.opened < summary.updated
    assert state.sources.calls == {"S1": ["c1"]}
    reader.close()
    journal.close()
    empty = make_summary(SessionState().main)
    assert (empty.state, empty.question, empty.model, empty.desk) == ("empty", "", "", "")
