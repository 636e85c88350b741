"""Measure runners: processor time until one accepts connections, and memory when its session waits or is over.

    python -m tools.bench_runner [COUNT]

Starts COUNT sessions (3 unless said otherwise) on the sample desk with the embedded researcher, each with a runner and
the workers of its own, and reads their figures from /proc: Linux only. CPU is that of all processes of the session;
that of the process that forks the runners counts to the second, which it is started for.
"""

import asyncio
import os
import statistics
import sys
import tempfile
from pathlib import Path

from kimi_tui.config import load_settings
from kimi_tui.runner.client import RUNNERS
from kimi_tui.runner.library import FolderLibrary

TICKS = os.sysconf("SC_CLK_TCK")
QUESTION = "Why did the operating margin of Alder Group fall in 2024?"
MAX_SECONDS = 120


def processes_of(session: int) -> list[int]:
    """The processes of a runner: itself and its workers."""
    found = [session]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == session:
                    found.append(int(entry.name))
            except (OSError, ValueError, IndexError):
                continue
    return found


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and of those of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def reaped_seconds() -> float:
    """Processor time of the children of this process that have ended: the first runner is forked by such a one."""
    times = os.times()
    return times.children_user + times.children_system


def memory_mb(pid: int) -> float:
    """The share of memory that is the process's own (PSS)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


async def measure(count: int) -> None:
    """Start the sessions, and print what they cost."""
    library = FolderLibrary(load_settings())
    started: list[float] = []
    sessions = []
    forked = reaped_seconds()
    for _ in range(count):
        session = await library.start(QUESTION, sample=True)
        runner = library.shelf.holder(session.id) or 0
        before, forked = forked, reaped_seconds() + (cpu_seconds(RUNNERS.server_pid) if RUNNERS.server_pid else 0.0)
        started.append(forked - before + cpu_seconds(runner))
        sessions.append((session, runner))
    async with asyncio.timeout(MAX_SECONDS):
        while True:
            states = {line.state for line in await library.sessions()}
            if states <= {"waiting", "finished", "budget", "failed"}:
                break
            await asyncio.sleep(0.5)
    runners, workers, spent = [], [], []
    for _, runner in sessions:
        family = processes_of(runner)
        runners.append(memory_mb(runner))
        workers += [memory_mb(pid) for pid in family[1:]]
        spent.append(sum(map(cpu_seconds, family)))
    print(f"sessions {count}, states {', '.join(sorted(states))}")
    later = "".join(
        f", of {which} {statistics.median(found):.2f}"
        for which, found in (("the second", started[1:2]), ("a later one", started[2:]))
        if found
    )
    print(f"start of the first runner: {started[0]:.2f} s of CPU{later}")
    print(f"runner and workers until then: {statistics.median(spent):.2f} s of CPU")
    print(f"memory of a runner: {statistics.median(runners):.1f} MB (PSS)")
    shared = memory_mb(RUNNERS.server_pid) if RUNNERS.server_pid else 0.0
    print(f"memory of the process that forks them: {shared:.1f} MB; all together {shared + sum(runners + workers):.1f}")
    if workers:
        print(f"memory of a worker: {statistics.median(workers):.1f} MB (PSS), {len(workers)} of them")
    for session, runner in sessions:
        await session.close()
        os.kill(runner, 15)


def main() -> int:
    """Measure in a data folder that is removed afterwards."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory(prefix="bench-runner-") as folder:
        os.environ["KIMI_TUI_HOME"] = folder
        asyncio.run(measure(count))
    return 0


if __name__ == "__main__":
    sys.exit(main())
