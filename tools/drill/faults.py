"""Drill 9: a server fails in 21 ways at 6 phases of a reply, once or permanently, and the run must go on.

Each run ends in its memo: by itself, or out of a pause that names what is wrong, once the server is well and the
person says so. No call runs whose arguments were cut or damaged, and no memo but the whole one is final.
"""

import asyncio
import itertools
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec

from kimi_tui.commands import AskQuestion, Resume
from kimi_tui.config import Settings
from kimi_tui.events import AnyEvent, RunPaused, StepFailed, TurnFinished
from tools.drill.drill_environment import seconds_since
from tools.drill.fault_kinds import FAULTS
from tools.drill.faulty_server import MEMO_TEXT, PHASES, Fault, FaultyServer, Phase
from tools.drill.in_process_session import InProcessSession
from tools.drill.result import DrillResult, summarize_faults

MAX_PARALLEL = 6
"""Runs at once: most of their time they wait."""
RUN_SECONDS = 40.0
"""After this a run counts as one that hangs."""
WORDS = frozenset({"alpha", "beta", "gamma", "delta", "gam" + "-" * 300 + "ma"})
"""What the model asks for; anything else was cut or damaged on the way."""
MEMOS = frozenset({MEMO_TEXT, MEMO_TEXT[:12] + "-" * 300 + MEMO_TEXT[12:]})
FOR_EVER = 1 << 30


class FaultCase(msgspec.Struct, frozen=True):
    """One run."""

    fault: str
    phase: Phase
    lasting: bool
    """True when the fault strikes until the run pauses, so that every retry is in vain."""

    @property
    def name(self) -> str:
        """In a few words."""
        return f"{self.fault} at {self.phase}, {'lasting' if self.lasting else 'once'}"


class FaultOutcome(msgspec.Struct, frozen=True):
    """The result of one run."""

    case: FaultCase
    ended: str
    """`memo`, or the kind of the failure that it paused for before the person resumed it."""
    failures: int
    """Tries that failed."""
    faults: tuple[str, ...]


async def run_case(case: FaultCase, folder: Path) -> FaultOutcome:
    """One session against one faulty server."""
    fault = FAULTS[case.fault]()
    server = FaultyServer(fault, case.phase, FOR_EVER if case.lasting else 1)
    await server.open()
    settings = Settings(
        base_url=server.base_url, retries=2, idle_seconds=2.0, first_byte_seconds=2.0, return_seconds=1.5
    )
    wrong: list[str] = []
    async with InProcessSession(folder, settings) as workshop:
        run = workshop.state.run
        await workshop.send(AskQuestion("What is gamma?"))
        arrived = await workshop.until(lambda: bool(run.paused or run.reason), RUN_SECONDS)
        ended = "memo" if run.reason else "hung"
        if arrived and run.paused:
            ended = run.last_failure.kind if run.last_failure else "unnamed"
            await server.heal()
            await workshop.send(Resume())
            arrived = await workshop.until(lambda: bool(run.reason), RUN_SECONDS)
        wrong += [] if arrived else ["the run hangs"]
        events = workshop.events()
        wrong += workshop.faults() + _wrong_work(workshop.lookup.words, events) + server.problems
    await server.close()
    failures = [event for event in events if isinstance(event, StepFailed)]
    wrong += [] if server.struck else ["the fault never struck"]
    wrong += _wrong_ending(case, fault, ended, len(failures), events)
    return FaultOutcome(case, ended, len(failures), tuple(f"{case.name}: {what}" for what in wrong))


def _wrong_work(words: list[str], events: list[AnyEvent]) -> list[str]:
    """Return what is wrong with the calls that ran and with the memos that were called final."""
    wrong = [f"a call ran with {word[:20]!r}" for word in words if word not in WORDS]
    wrong += [f"a call ran {number} times" for number in Counter(words).values() if number > 1]
    for event in events:
        if isinstance(event, TurnFinished):
            text = (event.memo or {}).get("text")
            wrong += [] if event.reason == "answered" and text in MEMOS else [f"a final memo is {str(text)[:40]!r}"]
    return wrong


def _wrong_ending(case: FaultCase, fault: Fault, ended: str, failures: int, events: list[AnyEvent]) -> list[str]:
    """Return what is wrong with how a run with such a fault ended."""
    pauses = [event for event in events if isinstance(event, RunPaused)]
    wrong = ["a pause does not say why"] if any(not pause.why for pause in pauses) else []
    if case.phase in fault.harmless_at:
        return wrong + (["a harmless fault was not gone over"] if failures or pauses else [])
    if not case.lasting and ended != "memo" and not fault.needs_person:
        wrong.append(f"a fault that passed stopped the run ({ended})")
    if ended in ("unnamed", "hung"):
        wrong.append(f"the run is {ended}")
    return wrong


async def run_cases(cases: list[FaultCase], folder: Path) -> list[FaultOutcome]:
    """All of them, some at a time."""
    room = asyncio.Semaphore(MAX_PARALLEL)

    async def one(number: int, case: FaultCase) -> FaultOutcome:
        async with room:
            place = folder / f"run-{number}"
            place.mkdir()
            return await run_case(case, place)

    return await asyncio.gather(*(one(number, case) for number, case in enumerate(cases)))


def choose_cases(number: int, seed: int) -> list[FaultCase]:
    """Return so many cases: all 252, or a choice with each fault once and phases in turn."""
    every = [FaultCase(*case) for case in itertools.product(FAULTS, PHASES, (False, True))]
    if number >= len(every):
        return every
    chance = random.Random(seed)
    phases = itertools.cycle(chance.sample(PHASES, len(PHASES)))
    first = [FaultCase(fault, next(phases), bool(place % 2)) for place, fault in enumerate(FAULTS)]
    rest = [case for case in every if case not in first]
    return (first + chance.sample(rest, len(rest)))[:number]


def format_matrix(outcomes: list[FaultOutcome]) -> str:
    """The table of all runs: what each ended in, once and lasting, by fault and phase."""
    ended = {outcome.case: outcome.ended + ("!" if outcome.faults else "") for outcome in outcomes}
    lines = [f"| fault | {' | '.join(PHASES)} |", "|---" * (len(PHASES) + 1) + "|"]
    for fault in FAULTS:
        cells = [
            " / ".join(ended.get(FaultCase(fault, phase, lasting), "-") for lasting in (False, True))
            for phase in PHASES
        ]
        lines.append(f"| {fault} | {' | '.join(cells)} |")
    return "\n".join(lines)


def run(number: int, seed: int) -> DrillResult:
    """The drill: so many cells of the matrix."""
    began = time.monotonic()
    cases = choose_cases(number, seed)
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        outcomes = asyncio.run(run_cases(cases, Path(folder)))
    print(format_matrix(outcomes))
    good = sum(not outcome.faults for outcome in outcomes)
    paused = sum(outcome.ended != "memo" for outcome in outcomes)
    return DrillResult(
        drill="faults",
        done=f"{len(outcomes)} runs: {len(FAULTS)} faults of a server at {len(PHASES)} phases, once and lasting",
        found=f"{good} good: {len(outcomes) - paused} came to their memo by themselves, {paused} paused with a reason "
        f"and came to it when resumed; {sum(outcome.failures for outcome in outcomes)} tries failed",
        faults=summarize_faults(fault for outcome in outcomes for fault in outcome.faults),
        seconds=seconds_since(began),
    )
