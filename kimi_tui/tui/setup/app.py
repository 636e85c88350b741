"""The actions of the app that open the set-up screens and the pickers."""

import os
from functools import partial

import msgspec
from textual import work
from textual.app import App

from kimi_tui.config import EMBEDDED_MODEL, ConfigError, Settings
from kimi_tui.sample_questions import SAMPLE_QUESTIONS
from kimi_tui.text import printable
from kimi_tui.tui.actions import display_key
from kimi_tui.tui.setup.service import SetupService
from kimi_tui.tui.themes import resolve_theme
from kimi_tui.tui.ui_context import UiContext

NOTICE_SECONDS = 15.0
NO_SETUP = "Settings cannot be changed here; `kimi-tui config --edit` opens the file."


class SetupApp(App[None]):
    """An app whose settings can be changed inside it."""

    setup: SetupService | None = None
    """What tries and writes settings; None where that is not possible."""
    is_dark: bool | None = None
    """True when the background of the terminal is dark; None where it did not say."""
    _ui_context: UiContext
    _library_arguments: tuple[tuple[str, ...], str, str, str]
    """Suggestions, model, desk and typed text of the first screen."""

    def action_setup(self) -> None:
        """Open the set-up screen."""
        from kimi_tui.tui.setup.screen import SetupScreen

        if self.setup is None:
            self.notify(NO_SETUP, severity="warning")
        elif not any(isinstance(screen, SetupScreen) for screen in self.screen_stack):
            self.push_screen(SetupScreen(self.setup, self._ui_context), self._notice_written)

    def action_theme(self) -> None:
        """Open the picker of themes."""
        from kimi_tui.tui.setup.picker import Picker
        from kimi_tui.tui.setup.theme_picker import ThemePicker

        if not isinstance(self.screen, Picker):
            picker = ThemePicker(self.setup, dark=self.is_dark, has_color="NO_COLOR" not in os.environ)
            self.push_screen(picker, self.keep_theme)

    def keep_theme(self, name: str | None) -> None:
        """Use a theme, and write it into the settings; None changes nothing."""
        from kimi_tui.tui.setup.theme_picker import setting_of_theme

        if name is None:
            return
        try:
            theme = resolve_theme(name, dark=self.is_dark)
        except ConfigError as error:
            self.notify(str(error), severity="warning")
            return
        if "NO_COLOR" not in os.environ:
            self.theme = theme
        self.keep_setting("ui.theme", setting_of_theme(name))

    def action_model(self) -> None:
        """Open the picker of models."""
        from kimi_tui.tui.setup.model_picker import ModelPicker
        from kimi_tui.tui.setup.picker import Picker

        if self.setup is None:
            self.notify(NO_SETUP, severity="warning")
        elif not isinstance(self.screen, Picker):
            key = display_key(self._ui_context.keys["app.setup"])
            self.push_screen(ModelPicker(self.setup, key), partial(_keep_model, self))

    def action_settings(self) -> None:
        """Open the settings screen."""
        from kimi_tui.tui.setup.settings_screen import SettingsScreen

        if self.setup is None:
            self.notify(NO_SETUP, severity="warning")
        elif not any(isinstance(screen, SettingsScreen) for screen in self.screen_stack):
            self.push_screen(SettingsScreen(self.setup, self._ui_context), partial(_show_changed_settings, self))

    @work(group="setting")
    async def keep_setting(self, name: str, value: str | None) -> None:
        """Write one setting and say so; what cannot be written holds until the app is left."""
        from kimi_tui.tui.setup.picker import keep_value

        if self.setup is None:
            return
        try:
            words = await keep_value(self.setup, name, value)
        except ConfigError as error:
            self.notify(f"{error}. It is not remembered.", severity="error", timeout=NOTICE_SECONDS)
        else:
            self._notice_written(list(filter(None, words)))

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


def _keep_model(app: SetupApp, name: str | None) -> None:
    """Use a model from the next session on; None changes nothing."""
    if name is not None:
        app.keep_setting("model", name)


def _show_changed_settings(app: SetupApp, _: None) -> None:
    """Show on the first screen what the next session uses."""
    if app.setup is not None:
        app.show_settings(app.setup.settings)


def name_model(settings: Settings) -> str:
    """Name the model that answers, in a few words."""
    if settings.embedded:
        return EMBEDDED_MODEL
    return f"{settings.model or 'the first model'} at {settings.base_url or settings.provider}"
