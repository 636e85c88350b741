"""What a turn has spent of its caps.

Caps come from the session's settings and from raises; spending is counted over the whole session's current
turn. The engine asks before each step, so the last step inside a cap can be kept for writing the answer.
"""

from datetime import datetime

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
    fresh = usage.prompt_tokens - usage.cached_tokens
    cached_price = prices.get("cached", prices.get("input", 0.0))
    total = fresh * prices.get("input", 0.0) + usage.cached_tokens * cached_price
    return (total + usage.completion_tokens * prices.get("output", 0.0)) / 1_000_000


class Budget:
    """Spending of the current turn, and of the session as a whole."""

    def __init__(self) -> None:
        self.caps: dict[BudgetKind, float] = {}
        """The caps in force."""
        self.prices: dict[str, float] = {}
        """US dollars for a million tokens: `input`, `cached`, `output`."""
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
        self._started_at = ""
        self._ended_at = ""
        self._paused_at = ""
        self._paused_seconds = 0.0

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        match entry.event:
            case SessionOpened() as event:
                self._open(event)
            case QuestionAsked():
                self.steps, self.tokens, self.cost = 0, 0, 0.0
                self._started_at, self._ended_at, self._paused_at, self._paused_seconds = entry.at, "", "", 0.0
            case StepStarted() as event:
                if event.n > self.total_steps:  # a step that is tried again counts once
                    self.steps += 1
                    self.total_steps = event.n
            case ReasoningRecorded() as event:
                self.reasoning_tokens = event.tokens
            case StepFinished() as event:
                self._spend(event.usage)
            case RunPaused():
                self._paused_at = self._paused_at or entry.at
            case RunResumed():
                self._end_pause(entry.at)
            case TurnFinished():
                self._end_pause(entry.at)
                self._ended_at = entry.at
            case BudgetRaised() as event:
                self.caps[event.kind] = event.cap
            case _:
                pass

    def minutes(self, now: str) -> float:
        """Minutes since the question, pauses left out; `now` is an entry's `at` or the clock in the same form."""
        if not self._started_at:
            return 0.0
        end = self._ended_at or self._paused_at or now
        return max(seconds_between(self._started_at, end) - self._paused_seconds, 0.0) / 60

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
        caps = event.settings.get("caps", {})
        raised = {kind: cap for kind, cap in self.caps.items() if cap > caps.get(kind, float("inf"))}
        self.caps = {kind: float(caps[kind]) for kind in KINDS if caps.get(kind)} | raised
        self.prices = {key: float(value) for key, value in event.settings.get("prices", {}).items()}

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

    def _end_pause(self, at: str) -> None:
        if self._paused_at:
            self._paused_seconds += seconds_between(self._paused_at, at)
            self._paused_at = ""
