"""Drill 9: a model that loops, and a model that repeats itself for good reasons, with the real engine.

Wasted is every call after the first round, refused ones included, until the run pauses for its person. A false stop
is a refusal or a pause of honest work.
"""

import asyncio
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import msgspec

from kimi_tui.config import load_settings
from kimi_tui.embedded.script import Script
from kimi_tui.embedded.server import EmbeddedServer
from kimi_tui.events import RunPaused, TurnFinished
from kimi_tui.projections.calls import LOOP_RULE
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.runner.assembly import open_working_session
from tools.drill.loop_scripts import make_honest_work, make_loops
from tools.drill.result import DrillResult

MAX_WASTED_CALLS = 8
"""Calls that a loop may cost."""
_SECONDS = 60.0


class LoopOutcome(msgspec.Struct, frozen=True):
    """The result of one case."""

    calls: int
    """Calls that were proposed, the one that begins left out."""
    refused: int
    paused: bool
    reason: str
    """How the turn ended; empty when it is paused."""


class LoopEnvironment:
    """A desk, a website on loopback and a data folder for one case after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.desk = folder / "desk"
        self._looks = 0
        self._tries = 0
        self._count = 0

    def furnish(self) -> None:
        """Put documents and databases on the desk."""
        self.desk.mkdir()
        for name in ("report", "other"):
            parts = (f"# Part {n}\n\nHeat pump sales of part {n} were {n * 3} in {name}.\n" for n in range(1, 25))
            (self.desk / f"{name}.md").write_text("\n".join(parts))
        (self.desk / "log.md").write_text("# Log\n\nnothing yet\n")
        for name, rows in (("one", 60), ("two", 60)):
            with closing(sqlite3.connect(self.desk / f"{name}.sqlite")) as connection, connection:
                connection.execute("create table t (a integer, b text)")
                connection.executemany("insert into t values (?, ?)", [(n, f"row {n}") for n in range(rows)])

    async def play(self, script: Script, base: str, **settings: object) -> LoopOutcome:
        """One session, until its turn ends or the run pauses."""
        self._tries = 0
        self._count += 1
        server = EmbeddedServer(script=script)
        path = self.folder / f"settings-{self._count}.toml"
        path.write_text(
            f'home = "{self.folder / "home"}"\ndesk = "{self.desk}"\nmodel = "scripted"\n'
            f'[policy]\nallow_hosts = ["127.0.0.1"]\nprivate_hosts = ["{base.split("/")[2]}"]\n'
            'allow_databases = ["*"]\ndesk_hosts = ["127.0.0.1"]\n'
        )
        flags = {"base_url": await server.start(), **settings}
        workplace = await open_working_session(
            load_settings({"KIMI_TUI_CONFIG": str(path)}, flags), question="What of heat pumps?"
        )
        try:
            workplace.session.start()
            async with asyncio.timeout(_SECONDS):
                async for entry in workplace.session.tail():
                    if isinstance(entry.event, RunPaused | TurnFinished):
                        break
            return _outcome(workplace.session.engine.ledger.state)
        finally:
            await workplace.close()
            await server.close()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The website: a page that stays, one that changes, one that fails twice, one that writes a document."""
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        self._looks += 1
        status, text = "200 OK", "Always the same."
        if path == "/changing":
            text = f"The price is {self._looks}."
        elif path == "/failing":
            self._tries += 1
            status = "503 Busy" if self._tries < 3 else status
        elif path == "/writing":
            text = f"Entry {self._looks} is written."
            (self.desk / "log.md").write_text(f"# Log\n\nentry {self._looks}\n")
        body = f"<html><title>{path}</title><p>{text}</p></html>".encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()


def _outcome(state: TrajectoryState) -> LoopOutcome:
    calls = list(state.calls.by_id.values())
    return LoopOutcome(
        calls=len(calls) - 1,
        refused=sum(call.rule == LOOP_RULE for call in calls),
        paused=state.run.paused,
        reason="" if state.run.turn_open else str(state.run.reason),
    )


@asynccontextmanager
async def loop_environment() -> AsyncIterator[tuple[LoopEnvironment, str]]:
    """A furnished ground and the address of its website."""
    folder = Path(tempfile.mkdtemp(prefix="loops-")).resolve()
    here = LoopEnvironment(folder)
    here.furnish()
    website = await asyncio.start_server(here.answer, "127.0.0.1", 0)
    try:
        yield here, f"http://127.0.0.1:{website.sockets[0].getsockname()[1]}"
    finally:
        website.close()
        shutil.rmtree(folder, ignore_errors=True)


async def measure_loops(rounds: int) -> tuple[dict[str, int], list[str]]:
    """Wasted calls by loop, and what went wrong."""
    wasted: dict[str, int] = {}
    faults: list[str] = []
    async with loop_environment() as (here, base):
        for loop in make_loops(f"{base}/same"):
            ended = await here.play(loop.script(rounds), base)
            wasted[loop.name] = ended.calls - loop.new
            faults += [] if ended.paused else [f"{loop.name}: never paused"]
            faults += [f"{loop.name}: {wasted[loop.name]} wasted"] * (wasted[loop.name] > MAX_WASTED_CALLS)
        for work in make_honest_work(f"{base}/changing", f"{base}/failing", f"{base}/writing"):
            ended = await here.play(work.script(), base, **work.settings)
            wrong = ended.paused or ended.refused or ended.reason != "answered"
            faults += [f"{work.name}: stopped ({ended})"] * bool(wrong)
            wasted.setdefault(f"honest: {work.name}", int(wrong))
    return wasted, faults


def run(rounds: int, seed: int) -> DrillResult:
    """Run the drill; each loop lasts so many rounds unless it is stopped."""
    began = time.monotonic()
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("KIMI_TUI_")}
    try:
        wasted, faults = asyncio.run(measure_loops(rounds))
    finally:
        os.environ |= before
    in_loops = {name: count for name, count in wasted.items() if not name.startswith("honest")}
    stops = [count for name, count in wasted.items() if name.startswith("honest")]
    worst = max(in_loops, key=lambda name: in_loops[name])
    periods = ", ".join(str(in_loops[f"period {n}"]) for n in range(1, 6))
    return DrillResult(
        drill="loops",
        done=f"{len(in_loops)} loops of {rounds} rounds, {len(stops)} honest patterns",
        found=f"wasted at periods 1 to 5: {periods}; most {in_loops[worst]} ({worst}); {sum(stops)} false stops",
        faults=tuple(faults),
        reached=not faults,
        seconds=time.monotonic() - began,
    )
