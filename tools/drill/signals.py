"""Drill 6, second half: the real app gets each signal at each phase of a run.

Whatever the phase, the terminal is as before, the exit code says what happened, and the session goes on afterwards;
a stopped app gives the terminal back while it is stopped, and goes on when it is told to.
"""

import asyncio
import signal
import time

from kimi_tui.commands import Approve, Pause, Resume
from kimi_tui.events import (
    AnyEvent,
    ApprovalRequested,
    QuestionAsked,
    RunPaused,
    StepStarted,
    ToolCallStarted,
    TurnFinished,
)
from kimi_tui.session import Session, SessionError
from tools.drill.drill_environment import DrillEnvironment, seconds_since
from tools.drill.model_scripts import QUESTION, phases
from tools.drill.processes import is_stopped, kill, kill_runners
from tools.drill.record_checks import entries_of
from tools.drill.result import DrillResult, summarize_faults
from tools.drill.simulated_person import SimulatedPerson
from tools.drill.terminal import DrillTerminal
from tools.drill.waiting import wait_until

STOPS = (signal.SIGTSTP, signal.SIGSTOP)
"""After these the app is told to go on with SIGCONT; the second gives it no time to give the terminal back."""
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, *STOPS)
PHASES = (
    "approval", "streaming", "first paint", "just started", "imports", "begins", "asks the model", "acts", "paused",
    "finished",
)  # fmt: skip
"""Moments of a run."""


SCREENFUL_BYTES = 1_500
"""Bytes that no drawing of a whole screen goes below."""


