"""Worker processes, seen from the engine: named functions run in children that can be killed.

Untrusted bytes are parsed, and outside SQL is run, in a child without secrets and within limits on time, memory
and output, which can open no files but those of its call where the system allows that to be arranged. Whatever
happens in there ends as a value or as one `WorkerError`; a child that failed to answer, or whose caller was
cancelled, is dead before the call returns.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from typing import Any, Literal, cast

import msgspec

from kimi_tui.subprocesses import IMPORT_PATH_CODE, SINGLE_HEAP_ENVIRONMENT, child_import_path
from kimi_tui.tools.workers.access import WorkerAccess
from kimi_tui.tools.workers.child import (
    FOLDER_PREFIX,
    HEADER_BYTES,
    WorkerReply,
    WorkerRequest,
    WorkerStart,
    frame_message,
    is_allowed,
)

WorkerProblem = Literal["timeout", "crash", "memory", "too-large", "failed"]
"""How a call can go wrong; `failed` is an exception of the function itself."""

_START = f"""
{IMPORT_PATH_CODE}
import types
tools = sys.modules["kimi_tui.tools"] = types.ModuleType("kimi_tui.tools")
tools.__path__ = [path + "/tools" for path in kimi_tui.__path__]
from kimi_tui.tools.workers.child import serve
serve(sys.argv[1])
"""
"""What a child does. The package is made by hand: importing it would load every tool, where one module is needed."""
INHERITED = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")
"""The only variables that a child inherits."""
NO_FILES = WorkerAccess()
"""The access of a child that gets its input with the call."""
_MAX_CALLS_PER_CHILD = 64
"""A child is replaced after this many calls, so that no library's leak adds up."""


class WorkerError(Exception):
    """A call in a worker that gave no value; the text says why."""

    def __init__(self, kind: WorkerProblem, message: str) -> None:
        super().__init__(message)
        self.kind: WorkerProblem = kind


class _ChildDeathError(WorkerError):
    """The child ended without an answer."""


class WorkerPool:
    """A few child processes, started when needed, reused, and ended when idle."""

    def __init__(
        self,
        *,
        package: str = "kimi_tui.tools",
        folders: tuple[str, ...] = (),
        most: int = 2,
        idle_seconds: float = 20,
        answer_limit: int = 64 << 20,
    ) -> None:
        """Nothing is started yet.

        Only functions of modules in `package` can be called; they are looked for in this program's own folders and
        in `folders`, whatever else is on this process's import path. `most` children run side by side; one that
        waited `idle_seconds` for work is ended; `answer_limit` bounds a reply in bytes.
        """
        self._package = package
        self._folders = folders
        self._idle_seconds = idle_seconds
        self._answer_limit = answer_limit
        self._most = most
        self._places = asyncio.Semaphore(most)
        self._closed = False
        self._idle: list[_WorkerChild] = []
        self._alive: set[_WorkerChild] = set()

    async def call(
        self,
        function: str,
        arguments: dict[str, Any],
        *,
        timeout: float,
        memory: int = 1 << 30,
        cpu: float = 0.0,
        access: WorkerAccess = NO_FILES,
        files: Sequence[int] = (),
    ) -> Any:
        """Run `function` ("kimi_tui.tools.text.extraction:extract") in a child with these keyword arguments.

        Arguments and value are what MessagePack carries (None, bool, int, float, str, bytes, list, dict, and
        structs as they encode); `timeout` is in seconds and does not count waiting for a free child; `memory` is
        in bytes; `cpu` in seconds of processor time, 0 for `timeout`. `access` are the files that the child may open
        by their paths; `files` are open ones, which the function gets as `descriptors` and the caller closes. Raises
        `WorkerError`. Cancelling the caller kills the child.
        """
        if not is_allowed(function, self._package):
            raise ValueError(f"{function} is not in {self._package}")
        request = WorkerRequest(function, arguments, timeout, memory, self._answer_limit, cpu, len(files))
        async with self._places:
            if self._closed:
                raise WorkerError("crash", "the workers are closed")
            try:
                async with asyncio.timeout(timeout):
                    reply = await self._ask(request, access, files)
            except TimeoutError:
                raise WorkerError("timeout", f"it took longer than {timeout:g} seconds") from None
        return _value(reply)

    async def close(self) -> None:
        """End every child, busy ones too; no call is taken afterwards."""
        self._closed = True
        for child in self._alive:
            child.kill()
        async with contextlib.AsyncExitStack() as leaving:
            for _ in range(self._most):  # until every caller has left
                await leaving.enter_async_context(self._places)
            for child in tuple(self._alive):
                await self._end(child)

    async def _ask(self, request: WorkerRequest, access: WorkerAccess, files: Sequence[int]) -> WorkerReply:
        """Return the reply of an idle child with this access if there is one, else of a new one."""
        if idle := next((child for child in reversed(self._idle) if child.access == access), None):
            self._idle.remove(idle)
            with contextlib.suppress(_ChildDeathError):  # it may have died while idle, so that deserves a second try
                return await self._ask_child(idle, request, files)
        if self._idle and len(self._alive) >= self._most:  # one that may open other files gives way
            self._retire(self._idle[0])
        return await self._ask_child(await self._start(access), request, files)

    async def _ask_child(self, child: "_WorkerChild", request: WorkerRequest, files: Sequence[int]) -> WorkerReply:
        """Return the reply of this child, which is kept only if it gave one."""
        child.set_idle_alarm()
        try:
            reply = await child.ask(request, files)
        except BaseException:
            await self._end(child)
            raise
        self._give_back(child, reply)
        return reply

    async def _start(self, access: WorkerAccess) -> "_WorkerChild":
        """Return a new child with this access."""
        try:
            child = await _WorkerChild.start(self._package, self._folders, access)
        except OSError as error:
            raise WorkerError("crash", f"no worker could be started: {error.strerror}") from None
        self._alive.add(child)
        if self._closed:  # meanwhile
            await self._end(child)
            raise WorkerError("crash", "the workers are closed")
        return child

    def _give_back(self, child: "_WorkerChild", reply: WorkerReply) -> None:
        """Keep a child for the next call, or end it when it has served enough."""
        self._idle.append(child)
        if reply.spent or child.served >= _MAX_CALLS_PER_CHILD:
            self._retire(child)
        else:
            child.set_idle_alarm(asyncio.get_running_loop().call_later(self._idle_seconds, self._retire, child))

    def end_idle(self) -> None:
        """End the children that wait for work, without waiting for them: none is expected soon."""
        for child in tuple(self._idle):
            self._retire(child)

    def _retire(self, child: "_WorkerChild") -> None:
        """End an idle child, without waiting for it."""
        self._idle.remove(child)
        child.end().add_done_callback(lambda _: self._alive.discard(child))

    async def _end(self, child: "_WorkerChild") -> None:
        """Kill a child, wait until it is gone and forget it."""
        if child in self._idle:
            self._idle.remove(child)
        await asyncio.shield(child.end())
        self._alive.discard(child)


