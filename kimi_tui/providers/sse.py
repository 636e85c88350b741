"""Split a byte stream into server-sent events of bounded size.

Only `data` is read: servers put nothing of use into the other fields. Lines are cut as bytes, so a character
split over two reads, or a line separator of Unicode inside a string, cannot break a frame.
"""

from kimi_tui.providers.chunks import BYTE_ORDER_MARK, MalformedChunk

MAX_FRAME_BYTES = 4 * 1024 * 1024
"""Bytes that one event may hold; the longest sane one is a whole call's arguments."""


class FrameReader:
    """Turns reads of any size into complete frames."""

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        self.recognised = False
        """True when anything looked like server-sent events so far, a comment included."""
        self._limit = limit
        self._rest: list[bytes] = []
        self._data: list[bytes] = []
        self._held = 0
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that are complete with `data`; raises `MalformedChunk` when one grows beyond the limit."""
        self._rest.append(data)
        self._size += len(data)
        frames: list[bytes] = []
        if b"\n" in data or b"\r" in data:
            self._cut(b"".join(self._rest), frames)
        if self._size > self._limit:
            raise MalformedChunk(f"one frame is longer than {self._limit} bytes")
        return frames

    def finish(self) -> list[bytes]:
        """Return the last frame, when the stream ended without the empty line after it."""
        rest = b"".join(self._rest).rstrip(b"\r")
        self._rest.clear()
        if rest:
            self._field(rest)
        return [self._dispatch()] if self._data else []

    def _cut(self, data: bytes, frames: list[bytes]) -> None:
        """Cut `data` into lines, add the frames that are complete and keep the rest."""
        if b"\r" in data:
            data = _with_plain_line_ends(data)
        *lines, rest = data.split(b"\n")
        for line in lines:
            if line:
                self._field(line)
            elif self._data:
                frames.append(self._dispatch())
        self._rest = [rest] if rest else []
        self._size = len(rest) + self._held

    def _field(self, line: bytes) -> None:
        """Take one line of an event; a byte order mark, which some servers begin with, is no part of it."""
        line = line.removeprefix(BYTE_ORDER_MARK)
        if line.startswith(b"data:"):
            value = line[6:] if line[5:6] == b" " else line[5:]
            self._data.append(value)
            self._held += len(value) + 1  # an empty line of data takes room as well
            self.recognised = True
        elif line.startswith((b":", b"event:", b"id:", b"retry:")):
            self.recognised = True

    def _dispatch(self) -> bytes:
        frame = b"\n".join(self._data)
        self._data.clear()
        self._held = 0
        return frame


def _with_plain_line_ends(data: bytes) -> bytes:
    """`data` with each kind of line end as a newline; a carriage return at the very end waits for what follows."""
    waits = data.endswith(b"\r")
    data = (data[:-1] if waits else data).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data + b"\r" if waits else data
