"""A line for a note to the model, with ready ones to begin from: a digit in the empty line, or a click, puts one in."""

from collections.abc import Iterator, Sequence

import msgspec
from textual import events

from kimi_tui.tui.widgets.choice import Choice
from kimi_tui.tui.widgets.text_line import TextLine


class Reason(msgspec.Struct, frozen=True):
    """A ready reason."""

    label: str
    """On the choice."""
    note: str
    """What the model reads."""


class NoteLine(TextLine):
    """A line for a note."""

    reasons: Sequence[Reason] = ()
    """By the digit that puts each into the line: the first has 1."""

    def on_key(self, event: events.Key) -> None:
        """Take a digit in the empty line."""
        digit = event.character or ""
        if not self.value and digit.isascii() and digit.isdecimal() and 0 < int(digit) <= len(self.reasons):
            event.prevent_default()
            event.stop()
            self.take(int(digit))

    def take(self, number: int) -> None:
        """Put a ready reason into the line, and stand in it."""
        self.put(self.reasons[number - 1].note)
        self.focus()


def choices_of(reasons: Sequence[Reason]) -> Iterator[Choice]:
    """A choice for each ready reason; `number_of` tells which one was chosen."""
    for number, reason in enumerate(reasons, 1):
        yield Choice(f"reason-{number}", reason.label, str(number))


def number_of(message: Choice.Chosen) -> int:
    """The number of the ready reason that was chosen; 0 when something else was."""
    kind, _, number = message.name.rpartition("-")
    return int(number) if kind == "reason" else 0
