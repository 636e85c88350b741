"""Self-test of worker isolation, run by the doctor: tries what a worker must not be able to do."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
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


def connects_to(path: str) -> bool:
    """Return whether a worker can connect to a Unix socket, as programs of this user offer them."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        return True
    return False


def reads(path: str) -> bool:
    """Return whether a worker can open a file of this path and read from it."""
    with suppress(OSError), Path(path).open("rb") as file:
        return bool(file.read(1))
    return False


def writes(path: str) -> bool:
    """Return whether a worker can make a file of this path."""
    with suppress(OSError):
        Path(path).write_bytes(b"x")
        return True
    return False


def starts_program() -> bool:
    """Return whether a worker can start a program."""
    with suppress(OSError):
        subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True)
        return True
    return False


def forks() -> bool:
    """Return whether a worker can make a copy of itself."""
    with suppress(OSError):
        child = os.fork()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)
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


async def find_escapes() -> dict[str, list[str]]:
    """Return what a worker could do but must not, by the layer that should stop it; raises `WorkerError`, `OSError`.

    Every layer is named; what it stops is tried, in a worker like any other.
    """
    workers = WorkerPool(most=1)
    try:
        tried = {
            "files": await _try_files(workers),
            "calls": await _try_calls(workers),
            "network": {"reach the network": await _reaches_network(workers)},
            "variables": {"see variables of yours": await _sees_variables(workers)},
            "limits": await _try_limits(workers),
        }
    finally:
        await workers.close()
    return {layer: [what for what, could in trials.items() if could] for layer, trials in tried.items()}


async def _try(workers: WorkerPool, function: str, **arguments: str) -> bool:
    """Return what one trial in a worker found."""
    return bool(await workers.call(f"{_HERE}:{function}", arguments, timeout=_SECONDS))


async def _try_files(workers: WorkerPool) -> dict[str, bool]:
    """Try to open files that a worker was not given."""
    with tempfile.TemporaryDirectory(prefix="kimi-tui-") as folder:
        secret = Path(folder) / "secret"
        secret.write_bytes(b"not for a worker")
        return {
            "read files that it was not given": await _try(workers, "reads", path=str(secret)),
            "write outside its folder": await _try(workers, "writes", path=str(Path(folder) / "note")),
            "read the variables of the program that started it": await _try(
                workers, "reads", path=f"/proc/{os.getpid()}/environ"
            ),
        }


async def _try_calls(workers: WorkerPool) -> dict[str, bool]:
    """Try to reach other programs of this user."""
    with tempfile.TemporaryDirectory(prefix="kimi-tui-") as folder:
        path = str(Path(folder) / "socket")
        server = await asyncio.start_unix_server(lambda reader, writer: writer.close(), path)
        async with server:
            return {
                "connect to sockets of yours": await _try(workers, "connects_to", path=path),
                "start programs": await _try(workers, "starts_program"),
                "start processes": await _try(workers, "forks"),
            }


async def _sees_variables(workers: WorkerPool) -> bool:
    seen = await workers.call(f"{_HERE}:variables", {}, timeout=_SECONDS)
    return bool({*seen} - {*INHERITED, *SINGLE_HEAP_ENVIRONMENT, *_OWN})


async def _try_limits(workers: WorkerPool) -> dict[str, bool]:
    """Try to take more than a worker may."""
    return {
        "write files without a limit": await _try(workers, "write_large_file"),
        "open files without a limit": await _try(workers, "open_many_files"),
        "take memory without a limit": await _is_done(
            workers, "take_memory", {"size": 4 * _MEMORY}, timeout=_SECONDS, memory=_MEMORY
        ),
        "work without an end": await _is_done(workers, "spin", {"seconds": 600.0}, timeout=_SPIN_SECONDS),
    }


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
