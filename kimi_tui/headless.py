"""Run without a screen: print entries as they are recorded; no person answers questions.

It is given a `Session` like the app is, and says how the turn ended; what is written where is its caller's business.
"""

from collections.abc import Callable

import msgspec

from kimi_tui.events import (
    ApprovalRequested,
    BudgetExhausted,
    BudgetWarned,
    CompactionProposed,
    ContentFlagged,
    ContextCompacted,
    DriftNoticed,
    Entry,
    LoopSuspected,
    MessageRecorded,
    ObservationRecorded,
    ObservationRestored,
    PolicyDecided,
    QuestionAsked,
    ReasoningRecorded,
    RunPaused,
    ServerProbed,
    SessionOpened,
    StallSuspected,
    StatementJudged,
    SteerReceived,
    StepFailed,
    ToolCallProposed,
    TurnFinished,
)
from kimi_tui.evidence.memo import findings_in_words, recorded_findings
from kimi_tui.projections.budget import effort_line, warning_line
from kimi_tui.projections.compactions import compaction_line
from kimi_tui.projections.health import server_line
from kimi_tui.projections.timeline import suspicion_line
from kimi_tui.session import Session
from kimi_tui.text import count_noun, one_line, printable

DONE, FAILED, USAGE, BUDGET, UNVERIFIED, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""Exit codes."""
EXIT_MEANINGS = {
    DONE: "Done.",
    FAILED: "Failed; one line on standard error says what, why and what to do.",
    USAGE: "Wrong usage, or a setting that cannot be used.",
    BUDGET: "A budget ended the turn; the memo is partial.",
    UNVERIFIED: "Something does not hold: `verify`, `check`.",
    INTERRUPTED: "Interrupted.",
}
"""What each exit code means."""


class Outcome(msgspec.Struct, frozen=True):
    """How a turn ended."""

    code: int
    """An exit code."""
    note: str = ""
    """One line for a person: what, why, what to do."""


async def follow(session: Session, emit: Callable[[Entry], None], since: int = 0) -> Outcome:
    """Emit every entry until the turn ends or holds for a person who is not there.

    What happened up to entry `since` is emitted and ends nothing.
    """
    async for entry in session.tail():
        emit(entry)
        event = entry.event
        if entry.seq <= since:
            continue
        if isinstance(event, TurnFinished):
            return outcome_of(event)
        if isinstance(event, RunPaused) and event.by == "engine":
            return Outcome(FAILED, event.why)
    return Outcome(FAILED, "the engine ended before the turn did")


def outcome_of(event: TurnFinished) -> Outcome:
    """How a turn ended, as an exit code."""
    codes = {"answered": DONE, "budget": BUDGET, "failed": FAILED, "stopped": INTERRUPTED}
    return Outcome(codes[event.reason], event.note)


def entry_line(entry: Entry) -> str:
    """Return one printable line on an entry; empty for entries that need none."""
    event = entry.event
    match event:
        case SessionOpened():
            line = f"session {entry.session} with {event.model} at {event.endpoint}"
        case QuestionAsked():
            line = f"question: {event.text}"
        case SteerReceived():
            line = f"{event.by} steers: {event.text}"
        case ReasoningRecorded():
            line = f"step {entry.step}: reasoning, {count_noun(event.tokens, 'token')}: {event.text}"
        case MessageRecorded():
            line = f"step {entry.step}: {event.text}"
        case TurnFinished():
            found = findings_in_words(recorded_findings(event.memo))
            parts = (f"turn finished: {event.reason}", found, effort_line(event.effort), event.note)
            line = ". ".join(part for part in parts if part)
        case _:
            line = _call_line(entry) or _notice_line(entry)
    return one_line(line, 200)


def entry_text(entry: Entry) -> str:
    """Return the full text of an entry for a person who reads the whole session."""
    event = entry.event
    if isinstance(event, ReasoningRecorded | MessageRecorded | QuestionAsked | SteerReceived):
        return f"{entry_line(entry)[:40].split(':')[0]}:\n{printable(event.text)}\n"
    if isinstance(event, ObservationRecorded):
        return f"{entry_line(entry)}\n{printable(event.text)}\n"
    return entry_line(entry)


def _call_line(entry: Entry) -> str:
    event = entry.event
    match event:
        case ToolCallProposed():
            return f"step {entry.step}: {event.call_id} {event.label or event.tool}"
        case PolicyDecided() if event.verdict != "allow":
            return f"  {event.call_id} {event.verdict} ({event.rule}): {event.reason}"
        case ApprovalRequested():
            return f"  {event.call_id} waits for approval: {event.why}"
        case ObservationRecorded(status="ok", artifact={"kind": "memo"} as memo):
            return f"  {event.call_id} memo accepted: {findings_in_words(recorded_findings(memo))}"
        case ObservationRecorded():
            return f"  {event.call_id} {event.status}, {count_noun(len(event.text), 'character')}: {event.text}"
        case _:
            return ""


def _next_action(event: StepFailed) -> str:
    """Say when the step is tried again, or what a person can do."""
    if event.wait:
        when = "when the server is back" if event.awaited else f"in {event.wait:,.10g} s"
        return f"; trying again {when}"
    if event.window:
        return f"; its window is {event.window:,} tokens"
    return f". {event.advice}" if event.advice else ""


def _notice_line(entry: Entry) -> str:
    event = entry.event
    match event:
        case StepFailed():
            return f"step {entry.step} failed: {event.error.rstrip('.')}{_next_action(event)}"
        case RunPaused():
            return f"paused by {event.by}: {event.why}"
        case BudgetExhausted():
            return f"budget of {event.kind} nearly spent: {event.spent:g} of {event.cap:g}"
        case ContentFlagged():
            return f"  {event.call_id} holds suspicious content ({event.detector}), {event.action}"
        case LoopSuspected() | StallSuspected() | DriftNoticed():
            return suspicion_line(event)
        case CompactionProposed() | ContextCompacted() | ObservationRestored():
            return compaction_line(event)
        case BudgetWarned():
            return warning_line(event)
        case StatementJudged():
            why = f" ({event.reason})" if event.reason else ""
            return f"judged {event.finding}{why}: {event.statement}"
        case ServerProbed():
            return server_line(event)
        case _:
            return ""
