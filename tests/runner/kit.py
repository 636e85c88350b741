"""A data folder with runners in it, and the server that plays their model."""

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path

from kimi_tui.config import LoadedSettings, load_settings
from kimi_tui.embedded.script import RepeatedText, Script, ScriptedCall, ScriptStep
from kimi_tui.embedded.server import EmbeddedServer
from kimi_tui.events import ApprovalRequested, Entry, TurnFinished
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.runner.wire import socket_path
from kimi_tui.session import Session

ROOT = Path(__file__).parents[2]
KEY = "sk-very-secret-key-of-this-test"
CALCULATE = ScriptStep(reasoning="I calculate.", calls=(ScriptedCall("calculate", {"code": "12.5 * 2"}),))
OPEN = ScriptStep(reasoning="I look at a page.", calls=(ScriptedCall("open_page", {"url": "http://www.example.org/"}),))
WORDS = "The double was calculated [S1 result]."
MEMO = ScriptStep(calls=(ScriptedCall("submit_memo", {"title": "Twice", "memo": WORDS}),))
SLOW = ScriptStep(reasoning=RepeatedText("thinking ", 5_000), pace=100, calls=CALCULATE.calls)


class Place:
    """A data folder, the server that plays the model, and every runner that was started."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.server = EmbeddedServer(api_key=KEY)
        self.pids: set[int] = set()

    async def serve(self, *steps: ScriptStep) -> None:
        """Start the model's server with these steps."""
        script = Script(steps=steps, by="history")
        self.server = EmbeddedServer(script=script, api_key=KEY, keep_requests=100)
        await self.server.start()

    @property
    def loaded(self) -> LoadedSettings:
        """Settings that point there."""
        flags = {"base_url": self.server.base_url, "model": "scripted", "api_key": KEY, "max_reasoning": 1_000_000}
        return load_settings(os.environ, flags)

    @property
    def library(self) -> FolderLibrary:
        """The library of the data folder."""
        return FolderLibrary(self.loaded)

    def runner(self, session: str) -> int | None:
        """The pid of the session's runner, None when none lives."""
        pid = self.library.shelf.holder(session)
        if pid:
            self.pids.add(pid)
        return pid

    async def started(self, *steps: ScriptStep) -> Session:
        """A session at a runner of its own."""
        await self.serve(*steps)
        session = await self.library.start("What is twice 12.5?")
        assert self.runner(session.id)
        return session

    async def ended(self, session: str) -> None:
        """Wait until no process works on the session."""
        for _ in range(3_000):
            if self.runner(session) is None:
                return
            await asyncio.sleep(0.02)
        raise AssertionError("the runner goes on")


async def until(session: Session, condition: Callable[[Entry], bool]) -> Entry:
    """The first entry of which the condition holds."""
    async with asyncio.timeout(60):
        async for entry in session.tail():
            if condition(entry):
                return entry
    raise AssertionError("the session ended")


def is_finished(entry: Entry) -> bool:
    return isinstance(entry.event, TurnFinished)


def is_asked(entry: Entry) -> bool:
    return isinstance(entry.event, ApprovalRequested)


def raw(place: Place, session: str) -> socket.socket:
    """A bare connection to a session's runner."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    connection.connect(str(socket_path(place.home, session)))
    return connection
