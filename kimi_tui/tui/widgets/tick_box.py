"""A tick box beside a question's choices."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from kimi_tui.text import one_line


class TickBox(Widget, can_focus=True):
    """A sentence that is ticked or not; space, enter or a click changes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "turn", show=False)]

    def __init__(self, label: str, *, ticked: bool = True) -> None:
        super().__init__(id="tick")
        self._label = one_line(label)
        self.ticked = ticked
        """Whether it holds."""

    def render(self) -> Content:
        """Return the box, then the sentence; in ASCII everywhere."""
        return Content(f"[{'x' if self.ticked else ' '}] {self._label}")

    def on_click(self) -> None:
        """A click changes it."""
        self.action_turn()

    def action_turn(self) -> None:
        """Change it."""
        self.ticked = not self.ticked
        self.refresh()
