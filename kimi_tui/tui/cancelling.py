"""The key ^c: it clears the line, else it interrupts the turn, else it says how to leave. It never ends the app."""

from textual.app import App
from textual.widgets import Input, TextArea

from kimi_tui.tui.terminal.clipboard import copy
from kimi_tui.tui.widgets.ask_line import AskLine


class CancellingApp(App[None]):
    """An app with this key; its `leave_words` say how to leave."""

    leave_words = ""

    def action_cancel(self) -> None:
        """Copy what is selected, clear the line, interrupt, or say how to leave: the first that there is to do."""
        focused = self.focused
        chosen = focused.selected_text if isinstance(focused, Input | TextArea) else ""
        if selected := chosen or self.screen.get_selected_text() or "":
            copy(self, selected)
        elif isinstance(focused, AskLine) and focused.text and not focused.read_only:
            focused.clear_text()
        elif isinstance(focused, Input) and focused.value:
            focused.value = ""
        elif not getattr(self.screen, "cancel", bool)():
            self.notify(self.leave_words)
