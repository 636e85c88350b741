"""Define every event that a session can record.

An event is durable, in the past tense and frozen. It is journaled before anybody is told; what is not in the
journal did not happen. Nothing here draws, decides or touches a disk: these are the words that the engine,
the projections and the front ends share. Bodies are plain JSON, decoded and validated at the edge.
"""

import msgspec

from kimi_tui.events.calls import (
    ApprovalRequested,
    ApprovalResolved,
    HookAnswered,
    ObservationRecorded,
    ObservationWithdrawn,
    OutgoingDataRecorded,
    PolicyDecided,
    PrefetchFinished,
    PrefetchStarted,
    RuleRevoked,
    ToolCallProposed,
    ToolCallStarted,
)
from kimi_tui.events.compaction import CompactionKind, CompactionProposed, ContextCompacted, ObservationRestored
from kimi_tui.events.control import (
    BudgetExhausted,
    BudgetRaised,
    BudgetWarned,
    ContentFlagged,
    DriftNoticed,
    LoopSuspected,
    RunPaused,
    RunResumed,
    StallSuspected,
)
from kimi_tui.events.server import Grade, ServerFinding, ServerProbed
from kimi_tui.events.statements import JudgedFinding, StatementDecided, StatementJudged, StatementVerdict
from kimi_tui.events.turns import (
    MessageRecorded,
    PlanEdited,
    QuestionAsked,
    ReasoningRecorded,
    SessionOpened,
    SteerReceived,
    StepFailed,
    StepFinished,
    StepStarted,
    TurnFinished,
)
from kimi_tui.events.vocabulary import (
    BudgetKind,
    Decision,
    DeltaKind,
    Effect,
    EffectKind,
    Effort,
    Event,
    PlanStep,
    Reason,
    Status,
    Usage,
    Verdict,
)

__all__ = [
    "AnyEvent",
    "ApprovalRequested",
    "ApprovalResolved",
    "BudgetExhausted",
    "BudgetKind",
    "BudgetRaised",
    "BudgetWarned",
    "CompactionKind",
    "CompactionProposed",
    "ContentFlagged",
    "ContextCompacted",
    "Decision",
    "Delta",
    "DeltaKind",
    "DriftNoticed",
    "Effect",
    "EffectKind",
    "Effort",
    "Entry",
    "Event",
    "Grade",
    "HookAnswered",
    "JudgedFinding",
    "LoopSuspected",
    "MessageRecorded",
    "ObservationRecorded",
    "ObservationRestored",
    "ObservationWithdrawn",
    "OutgoingDataRecorded",
    "PlanEdited",
    "PlanStep",
    "PolicyDecided",
    "PrefetchFinished",
    "PrefetchStarted",
    "QuestionAsked",
    "Reason",
    "ReasoningRecorded",
    "RuleRevoked",
    "RunPaused",
    "RunResumed",
    "ServerFinding",
    "ServerProbed",
    "SessionOpened",
    "StallSuspected",
    "StatementDecided",
    "StatementJudged",
    "StatementVerdict",
    "Status",
    "SteerReceived",
    "StepFailed",
    "StepFinished",
    "StepStarted",
    "ToolCallProposed",
    "ToolCallStarted",
    "TurnFinished",
    "Usage",
    "Verdict",
]

AnyEvent = (
    SessionOpened
    | QuestionAsked
    | SteerReceived
    | PlanEdited
    | TurnFinished
    | StatementDecided
    | StepStarted
    | ReasoningRecorded
    | MessageRecorded
    | StepFinished
    | StepFailed
    | ToolCallProposed
    | PolicyDecided
    | HookAnswered
    | ApprovalRequested
    | ApprovalResolved
    | RuleRevoked
    | OutgoingDataRecorded
    | PrefetchStarted
    | PrefetchFinished
    | ToolCallStarted
    | ObservationRecorded
    | ObservationWithdrawn
    | ContentFlagged
    | LoopSuspected
    | StallSuspected
    | DriftNoticed
    | RunPaused
    | RunResumed
    | BudgetRaised
    | BudgetWarned
    | BudgetExhausted
    | CompactionProposed
    | ContextCompacted
    | ObservationRestored
    | ServerProbed
    | StatementJudged
)
"""The closed union: a `match` over it with `assert_never` is checked by the type checker."""


MAIN_TRAJECTORY = "main"
"""The trajectory of a session with one agent."""


class Entry(msgspec.Struct, frozen=True):
    """One line of a journal: the envelope around an event."""

    session: str
    """The session's id."""
    seq: int
    """1, 2, 3, ... without gaps."""
    at: str
    """UTC, ISO 8601 with milliseconds and `Z`."""
    trajectory: str
    """Which agent's steps: `main` unless several run in one session."""
    turn: int
    """The turn's number from 1; 0 before the first question."""
    step: int
    """The step's number from 1; 0 before the first."""
    event: AnyEvent
    digest: str
    """SHA-256 chained over everything above and the digest before; see `journal.chain`."""


class Delta(msgspec.Struct, frozen=True):
    """A fragment that becomes part of an event: shown, coalesced, droppable, never stored."""

    trajectory: str
    step: int
    kind: DeltaKind
    """`call` carries argument text, `state` a line on what the engine waits for."""
    text: str
    index: int = 0
    """Which call of the step, for `call`."""
    tool: str = ""
    """The tool's name, on the first fragment of a `call`."""
    tokens: int = 0
    """For `reasoning`: tokens of thinking in this step so far; 0 when nobody counts."""
