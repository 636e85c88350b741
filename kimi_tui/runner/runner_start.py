"""Start runners: the first as a process of its own, and those soon after it by one that forks them.

A process that forks costs as much memory as a runner, and pays from the second start on. It ends when no runner was
started for a while, so that a session alone, or many that were started long ago, cost nothing beside themselves.
"""

import os
import selectors
import socket
import subprocess
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from threading import Thread

import msgspec

from kimi_tui.runner.wire import Assignment
from kimi_tui.session import SessionError
from kimi_tui.subprocesses import child_environment, child_working_folder

_MODULES = (
    "kimi_tui.providers.openai_stream",
    "anyio._backends._asyncio",
    "concurrent.futures.thread",
    "h11",
    "httpcore",
)
"""Modules that every runner imports with its first request to a server."""
_EMBEDDED_MODULES = ("kimi_tui.embedded.server",)
"""Modules that it imports for the embedded researcher."""
KEPT_SECONDS = 60.0
"""How long after a start the next one is of the same burst, and the process that forks is kept for it."""
_BLOCK_BYTES = 65_536
_MAX_DEATH_SECONDS = 1.0
"""How long a process that closed its socket may take to be gone."""


StartConditions = tuple[tuple[str, ...], str, dict[str, str]]
"""The command, the working folder and the variables that runners of one process share."""


def _start_process(conditions: StartConditions, files: tuple[int, int, int]) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, where no signal of a terminal reaches it; raises `OSError`."""
    command, folder, environment = conditions
    reading, printing, failing = files
    return subprocess.Popen(
        command,
        stdin=reading,
        stdout=printing,
        stderr=failing,
        start_new_session=True,
        cwd=folder,
        env=environment,
    )


class _ForkServer:
    """A process that forks runners, seen from the front end."""

    def __init__(self, conditions: StartConditions, kept_seconds: float) -> None:
        self.start_conditions = conditions
        """A runner with other ones needs another process."""
        self._kept_seconds = kept_seconds
        self._requests, theirs = socket.socketpair()
        try:
            self._process = _start_process(conditions, (theirs.fileno(), subprocess.DEVNULL, subprocess.PIPE))
        except BaseException:
            self._requests.close()
            raise
        finally:
            theirs.close()
        Thread(target=self._process.wait, daemon=True).start()  # one that ended is not left in the system's list

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def has_left(self) -> bool:
        """Return whether a signal ended it, or waiting for long: what it was asked for in that moment may be lost."""
        code = self._process.poll()
        return code is not None and code <= 0

    def request_child(self, files: tuple[int, int, int], modules: tuple[str, ...]) -> None:
        """Ask for a child with these standard files and modules; raises `OSError` when the process is gone."""
        socket.send_fds(self._requests, [" ".join((str(self._kept_seconds), *modules)).encode()], files)

    def close(self) -> None:
        """Let it end: it has everything that it was asked for."""
        self._requests.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_MAX_DEATH_SECONDS)
        if self._process.stderr is not None:
            self._process.stderr.close()

    def last_words(self) -> bytes:
        """Return the errors of a process that is gone; nothing of one that lives."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_MAX_DEATH_SECONDS)
            return self._process.stderr.read() if self._process.stderr is not None else b""
        return b""


