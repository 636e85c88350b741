"""Drill 1: runner, the process that forks it, screen or worker is killed at random moments: the session must go on.

After each kill everything that was seen must still be there; at the end each session has its memo, each note stands
in its file once, and the server had no request that breaks the rules.
"""

import asyncio
import contextlib
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec

from kimi_tui.runner.library import FolderLibrary
from kimi_tui.session import Session, SessionError
from tools.drill.drill_environment import ROOT, DrillEnvironment, seconds_since, set_variable
from tools.drill.model_scripts import MEMO_TITLE, QUESTION, many_calls_script
from tools.drill.note_tool import VARIABLE, read_notes
from tools.drill.parallel_lanes import run_in_lanes
from tools.drill.processes import Process, fork_servers, kill, runners, workers
from tools.drill.record_checks import find_faults
from tools.drill.result import DrillResult, summarize_faults
from tools.drill.simulated_person import SimulatedPerson
from tools.drill.terminal import DrillTerminal
from tools.drill.waiting import wait_until

CALLS = 60
"""Calls of one session."""
SESSION_SECONDS = 120.0
"""After this a session counts as one that cannot be resumed."""
VICTIMS = ("runner", "runner", "runner", "runner", "start", "start", "forks", "worker", "screen", "app")
"""Who is killed, as often as it stands here; `start` is a runner that is not ready yet, or was just now; `forks`
is the process that forks them, while one starts or works."""


class KillTally(msgspec.Struct):
    """Counts of the drill so far."""

    kills: dict[str, int]
    """By kind of victim."""
    sessions: int = 0
    """Sessions that came to an end, well or not."""
    memos: int = 0
    """Sessions that came to their memo."""
    faults: list[str] = []
    """What may not happen and did."""
    asked: int = 0
    """Times that a person was asked about a call whose outcome was unknown."""
    left: int = 0
    """Workers that outlived their runner by seconds."""
    requests: int = 0
    """Requests that the server received."""
    folders: int = 0
    """Temporary folders that killed runners left."""


