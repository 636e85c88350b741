"""Drill 12: the model's server restarts in mid-reply, and the same step must be requested again at once."""

import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path

from kimi_tui.commands import AskQuestion
from kimi_tui.config import Settings
from kimi_tui.events import StepStarted
from tools.drill.cancel import EndlessServer
from tools.drill.drill_environment import seconds_since
from tools.drill.in_process_session import InProcessSession
from tools.drill.result import DrillResult, summarize_faults

MAX_SECONDS = 5.0
"""Within this after its return the server must have the step again."""
MAX_AWAY_SECONDS = 8.0
"""Seconds that the server is gone at the most; some of its absences are shorter than the first wait."""


async def restart(folder: Path, away: float) -> tuple[float, list[str]]:
    """Seconds from the server's return to the request for the same step, and what went wrong."""
    endless = EndlessServer()
    server = await asyncio.start_server(endless.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with InProcessSession(folder, Settings(base_url=f"http://127.0.0.1:{port}")) as workshop:
        await workshop.send(AskQuestion("What is endless?"))
        async with asyncio.timeout(60):
            await endless.asked.wait()
            server.close()
            endless.break_off()
            await asyncio.sleep(away)
            endless.asked.clear()
            server = await asyncio.start_server(endless.serve, "127.0.0.1", port)
            began = time.monotonic()
            await endless.asked.wait()
        seconds = time.monotonic() - began
        steps = {event.n for event in workshop.events() if isinstance(event, StepStarted)}
        wrong = workshop.faults() + ([] if steps == {1} else ["it was not the same step"])
    server.close()
    return seconds, wrong


async def drill(times: int, seed: int, folder: Path) -> list[tuple[float, list[str]]]:
    """So many restarts, each of a server and a session of its own, side by side."""
    chance = random.Random(seed)
    places = [folder / f"session-{number}" for number in range(times)]
    for place in places:
        place.mkdir()
    return await asyncio.gather(*(restart(place, chance.uniform(0.1, MAX_AWAY_SECONDS)) for place in places))


def run(times: int, seed: int) -> DrillResult:
    """The drill: so many restarts."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        outcomes = asyncio.run(drill(times, seed, Path(folder)))
    waits = [seconds for seconds, _ in outcomes]
    return DrillResult(
        drill="restart",
        done=f"{times} servers stopped in mid reply and started again within {MAX_AWAY_SECONDS:g} s",
        found=f"the same step again {statistics.median(waits):.1f} s (median), {max(waits):.1f} s (worst) after that",
        faults=summarize_faults(what for _, wrong in outcomes for what in wrong),
        reached=max(waits) <= MAX_SECONDS,
        seconds=seconds_since(began),
    )
