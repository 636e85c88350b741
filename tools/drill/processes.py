"""Find the processes that a drill started, in /proc by the drill's own folder; no other is ever touched."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from kimi_tui.runner.fork_server import FORK_SERVER_NAME
from tools.drill.waiting import wait_until

MARK = "KIMI_TUI_DRILL"
"""The variable in whose value every process of a drill carries the drill's folder."""
RUNNER = "tools.drill.runner"
"""The module that is a runner's process in a drill, and that of a process that forks them."""
_TICKS = os.sysconf("SC_CLK_TCK")


class Process(msgspec.Struct, frozen=True):
    """One living process."""

    pid: int
    """Its number."""
    parent: int
    """Its parent's."""
    command: str
    """Its command line, words joined by blanks; a worker's has none of the drill's words."""
    name: str
    """Its name in the system's list: runners and the processes that fork them have one each, and the same command."""
    is_worker: bool
    """True when it parses or computes for a runner: it has no mark, and works in a temporary folder of the drill."""


def processes(folder: Path) -> list[Process]:
    """Every living process of the drill in `folder`, this one and zombies left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError, ValueError, IndexError):
                process = _look(entry, folder)
                if process is not None:
                    found.append(process)
    return found


def _look(entry: Path, folder: Path) -> Process | None:
    marked = f"{MARK}={folder}".encode() in (entry / "environ").read_bytes().split(b"\0")
    inside = (entry / "cwd").readlink().is_relative_to(folder)
    if not marked and not inside:
        return None
    name, _, fields = (entry / "stat").read_text().partition("(")[2].rpartition(")")
    state, parent = fields.split()[:2]
    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return None if state == "Z" else Process(int(entry.name), int(parent), command, name, not marked)


def runners(folder: Path) -> list[Process]:
    """The runners of the drill, those that are not ready yet too."""
    found = (process for process in processes(folder) if RUNNER in process.command)
    return [process for process in found if process.name != FORK_SERVER_NAME]


def fork_servers(folder: Path) -> list[Process]:
    """The processes of the drill that fork runners."""
    return [process for process in processes(folder) if process.name == FORK_SERVER_NAME]


def workers(folder: Path) -> list[Process]:
    """The worker processes of all runners of the drill."""
    return [process for process in processes(folder) if process.is_worker]


def kill(pid: int, number: int = signal.SIGKILL) -> bool:
    """Send a signal; returns False when the process does not exist."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


async def kill_runners(folder: Path, seconds: float = 10.0) -> bool:
    """Kill every runner of the drill, by its number; whether they are gone in time."""
    for runner in runners(folder):
        kill(runner.pid)
    return await wait_until(lambda: not runners(folder), seconds, gap=0.01)


def kill_all(folder: Path, seconds: float = 10.0) -> None:
    """End every process of the drill, by its number, and wait until they are gone."""
    deadline = time.monotonic() + seconds
    while (left := processes(folder)) and time.monotonic() < deadline:
        for process in left:
            kill(process.pid)
        time.sleep(0.05)


def cpu_seconds(pid: int) -> float:
    """The processor time that a process has used, its children left out; raises `OSError` when it has ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def is_stopped(pid: int) -> bool:
    """Return whether a process was stopped by a signal and waits to continue."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    return False
