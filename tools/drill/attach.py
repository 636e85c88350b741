"""Drill 7: a second front end attaches to a session at work with many steps behind it.

Measured is the processor time until its state is complete and something new has come: of a bare client, from the
opening on, and of the real app, from the start of its process to the newest step on the screen.
"""

import asyncio
import sys
import time

import msgspec

from kimi_tui.commands import Steer
from kimi_tui.config import load_settings
from kimi_tui.embedded.script import RepeatedText, Script, ScriptStep
from kimi_tui.events import SteerReceived
from kimi_tui.projections.state import SessionState
from kimi_tui.runner.library import FolderLibrary
from tools.drill.drill_environment import DrillEnvironment, seconds_since
from tools.drill.model_scripts import QUESTION, memo_step, scripted_call
from tools.drill.parallel_lanes import run_in_lanes
from tools.drill.processes import cpu_seconds
from tools.drill.result import DrillResult, summarize_faults
from tools.drill.terminal import DrillTerminal

MARK = "stillhere"
"""A word that is said to the session, to see it come back."""


class AttachCost(msgspec.Struct):
    """The cost of one attaching client."""

    cpu: float
    """Seconds of processor time, from the opening until complete and live."""
    wall: float
    """The same by the clock."""
    entries: int
    """Entries that were folded."""
    calls: int
    """Calls of the session."""


def script(steps: int) -> Script:
    """So many steps at once, each with reasoning and a search, then one that takes for ever."""
    first = ScriptStep("I begin.", calls=(scripted_call("calculate", code="1 + 1"),))
    step = ScriptStep(
        RepeatedText("because of step {n} it follows that ", 40),
        calls=(scripted_call("search_documents", query="revenue {n}", limit=3),),
        repeat=steps - 1,
    )
    return Script(
        (first, step, ScriptStep(RepeatedText("still thinking ", 100_000), pace=20.0), memo_step()), by="history"
    )


async def watch(session_id: str) -> AttachCost:
    """Attach, fold everything, say something and see it come."""
    library = FolderLibrary(load_settings())
    cpu, wall = time.process_time(), time.monotonic()
    session = await library.open(session_id)
    saying = asyncio.create_task(session.send(Steer(MARK)))
    folded = SessionState()
    state = folded.main
    async for entry in session.tail():
        folded.apply(entry)
        if isinstance(entry.event, SteerReceived) and entry.event.text == MARK:
            break
    measured = AttachCost(time.process_time() - cpu, time.monotonic() - wall, state.run.seq, len(state.calls.by_id))
    await saying
    await session.close()
    return measured


async def record_session(place: DrillEnvironment, steps: int) -> str:
    """A session at work with so many steps behind it."""
    session = await place.library.start(QUESTION)
    folded = SessionState()
    state = folded.main
    async for entry in session.tail():
        folded.apply(entry)
        if state.run.step > steps:
            break
    await session.close()
    return session.id


async def watch_app(place: DrillEnvironment, *arguments: str, words: str) -> tuple[float, list[str]]:
    """Processor seconds of the app from its start until it shows some words, and what went wrong."""
    terminal = DrillTerminal(place.app(*arguments), columns=120, rows=40)
    try:
        if not await terminal.until(words, 60):
            return 0.0, [f"the app never showed {words!r}"]
        used = cpu_seconds(terminal.pid)
        terminal.press(b"\x11")
        code = await terminal.ended()
        return used, [f"the app ended with {code}"] if code != 0 else []
    finally:
        terminal.close()


def run(steps: int, seed: int) -> DrillResult:
    """The drill: attach to a session of so many steps."""
    began = time.monotonic()
    with DrillEnvironment() as place:
        place.serve(script(steps))
        session_id = asyncio.run(record_session(place, steps))
        [bare] = run_in_lanes("tools.drill.attach", [(session_id,)], AttachCost)
        app, faults = asyncio.run(watch_app(place, "resume", session_id, words="still thinking"))
        empty, more = asyncio.run(watch_app(place, words=QUESTION))
        size = place.library.shelf.path(session_id).stat().st_size
    faults += more
    faults += [f"{bare.calls} calls instead of {steps}"] if bare.calls != steps else []
    return DrillResult(
        drill="attach",
        done=f"a client and the app attached to a run of {bare.calls} calls ({bare.entries:,} entries, "
        f"{size / 1e6:.1f} MB)",
        found=f"the client complete and live after {bare.cpu:.2f} s of CPU ({bare.wall:.2f} s); the app after "
        f"{app:.2f} s, {empty:.2f} s of which until it shows its library",
        faults=summarize_faults(faults),
        reached=not faults and app - empty < 1.0,
        seconds=seconds_since(began),
    )


if __name__ == "__main__":
    print(msgspec.json.encode(asyncio.run(watch(sys.argv[1]))).decode())
