"""The provider interface: what the engine needs from a model, independent of transport.

A provider is given a `ModelRequest` in neutral form and returns one whole `ModelReply`, announcing fragments on the
way. It never retries, never stores and never changes the request; a reply that is not complete is a `ProviderError`.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Literal, Protocol

import msgspec

from kimi_tui.events import ServerProbed, Usage
from kimi_tui.messages import Message
from kimi_tui.providers.refusal_limits import TokenLimits

ErrorKind = Literal[
    "unreachable",  # nobody answers at that address, or the connection broke before a byte
    "unauthorized",  # 401, 403
    "unknown-model",  # 404 on the model
    "bad-request",  # another 4xx: our fault or the settings'
    "overflow",  # the prompt is longer than the context
    "rate-limited",  # 429
    "quota",  # the account is empty, closed or over its quota: no waiting changes that
    "overloaded",  # 5xx, loading
    "truncated",  # the stream ended before the reply was whole
    "stalled",  # no byte for too long
    "malformed",  # what came is not the protocol
    "empty",  # a whole reply with neither text nor calls
    "capped",  # the thinking was ended before the model acted: by its cap, by a person, by the server's allowance
]


ServerPresence = Literal[
    "absent",  # nobody listens at that address
    "unwell",  # something answers, with a fault of its own: it loads, or what stands behind it is away
    "there",  # it answers as a server does that is well, which of a gateway means little
]


class ToolSchema(msgspec.Struct, frozen=True):
    """One tool as declared to the model."""

    name: str
    """`[a-z0-9_]+`."""
    description: str
    parameters: dict[str, Any]
    """JSON Schema of an object, without references."""


class Endpoint(msgspec.Struct, frozen=True):
    """The known properties of a server; unknown ones have safe defaults."""

    engine: str = ""
    """Its engine as a probe found it, like `vllm` or `llama.cpp`; for people to read, nothing is decided by it."""
    reasoning_keys: tuple[str, ...] = ()
    """The message fields it reads reasoning from; empty sends what suits the kind of endpoint."""
    thinking_budget: bool = False
    """True when it ends thinking by itself at `thinking_token_budget` (vLLM)."""
    reasoning_control: bool = False
    """True when it can be told to end thinking while it streams (llama.cpp)."""
    splits_thinking: bool = True
    """False asks it to pass the model's own `<think>` tags through, because its parser loses the end of them."""


class ModelRequest(msgspec.Struct, frozen=True):
    """One request to the model."""

    model: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSchema, ...]
    max_tokens: int | None = None
    """Cap on reasoning and answer together; None leaves it to the server."""
    temperature: float | None = None
    """None, and whatever the model refuses, is not sent."""
    reasoning_cap: int | None = None
    """Tokens of reasoning after which the model is to act. The server ends the thinking if it can, and the reply goes
    on; else the stream is ended and `generate` raises a `ProviderError` of kind `capped`. None for no cap."""
    thinking: bool = True
    """False asks for a reply without thinking, or with little, of a model that has a switch for it."""
    endpoint: Endpoint = Endpoint()
    """What a probe of the server found."""


class ProposedCall(msgspec.Struct, frozen=True):
    """A complete but unvalidated call as the model wrote it."""

    name: str
    raw: str
    """Argument text as it came."""
    arguments: dict[str, Any] | None
    """Parsed leniently; None when that is not possible."""
    problem: str = ""
    """Why the arguments could not be parsed, in words the model can act on."""
    recovered: bool = False
    """Salvaged from text."""
    inferred: bool = False
    """The model named no tool, and it was told by the arguments alone: a person is to be asked."""


def with_reasoning(usage: Usage, tokens: int) -> Usage:
    """`usage` with so many tokens of reasoning where it holds none, as far as so many were written."""
    if usage.reasoning_tokens or not tokens:
        return usage
    written = usage.completion_tokens
    return msgspec.structs.replace(usage, reasoning_tokens=min(tokens, written) if written else tokens)


