"""Measure how well the server serves: speed, cache, recoveries, retries, and the findings of its probe.

A pure fold like every projection; a figure that nothing was recorded for is None or empty, never a zero that looks
like a measurement. What a person interrupted is no fault of the server.
"""

from collections import Counter
from statistics import median
from typing import ClassVar

import msgspec

from kimi_tui.events import (
    Entry,
    ServerProbed,
    SessionOpened,
    StepFailed,
    StepFinished,
    StepStarted,
    ToolCallProposed,
    Usage,
)
from kimi_tui.projections.projection import Handlers, Projection
from kimi_tui.text import count_noun

RECENT_STEPS = 5
"""How many of the last steps `recently` means."""
_MIN_WRITING_SECONDS = 0.05
"""Seconds of writing below which no speed is computed."""
_MIN_TOKENS = 5


class StepSeries(msgspec.Struct):
    """One figure for each step that has it, oldest first."""

    values: list[float] = []
    """Every value."""

    @property
    def recent(self) -> float | None:
        """The median of the last few steps."""
        return median(self.values[-RECENT_STEPS:]) if self.values else None

    @property
    def median(self) -> float | None:
        """The median of all steps."""
        return median(self.values) if self.values else None


class Health(Projection):
    """The health of the server, as far as the journal shows it."""

    def __init__(self) -> None:
        self.probe: ServerProbed | None = None
        """What the last probe of the server in use found."""
        self.steps = 0
        """Model calls that ended well."""
        self.estimated = 0
        """Those of them whose tokens the server did not count."""
        self.speed = StepSeries()
        """Tokens a second while a step was written."""
        self.first_token = StepSeries()
        """Seconds to the first token."""
        self.cached = StepSeries()
        """Share of the prompt that came from the server's cache."""
        self.recoveries: Counter[str] = Counter()
        """How often what had to be mended in a reply, by name."""
        self.failures: Counter[str] = Counter()
        """Model calls that did not end well, by kind; those a person interrupted are left out."""
        self.retries = 0
        """Tries that followed a failure."""
        self.calls = 0
        """Calls that the model proposed."""
        self.invalid_calls = 0
        """Those of them that could not be run as proposed."""
        self.recovered_calls = 0
        """Those of them that were salvaged from text."""
        self._endpoint = ""
        self._failed = False
        self._read = 0
        self._read_from_cache = 0

    @property
    def accuracy(self) -> float | None:
        """Share of the proposed calls that could be run as they were proposed."""
        return 1 - self.invalid_calls / self.calls if self.calls else None

    @property
    def cached_share(self) -> float | None:
        """Share of all prompt tokens that came from the cache; None when the server never reported it."""
        return self._read_from_cache / self._read if self._read_from_cache else None

    @property
    def reasoning_keys(self) -> tuple[str, ...]:
        """The fields under which this server was seen to read earlier reasoning; empty when nobody knows."""
        return self.probe.reasoning_keys if self.probe else ()

    @property
    def verdict(self) -> str:
        """How clean the server was, in one line; empty before the first step."""
        if not (self.steps or self.failures):
            return ""
        parts = [count_noun(self.steps, "step")]
        if self.calls:
            parts.append(f"{self.calls - self.invalid_calls} of {count_noun(self.calls, 'call')} valid")
        if self.recoveries:
            parts.append(f"{count_noun(self.recoveries.total(), 'recovery')} ({format_counts(self.recoveries)})")
        if self.retries:
            parts.append(count_noun(self.retries, "retry"))
        if self.failures:
            parts.append(f"{count_noun(self.failures.total(), 'failure')} ({format_counts(self.failures)})")
        clean = not (self.recoveries or self.failures or self.invalid_calls)
        return ("clean: " if clean else "") + ", ".join(parts)

    def _set_endpoint(self, entry: Entry, event: SessionOpened) -> None:
        self.probe = self.probe if event.endpoint == self._endpoint else None
        self._endpoint = event.endpoint

    def _keep_probe(self, entry: Entry, event: ServerProbed) -> None:
        self.probe = event

    def _count_try(self, entry: Entry, event: StepStarted) -> None:
        self.retries += self._failed
        self._failed = False

    def _count_failure(self, entry: Entry, event: StepFailed) -> None:
        if event.kind != "interrupted":
            self.failures[event.kind] += 1
            self._failed = True

    def _count_call(self, entry: Entry, event: ToolCallProposed) -> None:
        self.calls += 1
        self.invalid_calls += bool(event.problem)
        self.recovered_calls += event.recovered

    def _count_step(self, entry: Entry, event: StepFinished) -> None:
        usage = event.usage
        self.steps += 1
        self.recoveries.update(event.recoveries)
        if event.first_token > 0:
            self.first_token.values.append(event.first_token)
        if usage.estimated:
            self.estimated += 1
            return
        self._count_usage(usage)
        writing = event.latency - event.first_token
        if event.first_token > 0 and writing >= _MIN_WRITING_SECONDS and usage.completion_tokens >= _MIN_TOKENS:
            self.speed.values.append(usage.completion_tokens / writing)

    def _count_usage(self, usage: Usage) -> None:
        if usage.prompt_tokens:
            self._read += usage.prompt_tokens
            self._read_from_cache += usage.cached_tokens
            self.cached.values.append(min(usage.cached_tokens / usage.prompt_tokens, 1.0))

    _HANDLERS: ClassVar[Handlers] = {
        StepStarted: _count_try,
        StepFinished: _count_step,
        ToolCallProposed: _count_call,
        StepFailed: _count_failure,
        SessionOpened: _set_endpoint,
        ServerProbed: _keep_probe,
    }


def format_counts(counts: Counter[str]) -> str:
    """`split-calls 3, no-usage 1`, the most frequent first."""
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def server_line(event: ServerProbed) -> str:
    """Return the findings of a probe in one line."""
    line = " ".join(part for part in (event.engine or "unknown engine", event.version) if part)
    if event.window:
        line += f", {event.window:,} tokens of context"
    for grade, words in (("red", "does not work"), ("amber", "to look at"), ("grey", "not tried")):
        if names := [finding.name for finding in event.findings if finding.grade == grade]:
            line += f"; {words}: {', '.join(names)}"
    return f"Server: {line}"


def server_detail(event: ServerProbed) -> str:
    """Return each finding that is not green, with its remedy."""
    lines = [
        f"{one.grade} {one.name}: {one.detail}" + (f"\n  {one.remedy}" if one.remedy else "") for one in event.findings
    ]
    return "\n".join(line for line, one in zip(lines, event.findings, strict=True) if one.grade != "green")


class StepPace(msgspec.Struct, frozen=True):
    """One finished step."""

    step: int
    seconds: float
    """From the request to its end."""
    read: int
    """Prompt tokens: how full the context was."""
    written: int
    """Completion tokens, reasoning included."""


class Pace(Projection):
    """Every finished step of the session."""

    def __init__(self) -> None:
        self.steps: list[StepPace] = []
        """In their order."""

    def _add_step(self, entry: Entry, event: StepFinished) -> None:
        usage = event.usage
        self.steps.append(StepPace(entry.step, event.latency, usage.prompt_tokens, usage.completion_tokens))

    _HANDLERS: ClassVar[Handlers] = {
        StepFinished: _add_step,
    }
