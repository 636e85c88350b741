"""The child side of a worker process: run one named function at a time, within limits.

The process holds no secret, and contains itself before its first call as far as the system can. It
ends when its input closes, so that none outlives the engine. Frames both ways are eight bytes of length, big-endian,
and that many bytes of MessagePack; the first one says which files it may open. Files that are already open come over a
socket beside its input. Whatever a library prints goes nowhere.
"""

import gc
import importlib
import os
import queue
import re
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from kimi_tui.tools.workers.access import WorkerAccess
from kimi_tui.tools.workers.landlock import restrict_files
from kimi_tui.tools.workers.system_calls import refuse_system_calls

FOLDER_PREFIX = "kimi-tui-worker-"
"""How the name of a worker's temporary folder begins."""
HEADER_BYTES = 8
"""Bytes of a frame's length."""
MAX_FILE_BYTES = 256 << 20
"""Bytes that one file written by a worker may have."""
MAX_OPEN_FILES = 64
"""How many files a worker may have open."""
MAX_REUSE_MEMORY_BYTES = 512 << 20
"""A worker that once held this many bytes serves no further call."""


_RARE_COLLECTIONS = (50_000, 20, 100)
"""Objects that are made before garbage is looked for: a document has many, and few of them are in circles."""


class RefusalError(Exception):
    """An error that a worker's function raises for the model; its message is passed on unchanged."""


class WorkerRequest(msgspec.Struct, frozen=True, array_like=True):
    """One call, from the engine to a worker."""

    function: str
    """`package.module:name`."""
    arguments: dict[str, Any]
    """Keyword arguments, of the types that MessagePack carries."""
    timeout: float
    """Seconds after which the worker ends itself, should nobody else do it."""
    memory: int
    """Bytes that the call may add to the process's address space."""
    answer: int
    """Bytes that the encoded reply may have."""
    cpu: float = 0.0
    """Seconds of processor time after which the worker is ended; 0 for as many as `timeout`."""
    files: int = 0
    """Open files that come over the socket; the function gets them as `descriptors`."""


class WorkerStart(msgspec.Struct, frozen=True, array_like=True):
    """The first message to a worker, before any call."""

    access: WorkerAccess
    """The files that it may open."""
    channel: int
    """The descriptor of the socket over which open files come."""


class WorkerReply(msgspec.Struct, frozen=True, array_like=True):
    """The result of a call."""

    problem: str
    """Empty when it went well, else `failed`, `memory` or `too-large`."""
    value: Any
    """What the function returned, or the problem in words."""
    spent: bool = False
    """True when the worker should not be used again."""


def frame_message(message: WorkerStart | WorkerRequest | WorkerReply) -> bytes:
    """Return a message with its length in front."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def is_allowed(function: str, package: str) -> bool:
    """Return whether `function` names something in a module of `package`."""
    module, _, name = function.partition(":")
    return name.isidentifier() and (module == package or module.startswith(package + "."))


def serve(package: str) -> None:
    """Answer calls of functions of `package` until the input closes; never returns."""
    requests, replies = _private_channel()
    start = msgspec.msgpack.decode(_read_frame(requests), type=WorkerStart)
    for name in _MEMORY_FILES:
        _open_memory_file(name)
    _leave_network()
    restrict_files(start.access, Path.cwd())  # before any thread is started: one that runs already is not contained
    refuse_system_calls(starts_program=bool(start.access.program))
    gc.freeze()
    gc.set_threshold(*_RARE_COLLECTIONS)
    waiting: queue.SimpleQueue[WorkerRequest] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, waiting), daemon=True).start()
    if not start.access.program:
        _refuse_processes()
    while True:
        request = waiting.get()
        replies.write(_answer(request, package, start.channel))
        replies.flush()


def _private_channel() -> tuple[BinaryIO, BinaryIO]:
    """Input and output of this process, with the standard descriptors turned to nowhere."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    return requests, replies


def _read_frame(requests: BinaryIO) -> bytes:
    """Return the next message; nothing when the input is closed."""
    header = requests.read(HEADER_BYTES)
    return requests.read(int.from_bytes(header, "big")) if len(header) == HEADER_BYTES else b""


def _listen(requests: BinaryIO, waiting: "queue.SimpleQueue[WorkerRequest]") -> None:
    """Hand on each request; when the input closes, end the process at once, whatever it is doing."""
    decoder = msgspec.msgpack.Decoder(WorkerRequest)
    folder = Path.cwd()
    while frame := _read_frame(requests):
        waiting.put(decoder.decode(frame))
    remove_own_folder(folder)
    os._exit(0)


