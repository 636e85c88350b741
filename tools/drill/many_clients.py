"""Drill 5: many clients and runners on one data folder at once, against one alone.

Each screen is a process with a session at work in a runner of its own: it lists the library, attaches to all the
sessions, follows them, sends commands, and appends to a journal of its own, with a clock on each.
"""

import asyncio
import sys
import time

import msgspec

from kimi_tui.commands import Steer
from kimi_tui.config import load_settings
from kimi_tui.events import SteerReceived
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.session import Session, SessionError
from tools.drill.drill_environment import DrillEnvironment, seconds_since
from tools.drill.model_scripts import QUESTION, even_steps
from tools.drill.parallel_lanes import run_in_lanes
from tools.drill.result import DrillResult, percentile, summarize_faults

GAP = 0.05
"""Seconds between them."""


class ClientLatencies(msgspec.Struct):
    """The latencies of one client."""

    commands: list[float]
    """Seconds until each command had its receipt."""
    appends: list[float]
    """Seconds that each commit to a journal took."""
    listings: list[float]
    """Seconds that each look at the library took."""
    entries: int = 0
    """Entries that came, from all sessions."""
    faults: list[str] = []
    """What the person would have been shown."""


async def screen(session_ids: list[str], number: int, rounds: int) -> ClientLatencies:
    """Work as one screen among many; `number` says which session is its own."""
    loaded = load_settings()
    library = FolderLibrary(loaded)
    measured = ClientLatencies([], [], [])
    sessions = [await library.open(session_id) for session_id in session_ids]
    tails = [asyncio.create_task(_follow(session, measured)) for session in sessions]
    journal = SessionStore(loaded.settings.home_path).create()
    try:
        for turn in range(rounds):
            await _round(library, sessions[number], measured, turn)
            began = time.perf_counter()
            journal.append([SteerReceived(f"append {turn}")], turn=1, step=1)
            measured.appends.append(time.perf_counter() - began)
            await asyncio.sleep(GAP)
    except SessionError as error:
        measured.faults.append(str(error))
    for tail in tails:
        tail.cancel()
    await asyncio.gather(*tails, return_exceptions=True)
    for session in sessions:
        await session.close()
    journal.close()
    return measured


async def _round(library: FolderLibrary, session: Session, measured: ClientLatencies, turn: int) -> None:
    began = time.perf_counter()
    summaries = await library.sessions()
    measured.listings.append(time.perf_counter() - began)
    measured.faults += [summary.problem for summary in summaries if summary.state == "damaged"]
    began = time.perf_counter()
    receipt = await session.send(Steer(f"go on, {turn}"))
    measured.commands.append(time.perf_counter() - began)
    measured.faults += [receipt.reason] if not receipt.accepted else []


async def _follow(session: Session, measured: ClientLatencies) -> None:
    try:
        async for _ in session.tail():
            measured.entries += 1
    except SessionError as error:
        measured.faults.append(str(error))


async def start(place: DrillEnvironment, count: int) -> list[str]:
    """So many sessions at work, each in its runner."""
    library = place.library
    sessions = [await library.start(QUESTION) for _ in range(count)]
    for session in sessions:
        await session.close()
    return [session.id for session in sessions]


def run_crowd(count: int, rounds: int) -> list[ClientLatencies]:
    """So many screens and runners at once, in a place of their own."""
    with DrillEnvironment() as place:
        place.serve(even_steps(10_000, words=40, pace=40.0))
        ids = asyncio.run(start(place, count))
        lanes: list[tuple[object, ...]] = [(number, rounds, *ids) for number in range(count)]
        return run_in_lanes("tools.drill.many_clients", lanes, ClientLatencies)


def run(most: int, seed: int) -> DrillResult:
    """The drill: one alone, then two, and so on by doubling up to `most`."""
    began = time.monotonic()
    rounds = 25 * most
    alone = run_crowd(1, rounds)
    sizes = [size for size in (2, 4, 8, 16, 32) if size <= most]
    groups = {size: run_crowd(size, rounds) for size in sizes}
    everybody = [measured for group in groups.values() for measured in group]
    faults = [fault for measured in (*alone, *everybody) for fault in measured.faults]
    added = {
        size: (_added(group, alone, "commands"), _added(group, alone, "appends")) for size, group in groups.items()
    }
    reported = "; ".join(f"{size}: {command:.0f} and {append:.0f} ms" for size, (command, append) in added.items())
    worst = max(value for pair in added.values() for value in pair)
    return DrillResult(
        drill="many",
        done=f"{', '.join(map(str, sizes))} screens, each with a runner and attached to all, {rounds} listings, "
        "commands and appends each, against one alone",
        found=f"{len(faults)} errors shown; p99 of a command and of an append longer by {reported}",
        faults=summarize_faults(faults),
        reached=not faults and worst < 50,
        seconds=seconds_since(began),
    )


def _added(group: list[ClientLatencies], alone: list[ClientLatencies], what: str) -> float:
    """Milliseconds by which the 99th percentile is longer."""
    high, low = (
        percentile([value for measured in several for value in getattr(measured, what)], 0.99)
        for several in (group, alone)
    )
    return (high - low) * 1000


if __name__ == "__main__":
    measured_here = asyncio.run(screen(sys.argv[3:], int(sys.argv[1]), int(sys.argv[2])))
    print(msgspec.json.encode(measured_here).decode())
