"""A program that works on the session in a folder and tells each entry on standard output, for a test that kills it.

`python -m tests.engine.crashing FOLDER BASE_URL [judge]`: it asks when nothing was asked, approves whatever waits, and
ends with the turn.
"""

import asyncio
import sys
from pathlib import Path

from kimi_tui.commands import Approve, AskQuestion
from kimi_tui.config import Settings
from kimi_tui.config.tree import JudgeMode
from kimi_tui.embedded.server import EmbeddedServer
from kimi_tui.events import ApprovalRequested, TurnFinished
from kimi_tui.tools.base import Observation, ToolContext
from tests.engine.kit import Change, Lookup, Scene, Visit, Word


class Slow(Lookup):
    """Reads, and takes its time."""

    name = "slow"

    async def run(self, arguments: Word, context: ToolContext) -> Observation:
        await asyncio.sleep(0.02)
        return await super().run(arguments, context)


class SlowChange(Change):
    """Changes something, and takes its time."""

    async def run(self, arguments: Word, context: ToolContext) -> Observation:
        await asyncio.sleep(0.02)
        return await super().run(arguments, context)


async def work(folder: Path, base_url: str, judge: JudgeMode) -> None:
    """Work until the turn is over."""
    server = EmbeddedServer()
    server.base_url = base_url  # the one that the test started
    tools = (Lookup(), Slow(), SlowChange(), Visit())
    stage = Scene(folder, server, tools, Settings(base_url=base_url, retries=1, judge=judge))
    await stage.open()
    stage.start()
    if not stage.state.run.questions:
        await stage.session.send(AskQuestion("What is alpha?"))
    for call in stage.state.calls.waiting:
        await stage.session.send(Approve(call.id))
    async for entry in stage.session.tail():
        sys.stdout.write(f"{entry.seq} {entry.digest}\n")
        sys.stdout.flush()
        if isinstance(entry.event, ApprovalRequested):
            await stage.session.send(Approve(entry.event.call_id))
        if isinstance(entry.event, TurnFinished):
            break
    await stage.close()


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2], "auto" if "judge" in sys.argv[3:] else "off"))
