"""The app in a real terminal: restores it on every way of ending, and sends it nothing foreign."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
"""The repository."""
PROGRAM = """
from kimi_tui.config import UiSettings
from kimi_tui.tui.app import KimiApp
from tests.tui.sessions import MemoryLibrary
from tests.tui.test_hostile_text import PAYLOADS, hostile_session

library = MemoryLibrary(hostile_session("".join(PAYLOADS)))
app = KimiApp(library, UiSettings(bell=False), session_id="s1", model_line=PAYLOADS[3], suggestions=PAYLOADS)
app.run()
raise SystemExit(app.return_code)
"""
"""The app on a session whose every text is hostile."""

DEADLINE = 60.0
"""Seconds after which a test gives up."""

ENDINGS = (b"\x1b[?1049l", b"\x1b[?1000l", b"\x1b[?25h", b"\x1b[?2004l")
"""Leave the alternate screen, stop mouse reports, show the cursor, stop bracketed paste."""

POINTER = re.compile("\x1b\\]22;[a-z-]*\x07")
"""What Textual itself sends for the shape of the mouse pointer."""


class Terminal:
    """A child with a terminal of its own, and everything it wrote there."""

    def __init__(self, program: str = PROGRAM, **environment: str) -> None:
        self.descriptor, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.child = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color", **environment},
            start_new_session=True,
        )
        os.close(inner)
        self.written = b""
        self.deadline = time.monotonic() + DEADLINE

    def read_until(self, words: bytes) -> None:
        """Read until something was written, or the child ended."""
        while words not in self.written:
            assert time.monotonic() < self.deadline, self.written[-2_000:]
            if select.select([self.descriptor], [], [], 0.2)[0]:
                try:
                    self.written += os.read(self.descriptor, 65_536)
                except OSError:
                    return

    def read_until_shown(self, words: str) -> None:
        """Read until words are on the screen: only what changes is written, so it is drawn anew until they are."""
        columns = 100
        while words.encode() not in self.written:
            assert time.monotonic() < self.deadline, self.written[-2_000:]
            columns = 201 - columns
            fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
            os.kill(self.child.pid, signal.SIGWINCH)
            until = time.monotonic() + 1.0
            while time.monotonic() < until and words.encode() not in self.written:
                self.read_for(0.1)

    def read_for(self, seconds: float) -> None:
        """Read what comes in a short while."""
        if select.select([self.descriptor], [], [], seconds)[0]:
            self.written += os.read(self.descriptor, 65_536)

    def end(self) -> int:
        """Read to the end and give the exit code."""
        self.read_until(b"never written by anybody")
        os.close(self.descriptor)
        return self.child.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_app_and_the_terminal_is_as_before(number):
    terminal = Terminal()
    terminal.read_until(b"Commands")
    terminal.read_until(b"Approve")
    terminal.child.send_signal(number)
    assert terminal.end() == 128 + number
    for ending in ENDINGS:
        assert ending in terminal.written


def test_driver_suspend_restores_and_retakes_terminal():
    terminal = Terminal()
    terminal.read_until(b"Approve")
    terminal.read_until(b"then")  # the line has the focus
    terminal.written = b""
    os.write(terminal.descriptor, b"\x1b")  # out of the line, where the key takes back a change
    terminal.read_until(b" Memo")
    os.write(terminal.descriptor, b"\x1a")
    while not stopped(terminal.child.pid):
        assert time.monotonic() < terminal.deadline
        terminal.read_for(0.2)
    terminal.read_until(ENDINGS[0])
    for ending in ENDINGS:
        assert ending in terminal.written
    terminal.written = b""
    terminal.child.send_signal(signal.SIGCONT)
    terminal.read_until(b"\x1b[?1049h")
    terminal.read_until(b"Approve")
    terminal.child.send_signal(signal.SIGTERM)
    assert terminal.end() == 128 + signal.SIGTERM


def test_letters_come_whole_however_they_are_cut_and_what_is_no_letter_ends_nothing():
    terminal = Terminal()
    terminal.read_until(b"Approve")
    terminal.read_until(b"Steer")
    os.write(terminal.descriptor, b"caf\xc3")
    terminal.read_until_shown("caf")
    os.write(terminal.descriptor, b"\xa9 \xff now")
    terminal.read_until_shown("café \ufffd now")
    os.write(terminal.descriptor, b"\x11")
    assert terminal.end() == 0


@pytest.mark.parametrize("encoding", ["iso-8859-1", "ascii"])
def test_where_the_locale_is_not_utf_8_the_screen_is_drawn_in_ascii(encoding: str) -> None:
    terminal = Terminal(
        "from kimi_tui.cli.parser import main; raise SystemExit(main([]))", LC_ALL="C", PYTHONIOENCODING=encoding
    )
    terminal.read_until(b"Commands")
    os.write(terminal.descriptor, b"\x11")
    assert terminal.end() == 0
    assert b"Ask a question" in terminal.written
    assert terminal.written.isascii()
    assert b"\\u" not in terminal.written


def stopped(pid: int) -> bool:
    """Return whether a child of ours is stopped."""
    found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
    return bool(found) and os.WIFSTOPPED(status)


def test_a_terminal_that_goes_without_a_word_takes_the_app_with_it():
    terminal = Terminal()
    terminal.read_until(b"Approve")
    os.close(terminal.descriptor)
    assert terminal.child.wait(DEADLINE) == 1


def test_hostile_text_reaches_the_terminal_only_as_visible_text():
    terminal = Terminal()
    terminal.read_until(b"Approve")
    os.write(terminal.descriptor, b"\x11")
    assert terminal.end() == 0
    drawn = POINTER.sub("", terminal.written.decode("utf-8"))
    for foreign in ("\x1b[2J\x1b]52", "\x1b]52", "\x9b", "\x90", "\x07", "\u202e", "\u2066", "\u200b"):
        assert foreign not in drawn
