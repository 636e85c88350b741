"""Drill 2: each of the first writes to a session's folder fails once, with a full or broken disk.

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
from tools.drill.drill_environment import DrillEnvironment, seconds_since
from tools.drill.model_scripts import QUESTION, few_calls_script, large_source
from tools.drill.parallel_lanes import run_in_lanes
from tools.drill.processes import kill_runners
from tools.drill.record_checks import find_faults
from tools.drill.result import DrillResult, summarize_faults
from tools.drill.simulated_person import SimulatedPerson
from tools.drill.waiting import wait_until

ERRORS = (errno.ENOSPC, errno.EIO)
"""By turns."""
STORAGE_WORDS = ("written", "space", "disk", "storage", "damaged", "unreadable")
"""A told state that holds one of these speaks of storage."""
FULL_SECONDS = 2.5
"""How long the disk stays full once somebody could be told."""


ROOM_SECONDS = 4.0
"""How long the disk stays nearly full: time for a call to be tried twice, or a thousand times without a wait."""
MAX_ROOM_KB = 64
"""Kilobytes that are left on the disk at the most."""
FILLED_AT = range(20, 180, 8)
"""Call numbers at which the disk fills to its last kilobytes, by turns."""
MAX_ATTEMPTS = 2
"""How often a call may run that no crash ended."""


class WriteTally(msgspec.Struct):
    """Counts of the drill so far."""

    cases: int = 0
    """Failures that took place."""
    reported: int = 0
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


class FailingWrite:
    """One failing call."""

    def __init__(self, place: DrillEnvironment, number: int, code: int, shim: Path, room: int = 0) -> None:
        """`room` is how many kilobytes are left when the call comes; 0 for a disk that takes nothing any more."""
        self._place = place
        self._room = room
        self._hit, self._returned = place.folder / f"hit-{number}", place.folder / f"returned-{number}"
        self._person = SimulatedPerson()
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

    async def play(self, tally: WriteTally) -> str:
        """Start, fail, let the space return, go on; the fault, empty for none."""
        session = await self._start()
        attending = asyncio.create_task(self._person.attend(session)) if session else None
        await self._wait_until_reported(attending)
        if self._room and self._hit.exists():
            await wait_until(lambda: attending is None or attending.done(), ROOM_SECONDS)
        self._returned.touch()
        tally.cases += self._hit.exists()
        tally.beyond += not self._hit.exists()
        tally.reported += self._hit.exists() and self._is_reported()
        try:
            async with asyncio.timeout(30):
                if session is None:
                    tally.started += 1
                    await self._again()
                elif attending is not None and await self._continues(attending):
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
            await kill_runners(self._place.folder)
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

    async def _wait_until_reported(self, attending: "asyncio.Task[None] | None") -> None:
        """Wait until the failure was reported, or the session ended without a report."""
        await wait_until(lambda: attending is None or attending.done() or self._hit.exists())
        await wait_until(lambda: not self._hit.exists() or self._is_reported(), FULL_SECONDS)

    def _is_reported(self) -> bool:
        log = self._place.home / "runner.log"
        texts = [self._error, *self._person.reported, *self._person.refused]
        if log.exists() and self._path.parent.name:
            texts += [line for line in log.read_text().splitlines() if self._path.parent.name in line]
        return any(word in line for line in texts for word in STORAGE_WORDS)

    def _is_harmless(self) -> bool:
        """Return whether nothing was reported because everything recorded still had room."""
        calls = self._person.state.calls.by_id.values()
        return (
            bool(self._room)
            and not self._is_reported()
            and all(call.observation is not None and call.observation.status == "ok" for call in calls)
        )

    async def _continues(self, attending: "asyncio.Task[None]") -> bool:
        """Return whether the session reaches its memo; what was refused meanwhile is sent again."""
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
        found = find_faults(self._path, self._person.seen, self._person.state)
        again = [call for call in self._person.state.calls.by_id.values() if call.attempts > MAX_ATTEMPTS]
        found += [f"a call ran {call.attempts} times" for call in again]
        if not found and self._hit.exists() and not self._is_reported() and not self._is_harmless():
            return "nobody was told that it cannot be written"
        return found[0] if found else ""


async def drill(place: DrillEnvironment, numbers: list[int], shim: Path, *, filling: bool) -> WriteTally:
    """Run one case for each call number, or for each kilobyte count left on a disk that is `filling`."""
    tally = WriteTally()
    for number in numbers:
        traced = place.tracebacks()
        if filling:
            name = f"{number} kB left"
            case = FailingWrite(place, FILLED_AT[number % len(FILLED_AT)], errno.ENOSPC, shim, number)
        else:
            name = f"call {number} ({errno.errorcode[ERRORS[number % len(ERRORS)]]})"
            case = FailingWrite(place, number, ERRORS[number % len(ERRORS)], shim)
        fault = await case.play(tally)
        tally.faults += [f"{name}: {fault}"] if fault else []
        tally.faults += [f"{name}: a traceback"] * (place.tracebacks() - traced)
    damaged = sum(summary.state == "damaged" for summary in place.library.summaries())
    tally.faults += ["a session that never began is listed as damaged"] * damaged
    return tally


def compile_shim(folder: Path) -> Path | None:
    """The shim as a library, None when there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    shim, source = folder / "shim.so", Path(__file__).with_name("shim.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], check=True)
    return shim


def lane(first: int, last: int, every: int, filling: bool) -> None:
    """The calls (or kilobytes) from `first` to `last`, each `every`-th; prints what happened as JSON."""
    with DrillEnvironment() as place:
        place.serve(large_source() if filling else few_calls_script())
        shim = compile_shim(place.folder)
        assert shim is not None
        tally = asyncio.run(drill(place, list(range(first, last + 1, every)), shim, filling=filling))
    print(msgspec.json.encode(tally).decode())


def run(times: int, seed: int) -> DrillResult:
    """Run the drill for the first calls on all lanes; a short one samples the first 200."""
    began = time.monotonic()
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        return DrillResult("writes", "skipped: there is no C compiler for the shim", "", reached=False)
    if times < 200:
        step = 200 // times
        arguments: list[tuple[object, ...]] = [(seed % step + 1, 200, step, "")]
    else:
        lanes = os.cpu_count() or 1
        arguments = [(number, times, lanes, "") for number in range(1, lanes + 1)]
    rooms = min(times, MAX_ROOM_KB)
    lanes = 1 if rooms < MAX_ROOM_KB else os.cpu_count() or 1
    step = MAX_ROOM_KB // rooms
    arguments += [(step * number, MAX_ROOM_KB, step * lanes, "filling") for number in range(1, lanes + 1)]
    tallies = run_in_lanes("tools.drill.failing_writes", arguments, WriteTally)
    cases, reported, harmless, alone, opened, started, beyond = (
        sum(getattr(tally, name) for tally in tallies)
        for name in ("cases", "reported", "harmless", "alone", "opened", "started", "beyond")
    )
    faults = [fault for tally in tallies for fault in tally.faults]
    traced = sum("traceback" in fault for fault in faults)
    return DrillResult(
        drill="writes",
        done=f"{cases} of the first {max(times, 200)} calls that write, sync, cut or open failed once (ENOSPC, EIO), "
        f"or a disk filled to its last 1 to {MAX_ROOM_KB} kB" + (f"; {beyond} calls never came" if beyond else ""),
        found=f"{reported} told"
        + (f" and {harmless} without need" if harmless else "")
        + f", {alone} went on by themselves, {opened} after opening again, {started} told at the start "
        f"and started again; {len(faults) - traced} did not end well, {traced} tracebacks",
        faults=summarize_faults(faults),
        reached=not faults and reported + harmless == cases and opened == 0,
        seconds=seconds_since(began),
    )


if __name__ == "__main__":
    first, last, every = map(int, sys.argv[1:4])
    lane(first, last, every, filling=bool(sys.argv[4]))
