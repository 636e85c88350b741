"""The line that asks or steers.

Text from outside (a paste) is made printable before it is shown. A long paste is kept aside and stands in the
line as one short token, so that a question of 100 KB is as quick to edit as a short one; what is sent is whole.
"""

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from kimi_tui.text import printable
from kimi_tui.tui.actions import ACTIONS, bindings
from kimi_tui.tui.words import characters

LINE_ACTIONS = frozenset(action.id for action in ACTIONS if action.place == "line")
"""Keys of these actions come before the text's own."""
LONG_PASTE = 2_000
"""Characters from which a paste is kept aside."""
LONG_PASTE_LINES = 12
"""Lines from which a paste is kept aside."""
BLINK_SECONDS = 5.0
"""How long the cursor goes on blinking after the last key: a screen at rest costs nothing."""


class AskLine(TextArea):
    """One line that grows with its text, up to a few lines."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("line")

    class Sent(Message):
        """The text was sent; the line still holds it until `clear` is called."""

        def __init__(self, line: "AskLine", text: str) -> None:
            super().__init__()
            self.line = line
            self.text = text

        @property
        def control(self) -> "AskLine":
            """The line, for message selectors."""
            return self.line

    class Left(Message):
        """The person wants to leave the line."""

        def __init__(self, line: "AskLine") -> None:
            super().__init__()
            self.line = line

    def __init__(self, hint: str = "", *, folds: bool = True, over_list: bool = False, id: str = "") -> None:
        """`folds` says whether a long text may stand as a token, which keeps the line quick but cannot be edited.

        `over_list` says whether a list stands under the line, which an empty line is left for with `down` too.
        """
        super().__init__(
            soft_wrap=True,
            compact=True,
            tab_behavior="focus",
            show_line_numbers=False,
            highlight_cursor_line=False,
            show_cursor=False,  # where nothing can be written
            placeholder=Content(hint),
            id=id or None,
        )
        self._folds = folds
        self._over_list = over_list
        self._pastes: dict[str, str] = {}

    def on_mount(self) -> None:
        """Keep the cursor still where motion is unwanted."""
        self._blinks = not self.app.has_class("-still")
        self._resting = self.set_interval(BLINK_SECONDS, self._rest)
        self._wake()

    def on_focus(self) -> None:
        """Show where the text goes."""
        self._wake()

    def _wake(self) -> None:
        """Blink for a while."""
        self.cursor_blink = self._blinks
        self._resting.reset()
        self._resting.resume()

    def _rest(self) -> None:
        """Nobody types: the cursor stands still."""
        self.cursor_blink = False
        self._resting.pause()

    @property
    def whole_text(self) -> str:
        """The text with every paste put back in its place."""
        text = self.text
        for token, pasted in self._pastes.items():
            text = text.replace(token, pasted)
        return text

    def hint(self, text: str) -> None:
        """Say what the line does now, while it is empty."""
        if str(self.placeholder) != text:
            self.placeholder = Content(text)

    def put(self, text: str) -> None:
        """Replace the text with this one, the cursor at its end."""
        self.empty()
        self._paste(text)

    def paste(self, text: str) -> None:
        """Put pasted text at the cursor and stand in the line."""
        if not self.read_only:
            self._paste(text)
            self.focus()

    async def on_key(self, event: events.Key) -> None:
        """Carry out the line's own keys before the text's."""
        self._wake()
        if action := self._own_action(event.key):
            event.prevent_default()
            event.stop()
            await self.run_action(action)

    def _own_action(self, key: str) -> str:
        """What a key does in this line before it does anything to the text; empty for nothing."""
        if key == "down" and self._over_list and not self.text:
            return "leave"
        active = self.screen.active_bindings.get(key)
        if active is not None and active.node is self and active.binding.id in LINE_ACTIONS:
            return active.binding.action
        return ""

    def empty(self) -> None:
        """Forget the text and what was pasted."""
        self._pastes.clear()
        self.text = ""

    async def _on_paste(self, event: events.Paste) -> None:
        """Keep a paste whole, whatever its length; the base class would insert it as it is."""
        event.stop()
        event.prevent_default()
        self.paste(event.text)

    def _paste(self, text: str) -> None:
        clean = printable(text.replace("\r\n", "\n").replace("\r", "\n"))
        if self._folds and (len(clean) > LONG_PASTE or clean.count("\n") >= LONG_PASTE_LINES):
            token = f"[pasted {len(self._pastes) + 1}: {characters(len(clean))}]"
            self._pastes[token] = clean
            clean = token
        result = self.replace(clean, *self.selection, maintain_selection_offset=False)
        self.move_cursor(result.end_location)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is sent from a text that is only there to be read."""
        return not self.read_only if action in ("send", "newline") else super().check_action(action, parameters)

    def action_send(self) -> None:
        """Send what stands in the line, unless it is blank."""
        if text := self.whole_text.strip():
            self.post_message(self.Sent(self, text))

    def action_newline(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    async def action_finish(self) -> None:
        """Leave the app from an empty line; in any other delete what is right of the cursor."""
        if self.text:
            self.action_delete_right()
        else:
            await self.app.run_action("app.leave")

    def action_leave(self) -> None:
        """Tell the screen that the person wants out."""
        if self.parent is not None:
            self.parent.post_message(self.Left(self))
