"""The actions of the app that open the set-up screens."""

import msgspec
from textual.app import App

from kimi_tui.config import EMBEDDED_MODEL, Settings
from kimi_tui.sample_questions import SAMPLE_QUESTIONS
from kimi_tui.text import printable
from kimi_tui.tui.actions import display_key
from kimi_tui.tui.setup.service import SetupService
from kimi_tui.tui.ui_context import UiContext

NOTICE_SECONDS = 15.0


class SetupApp(App[None]):
    """An app whose settings can be changed inside it."""

    setup: SetupService | None = None
    """What tries and writes settings; None where that is not possible."""
    _ui_context: UiContext
    _library_arguments: tuple[tuple[str, ...], str, str, str]
    """Suggestions, model, desk and typed text of the first screen."""

    def action_setup(self) -> None:
        """Open the set-up screen."""
        from kimi_tui.tui.setup.screen import SetupScreen

        if self.setup is None:
            self.notify("Settings cannot be changed here; `kimi-tui config --edit` opens the file.", severity="warning")
        elif not any(isinstance(screen, SetupScreen) for screen in self.screen_stack):
            self.push_screen(SetupScreen(self.setup, self._ui_context), self._notice_written)

    def _notice_written(self, words: list[str] | None) -> None:
        """Say what was written, and show the new settings."""
        if words and self.setup is not None:
            self.notify(printable(" ".join(words)), timeout=NOTICE_SECONDS)
            self.show_settings(self.setup.settings)

    def show_settings(self, settings: Settings) -> None:
        """Show on the first screen what the next session uses."""
        from kimi_tui.tui.screens.desk_status import DeskStatus
        from kimi_tui.tui.screens.library import LibraryScreen
        from kimi_tui.tui.widgets.suggestion_list import QUESTIONS_HEADING, SAMPLE_HEADING

        suggestions = () if settings.desk else SAMPLE_QUESTIONS
        model_line = name_model(settings)
        self._library_arguments = (suggestions, model_line, settings.desk, "")
        for screen in self.screen_stack:
            if isinstance(screen, LibraryScreen):
                screen.facts = msgspec.structs.replace(screen.facts, model_line=model_line, desk=settings.desk)
                screen.facts.show_on(screen)
                screen.makes_openers = not suggestions
                screen.remove_class("-sample")
                screen.suggestions.offer(suggestions, QUESTIONS_HEADING if settings.desk else SAMPLE_HEADING)
                screen.query_one(DeskStatus).refresh_status()
                screen.refresh_bindings()

    @property
    def setup_hint(self) -> str:
        """Return how to correct the server, for the end of an error; empty where nothing can be set up."""
        return f" {display_key(self._ui_context.keys['app.setup'])} opens the set-up." if self.setup else ""


def name_model(settings: Settings) -> str:
    """Name the model that answers, in a few words."""
    if settings.embedded:
        return EMBEDDED_MODEL
    return f"{settings.model or 'the first model'} at {settings.base_url or settings.provider}"
