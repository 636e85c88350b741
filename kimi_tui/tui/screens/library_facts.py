"""Describe the settings on the library screen: which model answers, and on which desk."""

import msgspec
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from kimi_tui.config import EMBEDDED_MODEL
from kimi_tui.text import one_line
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.model_title import ModelTitle

NO_DESK_HINT = "(kimi-tui --desk FOLDER has your documents read)"
"""What the empty line says while there is no desk."""
NOT_KIMI_NOTICE = "No server set: the embedded extractive researcher answers. It is not Kimi."
"""Shown in place of the model while the embedded researcher answers."""


class LibraryFacts(msgspec.Struct, frozen=True):
    """Words about the settings that the next session uses."""

    model_line: str
    """Which model answers, in a few words."""
    desk: str
    """The folder of documents; empty without one."""
    setup_key: str
    """The key that opens the set-up, as a person reads it."""

    @property
    def is_embedded(self) -> bool:
        """Return whether the embedded researcher answers."""
        return self.model_line == EMBEDDED_MODEL

    @property
    def model(self) -> str:
        """Return which model answers, and how to set a server up while none is."""
        if self.is_embedded:
            return f"{NOT_KIMI_NOTICE} {self.setup_key} sets up a server."
        return f"{one_line(self.model_line)} answers."

    @property
    def title(self) -> str:
        """Return what the title says; the banner says it of the embedded researcher."""
        return "" if self.is_embedded else self.model

    @property
    def banner(self) -> str:
        """Return what the banner says; empty while there is a server."""
        return self.model if self.is_embedded else ""

    @property
    def ask_hint(self) -> str:
        """Return what the empty line says."""
        return f"Ask a question {f'about the documents in {one_line(self.desk, 60)}' if self.desk else NO_DESK_HINT}"

    def show_on(self, screen: Screen[None]) -> None:
        """Show them on the library's screen."""
        screen.set_class(self.is_embedded, "-embedded")
        screen.query_one(ModelTitle).show_model(self.title)
        screen.query_one("#banner", Static).update(Content(self.banner))
        screen.query_one("#welcome-model", Static).update(Content(self.model))
        screen.query_one("#ask", AskLine).set_hint(self.ask_hint)
