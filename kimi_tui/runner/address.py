"""Where the process that works on a session can be reached, written beside the session's lock.

Whoever asks has other variables, perhaps another login: it reads where the runner listens and does not work it out.
"""

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from kimi_tui.journal.lock import SessionBusy
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.runner.wire import socket_path
from kimi_tui.session import SessionError

NAME = "socket"
"""The file in a session's folder."""
MAX_BYTES = 8_192
"""A file that is longer is none of ours."""


class Address(msgspec.Struct, frozen=True):
    """Where a process listens."""

    pid: int
    """The process, as its lock names it."""
    path: str
    """Its socket; empty for a run in the foreground, which takes no commands."""


def write_address(folder: Path, path: Path | None) -> None:
    """Say where this process listens, None for nowhere; raises `OSError`."""
    address, draft = folder / NAME, folder / f"{NAME}.new"
    draft.write_bytes(msgspec.json.encode(Address(os.getpid(), str(path or ""))))
    draft.chmod(0o600)
    draft.replace(address)


def read_address(folder: Path) -> Address | None:
    """What a process wrote last, which need not live any more; None when there is nothing of the kind."""
    with suppress(OSError, msgspec.MsgspecError), (folder / NAME).open("rb") as file:
        return msgspec.json.decode(file.read(MAX_BYTES), type=Address)
    return None


def remove_address(folder: Path) -> None:
    """Take back what this process wrote."""
    written = read_address(folder)
    if written is not None and written.pid == os.getpid():
        with suppress(OSError):
            (folder / NAME).unlink(missing_ok=True)


def address_of(shelf: SessionStore, session: str) -> Path:
    """Where the session's runner listens, if there is one; raises `SessionBusy` for a run in the foreground."""
    written, pid = read_address(shelf.path(session).parent), shelf.holder(session)
    if written is None or written.pid != pid:
        return socket_path(shelf.home, session)  # of a runner that could write nothing, or of an earlier version
    if not written.path:
        raise SessionBusy(
            shelf.lock_path(session),
            pid,
            f"process {pid} works on session {session} in the foreground and takes no commands: end it with ctrl+c "
            f"where it runs, or by `kill -INT {pid}`; `kimi-tui replay {session}` shows what is recorded by now",
        )
    return Path(written.path)


def unreachable(shelf: SessionStore, session: str) -> SessionBusy:
    """The error for a session that a process works on which does not answer."""
    pid = shelf.holder(session) or None
    try:
        where = f" at {address_of(shelf, session)}"
    except SessionError as error:
        if isinstance(error, SessionBusy):
            return error
        where = ""
    who, how = (f"process {pid}", f"`kill {pid}`") if pid else ("a process", "ending it")
    return SessionBusy(
        shelf.lock_path(session),
        pid,
        f"{who} is working on session {session} and does not answer{where}; {how} ends it, and "
        f"`kimi-tui resume {session}` goes on: nothing is lost",
    )