class KilledSession:
    """One session under fire."""

    def __init__(self, place: DrillEnvironment, chance: random.Random, tally: KillTally, times: int) -> None:
        """`times` is the number of kills in all after which the rest of the session is left in peace."""
        self._place = place
        self._chance = chance
        self._tally = tally
        self._times = times
        self._id = ""
        self._notes = place.folder / f"notes-{tally.sessions}"
        self._person = SimulatedPerson(self._notes)

    async def run_to_memo(self) -> None:
        """Kill and resume until the memo is there."""
        self._notes.touch()
        set_variable(VARIABLE, str(self._notes))
        try:
            async with asyncio.timeout(SESSION_SECONDS):
                while not self._person.finished.is_set():
                    await self._one_life()
                await self._kill_runners("runner")
        except TimeoutError:
            self._fault(f"not resumed to the memo; the session is {self._person.state.name}")
        except SessionError as error:
            self._fault(f"not resumed: {error}")
        self._tally.sessions += 1
        self._tally.asked += self._person.unknown
        self._check_end()

    async def _one_life(self) -> None:
        """From one opening to the next kill."""
        victim = self._chance.choice(VICTIMS) if self._left() else "nobody"
        opening = asyncio.create_task(self._open(self._place.library))
        if victim == "start":
            await asyncio.sleep(self._chance.uniform(0.0, 1.0))
            await self._kill_runners(victim)
        elif victim == "forks":
            await self._kill_fork_server()
        try:
            session = await opening
        except SessionError:
            if victim != "start":
                raise
            return
        self._id = session.id
        attending = asyncio.create_task(self._person.attend(session))
        try:
            await self._disturb(victim, attending)
        finally:
            attending.cancel()
            await asyncio.gather(attending, return_exceptions=True)
            with contextlib.suppress(ConnectionError):
                await session.close()

    async def _open(self, library: FolderLibrary) -> Session:
        """Return the session, started when there is none yet."""
        if not self._id:
            known = set(library.shelf.ids())
            try:
                return await library.start(QUESTION)
            except SessionError:
                fresh = set(library.shelf.ids()) - known
                self._id = fresh.pop() if fresh and self._was_asked(library, *fresh) else ""
                raise
        return await library.open(self._id)

    def _was_asked(self, library: FolderLibrary, session: str) -> bool:
        """Return whether a session has its question although its runner never reported ready."""
        return any(summary.id == session and summary.question for summary in library.summaries())

    async def _disturb(self, victim: str, attending: "asyncio.Task[None]") -> None:
        """Let the session work for a moment, then kill one process."""
        while not attending.done():
            if victim in ("forks", "worker", "screen", "app"):
                await self._kill_beside(victim)
            elif victim in ("runner", "start"):
                await self._wait_random_moment(attending)
                await self._kill_runners("runner")
                return
            else:
                await asyncio.wait({attending})
            victim = self._chance.choice(VICTIMS) if self._left() else "nobody"
        attending.result()

    async def _wait_random_moment(self, attending: "asyncio.Task[None]") -> None:
        """Wait some time, or for some entries and a breath more: many things take no time and many entries."""
        if self._chance.random() < 0.4:
            await asyncio.wait({attending}, timeout=self._chance.expovariate(3.0))
            return
        wanted = self._person.state.run.seq + self._chance.randint(1, 25)
        await wait_until(lambda: self._person.state.run.seq >= wanted or attending.done(), gap=0.002)
        await asyncio.sleep(self._chance.uniform(0.0, 0.05))

    async def _kill_runners(self, victim: str) -> None:
        """Kill every runner that lives here, and look at what is left."""
        killed = [runner for runner in runners(self._place.folder) if kill(runner.pid)]
        if not killed:
            return
        self._tally.kills[victim] += 1
        await wait_until(lambda: not any(runner in runners(self._place.folder) for runner in killed), gap=0.005)
        self._check()

    async def _kill_beside(self, victim: str) -> None:
        """Kill a worker or a screen; the runner has to go on."""
        before = {runner.pid for runner in runners(self._place.folder)}
        if victim == "worker":
            await self._kill_worker()
        elif victim == "forks":
            await self._kill_fork_server()
        elif victim == "screen":
            await self._kill_screen()
        else:
            await self._kill_app()
        gone = before - {runner.pid for runner in runners(self._place.folder)}
        if gone and not self._person.finished.is_set():
            self._fault(f"the runner ended when its {victim} was killed")
        self._check()

    async def _kill_worker(self) -> None:
        for _ in range(200):
            found: list[Process] = workers(self._place.folder)
            if found or self._person.finished.is_set():
                break
            await asyncio.sleep(self._chance.uniform(0.0, 0.01))
        else:
            found = []
        await asyncio.sleep(self._chance.uniform(0.0, 0.05))
        self._tally.kills["worker"] += bool(found) and kill(self._chance.choice(found).pid)

    async def _kill_fork_server(self) -> None:
        """Kill the process that forks runners: the one that works goes on, and one that starts does so all the same."""
        await asyncio.sleep(self._chance.uniform(0.0, 0.2))
        for server in fork_servers(self._place.folder):
            self._tally.kills["forks"] += kill(server.pid)

    async def _kill_screen(self) -> None:
        """Kill a front end that is attached over the socket."""
        command = (sys.executable, "-m", "tools.drill.headless_client", self._id)
        screen = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
        assert screen.stdout is not None
        await screen.stdout.readline()
        await asyncio.sleep(self._chance.expovariate(4.0))
        self._tally.kills["screen"] += kill(screen.pid)
        await screen.wait()

    async def _kill_app(self) -> None:
        """Kill the real app at any moment of its start or work."""
        terminal = DrillTerminal(self._place.app("resume", self._id))
        await asyncio.sleep(self._chance.uniform(0.2, 3.0))
        self._tally.kills["app"] += kill(terminal.pid)
        terminal.close()

    def _left(self) -> int:
        return self._times - sum(self._tally.kills.values())

    def _path(self) -> Path:
        return self._place.library.shelf.path(self._id)

    def _check(self) -> None:
        if self._id:
            for fault in find_faults(self._path(), self._person.seen, self._person.state):
                self._fault(fault)
        twice = [note for note, number in Counter(read_notes(self._notes)).items() if number > 1]
        if twice:
            self._fault(f"a call with an effect ran twice: {twice[0]}")

    def _check_end(self) -> None:
        memo = self._person.state.memo.memo
        if memo is not None and memo.get("title") == MEMO_TITLE and self._person.state.run.reason == "answered":
            self._tally.memos += 1
        elif self._person.finished.is_set():
            self._fault(f"the session ended as {self._person.state.run.reason} without its memo")

    def _fault(self, fault: str) -> None:
        self._tally.faults.append(fault)


