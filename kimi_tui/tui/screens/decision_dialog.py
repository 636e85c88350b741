"""The dialog in which a person decides on a statement of a memo."""

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
