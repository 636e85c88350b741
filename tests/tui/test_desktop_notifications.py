"""Notices on the desktop: the right bytes for each terminal that is known to show them, and none for any other."""

import os
import re
import signal
import stat
import time
from pathlib import Path

import pytest

from kimi_tui.tui.terminal.desktop_notifications import (
    DesktopNotifier,
    NotificationProtocol,
    encode_notification,
    notification_protocol,
    protocol_outside_tmux,
)
from tests.tui.sessions import running_session
from tests.tui.test_terminal import Terminal

PROGRAM = """
import asyncio, signal
from kimi_tui import events
from kimi_tui.config import UiSettings
from kimi_tui.tui.app import KimiApp
from tests.tui.sessions import START, MemoryLibrary, running_session

signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until the app can hear it
session = running_session()
waiting = []

def turn():
    event = events.RunResumed() if session.state.run.paused else events.RunPaused("person")
    waiting.append(asyncio.ensure_future(session.tell(event)))

async def main():
    app = KimiApp(MemoryLibrary(session), UiSettings(notices={wanted!r}), session_id="s1", now=lambda: START)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, turn)
    await app.run_async()

asyncio.run(main())
"""
"""The app on a session that pauses or goes on whenever it is sent a signal."""

TERMINALS: list[tuple[dict[str, str], NotificationProtocol]] = [
    ({"TERM": "xterm-kitty"}, "99"),
    ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "99"),
    ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1", "TERM_PROGRAM": "vscode"}, ""),
    ({"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty"}, "777"),
    ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "777"),
    ({"TERM": "foot"}, "777"),
    ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "9"),
    ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "9"),
    ({"TERM": "xterm-256color", "TERM_PROGRAM": "WarpTerminal"}, "9"),
    ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, ""),
    ({"TERM": "xterm-256color", "WT_SESSION": "guid"}, ""),
    ({"TERM": "xterm-kitty", "STY": "123.pts"}, ""),
    ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux"}, ""),
    ({"TERM": "xterm-256color"}, ""),
    ({"TERM": "linux"}, ""),
    ({}, ""),
]


@pytest.mark.parametrize(("environment", "form"), TERMINALS)
def test_only_a_terminal_that_is_known_to_show_notices_is_sent_one(
    environment: dict[str, str], form: NotificationProtocol
) -> None:
    assert notification_protocol(environment) == form


@pytest.mark.parametrize(
    ("reported", "form"),
    [
        ("on xterm-kitty kitty(0.35.2)", "99"),
        ("all xterm-256color WezTerm 20240203", "777"),
        ("on xterm-256color iTerm2 3.5.0", "9"),
        ("on foot", "777"),
        ("off xterm-kitty kitty(0.35.2)", ""),
        ("on xterm-256color XTerm(390)", ""),
        ("on screen tmux 3.3a", ""),
        ("", ""),
        ("on", ""),
    ],
)
def test_inside_tmux_the_terminal_around_it_counts_and_that_it_is_passed_through(
    reported: str, form: NotificationProtocol
) -> None:
    assert protocol_outside_tmux(reported) == form


def test_encode_notification_each_protocol_is_exact() -> None:
    assert encode_notification("9", "kimi-tui: waits", "Why?") == "\x1b]9;kimi-tui: waits: Why?\x1b\\"
    assert (
        encode_notification("777", "kimi-tui: waits", "Why; how?") == "\x1b]777;notify;kimi-tui: waits;Why, how?\x1b\\"
    )
    both = "\x1b]99;i=kimi-tui:d=0;kimi-tui: waits\x1b\\\x1b]99;i=kimi-tui:d=1:p=body;Why?\x1b\\"
    assert encode_notification("99", "kimi-tui: waits", "Why?") == both
    assert encode_notification("", "kimi-tui: waits", "Why?") == ""
    wrapped = "\x1bPtmux;\x1b\x1b]9;kimi-tui: waits: Why?\x1b\x1b\\\x1b\\"
    assert encode_notification("9", "kimi-tui: waits", "Why?", through_tmux=True) == wrapped


@pytest.mark.parametrize("form", ["9", "777", "99"])
@pytest.mark.parametrize("through_tmux", [False, True])
def test_encode_notification_hostile_text_is_cleaned_and_cut(form: NotificationProtocol, through_tmux: bool) -> None:
    hostile = "a\x1b\\\x1b]52;c;evil\x07\x9c\x9b2J\u202e\r\n;" + "long " * 10_000
    sent = encode_notification(form, hostile, hostile, through_tmux=through_tmux)
    plain = encode_notification(form, "t", "b", through_tmux=through_tmux)
    assert re.sub("[^\x1b\x07\x9c\x9b\r\n\u202e]", "", sent) == "\x1b" * plain.count("\x1b")
    assert sent.count(";") == plain.count(";")
    assert len(sent) < 400


async def test_the_terminal_around_tmux_is_asked_for_and_silence_is_no_answer(tmp_path: Path) -> None:
    """A program named tmux answers here; the real one is tried by hand."""
    written: list[str] = []
    environment = {"TMUX": "/tmp/tmux,1,0", "TMUX_PANE": "%3", "PATH": str(tmp_path)}
    desktop = DesktopNotifier("auto", environment, written.append, lambda: False)
    await desktop.notify("waits for you", "Why?")
    assert written == []
    program = tmp_path / "tmux"
    program.write_text('#!/bin/sh\n[ "$4" = %3 ] && echo "on xterm-kitty kitty(0.35.2)"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    await desktop.notify("waits for you", "Why?")
    assert written == [encode_notification("99", "kimi-tui: waits for you", "Why?", through_tmux=True)]


def paused_until_resumed(terminal: Terminal, reported: bytes) -> None:
    """Let the session pause and continue until the terminal is notified."""
    while reported not in terminal.written:
        assert time.monotonic() < terminal.deadline, terminal.written[-2_000:]
        terminal.child.send_signal(signal.SIGUSR1)
        terminal.read_for(0.3)


REPORTED = encode_notification("777", "kimi-tui: paused", running_session().state.run.questions[-1]).encode()
"""What a terminal that takes this form is to be told."""


@pytest.mark.parametrize(("wanted", "looks_elsewhere"), [("auto", True), ("always", False)])
def test_desktop_notifier_paused_session_notifies(wanted: str, looks_elsewhere: bool) -> None:
    terminal = Terminal(PROGRAM.format(wanted=wanted), TERM_PROGRAM="WezTerm")
    terminal.read_until(b"Commands")
    if looks_elsewhere:
        os.write(terminal.descriptor, b"\x1b[O")
    paused_until_resumed(terminal, b"\x1b]777;")
    terminal.read_until(b"\x1b\\")
    assert REPORTED in terminal.written
    terminal.child.terminate()
    terminal.end()


@pytest.mark.parametrize(("wanted", "looks_elsewhere"), [("auto", False), ("off", True)])
def test_desktop_notifier_focused_or_off_sends_nothing(wanted: str, looks_elsewhere: bool) -> None:
    terminal = Terminal(PROGRAM.format(wanted=wanted), TERM_PROGRAM="WezTerm")
    terminal.read_until(b"Commands")
    if looks_elsewhere:
        os.write(terminal.descriptor, b"\x1b[O")
    paused_until_resumed(terminal, b"paused")
    terminal.child.terminate()
    terminal.end()
    assert b"\x1b]777;" not in terminal.written
