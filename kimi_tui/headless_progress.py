"""Report on stderr what a headless run waits for while nothing is recorded."""

import asyncio
import time
from collections.abc import Callable

from kimi_tui.events import Delta, Entry, StepFailed
from kimi_tui.session import Session
from kimi_tui.text import one_line

REPORT_SECONDS = 30.0
"""How long nothing is recorded before a line is written, and between two such lines."""


class WaitReporter:
    """Write a line now and then while nothing is recorded."""

    def __init__(self, write: Callable[[str], None], every: float = REPORT_SECONDS) -> None:
        """`write` takes one printable line."""
        self._write = write
        self._every = every
        self._since = self._written = time.monotonic()
        self._what = ""
        self._tokens = 0
        self._again_at: float | None = None

    def note_entry(self, entry: Entry) -> None:
        """Note that an entry was recorded; it has a line of its own."""
        self._since = self._written = time.monotonic()
        event = entry.event
        wait = event.wait if isinstance(event, StepFailed) and not event.awaited else 0.0
        self._again_at = self._since + wait if wait else None
        self._what, self._tokens = "", 0

    def note_delta(self, delta: Delta) -> None:
        """Note what the engine does and what the model writes."""
        if delta.kind == "state":
            self._what = delta.text
        else:
            self._what = "the model reasons" if delta.kind == "reasoning" else "the model writes"
            self._tokens = max(self._tokens, delta.tokens)

    async def watch(self, session: Session) -> None:
        """Write lines until cancelled, or until the session ends."""
        hearing = asyncio.create_task(self._follow_deltas(session))
        try:
            while not hearing.done():
                await asyncio.wait({hearing}, timeout=max(self._written + self._every - time.monotonic(), 0.05))
                if time.monotonic() - self._written >= self._every:
                    self.write_line()
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def _follow_deltas(self, session: Session) -> None:
        """Note every streamed fragment."""
        async for delta in session.deltas():
            self.note_delta(delta)

    def write_line(self) -> None:
        """Write what is waited for, and for how long; nothing when that is not known."""
        now = self._written = time.monotonic()
        if not self._what:
            return
        counted = f", {self._tokens:,} tokens" if self._tokens else ""
        left = f", {self._again_at - now:,.0f} s left" if self._again_at is not None and self._again_at > now else ""
        self._write(one_line(f"{self._what}{counted}, for {now - self._since:,.0f} s{left}", 300))
