"""Measure each step: the model's time, tokens read and written, for small charts."""

import msgspec

from kimi_tui.events import Entry, StepFinished


class StepPace(msgspec.Struct, frozen=True):
    """One finished step."""

    step: int
    seconds: float
    """From the request to its end."""
    read: int
    """Prompt tokens: how full the context was."""
    written: int
    """Completion tokens, reasoning included."""


class Pace:
    """Every finished step of the session."""

    HANDLES = (StepFinished,)
    """The events that change it."""

    def __init__(self) -> None:
        self.steps: list[StepPace] = []
        """In their order."""

    def apply(self, entry: Entry) -> None:
        """Fold one entry in."""
        if isinstance(entry.event, StepFinished):
            usage = entry.event.usage
            pace = StepPace(entry.step, entry.event.latency, usage.prompt_tokens, usage.completion_tokens)
            self.steps.append(pace)
