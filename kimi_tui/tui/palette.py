"""The command palette: every action available on the screen below, with its key."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from textual.app import App
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.types import IgnoreReturnCallbackType
from textual.worker import Worker

from kimi_tui.tui.actions import ACTIONS, Place, display_key, is_available
from kimi_tui.tui.screens.base import TopmostScreen


class Palette(CommandPalette, TopmostScreen[None]):
    """Textual's palette, which closes only itself when keys arrive faster than it opens."""

    def run_worker(self, *args: Any, **options: Any) -> Worker[Any]:
        """Start a worker whose failure is ignored once the palette is closed."""
        return super().run_worker(*args, **options | {"exit_on_error": False})


class PaletteApp(App[None]):
    """An app with the palette."""

    def action_command_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(Palette(id="--command-palette"))


class ActionCommands(Provider):
    """Offers the actions that are available now."""

    def _commands(self) -> Iterator[tuple[str, str, str, IgnoreReturnCallbackType]]:
        """Yield the name, key, help text and callback of each command."""
        keys: Mapping[str, str] = getattr(getattr(self.screen, "ui_context", None), "keys", {})
        places: tuple[Place, ...] = (*getattr(self.screen, "PLACES", ()), "everywhere")
        for action in ACTIONS:
            if action.palette and action.place in places and is_available(action, self.screen):
                key = display_key(keys.get(action.id, action.key))
                yield action.label, key, action.help, partial(self.app.run_action, action.command, self.screen)
        if isinstance(remembered := getattr(self.app, "describe_quit_answer", ""), str) and remembered:
            yield "Ask when leaving", "", f"Now: {remembered}.", partial(self.app.run_action, "ask_again")

    async def discover(self) -> Hits:
        """Everything, before a word is typed."""
        for label, key, help_text, callback in self._commands():
            yield DiscoveryHit(_with_key(Content(label), key), callback, text=label, help=help_text)

    async def search(self, query: str) -> Hits:
        """Everything that matches."""
        matcher = self.matcher(query)
        for label, key, help_text, callback in self._commands():
            score = max(matcher.match(label), matcher.match(help_text) * 0.8)
            if score > 0:
                found = _with_key(matcher.highlight(label), key)
                yield Hit(score, found, callback, text=label, help=help_text)


def _with_key(label: Content, key: str) -> Content:
    """Return a command's name, and the key that does the same."""
    return Content.assemble(label, f"  {key}") if key else label
