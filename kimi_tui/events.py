"""Every fact that a session can record.

An event is durable, in the past tense and frozen. It is journaled before anybody is told; what is not in the
journal did not happen. Nothing here draws, decides or touches a disk: these are the words that the engine,
the projections and the front ends share. Bodies are plain JSON, decoded and validated at the edge.
"""

from typing import Any, Literal

import msgspec

from kimi_tui.sources import SourceRef

EffectKind = Literal["read", "network", "query", "write", "spend"]
Verdict = Literal["allow", "ask", "deny"]
Decision = Literal["approve", "edit", "always", "veto"]
Status = Literal["ok", "error", "vetoed", "denied", "interrupted", "not-found", "lookup-failed"]
BudgetKind = Literal["steps", "tokens", "minutes", "cost"]
Reason = Literal["answered", "stopped", "budget", "failed"]
DeltaKind = Literal["reasoning", "text", "call", "state"]


class Effect(msgspec.Struct, frozen=True):
    """What one call says it touches; policy rules see this and never a tool's name alone."""

    kind: EffectKind
    """The kind of thing touched."""
    target: str = ""
    """A host, database, path or query text, in the tool's own words; empty when there is only one."""


class Usage(msgspec.Struct, frozen=True):
    """Tokens of one model call, as the server counted them."""

    prompt_tokens: int = 0
    """Tokens read, cached ones included."""
    completion_tokens: int = 0
    """Tokens written, reasoning included."""
    reasoning_tokens: int = 0
    """The part of `completion_tokens` that is reasoning; 0 when the server does not tell."""
    cached_tokens: int = 0
    """The part of `prompt_tokens` that the server took from its prefix cache; 0 when it does not tell."""
    estimated: bool = False
    """True when the server sent no usage and the figures were estimated from text lengths."""


class Event(msgspec.Struct, frozen=True, tag_field="type"):
    """The base of every event; `type` in the envelope is the class name."""


class SessionOpened(Event, frozen=True, tag=True):
    """A session was created, or reopened with other settings; the last one counts, except `instructions`."""

    version: str
    """The version of kimi-tui that wrote it."""
    model: str
    """The model's name as the server knows it; `extractive-researcher` for the embedded one."""
    endpoint: str
    """Base URL of the server, or `embedded`."""
    settings: dict[str, Any]
    """The session's effective settings, secrets left out; see `config.SessionSettings`."""
    instructions: str
    """The system message, word for word, so that the context can be derived from the journal alone."""
    policy_digest: str = ""
    """SHA-256 of the policy rules in force."""
    tools_digest: str = ""
    """SHA-256 of the tool schemas sent to the model."""


class QuestionAsked(Event, frozen=True, tag=True):
    """A person asked; a turn begins."""

    text: str


class SteerReceived(Event, frozen=True, tag=True):
    """An order to the model in mid-turn; it reads it as a user message before its next step."""

    text: str
    by: str = "person"
    """`person`, or `engine` for what the harness tells the model (for example that a budget is nearly spent)."""


class TurnFinished(Event, frozen=True, tag=True):
    """A turn ended; every call of it has its observation."""

    reason: Reason
    memo: dict[str, Any] | None = None
    """The checked memo (`memo.Memo` as JSON), when there is one; partial when the reason is not `answered`."""
    note: str = ""
    """One line for a person: why, and what to do next."""


class StepStarted(Event, frozen=True, tag=True):
    """A model call is about to leave; committed before the request."""

    n: int
    """The step's number in the session, from 1."""
    context_digest: str
    """SHA-256 over the messages sent, derivable again from the journal up to this line."""
    context_tokens: int
    """Expected prompt tokens: the server's last count plus an estimate of what was added."""


class ReasoningRecorded(Event, frozen=True, tag=True):
    """The model's thinking text of one step, whole."""

    text: str
    seconds: float = 0.0
    """How long it took to stream."""
    tokens: int = 0
    """The server's count, or an estimate when it does not tell."""


class MessageRecorded(Event, frozen=True, tag=True):
    """What the model said outside its thinking in one step, whole."""

    text: str


class StepFinished(Event, frozen=True, tag=True):
    """A model call ended well; its calls, if any, were proposed before this event."""

    usage: Usage
    latency: float
    """Seconds from request to end."""
    finish_reason: str
    """As the server said it; never trusted alone."""
    recoveries: tuple[str, ...] = ()
    """What had to be mended in the reply, one short name each."""
    first_token: float = 0.0
    """Seconds from request to the first fragment."""


class StepFailed(Event, frozen=True, tag=True):
    """A model call did not end well; nothing of it reaches the context."""

    error: str
    """One line: what happened."""
    kind: str
    """A `providers.base.ErrorKind`, or `interrupted`."""
    attempt: int
    """1 for the first try of this step."""
    wait: float = 0.0
    """Seconds until the next try; 0 when there is none."""
    advice: str = ""
    """What a person can do about it."""
    partial_reasoning: str = ""
    """What had streamed before the failure."""
    partial_text: str = ""
    """What had streamed before the failure."""


