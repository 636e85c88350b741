"""Open a runner's socket, write its address beside the session's lock, and reopen it when it is removed."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from kimi_tui.runner.runner_address import read_address, remove_address, write_address
from kimi_tui.runner.wire import MAX_LINE_BYTES, socket_path
from kimi_tui.session import SessionError

CHECK_SECONDS = 2.0
"""Seconds between checks that the socket and its address file are still there."""

AcceptFrontEnd = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Listener:
    """The socket on which one session's front ends connect."""

    def __init__(self, home: Path, session: str) -> None:
        """Nothing is made yet."""
        self._home = home
        self._session = session
        self._folder = home / "sessions" / session
        self._server: asyncio.Server | None = None
        self._identity = (0, 0)
        self.path = Path()
        """The socket, once there is one."""

    async def open(self, accept: AcceptFrontEnd) -> None:
        """Listen and write the address; raises `SessionError` or `OSError` when there can be no socket."""
        self._accept = accept
        path = socket_path(self._home, self._session)
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(accept, path, limit=MAX_LINE_BYTES)
        path.chmod(0o600)
        if self._server is not None:
            self._server.close()
        self._server, self.path, self._identity = server, path, _file_identity(path)
        self._write_address()

    async def keep_open(self) -> None:
        """Reopen the socket whenever it is removed, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                if _file_identity(self.path) != self._identity:
                    await self.open(self._accept)
            except (SessionError, OSError) as error:  # perhaps there is room, or a folder, at the next look
                sys.stderr.write(f"{self._session}: the socket cannot be made again: {error}\n")
            written = read_address(self._folder)
            if written is None or (written.pid, written.path) != (os.getpid(), str(self.path)):
                self._write_address()

    def close(self) -> None:
        """Listen no more."""
        if _file_identity(self.path) == self._identity:
            self.path.unlink(missing_ok=True)
        remove_address(self._folder)
        if self._server is not None:
            self._server.close()

    def _write_address(self) -> None:
        with suppress(OSError):  # where nothing can be written, front ends work out where the socket is
            write_address(self._folder, self.path)


def _file_identity(path: Path) -> tuple[int, int]:
    """Return device and inode of a file, zeros when there is none."""
    try:
        status = path.lstat()
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino
