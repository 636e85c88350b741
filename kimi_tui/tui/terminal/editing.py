"""Edit a text in the person's editor, which has the terminal meanwhile; the screen waits for it."""

from textual.app import App, SuspendNotSupported

from kimi_tui.external_editor import EditorError, edit_text
from kimi_tui.tui.terminal.signals import lend_terminal


def edit_on_terminal(app: App[object], text: str) -> str | None:
    """Return the edited text; None when it could not be edited, which the person is notified of."""
    edited, problem = None, ""
    try:
        with app.suspend(), lend_terminal():
            try:
                edited = edit_text(text)
            except EditorError as error:  # within: Textual does not take the terminal back after an exception
                problem = str(error)
    except SuspendNotSupported:
        problem = "an editor cannot be opened here: no terminal can be lent to it"
    app.refresh()
    if problem:
        app.notify(f"The text is unchanged: {problem}.", severity="warning", timeout=15)
    return edited
