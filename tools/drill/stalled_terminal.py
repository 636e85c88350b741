"""Drill 4: the terminal of the real app is not read for a while, and the run must keep its pace."""

import asyncio
import time

from kimi_tui.events import StepFinished
from tools.drill.drill_environment import DrillEnvironment, seconds_since
from tools.drill.model_scripts import QUESTION, even_steps
from tools.drill.record_checks import entries_of
from tools.drill.result import DrillResult, summarize_faults
from tools.drill.terminal import DrillTerminal
from tools.drill.waiting import wait_until

WORDS, PACE = 16, 100.0
"""Words of reasoning in a step, and words a second."""


def steps_done(place: DrillEnvironment) -> int:
    """Steps that the newest session has finished."""
    library = place.library
    newest = library.shelf.ids()
    entries = entries_of(library.shelf.path(newest[0])) if newest else []
    return sum(isinstance(entry.event, StepFinished) for entry in entries)


async def window(place: DrillEnvironment, seconds: float) -> float:
    """Steps a second, over whole steps: from the first step that ends in the window to the last."""
    first = steps_done(place)
    began = await _next_step(place, first)
    await asyncio.sleep(seconds)
    ended = await _next_step(place, last := steps_done(place))
    return (last - first) / (ended - began)


async def _next_step(place: DrillEnvironment, done: int) -> float:
    """The moment at which one more step than `done` has ended; raises `TimeoutError`."""
    if not await wait_until(lambda: steps_done(place) > done, 20, gap=0.01):
        raise TimeoutError
    return time.monotonic()


async def drill(place: DrillEnvironment, seconds: int) -> tuple[float, float, list[str]]:
    """The pace attended, the pace with the terminal stalled, and what went wrong."""
    faults: list[str] = []
    terminal = DrillTerminal(place.app(QUESTION))
    try:
        if not await terminal.until("step 3", 60):
            return 0.0, 0.0, ["the app never showed the run"]
        attended = await window(place, seconds)
        terminal.hold()
        stalled = await window(place, seconds)
        terminal.go_on()
        terminal.forget()
        done = steps_done(place)
        if not await terminal.until(f"step {done}", 30):
            faults.append("the screen did not come back to the run")
        terminal.press(b"\x11")
        code = await terminal.ended()
        faults += [f"the app ended with {code}"] if code != 0 else []
        faults += [f"afterwards {wrong}" for wrong in terminal.modes_left_behind()]
    except TimeoutError:
        faults.append("the run stood still")
        return 0.0, 0.0, faults
    finally:
        terminal.close()
    return attended, stalled, faults


def run(seconds: int, seed: int) -> DrillResult:
    """The drill: as long attended as stalled, in one run."""
    began = time.monotonic()
    with DrillEnvironment() as place:
        place.serve(even_steps(100_000, WORDS, PACE))
        attended, stalled, faults = asyncio.run(drill(place, seconds))
        faults += ["a traceback in runner.log"] * place.tracebacks()
    change = stalled / attended - 1 if attended else -1.0
    return DrillResult(
        drill="stall",
        done=f"the terminal of the app not read for {seconds} s in mid run, after {seconds} s attended",
        found=f"{stalled:.2f} steps a second against {attended:.2f}: {change:+.1%}",
        faults=summarize_faults(faults),
        reached=not faults and change >= -0.02,
        seconds=seconds_since(began),
    )
