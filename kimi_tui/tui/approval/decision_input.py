"""Input that belongs to a decision: changed arguments, a rule, or a note with prepared reasons.

Nothing here decides. Enter in a line and escape are told to the card; a ready reason only fills the line.
"""

from typing import TYPE_CHECKING, Any, Literal

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message

from kimi_tui.projections.calls import Call
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.choice_button import ChoiceButton
from kimi_tui.tui.widgets.note_line import NoteLine, PreparedReason, chosen_reason_number, reason_buttons
from kimi_tui.tui.widgets.text_line import TextLine

if TYPE_CHECKING:
    from kimi_tui.tui.approval.argument_form import ArgumentForm

DecisionMode = Literal["decide", "edit", "always", "veto", "all"]
"""What the card is doing: asking for a decision, or for the words that belong to one."""


VETO_REASONS: tuple[PreparedReason, ...] = (
    PreparedReason("not needed", "This is not needed to answer the question."),
    PreparedReason("too broad", "This is too broad; ask for less."),
    PreparedReason("confidential", "These words must not leave the building."),
    PreparedReason("desk first", "Look on the desk first."),
    PreparedReason("wrong place", "This is not a source to rely on; choose another one."),
)
"""The ready reasons for a veto, by their digits: the first has 1."""


class DecisionInput(Vertical):
    """The form, the line and the prepared reasons; only what a mode needs is shown."""

    class Sent(Message):
        """The input was submitted with enter."""

    class Left(Message):
        """The input was left with escape."""

    class Changed(Message):
        """The text of the line changed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(id="approval-words")

    def compose(self) -> ComposeResult:
        """Form, line, reasons."""
        yield Vertical(id="approval-form")
        yield NoteLine(id="approval-line")
        with Horizontal(id="approval-reasons"):
            yield from reason_buttons(VETO_REASONS)

    @property
    def line(self) -> NoteLine:
        """Return the line of a rule or a note."""
        return self.query_one(NoteLine)

    @property
    def text(self) -> str:
        """Return the text of the line."""
        return self.line.value.strip()

    def arguments(self) -> dict[str, Any]:
        """Return the changed arguments; raises `ValueError` for a line that cannot be read."""
        return self.query_one(_form_of_arguments()).arguments()

    def open_mode(self, mode: DecisionMode, call: Call | None) -> None:
        """Show the input of a mode and focus it; `decide` and `all` have none."""
        form = self.query_one("#approval-form")
        self.display = mode in ("edit", "always", "veto")
        self.line.display = mode in ("always", "veto")
        self.line.reasons = VETO_REASONS if mode == "veto" else ()
        form.display = mode == "edit"
        self.query_one("#approval-reasons").display = mode == "veto"
        form.remove_children()
        if call is None or not self.display:
            return
        if mode == "edit":
            form.mount(_form_of_arguments()(call.schema, call.arguments))
            return
        self.line.set_text(call.pattern if mode == "always" else "")
        self.line.set_hint("" if mode == "always" else "why not, for the model (may stay empty)")
        self.line.focus()

    def on_choice_button_chosen(self, message: ChoiceButton.Chosen) -> None:
        """A ready reason by a click or enter."""
        message.stop()
        self.line.use_reason(chosen_reason_number(message))

    def on_input_changed(self, message: TextLine.Changed) -> None:
        """Tell the card, which shows what a rule would allow."""
        message.stop()
        self.post_message(self.Changed(message.value))

    def on_input_submitted(self, message: TextLine.Submitted) -> None:
        """Enter in the line."""
        message.stop()
        self.post_message(self.Sent())

    def on_text_line_left(self, message: TextLine.Left) -> None:
        """Escape in the line."""
        message.stop()
        self.post_message(self.Left())

    def on_ask_line_sent(self, message: AskLine.Sent) -> None:
        """Enter in a line of the form."""
        message.stop()
        self.post_message(self.Sent())

    def on_ask_line_left(self, message: AskLine.Left) -> None:
        """Escape in a line of the form."""
        message.stop()
        self.post_message(self.Left())


def _form_of_arguments() -> "type[ArgumentForm]":
    """Return the form; its code is read when a call is changed for the first time."""
    from kimi_tui.tui.approval.argument_form import ArgumentForm

    return ArgumentForm
