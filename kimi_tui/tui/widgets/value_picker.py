"""Pick one of a few values that are all visible, with arrows, space or a click."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from kimi_tui.text import one_line

VALUE_GAP = " "
"""Between two values."""


class ValuePicker(Widget, can_focus=True):
    """A line of values with one chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "turn(1)", show=False),
        Binding("left", "turn(-1)", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"pick--chosen", "pick--other"}

    class Changed(Message):
        """Another value was chosen."""

    def __init__(self, values: tuple[str, ...], chosen: str) -> None:
        """`chosen` may be none of the values; the first turn then chooses one of them."""
        super().__init__()
        self._values = values
        self.value = chosen
        """The value that is chosen."""

    def render(self) -> Content:
        """All values, the chosen one between brackets, so that it shows without colour too."""
        line = Content()
        for value in self._values:
            chosen = value == self.value
            style = self.get_visual_style("pick--chosen" if chosen else "pick--other", partial=True)
            line += Content.styled(self._label(value), style) + VALUE_GAP
        return line

    def _label(self, value: str) -> str:
        text = one_line(value, 40) or "(empty)"
        return f"[{text}]" if value == self.value else f" {text} "

    def action_turn(self, by: int) -> None:
        """The next value, or the one before."""
        at = self._values.index(self.value) if self.value in self._values else -1 if by > 0 else 0
        self._choose(self._values[(at + by) % len(self._values)])

    def on_click(self, event: events.Click) -> None:
        """Take the value under the pointer."""
        offset = event.get_content_offset(self)
        start = 0
        for value in self._values:
            end = start + Content(self._label(value)).cell_length
            if offset is not None and start <= offset.x < end:
                self._choose(value)
                return
            start = end + len(VALUE_GAP)

    def _choose(self, value: str) -> None:
        if value != self.value:
            self.value = value
            self.refresh()
            self.post_message(self.Changed())
