"""Self-test of worker isolation, run by the doctor: tries what a worker must not be able to do."""

import asyncio
import os
import socket
import time
from contextlib import suppress
from pathlib import Path

from kimi_tui.subprocesses import SINGLE_HEAP_ENVIRONMENT
from kimi_tui.tools.workers.child import MAX_FILE_BYTES, MAX_OPEN_FILES
from kimi_tui.tools.workers.pool import INHERITED, WorkerError, WorkerPool

_HERE = "kimi_tui.tools.workers.isolation"
_OWN = frozenset({"TMPDIR", "TEMP", "LC_CTYPE"})
"""Variables that a worker has and that tell nothing: its folder, and what Python itself sets in a C locale."""
_SECONDS = 20.0
"""How long one trial may take on a busy machine."""
_SPIN_SECONDS = 1.0
_MEMORY = 64 << 20
"""Bytes that a trial may take; it takes four times as many."""


def reach(port: int) -> bool:
    """Return whether a worker can connect to this port of this machine."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2.0):
        return True
    return False


def variables() -> list[str]:
    """Return the names of a worker's variables."""
    return sorted(os.environ)


def write_large_file() -> bool:
    """Return whether a worker can write a file larger than it may; it has a hole and takes no room."""
    path = Path("large")
    try:
        with path.open("wb") as file:
            file.seek(MAX_FILE_BYTES)
            file.write(b"x")
            file.flush()
    except OSError:
        return False
    finally:
        path.unlink(missing_ok=True)
    return True


def open_many_files() -> bool:
    """Return whether a worker can have more files open than it may."""
    opened: list[int] = []
    try:
        while len(opened) <= MAX_OPEN_FILES:
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return False
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return True


def take_memory(size: int) -> int:
    """Take so many bytes."""
    return len(bytearray(size))


def spin(seconds: float) -> int:
    """Compute for so long; the worker's number."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
    return os.getpid()


async def find_escapes() -> list[str]:
    """Return what a worker could do but must not; raises `WorkerError` when none starts."""
    workers = WorkerPool(most=1)
    try:
        found = {
            "reach the network": await _reaches_network(workers),
            "see variables of yours": bool(
                {*await workers.call(f"{_HERE}:variables", {}, timeout=_SECONDS)}
                - {*INHERITED, *SINGLE_HEAP_ENVIRONMENT, *_OWN}
            ),
            "write files without a limit": await workers.call(f"{_HERE}:write_large_file", {}, timeout=_SECONDS),
            "open files without a limit": await workers.call(f"{_HERE}:open_many_files", {}, timeout=_SECONDS),
            "take memory without a limit": await _is_done(
                workers, "take_memory", {"size": 4 * _MEMORY}, timeout=_SECONDS, memory=_MEMORY
            ),
            "work without an end": await _is_done(workers, "spin", {"seconds": 600.0}, timeout=_SPIN_SECONDS),
        }
    finally:
        await workers.close()
    return [what for what, could in found.items() if could]


async def _reaches_network(workers: WorkerPool) -> bool:
    """Return whether a worker reaches a port that is open here."""
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        return bool(await workers.call(f"{_HERE}:reach", {"port": port}, timeout=_SECONDS))
    finally:
        server.close()


async def _is_done(
    workers: WorkerPool, function: str, arguments: dict[str, float], *, timeout: float, memory: int = 1 << 30
) -> bool:
    """Return whether a worker does what it should be stopped at."""
    try:
        await workers.call(f"{_HERE}:{function}", arguments, timeout=timeout, memory=memory)
    except WorkerError as error:
        if error.kind in ("memory", "timeout"):
            return False
        raise
    return True
