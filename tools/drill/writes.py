"""Drill 2: each of the first writes to a session's folder fails once, with a full disk or a broken one.

A shim, compiled here and loaded into the runner, lets the chosen call and all after it fail until the space returns.
The session must say so, go on by itself afterwards, and come to its memo; a start that fails must say why in one line.
"""

import asyncio
import errno
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from kimi_tui.session import Session, SessionError
from tools.drill.lanes import in_lanes
from tools.drill.person import Person
from tools.drill.place import Place, timed
from tools.drill.processes import gone
from tools.drill.record import faults_of
from tools.drill.result import Result, counted
from tools.drill.scripts import QUESTION, few_calls
from tools.drill.waiting import until

ERRORS = (errno.ENOSPC, errno.EIO)
"""By turns."""
STORAGE_WORDS = ("written", "space", "disk", "storage", "damaged", "unreadable")
"""A told state that holds one of these speaks of storage."""
FULL_SECONDS = 2.5
"""How long the disk stays full once somebody could be told."""


class Tally(msgspec.Struct):
    """What happened so far."""

    cases: int = 0
    """Failures that took place."""
    told: int = 0
    """Cases in which the person was told of it."""
    alone: int = 0
    """Cases in which the session went on by itself."""
    opened: int = 0
    """Cases in which it went on after it was opened again."""
    started: int = 0
    """Cases in which the start failed with one line, and worked when it was tried again."""
    beyond: int = 0
    """Calls that the session never made."""
    faults: list[str] = []
    """What may not happen and did."""


class Case:
    """One failing call."""

    def __init__(self, place: Place, number: int, code: int, shim: Path) -> None:
        self._place = place
        self._hit, self._returned = place.folder / f"hit-{number}", place.folder / f"returned-{number}"
        self._person = Person()
        self._path = Path()
        self._error = ""
        self._environment = {
            "LD_PRELOAD": str(shim),
            "DRILL_FOLDER": str(place.home / "sessions"),
            "DRILL_FAIL_AT": str(number),
            "DRILL_ERRNO": str(code),
            "DRILL_UNTIL": str(self._returned),
            "DRILL_HIT": str(self._hit),
        }

    async def play(self, tally: Tally) -> str:
        """Start, fail, let the space return, go on; the fault, empty for none."""
        session = await self._start()
        attending = asyncio.create_task(self._person.attend(session)) if session else None
        await self._until_told(attending)
        self._returned.touch()
        tally.cases += self._hit.exists()
        tally.beyond += not self._hit.exists()
        tally.told += self._hit.exists() and self._is_told()
        try:
            async with asyncio.timeout(30):
                if session is None:
                    tally.started += 1
                    await self._again()
                elif attending is not None and await self._goes_on(attending):
                    tally.alone += self._hit.exists()
                else:
                    tally.opened += 1
                    await self._again()
        except (TimeoutError, SessionError) as error:
            return f"did not go on, it is {self._person.state.name}: {error}"
        finally:
            if attending is not None:
                attending.cancel()
                await asyncio.gather(attending, return_exceptions=True)
            if session is not None:
                await session.close()
            await gone(self._place.folder)
        return self._problem()

    async def _start(self) -> Session | None:
        """The session with the shim in its runner; None when it could not be started, and the error is kept."""
        before = dict(os.environ)
        os.environ |= self._environment
        try:
            session = await self._place.library.start(QUESTION)
        except SessionError as error:
            self._error = str(error)
            return None
        finally:
            os.environ.clear()
            os.environ |= before
        self._path = self._place.library.shelf.path(session.id)
        return session

    async def _until_told(self, attending: "asyncio.Task[None] | None") -> None:
        """Wait until the call failed and there was time to say so, or until the session ended without it."""
        await until(lambda: attending is None or attending.done() or self._hit.exists())
        await until(lambda: not self._hit.exists() or self._is_told(), FULL_SECONDS)

    def _is_told(self) -> bool:
        log = self._place.home / "runner.log"
        told = [self._error, *self._person.told, *self._person.refused]
        if log.exists() and self._path.parent.name:
            told += [line for line in log.read_text().splitlines() if self._path.parent.name in line]
        return any(word in line for line in told for word in STORAGE_WORDS)

    async def _goes_on(self, attending: "asyncio.Task[None]") -> bool:
        """Whether the session comes to its memo by itself; what was refused meanwhile is asked again."""
        await asyncio.wait({attending}, timeout=12)
        return self._person.finished.is_set()

    async def _again(self) -> None:
        """Open the session again, or start it anew, and follow it to its end."""
        library = self._place.library
        if self._path.name:
            session: Session = await library.open(self._path.parent.name)
        else:
            session = await library.start(QUESTION)
            self._path = library.shelf.path(session.id)
        try:
            await self._person.attend(session)
        finally:
            await session.close()

    def _problem(self) -> str:
        if not self._person.finished.is_set() or self._person.state.run.reason != "answered":
            return f"did not come to its memo; it is {self._person.state.name}"
        found = faults_of(self._path, self._person.seen, self._person.state)
        if not found and self._hit.exists() and not self._is_told():
            return "nobody was told that it cannot be written"
        return found[0] if found else ""


