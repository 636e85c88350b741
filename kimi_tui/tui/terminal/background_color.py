"""Ask the terminal whether its background is dark and how it shows pictures, before the app takes over the terminal.

`COLORFGBG` is believed where it is set. Otherwise the terminal is asked for its background colour (OSC 11) and, right
behind, for its attributes (DA1), which every terminal answers: so a terminal that does not know the first question
costs no wait. Keys that were typed meanwhile are given back. A terminal that answers nothing is taken for dark.
"""

import os
import re
import select
import signal
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec

from kimi_tui.text import one_line
from kimi_tui.tui.terminal.graphics import GraphicsKind, graphics_question, read_graphics

TIMEOUT_SECONDS = 0.25
"""Seconds for an answer of a terminal on this machine."""
REMOTE_TIMEOUT_SECONDS = 1.5
"""Seconds for an answer over a connection."""
_QUESTION = b"\x1b]11;?\x1b\\\x1b[c"
_COLOR = re.compile(
    rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})[^\x07\x1b]*(?:\x07|\x1b\\)"
)
_ATTRIBUTES = re.compile(rb"\x1b\[\?[0-9;]*c")
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]_P^].*?(?:\x07|\x1b\\)|O.|.)?", re.DOTALL)
_SILENT = ("linux", "vt", "dumb", "screen.linux")
"""Beginnings of the names of terminals that are not asked."""


class BackgroundColor(msgspec.Struct, frozen=True):
    """The answer of the terminal."""

    dark: bool | None = None
    """None when the terminal did not tell."""
    typed: str = ""
    """What a person typed in the meantime, on one line."""
    graphics: GraphicsKind = "cells"
    """How it shows pictures."""


def query_background(environment: Mapping[str, str], source: int, target: int) -> BackgroundColor:
    """Ask the terminal behind two file descriptors."""
    dark = _dark_by_variable(environment.get("COLORFGBG", ""))
    if dark is not None or environment.get("TERM", "").startswith(_SILENT):
        return BackgroundColor(dark)
    far = any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_TTY"))
    try:
        if select.select([source], [], [], 0)[0]:
            return BackgroundColor()  # somebody types already: nothing of it may be lost
        question = graphics_question(environment) + _QUESTION
        answer = _ask(question, source, target, REMOTE_TIMEOUT_SECONDS if far else TIMEOUT_SECONDS)
    except (OSError, termios.error):
        return BackgroundColor()
    typed = _SEQUENCE.sub(b"", _ATTRIBUTES.sub(b"", _COLOR.sub(b"", answer)))
    return BackgroundColor(
        _is_dark(answer), one_line(typed.decode("utf-8", "replace")), read_graphics(environment, answer)
    )


def _ask(question: bytes, source: int, target: int, patience: float) -> bytes:
    """Return the terminal's answer, without it being echoed."""
    before = termios.tcgetattr(source)
    quiet = termios.tcgetattr(source)
    quiet[3] &= ~(termios.ICANON | termios.ECHO)
    with _restore_terminal_on_signal():
        termios.tcsetattr(source, termios.TCSANOW, quiet)
        try:
            os.write(target, question)
            return _read(source, time.monotonic() + patience)
        finally:
            termios.tcsetattr(source, termios.TCSANOW, before)


@contextmanager
def _restore_terminal_on_signal() -> Iterator[None]:
    """Turn a termination signal into an exception, so that the terminal is restored first."""

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _read(source: int, deadline: float) -> bytes:
    """Return what arrives until the attributes have come or the time is over."""
    answer = b""
    while not _ATTRIBUTES.search(answer):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([source], [], [], left)[0]:
            break
        piece = os.read(source, 1_024)
        if not piece:
            break
        answer += piece
    return answer


def _dark_by_variable(variable: str) -> bool | None:
    """Return what `COLORFGBG` says: its last number is the background's place in the palette of 16."""
    place = variable.rpartition(";")[2]
    return None if not place.isdigit() else int(place) in (0, 1, 2, 3, 4, 5, 6, 8)


def _is_dark(answer: bytes) -> bool | None:
    """Return whether the colour in an answer looks dark; None when there is none."""
    found = _COLOR.search(answer)
    if found is None:
        return None
    red, green, blue = (int(part, 16) / int("f" * len(part), 16) for part in found.groups())
    return 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
