"""The footer: the keys available now, from the list of actions.

It is one line however many actions there are; what does not fit is left to F1. While a line of text takes the
letters, the keys that do something once it is left stand behind the key that leaves it. A click on a key does the
same as the key, through the same action. Where there is a line for questions, a word at the left says whether letters
are written or act as keys.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, TextArea

from kimi_tui.tui.actions import ACTIONS, Action, Place, display_key, is_available, split_keys, typed_character

KEY_GAP = "  "
"""Between two keys."""
LINE_PLACES: tuple[Place, ...] = ("search", "line")
"""Whose keys come first in a line of text: in that of a search they do more than in others."""
SEND_ACTION, LEAVE_ACTION = "line.send", "line.leave"
"""The actions that end a line of text and that leave it."""
WRITE, KEYS = "WRITE", "KEYS"
"""What letters are: text, or keys."""
DONE_LABEL = "Done"
"""What ending a line is called that is no question."""


class KeyFooter(Widget):
    """One line of keys."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"keys--key", "keys--mode"}

    def __init__(
        self, places: tuple[Place, ...], keys: Mapping[str, str], *, label_of: Callable[[Action], str] | None = None
    ) -> None:
        """`label_of` says what an action is called now, where that depends on more than the action."""
        super().__init__(id="keys")
        self._label_of = label_of or (lambda action: action.label)
        self._places = places
        self._keys = keys
        self._spots: list[tuple[int, int, Action]] = []

    def on_mount(self) -> None:
        """Follow what can be done."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def available_actions(self) -> list[Action]:
        """Return the available actions in order; a key belongs to the first that has it."""
        if not self._typing:
            return self._actions_in(self._places)
        over: tuple[Place, ...] = tuple(place for place in LINE_PLACES if place == "line" or place in self._places)
        found = self._actions_in((*over, *self._places))
        return [action for action in found if action.place != "timeline" and not self._is_letter(action)]

    def actions_after_leaving(self) -> list[Action]:
        """Return the letters that do something once the line of text is left; none when there is no such line."""
        return [action for action in self._actions_in(self._places) if self._is_letter(action)] if self._typing else []

    @property
    def mode(self) -> str:
        """Return whether letters are written or act as keys; empty where there is no line for questions."""
        lines = self.screen.query("#ask, #ask-frame")
        if not lines or not all(line.display for line in lines):
            return ""
        return WRITE if self._typing else KEYS

    @property
    def _typing(self) -> bool:
        return isinstance(self.screen.focused, Input | TextArea)

    def _actions_in(self, places: tuple[Place, ...]) -> list[Action]:
        found: dict[str, Action] = {}
        for place in places:
            for action in ACTIONS:
                focused = self.screen.focused if place == "line" else None
                if action.place == place and action.footer and is_available(action, focused or self.screen):
                    found.setdefault(self._key(action), action)
        return list(found.values())

    def _is_letter(self, action: Action) -> bool:
        return action.place != "line" and (typed_character(self._key(action)) or "\t").isprintable()

    def _key(self, action: Action) -> str:
        return split_keys(self._keys[action.id])[0]

    def render(self) -> RenderResult:
        """Show as many keys as fit; those that work everywhere are at the right and always fit."""
        available, later = self.available_actions(), self.actions_after_leaving()
        right = [action for action in available if action.place == "everywhere"]
        left = [action for action in available if action not in right]
        if later:
            left.sort(key=lambda action: action.id == LEAVE_ACTION)
        right_start = max(self.size.width - self._line(right, 0, self.size.width).cell_length, 0)
        mode = Content.assemble(
            (self.mode, self.get_visual_style("keys--mode", partial=True)), KEY_GAP if self.mode else ""
        )
        self._spots = []
        line = mode + self._line([*left, *later], mode.cell_length, right_start - len(KEY_GAP), then=bool(later))
        if self._spots and self._spots[-1][2].id == LEAVE_ACTION:  # there is no room for those that come after
            self._spots = []
            line = mode + self._line(left, mode.cell_length, right_start - len(KEY_GAP))
        return line + " " * (right_start - line.cell_length) + self._line(right, right_start, self.size.width)

    def _line(self, actions: list[Action], start: int, end: int, *, then: bool = False) -> Content:
        """Return the keys between two columns, and where each is; `then` says that others come after leaving a line."""
        style = self.get_visual_style("keys--key", partial=True)
        line, gap = Content(), ""
        for action in actions:
            leads = then and action.id == LEAVE_ACTION
            words = " then" if leads else f" {self._label(action)}"
            item = Content.assemble(gap, (display_key(self._keys[action.id]), style), words)
            if start + line.cell_length + item.cell_length > end:
                if leads:
                    break
                continue  # a shorter one may fit
            gap = " " if leads else KEY_GAP
            self._spots.append((start + line.cell_length, start + line.cell_length + item.cell_length, action))
            line += item
        return line

    def _label(self, action: Action) -> str:
        """Return the label of an action; only questions are sent, other lines are finished."""
        label = self._label_of(action)
        is_usual = label == action.label and action.id == SEND_ACTION and isinstance(self.screen.focused, Input)
        return DONE_LABEL if is_usual else label

    async def on_click(self, event: events.Click) -> None:
        """Run the action of the key under the pointer."""
        offset = event.get_content_offset(self)
        for start, end, action in reversed(self._spots):
            if offset is not None and start <= offset.x < end:
                target = self.screen.focused if action.place == "line" else self.screen
                command = "submit" if action.id == SEND_ACTION and isinstance(target, Input) else action.command
                await self.app.run_action(command, target or self.screen)
                return
