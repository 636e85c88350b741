"""Drill 6, first half: the real app on a running session while its terminal is resized all the time."""

import asyncio
import random
import signal
import time

from tools.drill.drill_environment import DrillEnvironment, seconds_since
from tools.drill.model_scripts import QUESTION, even_steps
from tools.drill.processes import kill
from tools.drill.result import DrillResult, summarize_faults
from tools.drill.terminal import DrillTerminal

MAX_SIDE = 500
"""Columns and rows."""
GAP = 0.004
"""Seconds between two resizes, at most twice that."""


async def drill(place: DrillEnvironment, times: int, chance: random.Random) -> tuple[int, list[str]]:
    """How many bytes were drawn, and what went wrong."""
    faults: list[str] = []
    terminal = DrillTerminal(place.app(QUESTION))
    try:
        if not await terminal.until("step 3", 60):
            return 0, ["the app never showed the run"]
        for _ in range(times):
            terminal.resize(_side(chance), _side(chance))
            if chance.random() < 0.2:
                kill(terminal.pid, signal.SIGWINCH)
            if terminal.child.poll() is not None:
                return terminal.total, [f"the app ended with {terminal.child.returncode}: {terminal.words[-300:]}"]
            await asyncio.sleep(chance.uniform(0, 2 * GAP))
        terminal.resize(100, 30)
        await asyncio.sleep(1)
        terminal.forget()
        terminal.resize(101, 31)
        if not await terminal.until("step", 30):  # every step is told with its number
            faults.append("nothing is drawn after the last resize")
        terminal.press(b"\x11")
        code = await terminal.ended(60)
        faults += [f"the app ended with {code}"] if code != 0 else []
        faults += [f"afterwards {wrong}" for wrong in terminal.modes_left_behind()]
        faults += ["a traceback on the screen"] if "Traceback" in terminal.words else []
    finally:
        terminal.close()
    return terminal.total, faults


def _side(chance: random.Random) -> int:
    """A length from 1 up; small ones are as likely as large ones."""
    return int(MAX_SIDE ** chance.random())


def run(times: int, seed: int) -> DrillResult:
    """The drill: so many sizes from 1x1 to 500x500."""
    began = time.monotonic()
    with DrillEnvironment() as place:
        place.serve(even_steps(100_000, words=16, pace=100.0))
        drawn, faults = asyncio.run(drill(place, times, random.Random(seed)))
        faults += ["a traceback in runner.log"] * place.tracebacks()
    return DrillResult(
        drill="resize",
        done=f"{times:,} sizes from 1x1 to {MAX_SIDE}x{MAX_SIDE} in mid run, seed {seed}",
        found=f"{sum('ended' in fault for fault in faults)} crashes, {len(faults)} faults, {drawn / 1e6:.0f} MB drawn",
        faults=summarize_faults(faults),
        reached=not faults,
        seconds=seconds_since(began),
    )
