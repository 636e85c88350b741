"""Slash commands: the actions of the palette by name, as a person types them in the line for questions.

They are made from the list of actions, so that whatever can be done by key can be done by name. Decisions about a
waiting call are no commands: typing never decides.
"""

import difflib
from collections.abc import Iterable, Mapping

import msgspec

from kimi_tui.tui.actions import ACTIONS, Action, Place

SIGN = "/"
"""What a command begins with; twice, it begins a text."""
COMMAND_PLACES: tuple[Place, ...] = ("session", "library", "everywhere")
"""Whose actions are commands."""
PREFERRED_NAMES = {"app.leave": "quit", "session.budgets": "budget"}
"""Names of commands that other programs have taught; without one the end of the action's id is the name."""
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "app.leave": ("exit",),
    "app.help": ("keys", "commands"),
    "library.open": ("resume",),
    "session.search": ("find",),
    "library.search": ("find",),
    "session.library": ("sessions",),
}
"""Other names under which a command is found."""
WORDS_HINTS = {"session.search": "WORDS", "library.search": "WORDS", "app.theme": "NAME"}
"""What may follow the name of a command."""
MAX_NEAR = 3
"""Commands that are offered in place of an unknown one."""


class SlashCommand(msgspec.Struct, frozen=True):
    """One command of the line."""

    name: str
    """Without its slash."""
    action: Action
    """What it does and where."""
    run: str
    """The Textual action that it runs."""
    help: str
    """One sentence."""
    synonyms: tuple[str, ...] = ()
    """Other names."""

    @property
    def words_hint(self) -> str:
        """Return what may follow the name; empty when nothing may."""
        return WORDS_HINTS.get(self.action.id, "")

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name."""
        return (self.name, *self.synonyms)


class EnteredCommand(msgspec.Struct, frozen=True):
    """A command that a person entered."""

    name: str
    """In lower case, without the slash."""
    words: str
    """What follows the name."""


def list_commands() -> tuple[SlashCommand, ...]:
    """Return every command, in the order of the list of actions."""
    commands: list[SlashCommand] = []
    for action in ACTIONS:
        if action.palette and action.place in COMMAND_PLACES:
            commands += _commands_of(action)
    return tuple(commands)


def _commands_of(action: Action) -> list[SlashCommand]:
    """Return the command of an action; two of the one whose key takes back what it did."""
    if action.id == "session.pause":
        return [
            SlashCommand("pause", action, "order('hold')", "Pause at the next safe point."),
            SlashCommand("resume", action, "order('resume')", "Go on after a pause.", ("continue",)),
        ]
    own = action.id.rpartition(".")[2]
    name = PREFERRED_NAMES.get(action.id, own)
    synonyms = tuple(dict.fromkeys((*((own,) if own != name else ()), *SYNONYMS.get(action.id, ()))))
    return [SlashCommand(name, action, action.command, action.help, synonyms)]


COMMANDS = list_commands()
"""Every command."""


def is_command(text: str) -> bool:
    """Return whether a text is a command, known or not; two slashes begin a text."""
    text = text.lstrip()
    return text.startswith(SIGN) and not text.startswith(SIGN * 2)


def literal_text(text: str) -> str:
    """Return the text that is meant by a line that is no command: of two slashes at its beginning one is left."""
    return text.removeprefix(SIGN) if text.startswith(SIGN * 2) else text


def parse_command(text: str) -> EnteredCommand:
    """Return the name and the words of a command."""
    name, *words = text.strip().removeprefix(SIGN).split(maxsplit=1) or [""]
    return EnteredCommand(name.lower(), words[0] if words else "")


def commands_in(places: Iterable[Place]) -> list[SlashCommand]:
    """Return the commands of some places and those that work everywhere."""
    wanted = {*places, "everywhere"}
    return [command for command in COMMANDS if command.action.place in wanted]


def find_command(name: str, places: Iterable[Place]) -> SlashCommand | None:
    """Return the command of a name in some places; None when there is none."""
    here = commands_in(places)
    own = (command for command in here if command.name == name)
    return next(own, None) or next((command for command in here if name in command.synonyms), None)


def places_of_command(name: str) -> list[Place]:
    """Return where a command of this name works."""
    return list(dict.fromkeys(command.action.place for command in COMMANDS if name in command.names))


def matching_commands(start: str, commands: Iterable[SlashCommand]) -> list[SlashCommand]:
    """Return the commands whose names begin with what was typed, then those that have it inside."""
    start = start.lower()
    commands = list(commands)
    begun = [command for command in commands if command.name.startswith(start)]
    begun += [one for one in commands if one not in begun and any(name.startswith(start) for name in one.synonyms)]
    return begun + [one for one in commands if one not in begun and any(start in name for name in one.names)]


def near_commands(name: str, commands: Iterable[SlashCommand]) -> list[SlashCommand]:
    """Return the commands that an unknown name may have meant, the nearest first."""
    commands = list(commands)
    by_name = {one: command for command in commands for one in command.names}
    close = [by_name[one] for one in difflib.get_close_matches(name, by_name, n=MAX_NEAR)]
    found = [*close, *(matching_commands(name, commands) if name else [])]
    return [command for number, command in enumerate(found) if command not in found[:number]][:MAX_NEAR]
