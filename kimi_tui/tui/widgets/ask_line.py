"""The input line for questions and steers.

Text from outside (a paste) is made printable before it is shown. A long paste is kept aside and stands in the
line as one short token, so that a question of 100 KB is as quick to edit as a short one; what is sent is whole.
"""

from functools import partial
from typing import ClassVar

from textual import events, on, work
from textual.app import App, SuspendNotSupported
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from kimi_tui.config.question_history import QuestionHistory
from kimi_tui.external_editor import EditorError, edit_text
from kimi_tui.text import printable
from kimi_tui.tui.actions import ACTIONS, bindings_for
from kimi_tui.tui.completion.candidates import CompletedWord
from kimi_tui.tui.completion.line_completer import SEARCH_GROUP, LineCompleter
from kimi_tui.tui.formatting import format_characters
from kimi_tui.tui.slash_commands import is_command, literal_text
from kimi_tui.tui.terminal.signals import lend_terminal
from kimi_tui.tui.widgets.history_browser import HistoryBrowser

LINE_ACTIONS = frozenset(action.id for action in ACTIONS if action.place == "line")
"""Keys of these actions come before the text's own."""
LONG_PASTE_CHARS = 2_000
"""Characters from which a paste is kept aside."""
LONG_PASTE_LINES = 12
"""Lines from which a paste is kept aside."""
BLINK_SECONDS = 5.0
"""How long the cursor goes on blinking after the last key: a screen at rest costs nothing."""


