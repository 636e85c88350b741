"""Measure each step: the model's time, tokens read and written, for small charts."""

from typing import ClassVar

import msgspec

from kimi_tui.events import Entry, StepFinished
from kimi_tui.projections.projection import Handlers, Projection


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
