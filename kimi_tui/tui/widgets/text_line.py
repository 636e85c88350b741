"""A one-line input for searches, filters, notes and patterns; its text is printable and nothing in it is markup."""

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from kimi_tui.text import one_line
from kimi_tui.tui.actions import bindings_for


class TextLine(Input):
    """One line of text; enter submits it, escape leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("line")

    class Left(Message):
        """The person wants to leave the line."""

        def __init__(self, line: "TextLine") -> None:
            super().__init__()
            self.line = line

        @property
        def control(self) -> "TextLine":
            """Return the line, for message selectors."""
            return self.line

    def __init__(self, hint: str = "", *, id: str = "") -> None:
        super().__init__(compact=True, select_on_focus=False, id=id or None)
        self.set_hint(hint)

    def on_mount(self) -> None:
        """Keep the cursor still where motion is unwanted."""
        self.cursor_blink = not self.app.has_class("-still")

    def set_hint(self, text: str) -> None:
        """Set the hint that an empty line shows."""
        self.placeholder = text

    def set_text(self, text: str) -> None:
        """Replace the text, with the cursor at its end."""
        self.value = one_line(text)
        self.cursor_position = len(self.value)

    def _on_paste(self, event: events.Paste) -> None:
        """Make a paste one printable line; the base class would insert it unchanged."""
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(one_line(event.text))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action is available: a single line is not worth an editor."""
        return action != "editor" and super().check_action(action, parameters)

    async def action_send(self) -> None:
        """Submit the line."""
        await self.action_submit()

    def action_newline(self) -> None:
        """Do nothing: a single line cannot be broken."""

    def action_finish(self) -> None:
        """Delete what is right of the cursor: nobody leaves the app from a line like this."""
        self.action_delete_right()

    def action_leave(self) -> None:
        """Tell the screen that the person leaves the line."""
        self.post_message(self.Left(self))
