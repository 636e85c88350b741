"""Describe the settings on the library screen: which model answers, and on which desk, or what is waited for."""

import msgspec
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from kimi_tui.config import EMBEDDED_MODEL
from kimi_tui.text import one_line
from kimi_tui.tui.wait_notice import WaitNotice
from kimi_tui.tui.widgets.ask_line import AskLine

NO_DESK_HINT = "(kimi-tui --desk FOLDER has your documents read)"
"""What the empty line says while there is no desk."""
NOT_KIMI_NOTICE = "No server set: the embedded extractive researcher answers. It is not Kimi."
"""Shown in place of the model while the embedded researcher answers."""


class ModelTitle(Static):
    """Shows the model, or in its place what is waited for."""

    def __init__(self, model: str) -> None:
        super().__init__(Content(model), id="title-model", markup=False)
        self._model = model
        self._waiting: WaitNotice | None = None
        self._timer: Timer | None = None

    def show_model(self, model: str) -> None:
        """Show another model, once nothing is waited for."""
        self._model = model
        if self._waiting is None:
            self.update(Content(model))

    def show_wait(self, waiting: WaitNotice | None) -> None:
        """Show what takes long, and for how long; None shows the model again."""
        if self._timer is not None:
            self._timer.stop()
        self._waiting, self._timer = waiting, None
        if waiting is None:
            self.update(Content(self._model))
        else:
            self._timer = self.set_interval(1.0, self._draw_wait)
            self._draw_wait()

    def _draw_wait(self) -> None:
        if self._waiting is not None and self._waiting.message:
            self.update(Content(self._waiting.message))


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
