"""Count what a turn has spent of its caps.

Caps come from the session's settings and from raises; spending is counted over the whole session's current
turn. The engine asks before each step, so the last step inside a cap can be kept for writing the answer.
"""

from statistics import median
from typing import Any, ClassVar

import msgspec

from kimi_tui.events import (
    AnyEvent,
    BudgetKind,
    BudgetRaised,
    BudgetWarned,
    CompactionProposed,
    ContextCompacted,
    Effort,
    Entry,
    ObservationRecorded,
    PrefetchFinished,
    QuestionAsked,
    ReasoningRecorded,
    SessionOpened,
    StatementJudged,
    StepFailed,
    StepFinished,
    StepStarted,
    Usage,
)
from kimi_tui.projections.clock import Clocks, seconds_between
from kimi_tui.projections.projection import Handlers, Projection

__all__ = [
    "BUDGET_KINDS",
    "PER_STEP_KINDS",
    "Budget",
    "BudgetMeter",
    "Spending",
    "call_cost",
    "effort_line",
    "seconds_between",
    "warning_line",
]

BUDGET_KINDS: tuple[BudgetKind, ...] = ("steps", "tokens", "minutes", "working", "cost", "bytes", "reasoning")
PER_STEP_KINDS: frozenset[BudgetKind] = frozenset({"reasoning"})
"""Kinds whose cap is on each step, so that a turn cannot spend it."""
RECENT_STEPS = 9
"""Steps that the next one is expected to be like."""


class BudgetMeter(msgspec.Struct, frozen=True):
    """One budget at one moment."""

    kind: BudgetKind
    spent: float
    """Steps, tokens, minutes, US dollars or bytes; for `reasoning`, tokens of the last step."""
    cap: float | None
    """None when there is no cap."""

    @property
    def share(self) -> float:
        """Spent over cap, 0 without a cap."""
        return self.spent / self.cap if self.cap else 0.0


class Spending(msgspec.Struct, frozen=True):
    """The spending of a turn up to a moment, or of one step."""

    written: int = 0
    """Tokens written."""
    minutes: float = 0.0
    """Pauses left out."""
    working: float = 0.0
    """Minutes in which something worked."""
    cost: float = 0.0
    """US dollars."""
    bytes: int = 0
    """From the network."""

    def since(self, earlier: "Spending") -> "Spending":
        """Return the spending between two moments."""
        return Spending(
            self.written - earlier.written,
            self.minutes - earlier.minutes,
            self.working - earlier.working,
            self.cost - earlier.cost,
            self.bytes - earlier.bytes,
        )


def call_cost(usage: Usage, prices: dict[str, float]) -> float:
    """Return the US dollars of one model call; `prices` holds dollars for a million tokens: input, cached, output."""
    fresh = max(usage.prompt_tokens - usage.cached_tokens, 0)
    cached_price = prices.get("cached", prices.get("input", 0.0))
    total = fresh * prices.get("input", 0.0) + usage.cached_tokens * cached_price
    return (total + usage.completion_tokens * prices.get("output", 0.0)) / 1_000_000


def warning_line(event: BudgetWarned) -> str:
    """Return a warning in one line for people."""
    return f"{event.share:.0%} of the budget of {event.kind} is spent: {event.spent:g} of {event.cap:g}"


def effort_line(effort: Effort) -> str:
    """Return the model calls of a turn in one line for people; empty for the turns of the first journals."""
    if not effort.protocol:
        return ""
    steps = f"{effort.steps} step{'s' * (effort.steps != 1)} by the protocol {effort.protocol}"
    return f"{steps}, {effort.retries} asked again, {effort.discarded} discarded" if effort.retries else steps