async def drill(place: Place, numbers: list[int], shim: Path) -> Tally:
    """One case for each call number."""
    tally = Tally()
    for number in numbers:
        traced = place.tracebacks()
        fault = await Case(place, number, ERRORS[number % len(ERRORS)], shim).play(tally)
        name = errno.errorcode[ERRORS[number % len(ERRORS)]]
        tally.faults += [f"call {number} ({name}): {fault}"] if fault else []
        tally.faults += [f"call {number} ({name}): a traceback"] * (place.tracebacks() - traced)
    damaged = sum(summary.state == "damaged" for summary in place.library.summaries())
    tally.faults += ["a session that never began is listed as damaged"] * damaged
    return tally


def compiled(folder: Path) -> Path | None:
    """The shim as a library, None when there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    shim, source = folder / "shim.so", Path(__file__).with_name("shim.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], check=True)
    return shim


def lane(first: int, last: int, every: int) -> None:
    """The calls from `first` to `last`, each `every`-th; prints what happened as JSON."""
    with Place() as place:
        place.serve(few_calls())
        shim = compiled(place.folder)
        assert shim is not None
        tally = asyncio.run(drill(place, list(range(first, last + 1, every)), shim))
    print(msgspec.json.encode(tally).decode())


def run(times: int, seed: int) -> Result:
    """The drill for the first calls, by turns on all lanes; a short one takes calls from all over the first 200."""
    began = time.monotonic()
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        return Result("writes", "skipped: there is no C compiler for the shim", "", reached=False)
    if times < 200:
        step = 200 // times
        arguments: list[tuple[object, ...]] = [(seed % step + 1, 200, step)]
    else:
        lanes = os.cpu_count() or 1
        arguments = [(number, times, lanes) for number in range(1, lanes + 1)]
    tallies = in_lanes("tools.drill.writes", arguments, Tally)
    cases, told, alone, opened, started, beyond = (
        sum(getattr(tally, name) for tally in tallies)
        for name in ("cases", "told", "alone", "opened", "started", "beyond")
    )
    faults = [fault for tally in tallies for fault in tally.faults]
    traced = sum("traceback" in fault for fault in faults)
    return Result(
        drill="writes",
        done=f"{cases} of the first {max(times, 200)} calls that write, sync, cut or open failed once (ENOSPC, EIO)"
        + (f"; {beyond} calls never came" if beyond else ""),
        found=f"{told} told, {alone} went on by themselves, {opened} after opening again, {started} told at the start "
        f"and started again; {len(faults) - traced} did not end well, {traced} tracebacks",
        faults=counted(faults),
        reached=not faults and told == cases and opened == 0,
        seconds=timed(began),
    )


if __name__ == "__main__":
    lane(*(int(argument) for argument in sys.argv[1:4]))
