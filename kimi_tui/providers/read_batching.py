"""Read a stream in batches, no more often than its consumer needs.

A server that sends token by token wakes its reader for each. Whoever had to wait for a piece lets more of them gather
before the next look; what is there already is taken at once, so that a fast server is not held up.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

MAX_TURN_SECONDS = 0.01
"""How long a reader may work before everything else in the event loop has its turn."""
_BATCH_SECONDS = 0.02
"""How long pieces gather: less than lies between two handings out of fragments."""
_WAITED_SECONDS = 0.001
"""From when on a piece was waited for."""
_SLOW_SECONDS = 0.01
"""From when on so few pieces come that nothing would gather."""


class LoopTurn:
    """The turn of a reader in the event loop: what is there already can be read without ever waiting."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    async def give_way(self) -> None:
        """Let everything else have its turn, if this one has lasted long."""
        if self._loop.time() - self._began > MAX_TURN_SECONDS:
            await asyncio.sleep(0)
            self._began = self._loop.time()


Piece = TypeVar("Piece")


async def give_way_between(pieces: AsyncIterator[Piece]) -> AsyncIterator[Piece]:
    """Yield the same pieces, and let everything else in the event loop have its turn between them."""
    turn = LoopTurn()
    async for piece in pieces:
        yield piece
        await turn.give_way()


async def batch_reads(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the same bytes in fewer, larger pieces."""
    loop = asyncio.get_running_loop()
    asked = loop.time()
    async for piece in give_way_between(pieces):
        waited = loop.time() - asked
        yield piece
        if _WAITED_SECONDS < waited < _SLOW_SECONDS:
            await asyncio.sleep(_BATCH_SECONDS)
        asked = loop.time()