class AskLine(TextArea):
    """Text area that starts with one line and grows with its text, up to a few lines."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("line")

    class Sent(Message):
        """The text was sent; the line still holds it until `clear` is called."""

        def __init__(self, line: "AskLine", text: str) -> None:
            super().__init__()
            self.line = line
            self.text = text

        @property
        def control(self) -> "AskLine":
            """Return the line, for message selectors."""
            return self.line

    class CommandEntered(Message):
        """A slash command was entered; the line still holds it until `clear` is called."""

        def __init__(self, line: "AskLine", text: str) -> None:
            super().__init__()
            self.line = line
            self.text = text

    class Left(Message):
        """The person left the line."""

        def __init__(self, line: "AskLine") -> None:
            super().__init__()
            self.line = line

    def __init__(
        self,
        hint: str = "",
        *,
        folds: bool = True,
        over_list: bool = False,
        history: QuestionHistory | None = None,
        completer: LineCompleter | None = None,
        id: str = "",
    ) -> None:
        """`folds` allows a long text to be shown as a token, which is fast but cannot be edited.

        `over_list` says whether a list stands under the line, which an empty line is left for with `down` too.
        With a `completer`, slash commands are taken and words completed.
        `history` is what `up` goes back through, and where each text that is sent is added.
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
        self._history = HistoryBrowser(history) if history else None
        self._completer = completer
        self._pastes: dict[str, str] = {}

    def on_mount(self) -> None:
        """Keep the cursor still where motion is unwanted."""
        self._blinks = not self.app.has_class("-still")
        self._resting = self.set_interval(BLINK_SECONDS, self._stop_blinking)
        self._start_blinking()
        if self._completer is not None:
            self._completer.popup.on_chosen = partial(self._completer.choose, self)
            self._completer.start_search = self._search_documents

    def on_focus(self) -> None:
        """Show where the text goes."""
        self._start_blinking()

    def _start_blinking(self) -> None:
        """Blink for a while."""
        self.cursor_blink = self._blinks
        self._resting.reset()
        self._resting.resume()

    def _stop_blinking(self) -> None:
        """Stop blinking when nobody types."""
        self.cursor_blink = False
        self._resting.pause()

    @property
    def whole_text(self) -> str:
        """Return the text with every paste put back in its place."""
        text = self.text
        for token, pasted in self._pastes.items():
            text = text.replace(token, pasted)
        return text

    def set_hint(self, text: str) -> None:
        """Set the hint that an empty line shows."""
        if str(self.placeholder) != text:
            self.placeholder = Content(text)

    def set_text(self, text: str) -> None:
        """Replace the text, with the cursor at its end."""
        self.clear_text()
        self._paste(text)
        if self._completer is not None:
            self._completer.dismiss()

    def insert_paste(self, text: str) -> None:
        """Insert pasted text at the cursor and focus the line."""
        if not self.read_only:
            self._paste(text)
            self.focus()

    async def on_key(self, event: events.Key) -> None:
        """Carry out the line's own keys before the text's."""
        self._start_blinking()
        if self._complete(event) or (event.key in ("up", "down") and self._walk_history(event.key)):
            event.prevent_default()
            event.stop()
        elif action := self._own_action(event.key):
            event.prevent_default()
            event.stop()
            await self.run_action(action)

    def _complete(self, event: events.Key) -> bool:
        """Let the completion have a key; whether it took it."""
        if self._completer is None:
            return False
        action = self._own_action(event.key)
        key = {"send": "enter", "leave": "escape"}.get(action, event.key) if action else event.key
        taken = self._completer.take_key(key, self)
        if not taken and (event.is_printable or event.key in ("backspace", "delete")):
            self._completer.note_typing()
        if taken == "send":
            self.action_send()
        return bool(taken)

    @work(exclusive=True, group=SEARCH_GROUP)
    async def _search_documents(self, word: CompletedWord) -> None:
        """Look for the documents that a word may become."""
        if self._completer is not None:
            await self._completer.find_documents(word)

    @on(TextArea.Changed)
    @on(TextArea.SelectionChanged)
    def _update_completion(self) -> None:
        """Show what the word at the cursor may become."""
        if self._completer is not None:
            self._completer.update(self)

    def on_blur(self) -> None:
        """Complete nothing while the focus is elsewhere."""
        if self._completer is not None:
            self._completer.dismiss()

    def _walk_history(self, key: str) -> bool:
        """Show the text sent before or after, from the first or last row that is shown; whether the key did that."""
        if self._history is None or self.read_only:
            return False
        row = self.wrapped_document.location_to_offset(self.cursor_location).y
        if key == "up":
            text = self._history.go_back(self.whole_text) if row == 0 else None
        else:
            text = self._history.go_on() if row == self.wrapped_document.height - 1 else None
        if text is not None:
            self.set_text(text)
        return text is not None

    def _own_action(self, key: str) -> str:
        """Return the line's own action for a key; empty when the key edits the text."""
        if key == "down" and self._over_list and not self.text:
            return "leave"
        active = self.screen.active_bindings.get(key)
        if active is not None and active.node is self and active.binding.id in LINE_ACTIONS:
            return active.binding.action
        return ""

    def clear_text(self) -> None:
        """Clear the text and the stored pastes."""
        self._pastes.clear()
        self.text = ""

    async def _on_paste(self, event: events.Paste) -> None:
        """Keep the whole paste; the base class would insert it unchanged."""
        event.stop()
        event.prevent_default()
        self.insert_paste(event.text)

    def _paste(self, text: str) -> None:
        clean = printable(text.replace("\r\n", "\n").replace("\r", "\n"))
        if self._folds and (len(clean) > LONG_PASTE_CHARS or clean.count("\n") >= LONG_PASTE_LINES):
            token = f"[pasted {len(self._pastes) + 1}: {format_characters(len(clean))}]"
            self._pastes[token] = clean
            clean = token
        result = self.replace(clean, *self.selection, maintain_selection_offset=False)
        self.move_cursor(result.end_location)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action is available; a read-only text cannot be sent."""
        if action in ("send", "newline", "editor"):
            return not self.read_only
        return super().check_action(action, parameters)

    def action_send(self) -> None:
        """Send the text of the line, unless it is blank."""
        if text := self.whole_text.strip():
            if self._history is not None:
                self._history.add(text)
            if self._completer is not None and is_command(text):
                self.post_message(self.CommandEntered(self, text))
            else:
                self.post_message(self.Sent(self, literal_text(text) if self._completer is not None else text))

    def action_editor(self) -> None:
        """Edit the text in the person's own editor; a failure leaves it unchanged."""
        edited = edit_on_terminal(self.app, self.whole_text)
        if edited is not None:
            self.set_text(edited)

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
        """Tell the screen that the person leaves the line."""
        if self.parent is not None:
            self.parent.post_message(self.Left(self))


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