class ModelReply(msgspec.Struct, frozen=True):
    """One complete reply."""

    reasoning: str
    text: str
    calls: tuple[ProposedCall, ...]
    usage: Usage
    finish_reason: str
    recoveries: tuple[str, ...] = ()
    first_token: float = 0.0
    """Seconds from request to the first fragment."""
    reasoning_seconds: float = 0.0
    """Seconds from the first to the last fragment of reasoning."""
    reasoning_tokens: int = 0
    """Tokens of reasoning as they were counted while it streamed."""

    @property
    def counted_usage(self) -> Usage:
        """Return the usage, with the streamed count where the server does not count reasoning."""
        return with_reasoning(self.usage, self.reasoning_tokens)


class ReplyFragment(msgspec.Struct, frozen=True):
    """One piece of a streaming reply."""

    kind: Literal["reasoning", "text", "call"]
    text: str
    index: int = 0
    """Which call of the reply, for `call`."""
    tool: str = ""
    """The tool's name, on the first fragment of a `call`."""
    tokens: int = 0
    """For `reasoning`: tokens of thinking in this reply so far."""
    estimated: bool = False
    """True when `tokens` was told by lengths, because the server does not count as it goes."""


class ProviderError(Exception):
    """A request that gave no complete reply."""

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        advice: str = "",
        retry_after: float | None = None,
        reasoning: str = "",
        text: str = "",
        usage: Usage | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.message = message
        """One line: what happened."""
        self.advice = advice
        """What a person can do about it."""
        self.retry_after = retry_after
        """Seconds the server asked to wait."""
        self.reasoning = reasoning
        """What had streamed."""
        self.text = text
        """What had streamed."""
        self.usage = usage
        """What the try cost as far as it is known; None when nothing had streamed."""
        self.limits = TokenLimits()
        """What a refusal told of the server's window."""
        self.unexplained = False
        """True when the server answered that it failed and not at what: it may be at this very request."""

    @property
    def retryable(self) -> bool:
        """Return whether the same request may succeed later; a `capped` reply would only think as long again."""
        return self.kind in {
            "unreachable",
            "rate-limited",
            "overloaded",
            "truncated",
            "stalled",
            "malformed",
            "empty",
        }


class ModelInfo(msgspec.Struct, frozen=True):
    """One model as a server lists it."""

    id: str
    context_window: int | None = None
    """Tokens, when the server tells."""
    answers: bool = True
    """False for one that seems to embed, rank, listen, speak or draw instead."""


class SilenceLimits(msgspec.Struct, frozen=True):
    """How long a silent server is waited for."""

    first_seconds: float = 600.0
    """Seconds until the first fragment: the server may be reading a long prompt. Signs of life do not prolong it."""
    between_seconds: float = 60.0
    """Seconds between two reads after that."""


class Provider(Protocol):
    """One way to reach a model."""

    async def models(self) -> tuple[ModelInfo, ...]:
        """Return the models that the server offers; raises `ProviderError`."""
        ...

    async def presence(self) -> ServerPresence:
        """Return whether the server answers, without asking its model; `there` if unknown."""
        ...

    async def generate(
        self, request: ModelRequest, announce: Callable[[ReplyFragment], None], enough: asyncio.Event | None = None
    ) -> ModelReply:
        """Return one complete reply; raises `ProviderError`. Cancelling the task closes the connection.

        Setting `enough` ends the thinking as `ModelRequest.reasoning_cap` does: the server is told where it can be,
        and the reply goes on with `thinking-ended` among its recoveries; else a `ProviderError` of kind `capped`
        carries the reasoning so far. It does nothing once the model answers or calls, and waits for the first fragment.
        """
        ...

    async def close(self) -> None:
        """Close kept connections."""
        ...


def endpoint_from_probe(probe: ServerProbed | None) -> Endpoint:
    """Return the probe's findings as far as they change a request."""
    if probe is None:
        return Endpoint()
    return Endpoint(
        engine=probe.engine,
        reasoning_keys=probe.reasoning_keys,
        thinking_budget=probe.thinking_budget,
        reasoning_control=probe.reasoning_control,
        splits_thinking=probe.splits_thinking,
    )
