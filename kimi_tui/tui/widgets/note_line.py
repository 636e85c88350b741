"""Input line for a note to the model, with prepared notes: a digit in the empty line, or a click, inserts one."""

from collections.abc import Iterator, Sequence

import msgspec
from textual import events

from kimi_tui.tui.widgets.choice_button import ChoiceButton
from kimi_tui.tui.widgets.text_line import TextLine


class PreparedReason(msgspec.Struct, frozen=True):
    """A prepared note."""

    label: str
    """On the choice."""
    note: str
    """What the model reads."""


class NoteLine(TextLine):
    """A line for a note."""

    reasons: Sequence[PreparedReason] = ()
    """By the digit that puts each into the line: the first has 1."""

    def on_key(self, event: events.Key) -> None:
        """Take a digit in the empty line."""
        digit = event.character or ""
        if not self.value and digit.isascii() and digit.isdecimal() and 0 < int(digit) <= len(self.reasons):
            event.prevent_default()
            event.stop()
            self.use_reason(int(digit))

    def use_reason(self, number: int) -> None:
        """Put a prepared note into the line and focus it."""
        self.set_text(self.reasons[number - 1].note)
        self.focus()


def reason_buttons(reasons: Sequence[PreparedReason]) -> Iterator[ChoiceButton]:
    """Yield a choice for each ready reason; `number_of` tells which one was chosen."""
    for number, reason in enumerate(reasons, 1):
        yield ChoiceButton(f"reason-{number}", reason.label, str(number))


def chosen_reason_number(message: ChoiceButton.Chosen) -> int:
    """Return the number of the ready reason that was chosen; 0 when something else was."""
    kind, _, number = message.name.rpartition("-")
    return int(number) if kind == "reason" else 0
