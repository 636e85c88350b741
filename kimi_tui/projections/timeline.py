"""The timeline: one block for each thing that the screen shows.

Blocks keep their order and their place for ever; a call's block changes as the call goes on, and everything else
of it is read from the `calls` projection by `call_id`.
"""

from typing import Any, Literal, assert_never

import msgspec

from kimi_tui.events import (
    ApprovalRequested,
    ApprovalResolved,
    BudgetExhausted,
    BudgetRaised,
    BudgetWarned,
    CompactionProposed,
    ContentFlagged,
    ContextCompacted,
    DriftNoticed,
    Entry,
    HookAnswered,
    LoopSuspected,
    MessageRecorded,
    ObservationRecorded,
    ObservationRestored,
    ObservationWithdrawn,
    OutgoingDataRecorded,
    PlanEdited,
    PolicyDecided,
    PrefetchFinished,
    PrefetchStarted,
    QuestionAsked,
    ReasoningRecorded,
    RuleRevoked,
    RunPaused,
    RunResumed,
    ServerProbed,
    SessionOpened,
    StallSuspected,
    StatementDecided,
    StatementJudged,
    SteerReceived,
    StepFailed,
    StepFinished,
    StepStarted,
    ToolCallProposed,
    ToolCallStarted,
    TurnFinished,
)
from kimi_tui.evidence.decisions import apply_decision
from kimi_tui.projections.budget import effort_line, warning_line
from kimi_tui.projections.compactions import compaction_detail, compaction_line
from kimi_tui.projections.health import server_detail, server_line
from kimi_tui.projections.research_state import plan_message

BlockKind = Literal["question", "steer", "reasoning", "message", "call", "notice", "memo"]
NoticeLevel = Literal["info", "warning", "error"]


_Content = QuestionAsked | SteerReceived | PlanEdited | ReasoningRecorded | MessageRecorded | ToolCallProposed
"""Events that are shown whole."""
_Alert = (
    TurnFinished
    | StepFailed
    | ContentFlagged
    | LoopSuspected
    | StallSuspected
    | DriftNoticed
    | RunPaused
    | BudgetWarned
    | BudgetExhausted
)
"""Events whose notice a person should see at once."""
_Info = (
    RuleRevoked | RunResumed | BudgetRaised | CompactionProposed | ContextCompacted | ObservationRestored | ServerProbed
)
"""Events of lesser weight."""
_ACTION_WORDS = {
    "told": "the model is warned",
    "warned": "the model is warned",
    "refused": "the repeated calls are refused",
    "paused": "the turn is paused",
}
"""The recorded action of a suspicion to the words that people read."""


class TimelineBlock(msgspec.Struct):
    """One thing on the timeline."""

    seq: int
    """The entry that made it; its identity."""
    kind: BlockKind
    turn: int
    step: int
    at: str
    text: str = ""
    """Its text, whole; untrusted."""
    call_id: str = ""
    """For a call: its id in the `calls` projection."""
    seconds: float = 0.0
    """For reasoning: how long it streamed."""
    tokens: int = 0
    """For reasoning: the server's count or an estimate."""
    level: NoticeLevel = "info"
    """For a notice: how loud it is."""
    detail: str = ""
    """For a notice: more text under its line (advice, partial reasoning)."""
    memo: dict[str, Any] | None = None
    """For a memo: the checked memo."""
    revision: int = 0
    """Grows when the block changes, for caches."""


class Timeline:
    """All blocks in order."""

    def __init__(self) -> None:
        self.blocks: list[TimelineBlock] = []
        self.by_call: dict[str, int] = {}
        """Where a call's block stands."""

    def apply(self, entry: Entry) -> int | None:
        """Fold one entry in; returns the index of the block made or changed, None if there is none."""
        event = entry.event
        match event:
            case (
                StepStarted()
                | StepFinished()
                | SessionOpened()
                | StatementJudged()
                | PrefetchStarted()
                | PrefetchFinished()
            ):
                return None
            case (
                ObservationRecorded()
                | OutgoingDataRecorded()
                | ToolCallStarted()
                | PolicyDecided()
                | HookAnswered()
                | ApprovalRequested()
                | ApprovalResolved()
                | ObservationWithdrawn()
            ):
                return self._mark_changed(event.call_id)
            case StatementDecided():
                return self._decide(event, entry.at)
            case _:
                return self._add_block(_make_block(entry, event))

    def _mark_changed(self, call_id: str) -> int | None:
        """Something happened to a call: its block is to be drawn anew."""
        index = self.by_call.get(call_id)
        if index is not None:
            self.blocks[index].revision += 1
        return index

    def _decide(self, event: StatementDecided, at: str) -> int | None:
        """A person decided on a statement: the block of its memo is to be drawn anew."""
        index = next((n for n in range(len(self.blocks) - 1, -1, -1) if self.blocks[n].seq <= event.memo), None)
        block = self.blocks[index] if index is not None else None
        if block is None or block.seq != event.memo or block.memo is None:
            return None
        block.memo = apply_decision(block.memo, event, at) or block.memo
        block.revision += 1
        return index

    def _add_block(self, block: TimelineBlock) -> int:
        self.blocks.append(block)
        if block.call_id:
            self.by_call[block.call_id] = len(self.blocks) - 1
        return len(self.blocks) - 1


