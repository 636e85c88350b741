"""Events of turns and steps: questions, orders, and each model call from intent to end."""

from typing import Any

from kimi_tui.events.vocabulary import Effort, Event, PlanStep, Reason, Usage


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


class PlanEdited(Event, frozen=True, tag=True):
    """A person changed the plan; the model reads the whole of it as a user message."""

    steps: tuple[PlanStep, ...]
    """The plan as it is now."""
    by: str = "person"


class TurnFinished(Event, frozen=True, tag=True):
    """A turn ended; every call of it has its observation."""

    reason: Reason
    memo: dict[str, Any] | None = None
    """The checked memo (`memo.CheckedMemo` as JSON), when there is one; partial when the reason is not `answered`."""
    note: str = ""
    """One line for a person: why, and what to do next."""
    effort: Effort = Effort()
    """What the turn took in model calls, under which protocol."""


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
    """The model's text outside its thinking in one step, whole."""

    text: str


class StepFinished(Event, frozen=True, tag=True):
    """A model call ended well; its calls, if any, were proposed before this event."""

    usage: Usage
    latency: float
    """Seconds from request to end."""
    finish_reason: str
    """As the server said it; never trusted alone."""
    recoveries: tuple[str, ...] = ()
    """Short names of the repairs that the reply needed."""
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
    """Seconds until the next try, at the most if it is awaited; 0 when there is none, or when it follows at once."""
    advice: str = ""
    """What a person can do about it."""
    partial_reasoning: str = ""
    """What had streamed before the failure."""
    partial_text: str = ""
    """What had streamed before the failure."""
    awaited: bool = False
    """True when the next try comes as soon as the server takes requests again."""
    usage: Usage = Usage()
    """Tokens that the try took, as far as they are known; none when nothing had streamed."""
    window: int = 0
    """The server's window in tokens, if the refusal told it; 0 otherwise."""
    prompt_tokens: int = 0
    """What the refusal told of the prompt's tokens; 0 if it did not."""