async def drill(place: DrillEnvironment, times: int, seed: int) -> KillTally:
    """So many kills, in as many sessions as it takes."""
    chance = random.Random(seed)
    tally = KillTally(dict.fromkeys(VICTIMS, 0))
    while sum(tally.kills.values()) < times:
        await KilledSession(place, chance, tally, times).run_to_memo()
    await wait_until(lambda: not workers(place.folder), 5.0)
    tally.left = len(workers(place.folder))
    return tally


def lane(times: int, seed: int) -> None:
    """One place's share of the drill, in a process of its own; prints what happened as JSON."""
    with DrillEnvironment() as place:
        place.serve(many_calls_script(CALLS))
        tally = asyncio.run(drill(place, times, seed))
        requests, problems = place.stop_serving()
        tally.requests = requests
        tally.faults += [f"an invalid history was sent: {problem}" for problem in problems]
        tally.faults += ["a traceback in runner.log"] * place.tracebacks()
        tally.folders = len(list((place.folder / "tmp").iterdir()))
    print(msgspec.json.encode(tally).decode())


def run(times: int, seed: int) -> DrillResult:
    """The drill, on as many lanes as there are cores."""
    began = time.monotonic()
    lanes = max(min(os.cpu_count() or 1, times // 40), 1)
    shares = [times // lanes + (number < times % lanes) for number in range(lanes)]
    tallies = run_in_lanes(
        "tools.drill.kill", [(share, seed + number) for number, share in enumerate(shares)], KillTally
    )
    kills: Counter[str] = sum((Counter(tally.kills) for tally in tallies), Counter())
    sessions, memos = sum(tally.sessions for tally in tallies), sum(tally.memos for tally in tallies)
    faults = [fault for tally in tallies for fault in tally.faults]
    kinds = ", ".join(f"{number} {kind}" for kind, number in kills.most_common())
    lost = sum("acknowledged" in fault for fault in faults)
    twice = sum("ran twice" in fault for fault in faults)
    differs = sum("replayed" in fault for fault in faults)
    invalid = sum("invalid history" in fault for fault in faults)
    asked, requests = sum(tally.asked for tally in tallies), sum(tally.requests for tally in tallies)
    left, folders = sum(tally.left for tally in tallies), sum(tally.folders for tally in tallies)
    return DrillResult(
        drill="kill",
        done=f"{kills.total():,} kills ({kinds}) in {sessions} sessions of {CALLS} calls, seed {seed}",
        found=f"{lost} acknowledged events lost, {sessions - memos} sessions not resumed to their memo, "
        f"{twice} calls with an effect run twice ({asked} times asked: outcome unknown), {differs} times live was not "
        f"replayed, {invalid} of {requests:,} requests invalid; {left} workers and {folders} temporary folders left",
        faults=summarize_faults(faults),
        reached=not faults and left == 0,
        seconds=seconds_since(began),
    )


if __name__ == "__main__":
    lane(int(sys.argv[1]), int(sys.argv[2]))
