"""A flat button with a key and a label, chosen with enter or a click."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget


class ChoiceButton(Widget, can_focus=True):
    """One choice."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "choose", show=False)]

    COMPONENT_CLASSES: ClassVar[set[str]] = {"choice--key"}

    class Chosen(Message):
        """The choice was made."""

        def __init__(self, choice: "ChoiceButton", name: str) -> None:
            super().__init__()
            self.choice = choice
            self.name = name
            """The choice's name."""

    def __init__(self, name: str, label: str, key: str = "") -> None:
        super().__init__(name=name, id=f"choice-{name}")
        self._label = label
        self._key = key

    def set_label(self, label: str) -> None:
        """Show other words."""
        if label != self._label:
            self._label = label
            self.refresh(layout=True)

    def render(self) -> Content:
        """Return the key, then the words."""
        key = (f"{self._key} ", self.get_visual_style("choice--key", partial=True)) if self._key else ""
        return Content.assemble(" ", key, self._label, " ")

    def get_content_width(self, *_: object) -> int:
        """As wide as what it says."""
        return self.render().cell_length

    def on_click(self) -> None:
        """A click chooses."""
        self.action_choose()

    def action_choose(self) -> None:
        """Choose it."""
        self.post_message(self.Chosen(self, self.name or ""))
