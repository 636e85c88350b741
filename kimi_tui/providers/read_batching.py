"""Read a stream in batches, no more often than its consumer needs.

A server that sends token by token wakes its reader for each. Whoever had to wait for a piece lets more of them gather
before the next look; what is there already is taken at once, so that a fast server is not held up.
"""

import asyncio
from collections.abc import AsyncIterator

_BATCH_SECONDS = 0.02
"""How long pieces gather: less than lies between two handings out of fragments."""
_WAITED_SECONDS = 0.001
"""From when on a piece was waited for."""
_SLOW_SECONDS = 0.01
"""From when on so few pieces come that nothing would gather."""


async def batch_reads(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the same bytes in fewer, larger pieces."""
    loop = asyncio.get_running_loop()
    asked = loop.time()
    async for piece in pieces:
        waited = loop.time() - asked
        yield piece
        if _WAITED_SECONDS < waited < _SLOW_SECONDS:
            await asyncio.sleep(_BATCH_SECONDS)
        asked = loop.time()
