"""Run the slash commands that a person enters in the line for questions; what is no command is asked about.

A command goes nowhere but here: the line hands it over in a message of its own, and nothing of it reaches the model.
"""

from typing import Protocol, runtime_checkable

from textual.app import App
from textual.screen import Screen

from kimi_tui.text import one_line
from kimi_tui.tui.actions import PLACE_TITLES, Place, is_available
from kimi_tui.tui.screens.dialog import DialogAnswer
from kimi_tui.tui.screens.question_dialogs import unknown_command_dialog
from kimi_tui.tui.slash_commands import (
    SIGN,
    EnteredCommand,
    SlashCommand,
    commands_in,
    find_command,
    near_commands,
    parse_command,
    places_of_command,
)
from kimi_tui.tui.widgets.ask_line import AskLine

SEND_AS_TEXT = f"To send it as text, begin with {SIGN * 2}."
"""The way out for a text that begins with a slash."""


@runtime_checkable
class Searchable(Protocol):
    """A screen that can be searched."""

    async def search_for(self, words: str) -> None:
        """Open the search with words."""
        ...


@runtime_checkable
class Themed(Protocol):
    """An app whose theme can be named."""

    def keep_theme(self, name: str | None) -> None:
        """Use a theme and remember it."""
        ...


class SlashCommandApp(App[None]):
    """An app whose lines take commands."""

    async def on_ask_line_command_entered(self, message: AskLine.CommandEntered) -> None:
        """Run a command, or say why it cannot be run; the line keeps what was not run."""
        line, screen = message.line, message.line.screen
        entered = parse_command(message.text)
        command = find_command(entered.name, places_of(screen))
        if command is None:
            self._refuse_unknown(entered, line)
        elif entered.words and not command.words_hint:
            self.notify(f"{SIGN}{command.name} takes no words after it. {SEND_AS_TEXT}", severity="warning")
        elif not is_available(command.action, screen, command.run):
            self.notify(f"{SIGN}{command.name} has nothing to do now: {_lower(command.help)}", severity="warning")
        else:
            line.clear_text()
            await self.run_command(command, entered.words, screen)

    async def run_command(self, command: SlashCommand, words: str, screen: Screen[object]) -> None:
        """Run a command on a screen, with the words after its name."""
        if words and command.action.id == "app.theme" and isinstance(self, Themed):
            self.keep_theme(words)
        elif words and isinstance(screen, Searchable):
            await screen.search_for(words)
        else:
            await self.run_action(command.run, screen)

    def _refuse_unknown(self, entered: EnteredCommand, line: AskLine) -> None:
        """Ask what was meant by an unknown command, or say where a known one works."""
        shown = SIGN + one_line(entered.name, 40)
        if places := places_of_command(entered.name):
            where = " or ".join(_lower(PLACE_TITLES[place]) for place in places)
            self.notify(f"{shown} works only {where}.", severity="warning")
            return
        near = [SIGN + one.name for one in near_commands(entered.name, commands_in(places_of(line.screen)))]

        def answered(answer: DialogAnswer | None) -> None:
            if answer is not None and answer.choice.isdecimal():
                line.set_text(" ".join(filter(None, (near[int(answer.choice)], entered.words))))

        self.push_screen(unknown_command_dialog(shown, near), answered)


def places_of(screen: Screen[object]) -> tuple[Place, ...]:
    """Return the places whose actions a screen has."""
    places: tuple[Place, ...] = getattr(screen, "PLACES", ())
    return places


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
