"""Define the command line and dispatch each command.

Parsing imports nothing heavy: each verb's code is imported when it is the one that was asked for.
"""

import argparse
import difflib
import errno
import gc
import importlib
import math
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from typing import Any, NoReturn, get_args

from kimi_tui import __version__
from kimi_tui.config import ConfigError, LoadedSettings, Settings, load_settings
from kimi_tui.config.declaration import declared_settings
from kimi_tui.secret_variables import hide_own_secrets
from kimi_tui.session import ExportFormat, SessionError
from kimi_tui.text import one_line

USAGE_ERROR = 2
COMPLETE = "_complete"
"""The first word with which the scripts of `completion` ask; in no help, since no person types it."""
SESSION_HELP = "its id, an unambiguous beginning of it, or `last`"
SHELLS = ("bash", "zsh", "fish")
"""Shells that completion is offered for."""


class _Parser(argparse.ArgumentParser):
    """Report wrong usage in one line and name the help."""

    def error(self, message: str) -> NoReturn:
        """Exit with the code for wrong usage."""
        self.exit(USAGE_ERROR, f"kimi-tui: {one_line(message, 600)}; `{self.prog} --help` shows the usage\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    parser = build_parser()
    if typed[:1] == [COMPLETE]:
        return _complete_words(parser, typed[1:])
    if not typed or typed[0] not in COMMANDS:
        _refuse_typo(parser, typed)
        typed = ["app", *typed] if not {"-h", "--help", "--version"} & set(typed[:1]) else typed
    options = parser.parse_args(typed)
    try:
        code = _dispatch(options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (ConfigError, SessionError) as error:
        print(f"kimi-tui: {one_line(str(error), 2000)}", file=sys.stderr)
        return USAGE_ERROR if isinstance(error, ConfigError) else 1
    except OSError as error:  # the reader of the output closed it, or the disk is full
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if not isinstance(error, BrokenPipeError):
            print(f"kimi-tui: {_os_error_line(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _complete_words(parser: argparse.ArgumentParser, words: list[str]) -> int:
    """Answer a shell that asks how a command line may go on."""
    from kimi_tui.cli.completion import complete

    with suppress(OSError):  # the shell has stopped reading
        sys.stdout.write("".join(f"{line}\n" for line in complete(parser, words)))
        sys.stdout.flush()
    return 0


def _os_error_line(error: OSError) -> str:
    """Return in one line what the system refused, where, and what to do."""
    what = one_line(error.strerror or str(error), 600)
    where = f": {one_line(str(error.filename), 400)}" if error.filename else ""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return f"{what}{where}; {'free space, or write somewhere else' if full else 'see that it is there and yours'}"


def build_parser() -> argparse.ArgumentParser:
    """Build the parser for every command."""
    parser = _Parser(
        prog="kimi-tui",
        description="Supervise a locally hosted Kimi K2 Thinking while it researches a question.",
        epilog='`kimi-tui` opens the app; `kimi-tui "QUESTION"` opens it and starts at once.',
    )
    parser.add_argument("--version", action="version", version=f"kimi-tui {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="COMMAND", parser_class=_Parser)
    app = verbs.add_parser("app", help="open the app (the default)")
    app.add_argument("question", nargs="?", default="", help="start with this question at once")
    _add_run_flags(app)
    run = verbs.add_parser("run", help="work on a question without a screen")
    run.add_argument("question", nargs="?", default="", help="the question; `-` reads it from standard input")
    run.add_argument("--resume", metavar="ID", help="continue this session (or `last`) instead of asking a question")
    run.add_argument(
        "--key",
        metavar="KEY",
        help="your own name for this run: the same key again continues what was killed or prints what is finished",
    )
    run.add_argument("--memo", metavar="FILE", help="write the memo to this file")
    run.add_argument("--detach", action="store_true", help="work in the background and print the session's id")
    run.add_argument(
        "--wait",
        type=_parse_seconds,
        default=0.0,
        metavar="SECONDS",
        help="how long to wait for a server that is still loading",
    )
    _add_run_flags(run)
    resume = verbs.add_parser("resume", help="open the app on a session, where it was left")
    resume.add_argument("session", help=SESSION_HELP)
    _add_run_flags(resume)
    attach = verbs.add_parser("attach", help="open the app on a session in the background")
    attach.add_argument("session", help=SESSION_HELP)
    _add_desk_commands(verbs)
    _add_inspection_commands(verbs)
    _add_library_commands(verbs)
    serve = verbs.add_parser("serve-embedded", help="run the embedded OpenAI-compatible server alone")
    serve.add_argument("--port", type=int, default=8765, help="on 127.0.0.1 (default %(default)s; 0 for a free one)")
    serve.add_argument("--script", metavar="FILE", help="also offer the model `scripted`, which plays this file")
    serve.add_argument("--pace", type=float, default=None, help="tokens a second; 0 for as fast as it can")
    return parser


def _add_desk_commands(verbs: Any) -> None:
    """Add the commands that show what the model sees of a desk."""
    tool = verbs.add_parser(
        "tool",
        help="run the model's tools on a desk and print what the model would read",
        epilog="Exit code 0 when the answer is ok, 1 when it is an error or finds nothing, 2 for wrong usage.",
    )
    tool.add_argument(
        "calls",
        nargs="*",
        metavar="NAME [JSON]",
        help="a tool and its arguments as a JSON object; further pairs share the sources of the first. None lists them",
    )
    tool.add_argument("--desk", metavar="DIR", help="folder of documents and databases that may be read")
    tool.add_argument("--offline", action="store_const", const=True, help="no network tool at all")
    tool.add_argument("--json", action="store_true", help="one object a call: text, status, sources, cells, notes")
    desk = verbs.add_parser("desk", help="what is on a desk, and what could not be read, and why")
    desk.add_argument("desk", nargs="?", metavar="DIR", help="default: the desk of the settings")
    desk.add_argument("--json", action="store_true", help="print JSON")
    check = verbs.add_parser(
        "check",
        help="check the figures and quotes of any Markdown memo against the documents that it cites",
        epilog='Citations name a path: [reports/acme.pdf p.58 "Net sales" 2018], [data.csv row 7]; with --session ids '
        "as well: [S1 p.58]. Exit code 0 when nothing is contradicted, 4 otherwise, 1 when it cannot be checked.",
    )
    check.add_argument("memo", metavar="MEMO.md", help="the memo; `-` reads it from standard input")
    check.add_argument("--desk", metavar="DIR", help="folder of the documents that it cites")
    check.add_argument("--session", metavar="ID", help="a session whose sources it cites by id")
    check.add_argument("--strict", action="store_true", help="exit with 4 too when something is not found or not read")
    check.add_argument("--json", action="store_true", help="one object: statements and counts")
    check.add_argument(
        "--judge",
        dest="judged",
        action="store_true",
        help="also ask the model of the settings about statements that nothing else could check; never as a proof",
    )
    check.add_argument("--base-url", metavar="URL", help="the server to judge with")
    check.add_argument("--model", metavar="NAME", help="the model's name on the server")


def _parse_seconds(written: str) -> float:
    """Parse typed seconds; raises `ArgumentTypeError`."""
    try:
        seconds = float(written)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{written!r} is no number of seconds")
    return seconds


def _add_inspection_commands(verbs: Any) -> None:
    """Add the commands that read what is recorded or set."""
    sessions = verbs.add_parser("sessions", help="list sessions")
    sessions.add_argument("--json", action="store_true", help="one JSON object a line")
    show = verbs.add_parser("show", help="print one session")
    show.add_argument("session", help=SESSION_HELP)
    show.add_argument("--json", action="store_true", help="its journal as JSON Lines")
    export = verbs.add_parser("export", help="write a session's memo, page, evidence bundle or journal")
    export.add_argument("session", help=SESSION_HELP)
    export.add_argument("-o", "--output", metavar="FILE", help="default: the session's id in the current folder")
    export.add_argument("--format", choices=get_args(ExportFormat), default="md", help="what to write")
    _add_diff_command(verbs)
    backup = verbs.add_parser("backup", help="copy a session's file, even while it is at work")
    backup.add_argument("session", help=SESSION_HELP)
    backup.add_argument("-o", "--output", metavar="FILE", required=True, help="the copy")
    salvage = verbs.add_parser("salvage", help="save the intact part of a damaged session")
    salvage.add_argument("target", metavar="ID|FILE", help="a session, or its file")
    salvage.add_argument(
        "-o", "--output", metavar="FILE", help="default: in its place; the damaged file is kept beside it"
    )
    stop = verbs.add_parser("stop", help="end the turn of a session that works in the background")
    stop.add_argument("session", help=SESSION_HELP)
    verify = verbs.add_parser("verify", help="check a session's chain, sources and citations")
    verify.add_argument("target", metavar="ID|FILE", help="a session, or a session, memo, bundle or journal file")
    egress = verbs.add_parser("egress", help="list what left a session, to whom, and by which rule")
    egress.add_argument("session", help=SESSION_HELP)
    egress.add_argument("--json", action="store_true", help="print JSON")
    replay = verbs.add_parser("replay", help="open the app on a recorded session, read-only")
    replay.add_argument("session", help=SESSION_HELP)
    replay.add_argument("--speed", type=float, default=1.0, help="times its own pace; 0 for all at once")
    doctor = verbs.add_parser("doctor", help="check what works, and say how to fix what does not")
    doctor.add_argument("--json", action="store_true", help="print JSON")
    doctor.add_argument("--server", metavar="URL", help="try this server alone, and not the machine")
    doctor.add_argument("--base-url", metavar="URL", help="try the machine, and this server")
    doctor.add_argument("--model", metavar="NAME", help="the model to ask; none for the first that is offered")
    doctor.add_argument(
        "--calls", type=int, default=5, metavar="N", help="replies over which valid calls are counted (default 5)"
    )
    config = verbs.add_parser("config", help="every effective setting and where it came from")
    shown = config.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print JSON")
    shown.add_argument("--path", action="store_true", help="where the settings file is, or would be")
    shown.add_argument("--edit", action="store_true", help="open the settings file in your editor, then check it")
    _add_shell_commands(verbs)


def _add_shell_commands(verbs: Any) -> None:
    """Add the commands that help where the program is called."""
    completion = verbs.add_parser(
        "completion",
        help="print what makes a shell complete commands, options and session ids",
        epilog='bash and zsh: `eval "$(kimi-tui completion bash)"` in ~/.bashrc or ~/.zshrc; '
        "fish: `kimi-tui completion fish > ~/.config/fish/completions/kimi-tui.fish`.",
    )
    completion.add_argument("shell", choices=SHELLS, help="your shell")
    verbs.add_parser(
        "man",
        help="show the manual page, or print its source where the output is no terminal",
        epilog="`kimi-tui man > ~/.local/share/man/man1/kimi-tui.1` lets `man kimi-tui` find it.",
    )


def _add_diff_command(verbs: Any) -> None:
    """Add the command that compares memos."""
    diff = verbs.add_parser(
        "diff",
        help="what changed between two memos, statement by statement",
        epilog="A memo is named by its session's id (or `last`), which means the latest one, or by ID:2 for its second"
        " one. With one name, it is compared with the memo before it.",
    )
    diff.add_argument("before", metavar="A", help="a memo")
    diff.add_argument("after", metavar="B", nargs="?", default="", help="a later one")
    diff.add_argument("--all", action="store_true", help="statements that are the same too")
    diff.add_argument("--json", action="store_true", help="one object: both memos, every statement, counts")


def _add_library_commands(verbs: Any) -> None:
    """Add the commands that keep the library in order."""
    rename = verbs.add_parser("rename", help="give a session a name of its own")
    rename.add_argument("session", help=SESSION_HELP)
    rename.add_argument("name", help="empty takes the name away")
    for verb, words in (
        ("pin", "list a session first in the library"),
        ("unpin", "list it in its usual place again"),
        ("delete", "put a session into the trash, which is emptied after 30 days"),
    ):
        verbs.add_parser(verb, help=words).add_argument("session", help=SESSION_HELP)
    restore = verbs.add_parser("restore", help="take a session out of the trash")
    restore.add_argument("session", nargs="?", default="", help="its id or `last`; none lists the trash")


def _add_run_flags(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run and of the app, as the settings declare them; None when not given."""
    for declared in declared_settings(Settings):
        flag = declared.setting.flag
        if flag is None:
            continue
        named, kinds = f"--{declared.name.replace('_', '-')}", get_args(declared.kind) or (declared.kind,)
        if declared.kind is bool:
            parser.add_argument(named, action="store_const", const=True, help=flag.meaning)
        elif declared.choices:
            parser.add_argument(named, choices=declared.choices, help=flag.meaning or None)
        else:
            parser.add_argument(named, type=kinds[0], metavar=flag.metavar, help=flag.meaning or None)


COMMANDS = (
    "app", "run", "resume", "attach", "stop", "sessions", "show", "export", "diff", "verify", "egress", "replay",
    "backup", "salvage", "tool", "desk", "check", "doctor", "config", "completion", "man", "serve-embedded", "rename",
    "pin", "unpin", "delete", "restore",
)  # fmt: skip
"""Every first word that is a command and not a question."""
LIBRARY_COMMANDS = ("rename", "pin", "unpin", "delete", "restore")
"""The commands that keep the library in order."""


def _refuse_typo(parser: argparse.ArgumentParser, typed: list[str]) -> None:
    """Refuse a single word that is close to a command: it is a slip, not a question."""
    if typed and " " not in typed[0] and not typed[0].startswith("-"):
        near = difflib.get_close_matches(typed[0].lower(), COMMANDS, n=1, cutoff=0.75)
        if near:
            parser.error(f"there is no command {typed[0]!r}; did you mean {near[0]!r}?")


def _load_settings(options: argparse.Namespace) -> LoadedSettings:
    """Load the settings with the typed flags on top; raises `ConfigError`."""
    names = [one.name for one in declared_settings(Settings) if one.setting.flag is not None]
    flags = {name: getattr(options, name, None) for name in names}
    flags["base_url"] = getattr(options, "server", None) or flags["base_url"]
    loaded = load_settings(os.environ, flags)
    hide_own_secrets()
    return loaded


_COMMAND_FUNCTIONS = {
    "run": ("run", "run"),
    "stop": ("run", "stop"),
    "tool": ("desk", "run_tools"),
    "desk": ("desk", "list_desk"),
    "check": ("check", "check_memo"),
    "egress": ("egress", "list_egress"),
    **dict.fromkeys(LIBRARY_COMMANDS, ("library", "run_library_command")),
}
"""The module and the function of each command; any other is one of `inspect`. Only what was typed is imported."""


def _dispatch(options: argparse.Namespace) -> int:
    """Import and run the command that was typed."""
    if options.verb == "completion":
        from kimi_tui.cli import completion

        print(completion.SCRIPTS[options.shell], end="")
        return 0
    if options.verb == "man":
        from kimi_tui.cli import man

        return man.show_manual(build_parser())
    if options.verb == "config":
        from kimi_tui.cli import config as cli_config

        return cli_config.run_config(options, _load_settings)
    loaded = _load_settings(options)
    if options.verb in ("app", "resume", "attach", "replay"):
        gc.disable()  # what is made for the first screen stays: the app looks for garbage once that is drawn
        from kimi_tui.cli import app as cli_app

        return cli_app.open_app(loaded, options)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace" if stream is sys.stdin else "backslashreplace")
    module, function = _COMMAND_FUNCTIONS.get(options.verb, ("inspect", "run_command"))
    command = getattr(importlib.import_module(f"kimi_tui.cli.{module}"), function)
    return int(command(loaded, options))
