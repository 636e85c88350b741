"""A short question over the screen: a sentence, a few choices, perhaps a line of text. Escape cancels."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from kimi_tui.text import one_line, printable
from kimi_tui.tui.screens.base import TopmostScreen
from kimi_tui.tui.widgets.choice_button import ChoiceButton
from kimi_tui.tui.widgets.note_line import NoteLine, PreparedReason, chosen_reason_number, reason_buttons
from kimi_tui.tui.widgets.text_line import TextLine


class TickBox(Widget, can_focus=True):
    """A sentence that is ticked or not; space, enter or a click changes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "turn", show=False)]

    def __init__(self, label: str, *, ticked: bool = True) -> None:
        super().__init__(id="tick")
        self._label = one_line(label)
        self.ticked = ticked
        """True when it holds."""

    def render(self) -> Content:
        """Return the box, then the sentence; in ASCII everywhere."""
        return Content(f"[{'x' if self.ticked else ' '}] {self._label}")

    def on_click(self) -> None:
        """A click changes it."""
        self.action_turn()

    def action_turn(self) -> None:
        """Change it."""
        self.ticked = not self.ticked
        self.refresh()


class DialogAnswer(msgspec.Struct, frozen=True):
    """The person's answer: the choice, the text and the tick."""

    choice: str
    """The name of the choice."""
    text: str = ""
    """What stood in the line, if there was one."""
    ticked: bool = False
    """True when the box was ticked, if there was one."""


class Dialog(ModalScreen[DialogAnswer | None], TopmostScreen[DialogAnswer | None]):
    """Asks once and returns the answer, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(
        self,
        title: str,
        text: str,
        choices: Sequence[tuple[str, str]],
        *,
        line: str | None = None,
        hint: str = "",
        tick: str = "",
        reasons: Sequence[PreparedReason] = (),
    ) -> None:
        """`choices` are names and labels, the harmless one first: it has the focus. `line` is the line's first text.

        `tick` is a sentence that holds unless a person unticks it; `reasons` are ready texts for the line.
        """
        super().__init__(classes="dialog")
        self._title = title
        self._text = text
        self._choices = tuple(choices)
        self._line = line
        self._hint = hint
        self._tick = tick
        self._reasons = reasons

    def compose(self) -> ComposeResult:
        """Title, text, line, choices."""
        with Vertical(id="dialog"):
            title = Content.styled(printable(self._title), Style(bold=True, foreground=self.styles.color))
            yield Static(title, id="dialog-title", markup=False)
            yield Static(Content(printable(self._text)), id="dialog-text", markup=False)
            if self._line is not None:
                yield NoteLine(self._hint, id="dialog-line")
            if self._reasons:
                with Horizontal(id="dialog-reasons"):
                    yield from reason_buttons(self._reasons)
            with Horizontal(id="dialog-choices"):
                for name, label in self._choices:
                    yield ChoiceButton(name, label)
            if self._tick:
                yield TickBox(self._tick)
        yield Static(self._keys(), id="dialog-keys", markup=False)

    def _keys(self) -> Content:
        """Return the keys shown in place of the covered screen's keys."""
        enter = "Choose" if self._line is None else printable(self._choices[0][1])
        pairs = (("enter", enter), ("tab", "Next"), ("esc", "Back"))
        return Content("  ").join(Content.assemble((key, "bold $key"), f" {label}") for key, label in pairs)

    def on_mount(self) -> None:
        """Fill the line; focus it, or the harmless choice when there is no line."""
        if self._line is not None:
            line = self.query_one(NoteLine)
            line.reasons = self._reasons
            line.set_text(self._line)
            line.focus()
        else:
            self.query(ChoiceButton).first().focus()

    def on_choice_button_chosen(self, message: ChoiceButton.Chosen) -> None:
        """Give back the answer, or put a ready text into the line."""
        if number := chosen_reason_number(message):
            self.query_one(NoteLine).use_reason(number)
            return
        line, tick = self.query(TextLine), self.query(TickBox)
        text = line.first().value.strip() if line else ""
        self.dismiss(DialogAnswer(message.name, text, bool(tick) and tick.first().ticked))

    def on_input_submitted(self) -> None:
        """Enter in the line takes the first choice."""
        self.dismiss(DialogAnswer(self._choices[0][0], self.query_one(TextLine).value.strip()))

    def on_text_line_left(self) -> None:
        """Escape in the line answers nothing."""
        self.dismiss(None)

    def action_leave(self) -> None:
        """Cancel."""
        self.dismiss(None)
