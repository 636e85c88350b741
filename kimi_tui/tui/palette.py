"""The command palette: every action of the screen under it, and the themes."""

from collections.abc import Iterator
from functools import partial

from textual.app import App
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType

from kimi_tui.tui.actions import ACTIONS, Place
from kimi_tui.tui.themes import THEMES


class ActionCommands(Provider):
    """Offers what can be done now."""

    def _commands(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        places: tuple[Place, ...] = (*getattr(self.screen, "PLACES", ()), "everywhere")
        for action in ACTIONS:
            if action.palette and action.place in places:
                yield action.label, action.help, partial(self.app.run_action, action.command, self.screen)
        if isinstance(remembered := getattr(self.app, "remembered_leaving", ""), str) and remembered:
            yield "Ask when leaving", f"Now: {remembered}.", partial(self.app.run_action, "ask_again")
        for theme in THEMES:
            yield f"Theme {theme.name}", "Look like this.", partial(_wear, self.app, theme.name)

    async def discover(self) -> Hits:
        """Everything, before a word is typed."""
        for label, help_text, callback in self._commands():
            yield DiscoveryHit(label, callback, help=help_text)

    async def search(self, query: str) -> Hits:
        """Everything that matches."""
        matcher = self.matcher(query)
        for label, help_text, callback in self._commands():
            score = max(matcher.match(label), matcher.match(help_text) * 0.8)
            if score > 0:
                yield Hit(score, matcher.highlight(label), callback, help=help_text)


def _wear(app: App[object], theme: str) -> None:
    app.theme = theme