class ToolCallProposed(Event, frozen=True, tag=True):
    """The model proposed one call."""

    call_id: str
    """Ours, unique in the session (`c12`); the server's ids are never used again."""
    tool: str
    """The tool's name as the model wrote it; it may not exist."""
    arguments: dict[str, Any]
    """The parsed arguments; empty when they could not be parsed."""
    raw: str
    """The arguments as they came, unparsed."""
    label: str = ""
    """What the tool says this call is, for people: `Read S3, pages 4-6`."""
    effects: tuple[Effect, ...] = ()
    """What the tool says it touches."""
    read_only: bool = True
    """Whether it may be run again after a crash without asking."""
    problem: str = ""
    """Why it cannot be run as proposed (no such tool, bad arguments), in words the model can act on; empty if fine."""
    recovered: bool = False
    """Whether it was salvaged from text instead of arriving as a call."""


class PolicyDecided(Event, frozen=True, tag=True):
    """The policy answered for one call."""

    call_id: str
    verdict: Verdict
    """What happens to it: it runs, a person is asked, or it is refused."""
    rule: str
    """The name of the rule that answered."""
    reason: str = ""
    """In a person's words: why."""


class ApprovalRequested(Event, frozen=True, tag=True):
    """A call waits for a person; nothing else holds it, so it survives any crash."""

    call_id: str
    rule: str
    """The rule that asked."""
    why: str
    """In a person's words: why it asks."""
    pattern: str = ""
    """The narrow standing rule that `always` would make (`TOOL EFFECT TARGET`); empty if it makes none."""


class ApprovalResolved(Event, frozen=True, tag=True):
    """A person decided a waiting call; the first answer wins."""

    call_id: str
    decision: Decision
    """What the person chose; `edit` and `always` approve as well."""
    by: str = "person"
    note: str = ""
    """Why, for a veto: the model reads it."""
    edited: dict[str, Any] | None = None
    """The arguments that will run instead, when the decision is `edit`."""
    pattern: str = ""
    """The standing rule made by `always`, as saved."""


class RuleRevoked(Event, frozen=True, tag=True):
    """A standing rule made by `always` no longer holds."""

    pattern: str
    by: str = "person"


class ToolCallStarted(Event, frozen=True, tag=True):
    """A tool is about to run; committed before it does."""

    call_id: str
    attempt: int = 1
    """2 when it runs again after a crash."""


class ObservationRecorded(Event, frozen=True, tag=True):
    """What the model is shown for one call; exactly one for each proposed call."""

    call_id: str
    status: Status
    text: str
    sources: tuple[SourceRef, ...] = ()
    """Every source that the text names."""
    artifact: dict[str, Any] | None = None
    """Structured result for front ends, told apart by `kind`: `table`, `plan` or `memo`."""
    cached: bool = False
    """True when it was answered from an earlier identical call."""
    duration: float = 0.0
    """Seconds the tool ran."""


class ObservationWithdrawn(Event, frozen=True, tag=True):
    """A person took a result back out of the context; the model reads a tombstone with the note."""

    call_id: str
    by: str = "person"
    note: str = ""


class ContentFlagged(Event, frozen=True, tag=True):
    """A detector found something suspicious in untrusted content."""

    call_id: str
    detector: str
    span: tuple[int, int]
    """Start and end in the observation's text."""
    action: str
    """What was done: `marked`."""


class LoopSuspected(Event, frozen=True, tag=True):
    """The same calls with the same outcomes came round again."""

    period: int
    """How many calls one round has."""
    calls: tuple[str, ...]
    """The call ids of the last round."""
    action: str
    """`warned`, `refused` or `paused`."""


class RunPaused(Event, frozen=True, tag=True):
    """The run holds at the next safe point until it is resumed."""

    by: str
    """`person` or `engine`."""
    why: str = ""


class RunResumed(Event, frozen=True, tag=True):
    """The run goes on."""

    by: str = "person"


class BudgetRaised(Event, frozen=True, tag=True):
    """A person raised a cap."""

    kind: BudgetKind
    cap: float
    """The new cap."""
    by: str = "person"


class BudgetExhausted(Event, frozen=True, tag=True):
    """A cap is reached: one closing step may follow, then the turn ends."""

    kind: BudgetKind
    spent: float
    cap: float


class ContextCompacted(Event, frozen=True, tag=True):
    """Old observations left the context; nothing left the journal."""

    kind: Literal["hide"]
    hidden: tuple[str, ...]
    """The calls whose observations are now stubs."""
    summary: str = ""
    """What stands for the hidden observations; empty, as each leaves a stub of its own."""
    before: int = 0
    """Prompt tokens before, as the server counted."""
    after: int = 0
    """Prompt tokens after, estimated."""


AnyEvent = (
    SessionOpened
    | QuestionAsked
    | SteerReceived
    | TurnFinished
    | StepStarted
    | ReasoningRecorded
    | MessageRecorded
    | StepFinished
    | StepFailed
    | ToolCallProposed
    | PolicyDecided
    | ApprovalRequested
    | ApprovalResolved
    | RuleRevoked
    | ToolCallStarted
    | ObservationRecorded
    | ObservationWithdrawn
    | ContentFlagged
    | LoopSuspected
    | RunPaused
    | RunResumed
    | BudgetRaised
    | BudgetExhausted
    | ContextCompacted
)
"""The closed union: a `match` over it with `assert_never` is checked by the type checker."""


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
    """A fragment on its way to becoming an event: shown, coalesced, droppable, never stored."""

    trajectory: str
    step: int
    kind: DeltaKind
    """`call` carries argument text, `state` a line on what the engine waits for."""
    text: str
    index: int = 0
    """Which call of the step, for `call`."""
    tool: str = ""
    """The tool's name, on the first fragment of a `call`."""