class Budget(Projection):
    """Spending of the current turn, and of the session as a whole."""

    def __init__(self) -> None:
        self.caps: dict[BudgetKind, float] = {}
        """The caps in force."""
        self.prices: dict[str, float] = {}
        """US dollars for a million tokens: `input`, `cached`, `output`; for a GPU-hour: `gpu_hour`; and `gpus`."""
        self.warned: dict[BudgetKind, float] = {}
        """The highest mark that was warned of in this turn, by kind."""
        self._raised: dict[BudgetKind, float] = {}
        self._protocol = ""
        self.steps = 0
        self.tokens = 0
        self.bytes = 0
        self.retries = 0
        """Model calls of this turn that asked again for the same step."""
        self.discarded = 0
        """Tries of this turn that had begun to stream and were discarded."""
        self.total_steps = 0
        """Steps of all turns."""
        self.total_tokens = 0
        self.reasoning_tokens = 0
        """Of the last step, all its tries together."""
        self.last_usage = Usage()
        """The last step's usage: `prompt_tokens` tells how full the context is."""
        self.tokens_per_step: list[int] = []
        """Completion tokens of each step, for a small chart."""
        self._discarded_reasoning = 0
        self._written = 0
        self._token_cost = 0.0
        self._earlier_cost = 0.0
        self._recent: list[Spending] = []
        self._at_step = Spending()
        self._clocks = Clocks()

    def _start_step(self, entry: Entry, event: StepStarted) -> None:
        if event.n <= self.total_steps:  # a step that is tried again counts once
            self.retries += 1
            return
        self.steps += 1
        self.total_steps = event.n
        self._begin_step(entry.at)

    def _count_reasoning(self, entry: Entry, event: ReasoningRecorded) -> None:
        self.reasoning_tokens = self._discarded_reasoning + event.tokens

    def _count_failure(self, entry: Entry, event: StepFailed) -> None:
        self.discarded += bool(event.partial_reasoning or event.partial_text)
        self._discarded_reasoning += event.usage.reasoning_tokens
        self.reasoning_tokens = self._discarded_reasoning
        self._add_usage(event.usage)

    def _finish_step(self, entry: Entry, event: StepFinished) -> None:
        self.last_usage = event.usage
        if event.usage.reasoning_tokens:
            self.reasoning_tokens = self._discarded_reasoning + event.usage.reasoning_tokens
        self.tokens_per_step.append(event.usage.completion_tokens)
        self._add_usage(event.usage)

    def _count_bytes(self, entry: Entry, event: ObservationRecorded) -> None:
        self.bytes += event.fetched
        self._clocks.apply(entry)

    def _count_prefetched(self, entry: Entry, event: PrefetchFinished) -> None:
        self.bytes += event.fetched

    def _raise_cap(self, entry: Entry, event: BudgetRaised) -> None:
        self.caps[event.kind] = self._raised[event.kind] = event.cap
        self.warned.pop(event.kind, None)

    def _note_warning(self, entry: Entry, event: BudgetWarned) -> None:
        self.warned[event.kind] = event.share

    def _count_request(self, entry: Entry, event: ContextCompacted | CompactionProposed | StatementJudged) -> None:
        """Count a model call that is no step."""
        self._add_usage(event.usage)
        self._clocks.apply(entry)

    def _apply_clocks(self, entry: Entry, event: AnyEvent) -> None:
        self._clocks.apply(entry)

    @property
    def recent_steps(self) -> tuple[Spending, ...]:
        """Return the spending of each of the last finished steps of the turn."""
        return tuple(self._recent)

    @property
    def effort(self) -> Effort:
        """The model calls of the turn."""
        return Effort(self._protocol, self.steps, self.retries, self.discarded)

    def total_cost_at(self, now: str) -> float:
        """US dollars of all turns."""
        return self._earlier_cost + self.cost_at(now)

    def cost_at(self, now: str) -> float:
        """US dollars of the turn: tokens by their prices, and the GPUs for as long as something worked."""
        hours = self._clocks.working.seconds(now) / 3600
        return self._token_cost + hours * self.prices.get("gpu_hour", 0.0) * self.prices.get("gpus", 1.0)

    def minutes(self, now: str) -> float:
        """Minutes since the question, pauses left out; `now` is an entry's `at` or the clock in the same form."""
        return self._clocks.running.seconds(now) / 60

    def working(self, now: str) -> float:
        """Minutes since the question in which something worked: no pause, no waiting for a person alone."""
        return self._clocks.working.seconds(now) / 60

    def meters(self, now: str) -> tuple[BudgetMeter, ...]:
        """All budgets of the current turn."""
        spent: dict[BudgetKind, float] = {
            "steps": self.steps,
            "tokens": self.tokens,
            "minutes": self.minutes(now),
            "working": self.working(now),
            "cost": self.cost_at(now),
            "bytes": self.bytes,
            "reasoning": self.reasoning_tokens,
        }
        return tuple(BudgetMeter(kind, spent[kind], self.caps.get(kind)) for kind in BUDGET_KINDS)

    def expected_step(self, kind: BudgetKind, prompt: int) -> float:
        """Return what the next step is likely to spend: the median of recent steps; `prompt` is its likely length."""
        if kind == "steps":
            return 1.0
        if not self._recent:
            return float(prompt) if kind == "tokens" else 0.0
        if kind == "tokens":
            return prompt + median(spent.written for spent in self._recent)
        return float(median(getattr(spent, kind) for spent in self._recent))

    def _apply_opening(self, entry: Entry, event: SessionOpened) -> None:
        """Take the settings of an opening; raised caps stay raised."""
        caps: dict[str, Any] = {"reasoning": event.settings.get("reasoning_cap")} | event.settings.get("caps", {})
        self.caps = {kind: float(caps[kind]) for kind in BUDGET_KINDS if caps.get(kind)}
        for kind, cap in self._raised.items():
            self.caps[kind] = max(cap, self.caps.get(kind, 0.0))
        self._protocol = event.settings.get("protocol", "")
        prices: dict[str, Any] = event.settings.get("prices", {})
        self.prices = {key: float(value) for key, value in prices.items() if value is not None}

    def _begin_turn(self, entry: Entry, event: QuestionAsked) -> None:
        """Reset the spending for a new turn."""
        self._earlier_cost = self.total_cost_at(entry.at)
        self.steps, self.tokens, self.bytes, self.retries, self.discarded = 0, 0, 0, 0, 0
        self._written, self._token_cost = 0, 0.0
        self.warned = {}
        self._recent, self._at_step = [], Spending()
        self._clocks = Clocks()
        self._clocks.apply(entry)

    def _begin_step(self, now: str) -> None:
        """Note the spending of the step before, now that it is over."""
        so_far = Spending(self._written, self.minutes(now), self.working(now), self.cost_at(now), self.bytes)
        if self.steps > 1:
            self._recent = [*self._recent[1 - RECENT_STEPS :], so_far.since(self._at_step)]
        self._at_step = so_far
        self._discarded_reasoning = 0

    def _add_usage(self, usage: Usage) -> None:
        used = usage.prompt_tokens + usage.completion_tokens
        self.tokens += used
        self.total_tokens += used
        self._written += usage.completion_tokens
        self._token_cost += call_cost(usage, self.prices)

    _HANDLERS: ClassVar[Handlers] = {
        **dict.fromkeys(Clocks.HANDLES, _apply_clocks),
        StepStarted: _start_step,
        ReasoningRecorded: _count_reasoning,
        StepFinished: _finish_step,
        StepFailed: _count_failure,
        SessionOpened: _apply_opening,
        BudgetRaised: _raise_cap,
        BudgetWarned: _note_warning,
        ObservationRecorded: _count_bytes,
        PrefetchFinished: _count_prefetched,
        QuestionAsked: _begin_turn,
        ContextCompacted: _count_request,
        CompactionProposed: _count_request,
        StatementJudged: _count_request,
    }
