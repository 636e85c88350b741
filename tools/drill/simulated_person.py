"""The simulated person of a drill: attaches to a session, folds its entries, decides every waiting call."""

import asyncio
from pathlib import Path

from kimi_tui.commands import Approve, Veto
from kimi_tui.events import ApprovalRequested, Entry, TurnFinished
from kimi_tui.projections.state import SessionState
from kimi_tui.session import Session
from tools.drill.note_tool import read_notes


class SimulatedPerson:
    """Follows one session over any number of attachments; what was seen once is never forgotten."""

    def __init__(self, notes: Path | None = None, *, decides: bool = True) -> None:
        """`notes` is the file of a call with an effect; it is checked when an outcome is unknown."""
        self.folded = SessionState()
        self.state = self.folded.main
        """Folded as entries came, never anew."""
        self.seen: dict[int, str] = {}
        """Every entry that was seen: its number to its digest."""
        self.finished = asyncio.Event()
        """Set when the turn is over."""
        self.reported: list[str] = []
        """What the engine said it waits for, in order."""
        self.decided = 0
        """Calls that were decided and the decision taken."""
        self.unknown = 0
        """Times that the person was asked about a call whose outcome nobody knew."""
        self.refused: list[str] = []
        """Why a decision was not taken, in order."""
        self._notes = notes
        self._decides = decides

    async def attend(self, session: Session) -> None:
        """Follow the session until cancelled, until the turn is over or until the session's runner has gone."""
        work = [asyncio.create_task(self._follow(session)), asyncio.create_task(self._listen(session))]
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    async def _follow(self, session: Session) -> None:
        for call in list(self.state.calls.waiting):
            await self._decide(session, call.id)
        async for entry in session.tail(self.state.run.seq):
            self._take(entry)
            if isinstance(entry.event, TurnFinished):
                self.finished.set()
                return
            if isinstance(entry.event, ApprovalRequested):
                await self._decide(session, entry.event.call_id)

    def _take(self, entry: Entry) -> None:
        self.folded.apply(entry)
        self.seen[entry.seq] = entry.digest
        event = entry.event
        self.unknown += isinstance(event, ApprovalRequested) and event.rule == "outcome-unknown"

    async def _listen(self, session: Session) -> None:
        async for delta in session.deltas():
            if delta.kind == "state":
                self.reported.append(delta.text)

    async def _decide(self, session: Session, call_id: str) -> None:
        """Approve, unless what the call would write is written already."""
        if not self._decides:
            return
        call = self.state.calls.by_id[call_id]
        is_done = self._notes is not None and call.tool == "note" and call.arguments["text"] in read_notes(self._notes)
        receipt = await session.send(Veto(call_id, "it was done") if is_done else Approve(call_id))
        if receipt.accepted:
            self.decided += 1
        else:
            self.refused.append(receipt.reason)
