"""Cache the library's lines of idle sessions in one file: thousands are listed without opening their files.

It is a cache: a file that is missing, damaged or of another version counts as empty, and what is in it counts only for
a session file that was not touched since.
"""

import os
import zlib
from contextlib import suppress
from pathlib import Path

import msgspec

from kimi_tui.journal.session_store import FileStamp, file_stamp
from kimi_tui.session import SessionSummary

CACHE_NAME = "library.cache"
"""The file's name in the data folder."""
_CHECKSUM_BYTES = 4


class _Line(msgspec.Struct, frozen=True, array_like=True):
    stamp: FileStamp
    summary: SessionSummary


class _Cached(msgspec.Struct, frozen=True, array_like=True):
    fields: tuple[str, ...]
    """Those of a summary: another version of this program has others."""
    lines: dict[str, _Line]


class SummaryCache:
    """The lines of one data folder."""

    def __init__(self, home: Path) -> None:
        self._path = home / CACHE_NAME
        self._lines: dict[str, _Line] = {}
        self._read: FileStamp | None = None
        self._changed = False

    def load(self) -> None:
        """Read the file, unless it is as it was when it was read last."""
        stamp = file_stamp(self._path)
        if stamp is None or stamp == self._read:
            return
        self._read = stamp
        with suppress(OSError, msgspec.MsgspecError):
            data = self._path.read_bytes()
            body, checksum = data[:-_CHECKSUM_BYTES], data[-_CHECKSUM_BYTES:]
            if zlib.crc32(body).to_bytes(_CHECKSUM_BYTES, "big") == checksum:
                cached = msgspec.msgpack.decode(body, type=_Cached)
                if cached.fields == SessionSummary.__struct_fields__:
                    self._lines = cached.lines | self._lines

    def get(self, session: str, stamp: FileStamp) -> SessionSummary | None:
        """Return the cached line of a session whose file has this stamp; None when it is not known."""
        line = self._lines.get(session)
        return line.summary if line is not None and line.stamp == stamp else None

    def put(self, session: str, stamp: FileStamp, summary: SessionSummary) -> None:
        """Keep a line."""
        self._lines[session] = _Line(stamp, summary)
        self._changed = True

    def save(self, sessions: set[str]) -> None:
        """Write the lines of these sessions, if anything is new; what cannot be written is made anew next time."""
        if not self._changed:
            return
        self._changed = False
        self._lines = {session: line for session, line in self._lines.items() if session in sessions}
        body = msgspec.msgpack.encode(_Cached(SessionSummary.__struct_fields__, self._lines))
        fresh = self._path.with_name(f"{CACHE_NAME}.{os.getpid()}")
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(body + zlib.crc32(body).to_bytes(_CHECKSUM_BYTES, "big"))
            fresh.replace(self._path)
            self._read = file_stamp(self._path)
        except OSError:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
