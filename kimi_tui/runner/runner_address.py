"""Write and read the address of a session's runner, beside the session's lock.

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

ADDRESS_FILE_NAME = "socket"
"""The file in a session's folder."""
MAX_ADDRESS_BYTES = 8_192
"""A file that is longer is none of ours."""


class RunnerAddress(msgspec.Struct, frozen=True):
    """The address of a listening process."""

    pid: int
    """The process, as its lock names it."""
    path: str
    """Its socket; empty for a run in the foreground, which takes no commands."""


def write_address(folder: Path, path: Path | None) -> None:
    """Write where this process listens, None for nowhere; raises `OSError`."""
    address, draft = folder / ADDRESS_FILE_NAME, folder / f"{ADDRESS_FILE_NAME}.new"
    draft.write_bytes(msgspec.json.encode(RunnerAddress(os.getpid(), str(path or ""))))
    draft.chmod(0o600)
    draft.replace(address)


def read_address(folder: Path) -> RunnerAddress | None:
    """Read the address that a process wrote last; the process may have ended; None without one."""
    with suppress(OSError, msgspec.MsgspecError), (folder / ADDRESS_FILE_NAME).open("rb") as file:
        return msgspec.json.decode(file.read(MAX_ADDRESS_BYTES), type=RunnerAddress)
    return None


def remove_address(folder: Path) -> None:
    """Remove the address that this process wrote."""
    written = read_address(folder)
    if written is not None and written.pid == os.getpid():
        with suppress(OSError):
            (folder / ADDRESS_FILE_NAME).unlink(missing_ok=True)


def find_runner(shelf: SessionStore, session: str) -> Path:
    """Return the address of the session's runner, if there is one; raises `SessionBusy` for a run in the foreground."""
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


def unreachable_error(shelf: SessionStore, session: str) -> SessionBusy:
    """Return the error for a session whose process does not answer."""
    pid = shelf.holder(session) or None
    try:
        where = f" at {find_runner(shelf, session)}"
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
