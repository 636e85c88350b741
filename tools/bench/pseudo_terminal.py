"""Run a program in a pseudo-terminal and note when each text was drawn.

The terminal answers what programs ask at their start, at once and as common terminals do: without an answer a program
waits until its patience ends, and what would be measured is that wait.
"""

import fcntl
import os
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from tools.drill.drill_environment import ROOT

COLUMNS, ROWS = 120, 40
"""The size of every terminal of the bench."""
_LOOK_SECONDS = 0.005
_ANSWERS = {
    b"\x1b]11;?\x1b\\": b"\x1b]11;rgb:1111/1111/1111\x1b\\",
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",
    b"\x1b[?2048$p": b"\x1b[?2048;0$y",
}
"""To a question its answer: a dark background; a VT220 with colours; frames that are drawn whole (mode 2026) are known
and off; reports of the size among the keys (mode 2048) are not known."""
_CARRIED = 64
"""Bytes that are looked at again with what comes next: no question and no watched text is longer."""


class TimedTerminal:
    """One program behind a pseudo-terminal."""

    def __init__(self, command: Sequence[str]) -> None:
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        self.pid, self._master = os.forkpty()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.chdir(ROOT)
            os.execv(command[0], list(command))
        os.set_blocking(self._master, False)
        self.total = 0
        """Bytes that the program drew."""
        self.ended = False
        """True when the program has closed its terminal."""
        self._carry = b""
        self._watched: dict[bytes, float] = {}

    def watch(self, *texts: str) -> None:
        """Look for texts from now on; what was drawn before does not count."""
        self._carry = b""
        for text in texts:
            self._watched[text.encode()] = 0.0

    def seen(self, text: str) -> float:
        """When a watched text was drawn, by the monotonic clock; 0 if it was not yet."""
        return self._watched.get(text.encode(), 0.0)

    def press(self, keys: str) -> float:
        """Type, and say when."""
        moment = time.monotonic()
        os.write(self._master, keys.encode())
        return moment

    def pump(self, seconds: float, until: Callable[[], object] | None = None) -> bool:
        """Read for some seconds, or until a condition holds; returns whether it does."""
        deadline = time.monotonic() + seconds
        while True:
            if until is not None and until():
                return True
            left = deadline - time.monotonic()
            if left <= 0 or self.ended:
                return False
            ready, _, _ = select.select([self._master], [], [], min(left, _LOOK_SECONDS if until else left))
            if ready:
                self._read()

    def await_text(self, text: str, seconds: float = 30.0) -> float:
        """When a text was drawn from now on; raises `TimeoutError` if it is not in time."""
        self.watch(text)
        return self.await_watched(text, seconds)

    def await_watched(self, text: str, seconds: float = 30.0) -> float:
        """The same for a text that is watched already."""
        if not self.pump(seconds, lambda: self.seen(text)):
            raise TimeoutError(f"{text!r} was not drawn within {seconds:g} s")
        return self.seen(text)

    def close(self) -> None:
        """Kill the program and give the terminal up."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._master)

    def _read(self) -> None:
        try:
            data = os.read(self._master, 1 << 16)
        except BlockingIOError:
            return
        except OSError:
            self.ended = True
            return
        moment = time.monotonic()
        self.total += len(data)
        text = self._carry + data
        self._answer(text)
        for wanted, when in self._watched.items():
            if not when and wanted in text:
                self._watched[wanted] = moment
        self._carry = text[-_CARRIED:]

    def _answer(self, text: bytes) -> None:
        """Answer the questions that end in what has just come; those that were carried along are answered already."""
        for question, answer in _ANSWERS.items():
            for _ in range(text.count(question) - self._carry.count(question)):
                os.write(self._master, answer)
