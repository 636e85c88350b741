"""Notify waiters of changes, and pass streamed fragments to watchers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec

from kimi_tui.events import Delta

MIN_GAP_SECONDS = 0.045
"""Least seconds between two handings out of fragments: below what the eye parts."""
MAX_EASY_FRAGMENTS = 18
"""So many handed out at once lengthen the pause by nothing."""
SECONDS_PER_FRAGMENT = 0.0004
"""Seconds more for each further one: under load fewer and larger ones cost less."""
MAX_GAP_SECONDS = 0.1
"""Most seconds between two handings out."""
FEW_FRAGMENTS = 2
"""So few come from a slow stream; they go with the next one, so that the newest word never waits for a clock."""
NEXT_FRAGMENT_SECONDS = 0.03
"""How long they wait for the next one."""


class ChangeSignal:
    """A signal that wakes every waiter; a waiter that took `next_change()` misses no change after that moment."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def notify(self) -> None:
        """Wake every waiter."""
        self._event.set()
        self._event = asyncio.Event()

    def next_change(self) -> asyncio.Event:
        """Return an event that is set at the next change."""
        return self._event


class DeltaFeed:
    """Fragments for one watcher, those of one stream joined: at most so many a second, however many tokens come."""

    def __init__(self, gap: float = MIN_GAP_SECONDS) -> None:
        """`gap` is the least seconds between two handings out, 0 for none; the first fragment after a rest waits for
        nothing.
        """
        self._gap = gap
        self._waiting: dict[tuple[str, int, str, int], list[Delta]] = {}
        self._ready = asyncio.Event()
        self._closed = False

    def put(self, delta: Delta) -> None:
        """Add a fragment; it is joined to those of its stream that wait, and a state replaces the one before."""
        stream = (delta.trajectory, delta.step, delta.kind, delta.index)
        if delta.kind == "state":
            self._waiting.pop(stream, None)
        self._waiting.setdefault(stream, []).append(delta)
        self._ready.set()

    def close(self) -> None:
        """End the feed."""
        self._closed = True
        self._ready.set()

    async def __aiter__(self) -> AsyncIterator[Delta]:
        """Fragments as they come, until the feed is closed."""
        while not self._closed:
            await self._ready.wait()
            self._ready.clear()
            waiting, self._waiting = self._waiting, {}
            for parts in waiting.values():
                yield _join_deltas(parts)
            await asyncio.sleep(self._seconds_to_next(_count_fragments(waiting)))
            if 0 < _count_fragments(self._waiting) <= FEW_FRAGMENTS and self._gap:
                await self._wait_for_fragment()

    def _seconds_to_next(self, handed_out: int) -> float:
        """Return the pause after so many fragments."""
        if not self._gap:
            return 0.0
        more = max(handed_out - MAX_EASY_FRAGMENTS, 0) * SECONDS_PER_FRAGMENT
        return min(self._gap + more, max(self._gap, MAX_GAP_SECONDS))

    async def _wait_for_fragment(self) -> None:
        """Wait a moment for one more fragment, or for the end."""
        if not self._closed:
            self._ready.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(NEXT_FRAGMENT_SECONDS):
                    await self._ready.wait()
            self._ready.set()


def _count_fragments(waiting: dict[tuple[str, int, str, int], list[Delta]]) -> int:
    return sum(map(len, waiting.values()))


def _join_deltas(parts: list[Delta]) -> Delta:
    """Join the fragments of one stream; the first names the tool, the last has the highest count."""
    if len(parts) == 1:
        return parts[0]
    text, tokens = "".join(part.text for part in parts), max(part.tokens for part in parts)
    return msgspec.structs.replace(parts[0], text=text, tokens=tokens)
