"""What a turn has spent of its caps.

Caps come from the session's settings and from raises; spending is counted over the whole session's current
turn. The engine asks before each step, so the last step inside a cap can be kept for writing the answer.
"""

from datetime import datetime
from typing import Any

import msgspec

from kimi_tui.events import (
    BudgetKind,
    BudgetRaised,
    Entry,
    QuestionAsked,
    ReasoningRecorded,
    RunPaused,
    RunResumed,
    SessionOpened,
    StepFinished,
    StepStarted,
    TurnFinished,
    Usage,
)

KINDS: tuple[BudgetKind, ...] = ("steps", "tokens", "minutes", "cost")


class Meter(msgspec.Struct, frozen=True):
    """One budget at one moment."""

    kind: BudgetKind
    spent: float
    """Steps, tokens, minutes or US dollars."""
    cap: float | None
    """None when there is no cap."""

    @property
    def share(self) -> float:
        """Spent over cap, 0 without a cap."""
        return self.spent / self.cap if self.cap else 0.0


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one entry's `at` to another's."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def cost_of(usage: Usage, prices: dict[str, float]) -> float:
    """US dollars of one model call; `prices` holds dollars for a million tokens: input, cached, output."""
    fresh = max(usage.prompt_tokens - usage.cached_tokens, 0)
    cached_price = prices.get("cached", prices.get("input", 0.0))
    total = fresh * prices.get("input", 0.0) + usage.cached_tokens * cached_price
    return (total + usage.completion_tokens * prices.get("output", 0.0)) / 1_000_000


class _Clock(msgspec.Struct):
    """The time that a turn has taken, pauses left out."""

    started_at: str = ""
    ended_at: str = ""
    paused_at: str = ""
    paused_seconds: float = 0.0

    def apply(self, entry: Entry) -> None:
        match entry.event:
            case QuestionAsked():
                self.started_at, self.ended_at, self.paused_at, self.paused_seconds = entry.at, "", "", 0.0
            case RunPaused():
                self.paused_at = self.paused_at or entry.at
            case RunResumed():
                self._end_pause(entry.at)
            case TurnFinished():
                self._end_pause(entry.at)
                self.ended_at = entry.at

    def seconds(self, now: str) -> float:
        if not self.started_at:
            return 0.0
        end = self.ended_at or self.paused_at or now
        return max(seconds_between(self.started_at, end) - self.paused_seconds, 0.0)

    def _end_pause(self, at: str) -> None:
        if self.paused_at:
            self.paused_seconds += seconds_between(self.paused_at, at)
            self.paused_at = ""


class Budget:
    """Spending of the current turn, and of the session as a whole."""

    def __init__(self) -> None:
        self.caps: dict[BudgetKind, float] = {}
        """The caps in force."""
        self.prices: dict[str, float] = {}
        """US dollars for a million tokens: `input`, `cached`, `output`."""
        self._raised: dict[BudgetKind, float] = {}
        self.steps = 0
        self.tokens = 0
        self.cost = 0.0
        self.total_steps = 0
        """Steps of all turns."""
        self.total_tokens = 0
        self.total_cost = 0.0
        self.reasoning_tokens = 0
        """Of the last step."""
        self.last_usage = Usage()
        """The last step's usage: `prompt_tokens` tells how full the context is."""
        self.tokens_per_step: list[int] = []
        """Completion tokens of each step, for a small chart."""
        self._clock = _Clock()

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        match entry.event:
            case SessionOpened() as event:
                self._open(event)
            case QuestionAsked():
                self.steps, self.tokens, self.cost = 0, 0, 0.0
            case StepStarted() as event:
                if event.n > self.total_steps:  # a step that is tried again counts once
                    self.steps += 1
                    self.total_steps = event.n
            case ReasoningRecorded() as event:
                self.reasoning_tokens = event.tokens
            case StepFinished() as event:
                self._spend(event.usage)
            case BudgetRaised() as event:
                self.caps[event.kind] = self._raised[event.kind] = event.cap
            case _:
                pass
        self._clock.apply(entry)

    def minutes(self, now: str) -> float:
        """Minutes since the question, pauses left out; `now` is an entry's `at` or the clock in the same form."""
        return self._clock.seconds(now) / 60

    def meters(self, now: str) -> tuple[Meter, ...]:
        """All budgets of the current turn."""
        spent: dict[BudgetKind, float] = {
            "steps": self.steps,
            "tokens": self.tokens,
            "minutes": self.minutes(now),
            "cost": self.cost,
        }
        return tuple(Meter(kind, spent[kind], self.caps.get(kind)) for kind in KINDS)

    def _open(self, event: SessionOpened) -> None:
        """Take the settings of an opening; what a person raised stays raised."""
        caps: dict[BudgetKind, Any] = event.settings.get("caps", {})
        self.caps = {kind: float(caps[kind]) for kind in KINDS if caps.get(kind)}
        for kind, cap in self._raised.items():
            self.caps[kind] = max(cap, self.caps.get(kind, 0.0))
        prices: dict[str, Any] = event.settings.get("prices", {})
        self.prices = {key: float(value) for key, value in prices.items() if value is not None}

    def _spend(self, usage: Usage) -> None:
        self.last_usage = usage
        if usage.reasoning_tokens:
            self.reasoning_tokens = usage.reasoning_tokens
        used = usage.prompt_tokens + usage.completion_tokens
        cost = cost_of(usage, self.prices)
        self.tokens += used
        self.total_tokens += used
        self.cost += cost
        self.total_cost += cost
        self.tokens_per_step.append(usage.completion_tokens)