class RunnerStarter:
    """Start runners of one front end; all of it may be used by any thread."""

    def __init__(self, kept_seconds: float = KEPT_SECONDS) -> None:
        """`kept_seconds` is how long the process that forks is kept for another start."""
        self._kept_seconds = kept_seconds
        self._lock = threading.Lock()
        self._server: _ForkServer | None = None
        self._last_conditions: StartConditions | None = None
        self._last_start = 0.0

    @property
    def server_pid(self) -> int | None:
        """The process that forks the runners; None before the second of a burst."""
        return self._server.pid if self._server is not None else None

    def start(self, command: tuple[str, ...], assignment: Assignment, home: Path) -> Future[tuple[bytes, bytes]]:
        """Run a program with an assignment; return its outputs once it has closed both.

        It works in the data folder, and has neither the caller's folder on its import path nor the key in its
        variables. A thread waits for it, and nothing waits for the thread: an app that is left meanwhile leaves at
        once, without a word, and the runner goes on.
        """
        answer: Future[tuple[bytes, bytes]] = Future()
        answer.set_running_or_notify_cancel()  # from here on nobody's leaving ends it
        words = msgspec.json.encode(assignment) + b"\n"
        settings = assignment.settings
        modules = (*_MODULES, *(_EMBEDDED_MODULES if settings.embedded and not settings.base_url else ()))

        def listen() -> None:
            try:
                conditions = (command, child_working_folder(home), child_environment())
                printed, errors, is_lost = self._run(conditions, modules, words)
                if is_lost:
                    printed, errors, _ = self._run(conditions, modules, words)
                answer.set_result((printed, errors))
            except OSError as error:
                answer.set_exception(SessionError(f"no runner can be started: {error.strerror}"))

        Thread(target=listen, daemon=True).start()
        return answer

    def close(self) -> None:
        """End the process that forks; what it forked goes on."""
        with self._lock:
            if self._server is not None:
                self._server.close()
            self._server = None
            self._last_conditions = None

    def _run(self, conditions: StartConditions, modules: tuple[str, ...], words: bytes) -> tuple[bytes, bytes, bool]:
        """Return what a new runner prints, its errors, and whether the request was lost; raises `OSError`."""
        (assignment, ours), (output, printing), (errors, failing) = [os.pipe() for _ in range(3)]
        try:
            started = self._start_or_ask(conditions, modules, (assignment, printing, failing))
        except BaseException:
            for descriptor in (ours, output, errors):
                os.close(descriptor)
            raise
        finally:
            for descriptor in (assignment, printing, failing):
                os.close(descriptor)
        printed, failed = _exchange(words, ours, output, errors)
        if isinstance(started, subprocess.Popen):
            started.wait()  # the runner is its child, and has closed the files
            return printed, failed, False
        if printed or failed:
            return printed, failed, False
        return b"", started.last_words(), started.has_left

    def _start_or_ask(
        self, conditions: StartConditions, modules: tuple[str, ...], files: tuple[int, int, int]
    ) -> "_ForkServer | subprocess.Popen[bytes]":
        """Start a runner, or ask the process that forks for one: start that where none lives for these conditions."""
        with self._lock:
            now = time.monotonic()
            is_first = self._last_conditions != conditions or now - self._last_start >= self._kept_seconds
            self._last_conditions, self._last_start = conditions, now
            if self._server is not None and self._server.start_conditions == conditions:
                with suppress(OSError):  # somebody ended it
                    self._server.request_child(files, modules)
                    return self._server
            if self._server is not None:
                self._server.close()
            self._server = None
            if is_first:
                return _start_process(conditions, files)
            self._server = _ForkServer(conditions, self._kept_seconds)
            with suppress(BrokenPipeError, ConnectionResetError):  # it has ended already: its last words say why
                self._server.request_child(files, modules)
            return self._server


def _exchange(words: bytes, to_child: int, *outputs: int) -> list[bytes]:
    """Write to a child, and return all that it prints on its outputs; closes all of them."""
    found = {output: bytearray() for output in outputs}
    unsent = memoryview(words)
    with selectors.DefaultSelector() as selector:
        os.set_blocking(to_child, False)
        selector.register(to_child, selectors.EVENT_WRITE)
        for output in outputs:
            selector.register(output, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                if key.fd == to_child:
                    unsent = _write_some(to_child, unsent)
                    is_over = not unsent
                else:
                    block = os.read(key.fd, _BLOCK_BYTES)
                    found[key.fd] += block
                    is_over = not block
                if is_over:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return [bytes(found[output]) for output in outputs]


def _write_some(descriptor: int, unsent: memoryview) -> memoryview:
    """Write what fits, and return the rest; nothing for a reader that is gone."""
    try:
        return unsent[os.write(descriptor, unsent) :]
    except BlockingIOError:
        return unsent
    except BrokenPipeError:
        return unsent[:0]