def remove_own_folder(folder: Path) -> None:
    """Remove the folder that a pool made for this worker; any other stays, wherever the process was started."""
    if folder.name.startswith(FOLDER_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


def _answer(request: WorkerRequest, package: str, channel: int) -> bytes:
    """Return the framed reply to one request."""
    descriptors: list[int] = []
    try:
        _limit(request)
        descriptors += _receive_files(channel, request.files)
        given = request.arguments | ({"descriptors": descriptors} if descriptors else {})
        answer = frame_message(WorkerReply("", _find(request.function, package)(**given), _is_worn_out()))
    except MemoryError:
        return frame_message(WorkerReply("memory", f"it needed more than {request.memory >> 20} MB of memory", True))
    except RefusalError as refusal:
        return frame_message(WorkerReply("failed", str(refusal), _is_worn_out()))
    except (Exception, SystemExit) as error:  # a fault of one request is its answer; the process serves the next
        return frame_message(WorkerReply("failed", f"{type(error).__name__}: {str(error)[:500]}", _is_worn_out()))
    finally:
        _stop_clock()
        for descriptor in descriptors:
            os.close(descriptor)
    if len(answer) > request.answer:
        return frame_message(
            WorkerReply("too-large", f"the answer has {len(answer):,} bytes, over {request.answer:,}", _is_worn_out())
        )
    return answer


def _receive_files(channel: int, count: int) -> list[int]:
    """Return the open files of a request."""
    if not count:
        return []
    import socket  # only readers of files need it

    with socket.socket(fileno=os.dup(channel)) as files:
        _, descriptors, _, _ = socket.recv_fds(files, 1, count)
    if len(descriptors) != count:
        raise RefusalError("the system did not hand over all files")
    return descriptors


def _find(function: str, package: str) -> Callable[..., Any]:
    """Return the function that a request names."""
    if not is_allowed(function, package):
        raise RefusalError(f"{function} may not be called in a worker")
    module, _, name = function.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def _limit(request: WorkerRequest) -> None:
    """Bound this call's memory, time and files, as far as the platform can."""
    if sys.platform == "win32":
        return
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    limits = {
        "RLIMIT_AS": _address_space() + request.memory,
        "RLIMIT_CPU": int(usage.ru_utime + usage.ru_stime + (request.cpu or request.timeout)) + 2,
        "RLIMIT_FSIZE": MAX_FILE_BYTES,
        "RLIMIT_NOFILE": MAX_OPEN_FILES,
        "RLIMIT_CORE": 0,
    }
    for name, value in limits.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        try:
            resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
        except (OSError, ValueError):  # the platform knows the limit but does not keep it
            continue
    signal.setitimer(signal.ITIMER_REAL, request.timeout + 2)  # nobody handles the signal: it ends the process


def _refuse_processes() -> None:
    """Allow this process to start nothing more, threads included; the system does not hold its owner to that."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _stop_clock() -> None:
    """Disarm the timer of the call that just ended."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, 0)


_MEMORY_FILES = ("statm", "status")
_memory_files: dict[str, int] = {}
"""Descriptors of the files in which Linux says how large this process is: it may open none later."""


def _open_memory_file(name: str) -> None:
    with suppress(OSError):
        _memory_files[name] = os.open(f"/proc/self/{name}", os.O_RDONLY)


def _read_memory_file(name: str) -> str:
    """Return what the system says of this process now; empty where it says nothing."""
    return os.pread(_memory_files[name], 8_192, 0).decode("ascii", "replace") if name in _memory_files else ""


def _address_space() -> int:
    """Bytes of address space in use, 0 where the system does not say."""
    sizes = _read_memory_file("statm").split()
    return int(sizes[0]) * os.sysconf("SC_PAGE_SIZE") if sizes else 0


def _is_worn_out() -> bool:
    """Return whether this process once grew so large that a fresh one is better."""
    if status := _read_memory_file("status"):  # on Linux, where `getrusage` would begin with the parent's size
        peak = re.search(r"VmHWM:\s*(\d+) kB", status)
        return peak is not None and int(peak.group(1)) * 1024 > MAX_REUSE_MEMORY_BYTES
    if sys.platform == "win32":
        return False
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit > MAX_REUSE_MEMORY_BYTES


def _leave_network() -> None:
    """Move into an empty network namespace, where Linux lets this user do so."""
    if sys.platform != "linux":
        return
    import ctypes

    new_user, new_network = 0x10000000, 0x40000000
    flags = new_network if os.geteuid() == 0 else new_network | new_user
    ctypes.CDLL(None).unshare(flags)  # a refusal leaves everything as it was
