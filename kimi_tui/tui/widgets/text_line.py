"""A one-line input for searches, filters, notes and patterns; its text is printable and nothing in it is markup."""

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from kimi_tui.text import one_line
from kimi_tui.tui.actions import bindings


class TextLine(Input):
    """One line of text; enter submits it, escape leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("line")

    class Left(Message):
        """The person wants to leave the line."""

        def __init__(self, line: "TextLine") -> None:
            super().__init__()
            self.line = line

        @property
        def control(self) -> "TextLine":
            """The line, for message selectors."""
            return self.line

    def __init__(self, hint: str = "", *, id: str = "") -> None:
        super().__init__(compact=True, select_on_focus=False, id=id or None)
        self.hint(hint)

    def on_mount(self) -> None:
        """Keep the cursor still where motion is unwanted."""
        self.cursor_blink = not self.app.has_class("-still")

    def hint(self, text: str) -> None:
        """Say what the line is for, while it is empty."""
        self.placeholder = text

    def put(self, text: str) -> None:
        """Replace the text with this one, the cursor at its end."""
        self.value = one_line(text)
        self.cursor_position = len(self.value)

    def _on_paste(self, event: events.Paste) -> None:
        """Make a paste one printable line; the base class would insert it as it is."""
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(one_line(event.text))

    async def action_send(self) -> None:
        """Submit the line."""
        await self.action_submit()

    def action_newline(self) -> None:
        """A line of its own has no second one."""

    def action_finish(self) -> None:
        """Delete what is right of the cursor: nobody leaves the app from a line like this."""
        self.action_delete_right()

    def action_leave(self) -> None:
        """Tell the screen that the person wants out."""
        self.post_message(self.Left(self))