def _make_block(entry: Entry, event: _Content | _Alert | _Info) -> TimelineBlock:
    """The block that an entry makes."""
    block = TimelineBlock(seq=entry.seq, kind="notice", turn=entry.turn, step=entry.step, at=entry.at)
    match event:
        case ReasoningRecorded():
            block.kind, block.text, block.seconds, block.tokens = "reasoning", event.text, event.seconds, event.tokens
        case ToolCallProposed():
            block.kind, block.text, block.call_id = "call", event.label, event.call_id
        case MessageRecorded():
            block.kind, block.text = "message", event.text
        case QuestionAsked():
            block.kind, block.text = "question", event.text
        case SteerReceived():
            block.kind, block.text, block.detail = "steer", event.text, event.by
        case PlanEdited():
            block.kind, block.text, block.detail = "steer", plan_message(event), event.by
        case _:
            _make_notice(event, block)
    return block


def _make_notice(event: _Alert | _Info, block: TimelineBlock) -> None:
    """Fill the block with the notice of an event that fits one line."""
    match event:
        case TurnFinished():
            _make_turn_end(event, block)
        case StepFailed():
            block.text, block.level = f"The model call failed: {event.error}", "error"
            block.detail = "\n\n".join(x for x in (event.advice, event.partial_reasoning, event.partial_text) if x)
            if event.kind == "interrupted":
                block.text, block.level = "The model call was interrupted.", "warning"
            elif event.kind == "capped":
                block.text, block.level = event.error, "info"  # somebody wanted it: no fault
        case ContentFlagged():
            block.text, block.level = f"Suspicious content ({event.detector}): {event.action}", "warning"
        case LoopSuspected() | StallSuspected() | DriftNoticed():
            block.text, block.level = suspicion_line(event), "warning"
        case RunPaused():
            block.text, block.level = f"Paused by {event.by}", "warning"
            block.detail = event.why
        case BudgetExhausted():
            block.text, block.level = f"Budget spent: {event.kind} {event.spent:g} of {event.cap:g}", "warning"
        case BudgetWarned():
            block.text, block.level = warning_line(event), "warning"
        case _:
            _make_info(event, block)


def suspicion_line(event: LoopSuspected | StallSuspected | DriftNoticed) -> str:
    """Return in one line for people what was noticed of a model that loops, stalls or drifts."""
    match event:
        case LoopSuspected():
            what = "call" if event.period == 1 else f"{event.period} calls"
            return f"The same {what} repeat{'s' * (event.period == 1)}: {_ACTION_WORDS.get(event.action, event.action)}"
        case StallSuspected():
            return f"{event.steps} steps brought nothing new: {_ACTION_WORDS.get(event.action, event.action)}"
        case DriftNoticed():
            return f"The last {event.steps} steps have left the question and the plan: the model is asked why"


def _make_info(event: _Info, block: TimelineBlock) -> None:
    """The same of an event of lesser weight."""
    match event:
        case RuleRevoked():
            block.text = f"Standing rule revoked: {event.pattern}"
        case RunResumed():
            block.text = f"Resumed by {event.by}"
        case BudgetRaised():
            block.text = f"Budget raised by {event.by}: {event.kind} to {event.cap:g}"
        case ContextCompacted() | CompactionProposed():
            block.text, block.detail = compaction_line(event), compaction_detail(event)
            block.level = "warning" if isinstance(event, CompactionProposed) and event.ask else "info"
        case ObservationRestored():
            block.text = compaction_line(event)
        case ServerProbed():
            block.text, block.detail = server_line(event), server_detail(event)
            block.level = "warning" if any(finding.grade == "red" for finding in event.findings) else "info"
        case _ as unreachable:
            assert_never(unreachable)


def _make_turn_end(event: TurnFinished, block: TimelineBlock) -> None:
    """A memo when there is one, else a line that says how the turn ended."""
    block.detail = "\n".join(line for line in (event.note, effort_line(event.effort)) if line)
    if event.memo is not None:
        block.kind, block.memo, block.text = "memo", event.memo, str(event.memo.get("text", ""))
        block.level = "info" if event.reason == "answered" else "warning"
    else:
        words = {"answered": "Answered", "stopped": "Stopped", "budget": "Ended by its budget", "failed": "Failed"}
        block.text = words[event.reason]
        block.level = "error" if event.reason == "failed" else "warning"
