"""Copy text to the clipboard: made printable first, with a notification.

The terminal is asked to take it (OSC 52) and answers nothing; so the first time the person is told that it may not.
"""

from typing import Any

from textual.app import App

from kimi_tui.text import printable
from kimi_tui.tui.formatting import format_characters

OSC52_HINT = "If the clipboard stays empty, the terminal or its multiplexer does not allow it (OSC 52)."
"""What is said of the first copy."""


def copy(app: App[Any], text: str, what: str = "") -> None:
    """Copy a text; `what` names it when its length would say less."""
    clean = printable(text)
    message = f"Copied {what or format_characters(len(clean))}."
    app.notify(message if app.clipboard else f"{message} {OSC52_HINT}")
    app.copy_to_clipboard(clean)
