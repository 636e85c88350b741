"""A bridge over a recording: it folds what the playhead has passed, and folds anew when a person goes back."""

import asyncio
import time
from collections.abc import Callable

from textual.message import Message
from textual.message_pump import MessagePump

from kimi_tui.events import Entry
from kimi_tui.projections.state import SessionState
from kimi_tui.session import Session, SessionError
from kimi_tui.tui.bridge import BATCH, Bridge, Broken
from kimi_tui.tui.playhead import Playhead

TICK_SECONDS = 0.05
"""How often the playhead moves."""


class Rewound(Message):
    """The state was begun anew: whatever was drawn is of another one."""


class Moved(Message):
    """The playhead has moved."""

    def can_replace(self, message: Message) -> bool:
        """A later move makes an earlier one needless."""
        return isinstance(message, Moved)


class ReplayBridge(Bridge):
    """Carries a recording to a screen, at the pace of its playhead."""

    def __init__(
        self, session: Session, screen: MessagePump, playhead: Playhead, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(session, screen)
        self.playhead = playhead
        """Where the replay stands."""
        self._clock = clock

    async def tail(self) -> None:
        """Read the recording whole."""
        try:
            async for entry in self.session.tail():
                self.playhead.add(entry)
                if len(self.playhead.entries) % BATCH == 0:
                    await asyncio.sleep(0)
        except SessionError as error:
            self._screen.post_message(Broken(str(error)))

    async def fold(self) -> None:
        """Move the playhead for ever, and fold what it passes."""
        before = self._clock()
        while True:
            now = self._clock()
            await self._fold(self.playhead.advance(now - before))
            for delta in self.playhead.fragments() if self.playhead.playing else ():
                self._collect(delta)
            if self.playhead.playing and self.playhead.ended and self.playhead.entries:
                self.playhead.playing = False
            before = now
            self._screen.post_message(Moved())
            await asyncio.sleep(TICK_SECONDS)

    async def seek(self, count: int) -> None:
        """Stand behind so many entries."""
        passed = self.playhead.seek(count)
        if passed is None:
            self.state = SessionState()
            self._deltas.clear()
            self._settled.clear()
            self._screen.post_message(Rewound())
            passed = self.playhead.seek(count) or []
        await self._fold(passed)
        self._screen.post_message(Moved())

    async def step(self) -> None:
        """Pause, and fold one entry."""
        await self._fold(self.playhead.next_entry())
        self._screen.post_message(Moved())

    async def _fold(self, entries: list[Entry]) -> None:
        for first in range(0, len(entries), BATCH):
            self._apply(entries[first : first + BATCH])
            await asyncio.sleep(0)
