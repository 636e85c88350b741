"""A session whose last turn is over: it is read from its journal, and the first command starts a runner.

So looking at what is recorded costs no process, and opening a long session is as quick as reading it. When another
front end sets the session to work, this one notices and attaches.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import chain

from kimi_tui.commands import AnyCommand, Receipt
from kimi_tui.events import Delta, Entry
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.recorded_session import JournalSession
from kimi_tui.session import Session, SessionError, State, StorageTrouble

OVER_STATES: frozenset[State] = frozenset({"finished", "stopped", "budget", "failed"})
"""States in which nothing happens until a person asks for something."""
_CHECK_SECONDS = 2.0
"""Between looks at whether somebody else set the session to work."""


class IdleSession(JournalSession):
    """Implements `session.Session` over a journal at rest, and over a runner once there is one."""

    live = True

    def __init__(
        self, journal: JournalReader, wake: Callable[[], Awaitable[Session]], sound: Sequence[Entry] = ()
    ) -> None:
        """`wake` attaches to the session's runner, or starts one; it raises `SessionError`.

        `sound` are the first entries, if they have been read.
        """
        super().__init__(journal)
        self._sound = sound
        self._wake = wake
        self._waking = asyncio.Lock()
        self._woken = asyncio.Event()
        self._working: Session | None = None

    @property
    def storage_trouble(self) -> StorageTrouble | None:
        """Why the runner cannot record now, once there is one."""
        return self._working.storage_trouble if self._working else None

    @property
    def engine_failure(self) -> str:
        """Why the runner's engine failed, once there was one."""
        return self._working.engine_failure if self._working else ""

    async def tail(self, after: int = 0) -> AsyncIterator[Entry]:
        """Recorded entries, then each new one."""
        sound, self._sound = self._sound, ()
        for entry in chain(sound[after:], self._journal.entries(max(after, len(sound)))):
            after = entry.seq
            yield entry
        while self._working is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CHECK_SECONDS):
                    await self._woken.wait()
            if self._journal.last_seq() > after:
                await self._start_runner()
        async for entry in self._working.tail(after):
            yield entry

    async def deltas(self) -> AsyncIterator[Delta]:
        """Fragments as they stream, once something streams."""
        await self._woken.wait()
        assert self._working is not None
        async for delta in self._working.deltas():
            yield delta

    async def send(self, command: AnyCommand) -> Receipt:
        """Send a command to the session's engine, which is started for it."""
        try:
            session = await self._start_runner()
        except SessionError as error:
            return Receipt(False, str(error))
        return await session.send(command)

    async def close(self) -> None:
        """Close the handle; a runner continues."""
        async with self._waking:
            if self._working is not None:
                await self._working.close()
            self._journal.close()

    async def _start_runner(self) -> Session:
        """Return the session at its runner; raises `SessionError`."""
        async with self._waking:
            if self._working is None:
                self._working = await self._wake()
                self._woken.set()
            return self._working
