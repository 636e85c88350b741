"""A session whose engine works in this process: what headless runs and the runner process hold."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from kimi_tui.commands import AnyCommand, Receipt
from kimi_tui.engine.control import obey
from kimi_tui.engine.loop import Engine
from kimi_tui.events import Delta, Entry
from kimi_tui.journal.reader import JournalReader
from kimi_tui.session import SessionError, StorageTrouble
from kimi_tui.sources import Source


class EngineSession:
    """Implements `session.Session` over an engine in this process."""

    live = True

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._task: asyncio.Task[None] | None = None
        self._reader = JournalReader(engine.ledger.journal.path)

    @property
    def id(self) -> str:
        """The session's id."""
        return self._reader.session

    @property
    def damage(self) -> str:
        """Nothing: nobody works on a damaged session."""
        return ""

    @property
    def trouble(self) -> StorageTrouble | None:
        """What keeps the session from recording now."""
        return self.engine.ledger.trouble

    def start(self) -> asyncio.Task[None]:
        """Set the engine to work; the task ends only with `close` or with an error that no step can survive."""
        self._task = asyncio.create_task(self.engine.run())
        self._task.add_done_callback(lambda _: self.engine.ledger.pulse.beat())
        return self._task

    async def tail(self, after: int = 0) -> AsyncIterator[Entry]:
        """Recorded entries, then each new one; it ends when the engine has ended."""
        while True:
            changed = self.engine.ledger.pulse.next()
            for entry in self._reader.entries(after):
                after = entry.seq
                yield entry
            if self._task is not None and self._task.done():
                return
            await changed.wait()

    async def deltas(self) -> AsyncIterator[Delta]:
        """Fragments as they stream."""
        feed = self.engine.ledger.watch()
        try:
            async for delta in feed:
                yield delta
        finally:
            self.engine.ledger.unwatch(feed)

    async def send(self, command: AnyCommand) -> Receipt:
        """Ask the engine for something."""
        return obey(self.engine, command)

    async def source(self, source_id: str) -> Source | None:
        """A source with its text, or None."""
        return self.engine.source(source_id)

    async def close(self) -> None:
        """End the engine where it stands and let go of the file; reopening goes on from there."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(SessionError):  # the disk is full: the line is made anew from the entries
            self.engine.ledger.keep_summary()
        self._reader.close()
        self.engine.ledger.journal.close()
