"""Messages on a runner's socket: one JSON object a line, commands in, receipts, fragments and progress out.

Entries do not pass: a front end reads the journal itself, so what it shows is what is recorded.
"""

import asyncio
import hashlib
import os
import tempfile
from pathlib import Path

import msgspec

from kimi_tui.commands import AnyCommand, Receipt
from kimi_tui.config import Settings
from kimi_tui.events import Delta
from kimi_tui.session import SessionError, StorageTrouble

WIRE_VERSION = 1
"""The version of what passes over the socket; front ends and runners of another one refuse each other."""
MAX_LINE_BYTES = 8 << 20
"""Bytes of one line on the socket."""
MAX_SOCKET_BYTES = 103
"""Bytes of a socket's path that every system takes."""


class CommandMessage(msgspec.Struct, frozen=True):
    """A front end's command, with a number to answer under."""

    number: int
    command: AnyCommand


class Answered(msgspec.Struct, frozen=True, tag=True):
    """The receipt of an order."""

    number: int
    receipt: Receipt


class Streamed(msgspec.Struct, frozen=True, tag=True):
    """A fragment."""

    delta: Delta
    """What streamed."""


class Advanced(msgspec.Struct, frozen=True, tag=True):
    """The journal has grown."""

    seq: int


class Hello(msgspec.Struct, frozen=True, tag=True):
    """The first message to an attached front end."""

    wire: int
    """The version of what passes over the socket."""
    version: str
    """The version of kimi-tui, for people."""


class Troubled(msgspec.Struct, frozen=True, tag=True):
    """Tells whether the session can be recorded now; sent at once to a front end that attaches while it cannot."""

    trouble: StorageTrouble | None
    """What keeps it from being recorded; None when nothing does."""


class Ended(msgspec.Struct, frozen=True, tag=True):
    """The last thing a runner says when its engine failed."""

    reason: str
    """The reason and where the log is, for people."""


RunnerMessage = Hello | Answered | Streamed | Advanced | Troubled | Ended
"""Every message of a runner."""


class Assignment(msgspec.Struct, frozen=True):
    """The standard input of a runner: settings with their secrets, so that no command line shows them."""

    settings: Settings
    origins: dict[str, str]
    session: str = ""
    """Empty for a new session."""
    question: str = ""
    secrets: dict[str, str] = {}
    """Variables that hold a secret, such as a vendor's key; set in the runner, where no other process sees them."""


class Ready(msgspec.Struct, frozen=True):
    """The one line that a runner prints: its session, or why there is none."""

    session: str = ""
    error: str = ""
    busy: bool = False
    """True when the reason is that another process works on the session."""


def socket_path(home: Path, session: str) -> Path:
    """Return the path of a session's socket, in a folder that only this user can enter.

    Raises `SessionError` when there can be no such folder, or when it belongs to somebody else.
    """
    name = hashlib.sha256(f"{home.resolve()}\n{session}".encode()).hexdigest()[:24]
    why = "no folder for it has a name that is short enough"
    for base in dict.fromkeys((os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp")):
        path = Path(base) / f"kimi-tui-{os.getuid()}" / f"{name}.sock"
        if not path.is_absolute() or len(os.fsencode(path)) > MAX_SOCKET_BYTES:
            continue
        try:
            _make_private_folder(path.parent)
        except OSError as error:
            why = f"the folder {path.parent} cannot be made: {error.strerror}"
            continue
        return path
    raise SessionError(f"there is no place for the runner's socket: {why}; set TMPDIR to a folder of your own")


def _make_private_folder(folder: Path) -> None:
    """Make a folder that only this user can enter; raises `OSError`, and `SessionError` where others can enter it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise SessionError(f"{folder} can be entered by others; remove it, it holds nothing but sockets")


async def read_line(reader: asyncio.StreamReader) -> bytes:
    """Return the next line, empty at the end of the stream or when it breaks."""
    try:
        return await reader.readline()
    except (ConnectionError, ValueError, asyncio.LimitOverrunError):
        return b""
