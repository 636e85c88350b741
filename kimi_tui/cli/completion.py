"""Complete command lines in shells: a short script for each shell asks the program itself, which knows its parser.

The scripts know no command or option: `kimi-tui _complete WORD...` answers for the version that is installed, from
the same parser that reads the command line. Its last word is the one being written. It answers in lines, `WORD`, a
tab and what it means; `:files` and `:folders` ask the shell for its own. It prints nothing when it cannot answer.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from kimi_tui.config import ConfigError, load_settings
from kimi_tui.session import SessionError
from kimi_tui.text import one_line

FILES = ":files"
"""Asks the shell to complete paths of files."""
FOLDERS = ":folders"
"""Asks the shell to complete paths of folders."""
LATEST = "last"
"""Names the session written last."""
MAX_HELP_CHARS = 80
"""Characters of what a word means."""
_PATH_KINDS = {"FILE": FILES, "MEMO.md": FILES, "ID|FILE": FILES, "DIR": FOLDERS}

BASH = r"""# Completion of kimi-tui for bash: eval "$(kimi-tui completion bash)" in ~/.bashrc
_kimi_tui() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :files) compopt -o default 2>/dev/null ;;
            :folders) compopt -o dirnames 2>/dev/null ;;
            ?*) COMPREPLY+=("${line%%$'\t'*}") ;;
        esac
    done < <("${1/#\~/$HOME}" _complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _kimi_tui kimi-tui
"""
ZSH = r"""#compdef kimi-tui
# Completion of kimi-tui for zsh: eval "$(kimi-tui completion zsh)" in ~/.zshrc, after compinit
_kimi_tui() {
    local line paths=
    local -a found
    while IFS= read -r line; do
        case $line in
            :files|:folders) paths=$line ;;
            ?*) found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
        esac
    done < <("${words[1]/#\~/$HOME}" _complete "${(@)words[2,CURRENT]}" 2>/dev/null)
    (( $#found )) && _describe kimi-tui found
    case $paths in
        :files) _files ;;
        :folders) _files -/ ;;
    esac
}
if [ "${funcstack[1]}" = _kimi_tui ]; then
    _kimi_tui "$@"
else
    compdef _kimi_tui kimi-tui
fi
"""
FISH = r"""# Completion of kimi-tui for fish: kimi-tui completion fish > ~/.config/fish/completions/kimi-tui.fish
function __kimi_tui_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l program $before[1]
    set -e before[1]
    for line in (command $program _complete $before "$current" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$current"
            case :folders
                __fish_complete_directories "$current"
            case '*'
                echo $line
        end
    end
end
complete -c kimi-tui -f -a '(__kimi_tui_complete)'
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
"""The completion script of each shell."""


class _Place(NamedTuple):
    """The place of the word being written: its parser, and what comes before it."""

    parser: argparse.ArgumentParser
    used: frozenset[str]
    """Options that were written already."""
    value_of: argparse.Action | None
    """The option whose value is being written."""
    position: int
    """How many positional arguments come before it."""
    may_be_option: bool


def complete(parser: argparse.ArgumentParser, words: Sequence[str]) -> list[str]:
    """Return the lines that answer a shell for the last of `words`."""
    current = words[-1] if words and words[-1] != "=" else ""
    before = [word for word in words[:-1] if word != "="]  # bash makes three words of `--name=value`
    verbs = list_verbs(parser)
    answers = list(_verb_lines(verbs)) if not before else []
    named = bool(before) and before[0] in verbs.choices
    place = _find_place(verbs.choices[before[0] if named else "app"], before[1:] if named else before)
    option, equals, written = current.partition("=")
    if equals and place.value_of is None and (action := _options(place.parser).get(option)) is not None:
        values = [line for line in _value_lines(action) if not line.startswith(":")]
        return [f"{option}={line}" for line in values if line.startswith(written)]
    if before or current.startswith("-"):
        answers += _lines_at(place, current)
    if not before and current.startswith("-"):
        answers += [line for line in _option_lines(parser, frozenset()) if line not in answers]
    return [line for line in answers if line.startswith((current, ":"))]


def list_verbs(parser: argparse.ArgumentParser) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    """Return the commands of the program by their names."""
    return next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))


def _verb_lines(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> Iterator[str]:
    for action in verbs._choices_actions:
        yield _line(action.dest, action.help)


def _options(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    return {name: action for action in parser._actions for name in action.option_strings}


def _find_place(parser: argparse.ArgumentParser, before: Sequence[str]) -> _Place:
    """Read the words before the one being written as the parser would."""
    options, used = _options(parser), set[str]()
    pending: argparse.Action | None = None
    position, may_be_option = 0, True
    for word in before:
        if pending is not None:
            pending = None
        elif may_be_option and word == "--":
            may_be_option = False
        elif may_be_option and word.startswith("-") and word != "-":
            name, equals, _ = word.partition("=")
            action = options.get(name)
            used.update(action.option_strings if action else ())
            pending = action if action and action.nargs is None and not equals else None
        else:
            position += 1
    return _Place(parser, frozenset(used), pending, position, may_be_option)


def _lines_at(place: _Place, current: str) -> list[str]:
    """Return what may be written in a place."""
    if place.value_of is not None:
        return list(_value_lines(place.value_of))
    options = list(_option_lines(place.parser, place.used)) if place.may_be_option else []
    if current.startswith("-"):
        return options
    positional = [action for action in place.parser._actions if not action.option_strings]
    last = positional[-1:] if positional and positional[-1].nargs == "*" else []
    here = positional[place.position : place.position + 1] or last
    return list(_value_lines(here[0])) if here else options


def _option_lines(parser: argparse.ArgumentParser, used: frozenset[str]) -> Iterator[str]:
    for action in parser._actions:
        for name in action.option_strings[-1:]:
            if name not in used:
                yield _line(name, action.help)


def _value_lines(action: argparse.Action) -> Iterator[str]:
    """Return what an argument may be; nothing when it is any text."""
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if action.choices is not None:
        yield from (_line(str(choice)) for choice in action.choices)
    elif action.dest == "session" or metavar.startswith("ID"):
        yield from (_line(session) for session in _session_ids())
    if metavar in _PATH_KINDS:
        yield _PATH_KINDS[metavar]


def _session_ids() -> list[str]:
    """Return the ids of all sessions, the latest first; nothing is opened."""
    from kimi_tui.journal.session_store import SessionStore

    with suppress(ConfigError, SessionError):
        ids = SessionStore(load_settings(os.environ).settings.home_path).ids()
        return [LATEST, *ids] if ids else []
    return []


def _line(word: str, meaning: str | None = "") -> str:
    """Return a word and what it means in one line."""
    words = one_line((meaning or "").replace("%(default)s", "the usual"), MAX_HELP_CHARS)
    return f"{word}\t{words}" if words else word
