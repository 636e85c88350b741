"""The footer: the keys that do something now, from the one list of actions.

It is one line however many actions there are; what does not fit is left to F1. A click on a key does the same as
the key, through the same action.
"""

from collections.abc import Mapping
from typing import ClassVar

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, TextArea

from kimi_tui.tui.actions import ACTIONS, Action, Place, character, shown_key, split_keys

GAP = "  "
"""Between two keys."""
OVER_LINE: tuple[Place, ...] = ("search", "line")
"""Whose keys come first in a line of text: in that of a search they do more than in others."""


class KeyLine(Widget):
    """One line of keys."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"keys--key"}

    def __init__(self, places: tuple[Place, ...], keys: Mapping[str, str]) -> None:
        super().__init__(id="keys")
        self._places = places
        self._keys = keys
        self._spots: list[tuple[int, int, Action]] = []

    def on_mount(self) -> None:
        """Follow what can be done."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def available(self) -> list[Action]:
        """The actions whose keys do something now, in order; a key stands for the first that has it."""
        typing = isinstance(self.screen.focused, Input | TextArea)
        over: tuple[Place, ...] = tuple(place for place in OVER_LINE if place == "line" or place in self._places)
        places = (*over, *self._places) if typing else self._places
        found: dict[str, Action] = {}
        for place in places:
            for action in ACTIONS:
                if action.place == place and action.footer and self._works(action, typing):
                    found.setdefault(self._key(action), action)
        return list(found.values())

    def _key(self, action: Action) -> str:
        return split_keys(self._keys[action.id])[0]

    def _works(self, action: Action, typing: bool) -> bool:
        if action.place == "line":
            return True
        if typing and (character(self._key(action)) or "\t").isprintable():
            return False
        name, _, rest = action.command.partition("(")
        if name.startswith("app."):
            return True
        argument = rest.rstrip(")").strip("'")
        return self.screen.check_action(name, (argument,) if argument else ()) is True

    def render(self) -> RenderResult:
        """As many keys as fit; those that work everywhere stand at the right and always fit."""
        available = self.available()
        self._spots = []
        right = [action for action in available if action.place == "everywhere"]
        right_start = max(self.size.width - self._line(right, 0, self.size.width).cell_length, 0)
        left = self._line([action for action in available if action not in right], 0, right_start - len(GAP))
        return left + " " * (right_start - left.cell_length) + self._line(right, right_start, self.size.width)

    def _line(self, actions: list[Action], start: int, end: int) -> Content:
        """The keys between two columns, and where each stands."""
        style = self.get_visual_style("keys--key", partial=True)
        line = Content()
        for action in actions:
            item = Content.assemble(GAP if line else "", (shown_key(self._keys[action.id]), style), f" {action.label}")
            if start + line.cell_length + item.cell_length > end:
                break
            self._spots.append((start + line.cell_length, start + line.cell_length + item.cell_length, action))
            line += item
        return line

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the pointer does."""
        offset = event.get_content_offset(self)
        for start, end, action in reversed(self._spots):
            if offset is not None and start <= offset.x < end:
                target = self.screen.focused if action.place == "line" else self.screen
                await self.app.run_action(action.command, target or self.screen)
                return
