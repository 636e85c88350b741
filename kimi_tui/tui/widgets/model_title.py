"""The right end of the library's title: which model answers, or what takes long and for how long."""

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from kimi_tui.tui.wait_notice import WaitNotice


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
