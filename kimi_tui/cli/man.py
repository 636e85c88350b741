"""Print the manual page: made from the parser, the settings and the keys, so that it says what this version does.

`kimi-tui man` shows it where `man` is installed and the output is a terminal, and prints its source (roff) otherwise.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from kimi_tui import __version__
from kimi_tui.cli.completion import list_verbs
from kimi_tui.config.declaration import declared_settings
from kimi_tui.config.descriptions import describe_settings
from kimi_tui.config.tree import Settings
from kimi_tui.headless import EXIT_MEANINGS
from kimi_tui.subprocesses import child_environment

DONE = 0
NOTHING = "\\&"
"""Prints nothing in roff, and ends a paragraph that would be empty."""
FILES = (
    ("the settings file", "`kimi-tui config --path` prints where it is; KIMI_TUI_CONFIG names another one."),
    (
        "the data folder",
        "Sessions, one SQLite file each; `home` in `kimi-tui config`, KIMI_TUI_HOME names another one.",
    ),
)


def show_manual(parser: argparse.ArgumentParser) -> int:
    """Show the page with `man`, or print its source; return the exit code."""
    page = make_manual(parser)
    man = shutil.which("man")
    if not sys.stdout.isatty() or man is None:
        print(page, end="")
        return DONE
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kimi-tui.1"
        path.write_text(page, "utf-8")
        return subprocess.run([man, str(path)], env=child_environment(os.environ), check=False).returncode


def make_manual(parser: argparse.ArgumentParser) -> str:
    """Return the page in roff."""
    verbs = list_verbs(parser)
    lines = [
        f'.TH KIMI-TUI 1 "" "kimi-tui {__version__}" "User Commands"',
        *_section("NAME", [f"{parser.prog} \\- {_text(_uncapitalized(parser.description or ''))}"]),
        *_section("SYNOPSIS", [_synopsis(parser.prog, verbs.choices["app"])]),
        *_section("DESCRIPTION", [_text(parser.epilog or "")]),
        *_section("COMMANDS", _commands(verbs)),
        *_section("SETTINGS", _settings()),
        *_section("ENVIRONMENT", _variables()),
        *_section("FILES", _tagged(FILES)),
        *_section("KEYS", _keys()),
        *_section("EXIT STATUS", _tagged((str(code), words) for code, words in EXIT_MEANINGS.items())),
    ]
    return "\n".join(lines) + "\n"


def _section(name: str, lines: Iterable[str]) -> list[str]:
    return [f".SH {name}", *lines]


def _synopsis(prog: str, app: argparse.ArgumentParser) -> str:
    question = next(action for action in app._actions if not action.option_strings)
    return f".B {_text(prog)}\n[{_text(question.dest.upper())} | COMMAND] [OPTIONS]"


def _commands(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> Iterator[str]:
    """Yield each command with its arguments and options; options that several commands share are written out once."""
    written: dict[str, str] = {}
    for action in verbs._choices_actions:
        command = verbs.choices[action.dest]
        yield f".SS {_text(action.dest)}"
        yield _text(_sentence(action.help or ""))
        shared: list[str] = []
        for argument in command._actions:
            if "--help" in argument.option_strings:
                continue
            entry = _argument(command, argument)
            if argument.option_strings and written.setdefault(entry, action.dest) != action.dest:
                shared.append(argument.option_strings[-1])
                continue
            yield entry
        if shared:
            yield f".P\nAs above: {_text(', '.join(shared))}."
        if command.epilog:
            yield f".P\n{_text(command.epilog)}"


def _argument(command: argparse.ArgumentParser, action: argparse.Action) -> str:
    """Return one argument or option with what it means."""
    choices = "|".join(map(str, action.choices)) if action.choices is not None else ""
    named = action.metavar if isinstance(action.metavar, str) else ""
    value = choices or named or (action.dest.upper() if action.nargs != 0 else "")
    meaning = (action.help or "") % (vars(action) | {"prog": command.prog})
    if not meaning and action.option_strings:
        meaning = next((one.meaning for one in describe_settings() if one.name == action.dest), "")
    words = _sentence(meaning)
    if not action.option_strings:
        return _tag(f"\\fI{_text(value)}\\fR", words)
    flags = ", ".join(f"\\fB{_text(flag)}\\fR" for flag in action.option_strings)
    return _tag(f"{flags} \\fI{_text(value)}\\fR" if value else flags, words)


def _tag(tag: str, words: str) -> str:
    """Return a tagged paragraph; the tag is roff, the words are text."""
    return f".TP\n{tag}\n{_text(words) or NOTHING}"


def _settings() -> Iterator[str]:
    yield "Names in the settings file, each with its default."
    for one in describe_settings():
        default = str(one.default).lower() if isinstance(one.default, bool) else str(one.default or "")
        accepted = " | ".join(one.choices) or one.limits
        words = [one.meaning, f"Accepts {accepted}." if accepted else ""]
        usual = f" = {_text(default)}" if default and default != "()" else ""
        yield _tag(f"\\fB{_text(one.name)}\\fR{usual}", " ".join(filter(None, words)))


def _variables() -> Iterator[str]:
    yield "A variable wins over the settings file, and an option over both."
    for one in declared_settings(Settings):
        if one.setting.variable:
            yield f".TP\n.B {_text(one.setting.variable)}\nThe setting {_text(one.name)}."
    yield ".TP\n.B NO_COLOR\nNo colours, whatever its value."


def _keys() -> Iterator[str]:
    """Yield the keys of the app by the place where they work."""
    from kimi_tui.tui.actions import ACTIONS, PLACE_TITLES, display_key, split_keys

    yield "Every key can be changed under ui.keys in the settings, by the names in brackets."
    for place, title in PLACE_TITLES.items():
        yield f".SS {_text(title)}"
        for action in ACTIONS:
            if action.place == place:
                keys = ", ".join(display_key(key) for key in split_keys(action.key))
                yield f".TP\n.B {_text(keys)}\n{_text(f'{action.help} [{action.id}]')}"


def _tagged(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    for tag, words in entries:
        yield f".TP\n.B {_text(tag)}\n{_text(words)}"


def _sentence(words: str) -> str:
    """Return a text as a sentence: a capital first, a full stop at its end."""
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith(('.', ':')) else '.'}" if words else ""


def _uncapitalized(words: str) -> str:
    return words[:1].lower() + words[1:].removesuffix(".")


def _text(words: str) -> str:
    """Return a text so that roff prints what is written: nothing in it is a request, and dashes stay dashes."""
    escaped = words.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\`").replace("'", "\\(aq")
    escaped = escaped.replace("^", "\\(ha").replace("~", "\\(ti").replace("\\`", "\\(ga")
    escaped = re.sub(r"[^\x00-\x7f]", lambda sign: f"\\[u{ord(sign[0]):04X}]", " ".join(escaped.split()))
    return f"{NOTHING}{escaped}" if escaped.startswith((".", "'")) else escaped
