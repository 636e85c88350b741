"""What goes to the clipboard, in one place: it is printable, and the person is told that it went.

The terminal is asked to take it (OSC 52) and answers nothing; so the first time the person is told that it may not.
"""

from typing import Any

from textual.app import App

from kimi_tui.text import printable
from kimi_tui.tui.words import characters

MAY_NOT = "Where nothing arrives, the terminal or its multiplexer does not allow it (OSC 52)."
"""What is said of the first copy."""


def copy(app: App[Any], text: str, what: str = "") -> None:
    """Copy a text; `what` names it when its length would say less."""
    clean = printable(text)
    told = f"Copied {what or characters(len(clean))}."
    app.notify(told if app.clipboard else f"{told} {MAY_NOT}")
    app.copy_to_clipboard(clean)
