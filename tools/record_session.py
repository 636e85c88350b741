"""Record the session that pictures and replays are made from.

`python -m tools.record_session` lets the embedded researcher work on the sample desk, with a person who approves,
edits, vetoes and steers on the way, and puts the journal into `tests/data/journals/`.
"""

import asyncio
import contextlib
import shutil
import sqlite3
import tempfile
from pathlib import Path

from kimi_tui.commands import Approve, ApproveAlways, Steer, Veto
from kimi_tui.config import load_settings
from kimi_tui.events import ApprovalRequested, StepFinished, TurnFinished
from kimi_tui.runner.assembly import WorkingSession, open_working_session

ROOT = Path(__file__).resolve().parent.parent
RECORDING = ROOT / "tests" / "data" / "journals" / "sample-session.sqlite"
QUESTION = (
    "How large was Tharnholm's order backlog at the end of 2024? Reconcile the press release, the annual report and "
    "the order book."
)
STEER = "Also look at the bond prospectus."


async def record(target: Path) -> None:
    """Run the session and keep its journal."""
    with tempfile.TemporaryDirectory() as home:
        desk = shutil.copytree(ROOT / "kimi_tui" / "sample_desk", Path(home) / "sample-desk")
        flags = {"desk": str(desk), "max_steps": 60, "policy": {"desk_queries": "each"}}  # so that several cards come
        loaded = load_settings({"KIMI_TUI_HOME": home}, flags)
        workplace = await open_working_session(loaded, question=QUESTION)
        path = workplace.session.engine.ledger.journal.path
        try:
            await _supervise(workplace)
        finally:
            await workplace.close()
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        with contextlib.closing(sqlite3.connect(target)) as connection:
            connection.execute("pragma journal_mode = delete")  # one file, with nothing beside it


async def _supervise(workplace: WorkingSession) -> None:
    """A person's decisions: the share prices are vetoed, one database is allowed for good, the others once."""
    session = workplace.session
    session.start()
    async for entry in session.tail():
        event = entry.event
        if isinstance(event, ApprovalRequested):
            call = session.engine.ledger.state.calls.by_id[event.call_id]
            await asyncio.sleep(1.2)  # the time a person takes, so that the recording has a human pace
            if "share-prices" in call.label:
                await session.send(Veto(call.id, "The share price says nothing about the backlog."))
            elif "finance" in call.label:
                await session.send(ApproveAlways(call.id, call.pattern))
            else:
                await session.send(Approve(call.id))
        elif isinstance(event, StepFinished) and entry.step == 3:
            await session.send(Steer(STEER))
        elif isinstance(event, TurnFinished):
            return


if __name__ == "__main__":
    asyncio.run(record(RECORDING))
