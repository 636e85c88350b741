"""The parts of events: their base, the closed sets of values, an effect, token usage."""

from typing import Literal

import msgspec

EffectKind = Literal["read", "network", "query", "write", "spend"]
Verdict = Literal["allow", "ask", "deny"]
Decision = Literal["approve", "edit", "always", "veto"]
Status = Literal["ok", "error", "vetoed", "denied", "interrupted", "not-found", "lookup-failed"]
BudgetKind = Literal["steps", "reasoning", "tokens", "minutes", "working", "cost", "bytes"]
Reason = Literal["answered", "stopped", "budget", "failed"]
DeltaKind = Literal["reasoning", "text", "call", "state"]


class Effect(msgspec.Struct, frozen=True):
    """One effect that a call declares; policy rules see this and never a tool's name alone."""

    kind: EffectKind
    """The kind of thing touched."""
    target: str = ""
    """A host, database, path or query text, in the tool's own words; empty when there is only one."""


class PlanStep(msgspec.Struct, frozen=True):
    """One line of a plan."""

    text: str
    """Untrusted."""
    state: str = "open"
    """`open`, `doing` or `done`."""


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
    """True when the server did not count the prompt, or as no server can, so that text lengths tell instead."""

    def __add__(self, other: "Usage") -> "Usage":
        """Return the tokens of both, estimated if one of them is."""
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.cached_tokens + other.cached_tokens,
            self.estimated or other.estimated,
        )


class Effort(msgspec.Struct, frozen=True):
    """The model calls of a turn."""

    protocol: str = ""
    """The set of caps in force; empty in the first journals."""
    steps: int = 0
    retries: int = 0
    """Model calls that asked again for a step."""
    discarded: int = 0
    """Tries that had begun to stream and were discarded."""


class Event(msgspec.Struct, frozen=True, tag_field="type"):
    """The base of every event; `type` in the envelope is the class name."""
