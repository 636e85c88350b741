"""The dialogs over a memo: a person decides on a statement, or asks for a revision and what it changes."""

from kimi_tui.evidence.decisions import decision_in_words
from kimi_tui.evidence.memo import Statement
from kimi_tui.text import one_line
from kimi_tui.tui.screens.dialog import Dialog
from kimi_tui.tui.widgets.note_line import PreparedReason

CHOICES = (("note", "Note it"), ("accept", "Accept"), ("reject", "Reject"))
"""The choices by the verdicts that they record; enter in the line takes the first."""
DECISION_REASONS: tuple[PreparedReason, ...] = (
    PreparedReason("read it", "I read the cited place; it says this."),
    PreparedReason("wrong", "I read the cited place; it says something else."),
    PreparedReason("elsewhere", "It is true, but the citation does not show it."),
)
"""The ready reasons, by their digits: the first has 1."""


def decision_dialog(statement: Statement) -> Dialog:
    """Return the dialog for a decision on a statement, with what was found and decided so far."""
    so_far = "".join(f"\n{decision_in_words(made, 160)}" for made in statement.decisions[-3:])
    text = f"{one_line(statement.text.lstrip('-*# '), 300)}\n\nThe check found: {statement.finding}.{so_far}"
    choices = (*CHOICES, ("clear", "Take back")) if statement.decisions else CHOICES
    hint = "why, in a few words; recorded with your name"
    return Dialog("What do you hold of this statement?", text, choices, line="", hint=hint, reasons=DECISION_REASONS)


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
