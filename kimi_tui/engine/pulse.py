"""Waking whoever waits for something to change, and handing streamed fragments to whoever watches."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import msgspec

from kimi_tui.events import Delta


class Pulse:
    """A beat that wakes every waiter; whoever takes `next()` misses no beat after that moment."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def beat(self) -> None:
        """Wake everybody who waits now."""
        self._event.set()
        self._event = asyncio.Event()

    def next(self) -> asyncio.Event:
        """Set at the next beat."""
        return self._event


class DeltaFeed:
    """Fragments for one watcher; when it lags, fragments of one kind are joined, so the feed stays small."""

    def __init__(self) -> None:
        self._waiting: deque[Delta] = deque()
        self._ready = asyncio.Event()
        self._closed = False

    def put(self, delta: Delta) -> None:
        """Add a fragment; it joins the last one when that is the same stream."""
        last = self._waiting[-1] if self._waiting else None
        if last is not None and delta.kind != "state" and _same_stream(last, delta):
            self._waiting[-1] = msgspec.structs.replace(last, text=last.text + delta.text, tokens=delta.tokens)
        else:
            self._waiting.append(delta)
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
            while self._waiting:
                yield self._waiting.popleft()


def _same_stream(one: Delta, other: Delta) -> bool:
    return (one.trajectory, one.step, one.kind, one.index) == (other.trajectory, other.step, other.kind, other.index)
