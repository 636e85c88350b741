"""Bridge for a recording: it folds the entries up to the playhead, and starts again when the person seeks back."""

import asyncio
import time
from collections.abc import Callable

from textual.message import Message
from textual.message_pump import MessagePump

from kimi_tui.events import Entry
from kimi_tui.projections.state import SessionState
from kimi_tui.session import Session, SessionError
from kimi_tui.tui.bridge import BATCH_ENTRIES, SessionBridge, SessionBroken
from kimi_tui.tui.playhead import Playhead

TICK_SECONDS = 0.05
"""How often the playhead moves."""


class ReplayRestarted(Message):
    """The state was rebuilt from the beginning; everything drawn is outdated."""


class PlayheadMoved(Message):
    """The playhead has moved."""

    def can_replace(self, message: Message) -> bool:
        """Return a later move makes an earlier one needless."""
        return isinstance(message, PlayheadMoved)


class ReplayBridge(SessionBridge):
    """Connect a recording to a screen, at the speed of its playhead."""

    def __init__(
        self, session: Session, screen: MessagePump, playhead: Playhead, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(session, screen)
        self.playhead = playhead
        """Where the replay stands."""
        self._clock = clock

    async def collect_entries(self) -> None:
        """Read the recording whole."""
        try:
            async for entry in self.session.tail():
                self.playhead.add(entry)
                if len(self.playhead.recorded_entries) % BATCH_ENTRIES == 0:
                    await asyncio.sleep(0)
        except SessionError as error:
            self._screen.post_message(SessionBroken(str(error)))

    async def apply_entries(self) -> None:
        """Move the playhead for ever, and fold what it passes."""
        before = self._clock()
        while True:
            now = self._clock()
            await self._fold(self.playhead.advance(now - before))
            for delta in self.playhead.new_fragments() if self.playhead.playing else ():
                self._collect_fragment(delta)
            if self.playhead.playing and self.playhead.ended and self.playhead.recorded_entries:
                self.playhead.playing = False
            before = now
            self._screen.post_message(PlayheadMoved())
            await asyncio.sleep(TICK_SECONDS)

    async def seek(self, count: int) -> None:
        """Move to just after `count` entries."""
        passed = self.playhead.seek(count)
        if passed is None:
            self.folded = SessionState()
            self.state = self.folded.main
            self._deltas.clear()
            self._settled.clear()
            self._screen.post_message(ReplayRestarted())
            passed = self.playhead.seek(count) or []
        await self._fold(passed)
        self._screen.post_message(PlayheadMoved())

    async def fold_next_entry(self) -> None:
        """Pause, and fold one entry."""
        await self._fold(self.playhead.next_entry())
        self._screen.post_message(PlayheadMoved())

    async def _fold(self, entries: list[Entry]) -> None:
        for first in range(0, len(entries), BATCH_ENTRIES):
            self._apply(entries[first : first + BATCH_ENTRIES])
            await asyncio.sleep(0)
