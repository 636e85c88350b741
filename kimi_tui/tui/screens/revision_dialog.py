"""The dialog in which a person asks for the memo to be revised, and the question that it becomes."""

from kimi_tui.tui.screens.dialog import Dialog
from kimi_tui.tui.widgets.note_line import PreparedReason

REVISION_WISHES: tuple[PreparedReason, ...] = (
    PreparedReason("shorter", "Make it half as long."),
    PreparedReason("unsupported", "Correct or take out what is not supported by its citations."),
    PreparedReason("year before", "Add the figures of the year before to each figure."),
)
"""The ready wishes, by their digits: the first has 1."""


def revision_dialog() -> Dialog:
    """Return the dialog for what is to be different in the memo."""
    text = "The model writes the memo again as a follow-up; the difference is then shown statement by statement."
    choices = (("ask", "Ask for it"), ("keep", "Leave it"))
    hint = "what is to be different: shorter, with the figures of 2022 ..."
    return Dialog("Revise the memo", text, choices, line="", hint=hint, reasons=REVISION_WISHES)


def revision_question(wish: str) -> str:
    """Return the follow-up that asks the model for a revised memo."""
    return (
        f"Revise your last memo: {wish}\n\nSubmit the whole memo again. Keep every statement that this does not touch "
        "word for word, with its citations; read the sources again where you need other figures."
    )
