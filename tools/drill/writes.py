"""Drill 2: each of the first writes to a session's folder fails once, with a full disk or a broken one.

Then the disk fills to its last 1 to 64 kB, with room for an entry and not for the source that a call found.

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
from tools.drill.scripts import QUESTION, few_calls, large_source
from tools.drill.waiting import until

ERRORS = (errno.ENOSPC, errno.EIO)
"""By turns."""
STORAGE_WORDS = ("written", "space", "disk", "storage", "damaged", "unreadable")
"""A told state that holds one of these speaks of storage."""
FULL_SECONDS = 2.5
"""How long the disk stays full once somebody could be told."""


ROOM_SECONDS = 4.0
"""How long the disk stays nearly full: time for a call to be tried twice, or a thousand times without a wait."""
MOST_ROOM = 64
"""Kilobytes that are left on the disk at the most."""
FILLED_AT = range(20, 180, 8)
"""Call numbers at which the disk fills to its last kilobytes, by turns."""
MAX_ATTEMPTS = 2
"""How often a call may run that no crash ended."""


class Tally(msgspec.Struct):
    """What happened so far."""

    cases: int = 0
    """Failures that took place."""
    told: int = 0
    """Cases in which the person was told of it."""
    harmless: int = 0
    """Cases with some room in which nothing failed that a session needs: nobody has to be told."""
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

    def __init__(self, place: Place, number: int, code: int, shim: Path, room: int = 0) -> None:
        """`room` is how many kilobytes are left when the call comes; 0 for a disk that takes nothing any more."""
        self._place = place
        self._room = room
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
        } | ({"DRILL_ROOM": str(room * 1024)} if room else {})

    async def play(self, tally: Tally) -> str:
        """Start, fail, let the space return, go on; the fault, empty for none."""
        session = await self._start()
        attending = asyncio.create_task(self._person.attend(session)) if session else None
        await self._until_told(attending)
        if self._room and self._hit.exists():
            await until(lambda: attending is None or attending.done(), ROOM_SECONDS)
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
        tally.harmless += self._hit.exists() and self._is_harmless()
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

    def _is_harmless(self) -> bool:
        """Whether nobody was told because all that is recorded, and every source, still had room."""
        calls = self._person.state.calls.by_id.values()
        return (
            bool(self._room)
            and not self._is_told()
            and all(call.observation is not None and call.observation.status == "ok" for call in calls)
        )

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
        again = [call for call in self._person.state.calls.by_id.values() if call.attempts > MAX_ATTEMPTS]
        found += [f"a call ran {call.attempts} times" for call in again]
        if not found and self._hit.exists() and not self._is_told() and not self._is_harmless():
            return "nobody was told that it cannot be written"
        return found[0] if found else ""


async def drill(place: Place, numbers: list[int], shim: Path, *, filling: bool) -> Tally:
    """One case for each call number, or for each number of kilobytes that are left on a disk that is `filling`."""
    tally = Tally()
    for number in numbers:
        traced = place.tracebacks()
        if filling:
            name = f"{number} kB left"
            case = Case(place, FILLED_AT[number % len(FILLED_AT)], errno.ENOSPC, shim, number)
        else:
            name = f"call {number} ({errno.errorcode[ERRORS[number % len(ERRORS)]]})"
            case = Case(place, number, ERRORS[number % len(ERRORS)], shim)
        fault = await case.play(tally)
        tally.faults += [f"{name}: {fault}"] if fault else []
        tally.faults += [f"{name}: a traceback"] * (place.tracebacks() - traced)
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


def lane(first: int, last: int, every: int, filling: bool) -> None:
    """The calls (or kilobytes) from `first` to `last`, each `every`-th; prints what happened as JSON."""
    with Place() as place:
        place.serve(large_source() if filling else few_calls())
        shim = compiled(place.folder)
        assert shim is not None
        tally = asyncio.run(drill(place, list(range(first, last + 1, every)), shim, filling=filling))
    print(msgspec.json.encode(tally).decode())


def run(times: int, seed: int) -> Result:
    """The drill for the first calls, by turns on all lanes; a short one takes calls from all over the first 200."""
    began = time.monotonic()
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        return Result("writes", "skipped: there is no C compiler for the shim", "", reached=False)
    if times < 200:
        step = 200 // times
        arguments: list[tuple[object, ...]] = [(seed % step + 1, 200, step, "")]
    else:
        lanes = os.cpu_count() or 1
        arguments = [(number, times, lanes, "") for number in range(1, lanes + 1)]
    rooms = min(times, MOST_ROOM)
    lanes = 1 if rooms < MOST_ROOM else os.cpu_count() or 1
    step = MOST_ROOM // rooms
    arguments += [(step * number, MOST_ROOM, step * lanes, "filling") for number in range(1, lanes + 1)]
    tallies = in_lanes("tools.drill.writes", arguments, Tally)
    cases, told, harmless, alone, opened, started, beyond = (
        sum(getattr(tally, name) for tally in tallies)
        for name in ("cases", "told", "harmless", "alone", "opened", "started", "beyond")
    )
    faults = [fault for tally in tallies for fault in tally.faults]
    traced = sum("traceback" in fault for fault in faults)
    return Result(
        drill="writes",
        done=f"{cases} of the first {max(times, 200)} calls that write, sync, cut or open failed once (ENOSPC, EIO), "
        f"or a disk filled to its last 1 to {MOST_ROOM} kB" + (f"; {beyond} calls never came" if beyond else ""),
        found=f"{told} told"
        + (f" and {harmless} without need" if harmless else "")
        + f", {alone} went on by themselves, {opened} after opening again, {started} told at the start "
        f"and started again; {len(faults) - traced} did not end well, {traced} tracebacks",
        faults=counted(faults),
        reached=not faults and told + harmless == cases and opened == 0,
        seconds=timed(began),
    )


if __name__ == "__main__":
    first, last, every = map(int, sys.argv[1:4])
    lane(first, last, every, filling=bool(sys.argv[4]))
