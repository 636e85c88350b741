"""A program in a pseudo-terminal: what it drew, the modes it left set, and ways to disturb it."""

import asyncio
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from contextlib import suppress

from tools.drill.drill_environment import ROOT
from tools.drill.waiting import wait_until

_MODE = re.compile(rb"\x1b\[\?(\d+)([hl])")
_ESCAPE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|.)", re.DOTALL)
_MAX_ESCAPE_BYTES = 32
OFF_AT_THE_END = (b"1049", b"1000", b"1002", b"1003", b"1004", b"1006", b"2004")
"""Alternate screen, mouse reports, focus reports, bracketed paste."""
ON_AT_THE_END = (b"25", b"7")
"""The cursor, and lines that wrap."""


class DrillTerminal:
    """One program behind a pseudo-terminal; everything it writes is read at once unless it is `held`."""

    def __init__(self, command: list[str], columns: int = 100, rows: int = 30) -> None:
        self._master, inner = pty.openpty()
        self._name = os.ttyname(inner)
        self.resize(columns, rows)
        self._before = termios.tcgetattr(inner)
        # The first terminal that the leader of a session opens becomes its own.
        opening = f'exec "$@" <{self._name} >{self._name} 2>&1'
        self.child = subprocess.Popen(
            ["/bin/sh", "-c", opening, "sh", *command], cwd=ROOT, start_new_session=True, stdin=subprocess.DEVNULL
        )
        self._inner = inner
        self._modes: dict[bytes, bytes] = {}
        self._tail = b""
        self.drawn = bytearray()
        """The last million bytes that the program wrote."""
        self.total = 0
        """Bytes that the program wrote in all."""
        os.set_blocking(self._master, False)
        self.go_on()

    @property
    def pid(self) -> int:
        """The program's number; the shell that opened its terminal became the program."""
        return self.child.pid

    def hold(self) -> None:
        """Stop reading, as a stalled connection does."""
        asyncio.get_running_loop().remove_reader(self._master)

    def go_on(self) -> None:
        """Read again."""
        asyncio.get_running_loop().add_reader(self._master, self._read)

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._master, keys)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; the system tells the program if the terminal is its own."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def forget(self) -> None:
        """Begin anew with what was drawn."""
        self.drawn.clear()

    @property
    def words(self) -> str:
        """Return what was drawn, without escapes and blanks: text of one place may be drawn in pieces."""
        return _ESCAPE.sub(b"", bytes(self.drawn)).decode(errors="replace").replace(" ", "")

    async def until(self, words: str, seconds: float = 30.0) -> bool:
        """Wait until a text was drawn; returns whether it was in time."""
        wanted = words.replace(" ", "")
        await wait_until(lambda: wanted in self.words or self.child.poll() is not None, seconds, gap=0.05)
        return wanted in self.words

    async def until_drawn(self, size: int, seconds: float = 30.0) -> bool:
        """Wait until so many bytes were drawn; returns whether they were in time."""
        return await wait_until(lambda: len(self.drawn) >= size, seconds)

    async def until_mode(self, mode: bytes, value: bytes, seconds: float = 30.0) -> bool:
        """Wait until a mode was set, for example `1049` to `h`; returns whether it was in time."""
        return await wait_until(lambda: self._modes.get(mode) == value, seconds)

    async def ended(self, seconds: float = 30.0) -> int | None:
        """The exit code, -n for signal n; None when the program does not end in time."""
        await wait_until(lambda: self.child.poll() is not None, seconds, gap=0.05)
        await asyncio.sleep(0.1)  # what it wrote last
        return self.child.poll()

    def modes_left_behind(self) -> list[str]:
        """Return the terminal modes that differ from before the program."""
        wrong = [f"mode {mode.decode()} stays on" for mode in OFF_AT_THE_END if self._modes.get(mode) == b"h"]
        wrong += [f"mode {mode.decode()} stays off" for mode in ON_AT_THE_END if self._modes.get(mode) == b"l"]
        now = termios.tcgetattr(self._inner)
        return [*wrong, "the line discipline stays changed"] if now[:4] != self._before[:4] else wrong

    def close(self) -> None:
        """Kill the program if it lives, and give the terminal up."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGKILL)
        self.child.wait()
        asyncio.get_running_loop().remove_reader(self._master)
        for descriptor in (self._master, self._inner):
            with suppress(OSError):
                os.close(descriptor)

    def _read(self) -> None:
        try:
            data = os.read(self._master, 1 << 16)
        except BlockingIOError:
            return
        except OSError:
            asyncio.get_running_loop().remove_reader(self._master)
            return
        self.total += len(data)
        seen = self._tail + data
        for match in _MODE.finditer(seen):
            self._modes[match[1]] = match[2]
        self._tail = seen[-_MAX_ESCAPE_BYTES:]
        self.drawn += data
        del self.drawn[: max(len(self.drawn) - 1_000_000, 0)]
