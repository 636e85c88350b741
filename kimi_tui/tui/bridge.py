"""Connect one session to one screen: apply its entries to the state and pass on streamed fragments.

One worker tails the session's entries and one watches its fragments. Entries are folded into the state on the
screen's loop, in batches with room for keys between them; fragments are joined in a buffer and announced by one
message that replaces an older one of its kind, so that a flood costs no more than a trickle. Fragments of what is
already recorded are dropped: the entry that carries the whole always wins.
"""

import asyncio
import gc
from contextlib import suppress

from textual.message import Message
from textual.message_pump import MessagePump

from kimi_tui.commands import AnyCommand, Receipt
from kimi_tui.events import (
    AnyEvent,
    Delta,
    Entry,
    MessageRecorded,
    ReasoningRecorded,
    StepFailed,
    StepFinished,
    StepStarted,
    ToolCallProposed,
)
from kimi_tui.projections.state import SessionState
from kimi_tui.session import Session, SessionError
from kimi_tui.tui.gc_tuning import rare_collection

ANNOUNCE_SECONDS = 0.1
"""How long entries are collected before they are folded, all but the first of them: they are painted as often."""
MAX_FOLD_SECONDS = 0.3
"""How long to wait for what a command has brought about: some bring nothing at once."""
BATCH_ENTRIES = 200
"""Entries folded without giving keys a turn."""

DeltaKey = tuple[str, int, str, int]
"""Trajectory, step, kind and index: fragments with the same key belong together."""


class StateChanged(Message):
    """Entries were applied to the state."""

    def __init__(self, changed: tuple[int, ...], events: tuple[AnyEvent, ...]) -> None:
        super().__init__()
        self.changed = changed
        """Timeline blocks made or changed, in order."""
        self.events = events
        """The events of the batch."""


class FragmentsArrived(Message):
    """Fragments are ready; `take_fragments` returns them."""

    def can_replace(self, message: Message) -> bool:
        """Return a later announcement makes an earlier one needless."""
        return isinstance(message, FragmentsArrived)


class SessionBroken(Message):
    """The session can no longer be read."""

    def __init__(self, problem: str) -> None:
        super().__init__()
        self.problem = problem
        """What, why and what to do, for people."""


class StreamEnded(Message):
    """Nothing streams any more: the runner has released the session."""