class SignalRun:
    """One run of the app on a question, up to a phase, and what a signal does there."""

    def __init__(self, place: DrillEnvironment, phase: str, number: signal.Signals) -> None:
        self._place = place
        self._phase = phase
        self._signal = number
        self._known = set(place.library.shelf.ids())

    async def play(self) -> list[str]:
        """Play the drill once and return what went wrong."""
        terminal = DrillTerminal(self._place.app(QUESTION))
        try:
            if not await self._reach(terminal):
                return [f"the phase was never reached: {terminal.words[-200:]}"]
            kill(terminal.pid, self._signal)
            if self._signal in STOPS:
                faults = await self._stopped(terminal)
            else:
                faults = self._ended(terminal, await terminal.ended(20))
        finally:
            terminal.close()
        return faults + await self._resumed()

    async def _reach(self, terminal: DrillTerminal) -> bool:
        """Bring the run to the phase; whether it came there in time."""
        match self._phase:
            case "just started":
                await asyncio.sleep(0.05)
            case "imports":
                await asyncio.sleep(0.3)
            case "first paint":
                return await terminal.until_mode(b"1049", b"h")
            case "begins":
                return await self._recorded(QuestionAsked)
            case "asks the model":
                return await self._recorded(StepStarted)
            case "streaming":
                return await terminal.until("thinking slowly thinking slowly")
            case _:
                return await self._reach_later()
        return True

    async def _reach_later(self) -> bool:
        """Reach a phase that has to be brought about over a socket."""
        if not await self._recorded(ApprovalRequested):
            return False
        if self._phase == "approval":
            return True
        session = await self._place.library.open(self._session())
        try:
            return await self._bring_about(session)
        finally:
            await session.close()

    async def _bring_about(self, session: Session) -> bool:
        if self._phase == "paused":
            await session.send(Pause())
            return await self._recorded(RunPaused)
        calls = len(self._events(ToolCallStarted))
        await session.send(Approve("c3"))
        if self._phase == "acts":
            return await wait_until(lambda: len(self._events(ToolCallStarted)) > calls + 1)
        return await self._recorded(TurnFinished)

    async def _stopped(self, terminal: DrillTerminal) -> list[str]:
        """Stop, look, go on, leave by key."""
        early = self._phase in ("just started", "imports")  # no shell is there to stop an app that draws nothing yet
        await asyncio.sleep(1.0)
        faults = []
        if not early:
            faults += [] if is_stopped(terminal.pid) else ["it was not stopped"]
        if not early and self._signal is signal.SIGTSTP:
            faults += [f"while stopped {wrong}" for wrong in terminal.modes_left_behind()]
        terminal.forget()
        kill(terminal.pid, signal.SIGCONT)
        if not await terminal.until_mode(b"1049", b"h", 20) or not await terminal.until_drawn(SCREENFUL_BYTES, 20):
            faults.append("nothing is drawn after it went on")
        await asyncio.sleep(0.5)
        terminal.press(b"\x11")
        code = await terminal.ended(20)
        return faults + ([f"it left with {code}"] if code != 0 else []) + self._traces(terminal)

    def _ended(self, terminal: DrillTerminal, code: int | None) -> list[str]:
        """How the app ended."""
        sane = code in (0, 128 + self._signal, -self._signal)
        return ([] if sane else [f"it ended with {code}"]) + self._traces(terminal)

    def _traces(self, terminal: DrillTerminal) -> list[str]:
        faults = [f"afterwards {wrong}" for wrong in terminal.modes_left_behind()]
        before_us = self._phase == "just started" and self._signal is signal.SIGINT  # Python prints one as it starts
        _, traced, words = terminal.words.partition("Traceback")
        return faults + ([f"a traceback on the terminal: {words[-200:]}"] if traced and not before_us else [])

    async def _resumed(self) -> list[str]:
        """Return whether the session, if there is one, comes to its memo."""
        if not self._session():
            await kill_runners(self._place.folder)
            return []
        try:
            async with asyncio.timeout(30):
                session = await self._place.library.open(self._session())
                person = SimulatedPerson()
                following = asyncio.create_task(person.attend(session))
                await asyncio.sleep(0.2)
                if person.state.run.paused:
                    await session.send(Resume())
                await following
                await session.close()
        except (TimeoutError, SessionError) as error:
            return [f"the session does not go on: {error}"]
        finally:
            await kill_runners(self._place.folder)
        return [] if person.state.run.reason == "answered" else ["the session has no memo"]

    def _session(self) -> str:
        fresh = [session for session in self._place.library.shelf.ids() if session not in self._known]
        return fresh[0] if fresh else ""

    def _events(self, kind: type[AnyEvent]) -> list[AnyEvent]:
        session = self._session()
        try:
            entries = entries_of(self._place.library.shelf.path(session)) if session else []
        except SessionError:  # it is being made
            return []
        return [entry.event for entry in entries if isinstance(entry.event, kind)]

    async def _recorded(self, kind: type[AnyEvent]) -> bool:
        return await wait_until(lambda: self._events(kind))


async def drill(place: DrillEnvironment, count: int) -> tuple[int, list[str]]:
    """Each signal at so many phases."""
    faults: list[str] = []
    runs = 0
    for phase in PHASES[:count]:
        for number in SIGNALS:
            found = await SignalRun(place, phase, number).play()
            faults += [f"{number.name} when it {phase!r}: {fault}" for fault in found]
            runs += 1
    return runs, faults


def run(count: int, seed: int) -> DrillResult:
    """The drill: five signals at so many phases of a run."""
    began = time.monotonic()
    with DrillEnvironment() as place:
        place.serve(phases())
        runs, faults = asyncio.run(drill(place, count))
        faults += ["a traceback in runner.log"] * place.tracebacks()
    dirty = sum("mode" in fault or "discipline" in fault for fault in faults)
    lost = sum("session" in fault for fault in faults)
    return DrillResult(
        drill="signals",
        done=f"SIGTERM, SIGHUP, SIGINT, SIGTSTP and SIGSTOP at {min(count, len(PHASES))} phases: {runs} runs",
        found=f"{dirty} times the terminal was not as before, {lost} sessions did not go on, {len(faults)} faults",
        faults=summarize_faults(faults),
        reached=not faults,
        seconds=seconds_since(began),
    )