class _WorkerChild:
    """One worker process and its folder."""

    def __init__(
        self, process: asyncio.subprocess.Process, folder: str, access: WorkerAccess, channel: socket.socket
    ) -> None:
        self.process = process
        self.access = access
        """The files that it may open."""
        self.served = 0
        """Calls answered so far."""
        self._requests = cast("asyncio.StreamWriter", process.stdin)
        self._replies = cast("asyncio.StreamReader", process.stdout)
        self._folder = folder
        self._channel = channel
        self._ending: asyncio.Task[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None

    @classmethod
    async def start(cls, package: str, folders: tuple[str, ...], access: WorkerAccess) -> "_WorkerChild":
        """Start a process in a session and a temporary folder of its own."""
        folder = tempfile.mkdtemp(prefix=FOLDER_PREFIX)
        ours, theirs = socket.socketpair()
        number = theirs.fileno()
        making = asyncio.create_task(_start_process(package, folders, folder, number))
        try:
            process = await asyncio.shield(making)
        except asyncio.CancelledError:  # a process half made would be left to itself
            await cls(await making, folder, access, ours).end()
            raise
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            ours.close()
            raise
        finally:
            theirs.close()
        child = cls(process, folder, access, ours)
        child._requests.write(frame_message(WorkerStart(access, number)))
        return child

    def set_idle_alarm(self, alarm: asyncio.TimerHandle | None = None) -> None:
        """Set the timer that ends an idle child; None takes it away."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = alarm

    async def ask(self, request: WorkerRequest, files: Sequence[int]) -> WorkerReply:
        """Send one request with open files and await its reply; raises `WorkerError`."""
        try:
            if files:
                socket.send_fds(self._channel, [b"f"], files)
            self._requests.write(frame_message(request))
            await self._requests.drain()
            length = int.from_bytes(await self._replies.readexactly(HEADER_BYTES), "big")
            if length > request.answer:
                raise WorkerError("too-large", f"the answer has {length:,} bytes, over {request.answer:,}")
            reply = msgspec.msgpack.decode(await self._replies.readexactly(length), type=WorkerReply)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise _child_death_error(await self.process.wait()) from None
        except (msgspec.DecodeError, RecursionError):
            raise WorkerError("crash", "the worker gave an answer that makes no sense") from None
        self.served += 1
        return reply

    def kill(self) -> None:
        """End the process and all it started, at once."""
        if self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self.process.kill()
            else:
                os.killpg(self.process.pid, signal.SIGKILL)

    def end(self) -> "asyncio.Task[None]":
        """Kill the process, and return the work of clearing up after it."""
        self.set_idle_alarm()
        self.kill()
        if self._ending is None:
            self._ending = asyncio.create_task(self._clear_up())
        return self._ending

    async def _clear_up(self) -> None:
        """Wait until the process is gone, and remove its folder."""
        if not self._requests.is_closing():  # what is not sent by now is not waited for
            self._requests.transport.abort()
        await self._replies.read()  # a paused pipe would never see its end
        await self.process.wait()
        with contextlib.suppress(OSError):  # what could not be written any more
            await self._requests.wait_closed()
        self._channel.close()
        shutil.rmtree(self._folder, ignore_errors=True)


async def _start_process(
    package: str, folders: tuple[str, ...], folder: str, channel: int
) -> asyncio.subprocess.Process:
    """Start a child in its folder, with this end of its socket."""
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", "-c", _START, package, *child_import_path(), *folders),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=folder,
        env=SINGLE_HEAP_ENVIRONMENT | environment | {"TMPDIR": folder, "TEMP": folder},
        start_new_session=True,
        pass_fds=(channel,),
        limit=1 << 20,
    )


def _child_death_error(code: int) -> WorkerError:
    """Return the error for a child that ended without an answer."""
    if code >= 0:
        return _ChildDeathError("crash", f"the worker ended with code {code}")
    name = signal.Signals(-code).name
    if name in ("SIGXCPU", "SIGALRM"):
        return WorkerError("timeout", "it took more time than it was given")
    return _ChildDeathError("crash", f"the worker was ended by {name}")


def _value(reply: WorkerReply) -> Any:
    """Return the value of a reply; raises its problem."""
    match reply.problem:
        case "":
            return reply.value
        case "memory" | "too-large" | "failed":
            raise WorkerError(reply.problem, str(reply.value))
        case _:
            raise WorkerError("crash", "the worker gave an answer that makes no sense")