class SessionBridge:
    """Connects one session to one screen."""

    def __init__(self, session: Session, screen: MessagePump) -> None:
        self.session = session
        """The session, for its id, its sources and its commands."""
        self.folded = SessionState()
        self.state = self.folded.main
        """The fold of every entry so far; only changed on the screen's loop."""
        self._screen = screen
        self._entries: list[Entry] = []
        self._gathered = asyncio.Event()
        self._deltas: dict[DeltaKey, Delta] = {}
        self._streamed = asyncio.Event()
        self._settled: dict[str, int] = {}
        self._writing: dict[tuple[str, int, int], list[str]] = {}
        self._reading: asyncio.Task[None] | None = None
        self._folded = asyncio.Event()

    async def load(self) -> None:
        """Apply everything recorded so far, so that the first drawing is complete."""
        self._reading = asyncio.create_task(self._read())
        await asyncio.sleep(0)
        while batch := self._next_batch():
            for entry in batch:
                self._drop_recorded_fragments(entry)
            self.folded.apply_all(batch)
            await asyncio.sleep(0)

    def _next_batch(self) -> list[Entry]:
        """Return the next batch of collected entries; empty when all are applied."""
        batch, self._entries = self._entries[:BATCH_ENTRIES], self._entries[BATCH_ENTRIES:]
        return batch

    async def collect_entries(self) -> None:
        """Collect entries for ever; ends with `SessionBroken` when the session cannot be read."""
        await (self._reading or self._read())

    async def _read(self) -> None:
        try:
            async for entry in self.session.tail(self.state.run.seq):
                self._entries.append(entry)
                self._gathered.set()
                if len(self._entries) >= BATCH_ENTRIES:
                    await asyncio.sleep(0)
        except SessionError as error:
            self._screen.post_message(SessionBroken(str(error)))

    async def apply_entries(self) -> None:
        """Apply collected entries in batches, forever."""
        with rare_collection():
            while True:
                await self._gathered.wait()
                many = len(self._entries) >= BATCH_ENTRIES
                while batch := self._next_batch():
                    self._apply(batch)
                    await asyncio.sleep(0)
                if many:
                    gc.freeze()  # all of it stays: looking through it again and again would hold up keys
                self._gathered.clear()
                await asyncio.sleep(ANNOUNCE_SECONDS)

    async def collect_fragments(self) -> None:
        """Collect fragments until the stream ends, then post a message about that."""
        try:
            async for delta in self.session.deltas():
                self._collect_fragment(delta)
        except SessionError as error:
            self._screen.post_message(SessionBroken(str(error)))
        else:
            self._screen.post_message(StreamEnded())

    async def announce_fragments(self) -> None:
        """Announce collected fragments at a readable pace, forever."""
        while True:
            await self._streamed.wait()
            self._streamed.clear()
            self._screen.post_message(FragmentsArrived())
            await asyncio.sleep(0)

    def take_fragments(self) -> list[Delta]:
        """Return the fragments collected since the last call, joined."""
        taken = list(self._deltas.values())
        self._deltas.clear()
        return taken

    async def send(self, command: AnyCommand) -> Receipt:
        """Ask the session for something; a broken one answers with a refusal."""
        try:
            return await self.session.send(command)
        except SessionError as error:
            return Receipt(False, str(error))

    async def wait_until_applied(self, seq: int) -> None:
        """Wait briefly until an entry after `seq` is applied, so that the screen shows the result."""
        with suppress(TimeoutError):
            async with asyncio.timeout(MAX_FOLD_SECONDS):
                while self.state.run.seq <= seq:
                    await self._folded.wait()

    async def close(self) -> None:
        """Release the session; its engine goes on in its runner."""
        if self._reading is not None:
            self._reading.cancel()
        await self.session.close()

    def partial_arguments(self) -> list[str]:
        """Return the arguments of each unfinished call, as far as they are written."""
        return ["".join(pieces) for pieces in self._writing.values()]

    def _collect_fragment(self, delta: Delta) -> None:
        if delta.step <= self._settled.get(delta.trajectory, 0):
            return
        if delta.kind == "call":
            self._writing.setdefault((delta.trajectory, delta.step, delta.index), []).append(delta.text)
        key = (delta.trajectory, delta.step, delta.kind, delta.index)
        before = self._deltas.get(key)
        if before is None or delta.kind == "state":
            self._deltas[key] = delta
        else:
            joined = before.text + delta.text
            tokens = max(before.tokens, delta.tokens)
            self._deltas[key] = Delta(
                delta.trajectory, delta.step, delta.kind, joined, delta.index, before.tool, tokens
            )
        self._streamed.set()

    def _apply(self, batch: list[Entry]) -> None:
        changed: dict[int, None] = {}
        for entry in batch:
            self._drop_recorded_fragments(entry)
            index = self.folded.apply(entry)
            if index is not None:
                changed[index] = None
        self._screen.post_message(StateChanged(tuple(changed), tuple(entry.event for entry in batch)))
        self._folded.set()
        self._folded = asyncio.Event()

    def _drop_recorded_fragments(self, entry: Entry) -> None:
        """Drop the fragments that this entry records in full."""
        match entry.event:
            case StepStarted():
                self._settled.pop(entry.trajectory, None)
            case ReasoningRecorded():
                self._drop_fragments(entry, "reasoning")
            case MessageRecorded():
                self._drop_fragments(entry, "text")
            case ToolCallProposed():
                self._drop_fragments(entry, "call")
            case StepFinished() | StepFailed():
                self._settled[entry.trajectory] = entry.step
                for kind in ("reasoning", "text", "call", "state"):
                    self._drop_fragments(entry, kind)
            case _:
                pass

    def _drop_fragments(self, entry: Entry, kind: str) -> None:
        if kind == "call":
            for written in [key for key in self._writing if key[:2] == (entry.trajectory, entry.step)]:
                del self._writing[written]
        for key in [key for key in self._deltas if key[:3] == (entry.trajectory, entry.step, kind)]:
            del self._deltas[key]
