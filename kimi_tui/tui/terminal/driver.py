"""Terminal driver that handles suspension by signal, writes whole frames and waits for input without polling.

The answer is in force from the driver's first moment: Textual's own acts in the middle of anything, and takes a
terminal that never left it a second time, after which it is not given back as it was. While nobody types the input's
thread sleeps: Textual's own looks ten times a second whether a key came.
"""

import os
import re
import select
import time
from codecs import getincrementaldecoder
from collections.abc import Iterable
from threading import Event

from textual import constants
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from kimi_tui.tui.terminal import signals

_TICK_SECONDS = 0.1
"""How often the parser is asked for what it held back, in the hope of more of an escape sequence."""
_ESCAPE_WAIT_SECONDS = constants.ESCAPE_DELAY + 2 * _TICK_SECONDS
"""How long after the last input it may hold something back."""
_LATE_ANSWER = re.compile("\x1b_G[^\x1b]{0,200}\x1b\\\\")
"""What a terminal says of pictures; it may come after the app no longer waits for it, and is no key."""
_READ_BYTES = 4_096
"""Bytes read at a time."""


class WakeEvent(Event):
    """An event that also ends a wait for a file descriptor."""

    def __init__(self) -> None:
        super().__init__()
        self.descriptor, self._bell = os.pipe()
        """Can be read while the event is set."""

    def set(self) -> None:
        """Wake the thread that waits."""
        super().set()
        os.write(self._bell, b"!")

    def clear(self) -> None:
        """Reset the event, so that it can be waited for again."""
        if self.is_set():
            os.read(self.descriptor, _READ_BYTES)
        super().clear()


class SuspendableDriver(LinuxDriver):
    """Linux driver that suspends and resumes between two events."""

    def __init__(
        self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        """As Textual makes it."""
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._frame: list[str] = []
        self._ends = self.exit_event = WakeEvent()
        signals.suspend_on_signal(self, app.refresh)

    def write(self, data: str) -> None:
        """Write to the terminal; a complete frame is written at once and wakes the writer thread once."""
        if data == SYNC_START or self._frame:
            self._frame.append(data)
            if data != SYNC_END:
                return
            data = "".join(self._frame)
            self._frame.clear()
        super().write(data)

    def run_input_thread(self) -> None:
        """Turn terminal input into messages, until input is disabled or the terminal is closed."""
        parser, decode = XTermParser(self._debug), getincrementaldecoder("utf-8")("replace").decode
        held_until = 0.0
        while not self._ends.is_set():
            patience = _TICK_SECONDS if time.monotonic() < held_until else None
            ready, _, _ = select.select([self.fileno, self._ends.descriptor], [], [], patience)
            if self.fileno in ready:
                data = os.read(self.fileno, _READ_BYTES)
                if not data:
                    break
                if text := _LATE_ANSWER.sub("", decode(data)):
                    self._send(parser.feed(text))
                held_until = time.monotonic() + _ESCAPE_WAIT_SECONDS
            self._send(parser.tick())

    def _send(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)
