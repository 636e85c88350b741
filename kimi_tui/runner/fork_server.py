"""Fork one child for each request: a process that has imported a runner's modules once lends their memory to all.

A front end keeps one such process for itself while it starts runners one soon after another. A request is a message
over its standard input, a socket, that carries the three standard files of the child and names the modules that it
needs; the process reads nothing from the files, so that it never holds a secret. It has neither threads nor an event
loop, opens nothing, and ends when the front end does or asks for nothing any more; its children go on.
"""

import gc
import importlib
import os
import socket
import stat
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

STANDARD_FILES = 3
"""Files of a request: what the child reads, what it prints, and its errors."""
MAX_REQUEST_BYTES = 4_096
"""Bytes of a request, words separated by blanks: seconds to wait for the next one, then names of modules."""
FORK_SERVER_NAME = "kimi-forks"
"""Name in the list of processes of one that forks; at most 15 bytes."""
RUNNER_NAME = "kimi-runner"
"""Name of one that does the work."""
_OWN_NAME = Path("/proc/self/comm")


def run_in_forks(work: Callable[[], int]) -> int:
    """Run `work` in a child for each request, or in one child when the standard input is no socket.

    A child's exit code is what `work` returns; this process returns 0 once nobody can ask or has asked for long.
    """
    if not stat.S_ISSOCK(os.fstat(0).st_mode):
        if os.fork():
            return 0
        _name_process(RUNNER_NAME)
        return work()
    _name_process(FORK_SERVER_NAME)
    folder = Path.cwd()
    with socket.socket(fileno=os.dup(0)) as requests, suppress(TimeoutError):
        while True:
            request, files, _, _ = socket.recv_fds(requests, MAX_REQUEST_BYTES, STANDARD_FILES)
            if not request:
                break
            seconds, *modules = request.decode().split()
            requests.settimeout(float(seconds))
            if len(files) == STANDARD_FILES:
                _import_for_all(modules)
                _fork_child(files, requests, folder, work)
            for file in files:
                os.close(file)
    return 0


def _name_process(name: str) -> None:
    """Name this process in the system's list, where the system allows it: children have their parent's command."""
    with suppress(OSError):
        _OWN_NAME.write_text(name)


def _import_for_all(names: list[str]) -> None:
    """Import modules once for all children; a child that needs one that is missing says so."""
    missing = [name for name in names if name not in sys.modules]
    for name in missing:
        with suppress(ImportError):
            importlib.import_module(name)
    if missing:
        gc.collect()
        gc.freeze()  # a collection in a child would write to every object, and so copy the memory that it shares


def _fork_child(files: list[int], requests: socket.socket, folder: Path, work: Callable[[], int]) -> None:
    """Fork a child of nobody: the process between ends at once, so that none is left to be waited for."""
    try:
        between = os.fork()
    except OSError as error:
        os.write(files[2], f"no process can be started: {error.strerror}\n".encode())
        return
    if between:
        os.waitpid(between, 0)
        return
    try:
        os.setsid()
        for target, file in enumerate(files):
            os.dup2(file, target)
            os.close(file)
        requests.close()
        if not os.fork():
            _name_process(RUNNER_NAME)
            with suppress(OSError):  # the folder of that name may be another one than when this process began
                os.chdir(folder)
            _end_with(work)
    except OSError as error:
        os.write(2, f"no process can be started: {error.strerror}\n".encode())
    os._exit(0)


def _end_with(work: Callable[[], int]) -> NoReturn:
    """End this process with the result of `work`; what it raises goes to its errors."""
    code = 1
    try:
        code = work()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    finally:
        if sys.exc_info()[1] is not None:
            traceback.print_exc()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        os._exit(code)  # nothing returns into the loop of the process that it was forked from
