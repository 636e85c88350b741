"""Wait for conditions without notification: other processes, files, the screen of a terminal."""

import asyncio
import time
from collections.abc import Callable


async def wait_until(condition: Callable[[], object], seconds: float = 30.0, gap: float = 0.02) -> bool:
    """Wait until the condition holds, looking every `gap` seconds; returns whether it held in time."""
    deadline = time.monotonic() + seconds
    for _ in range(int(seconds / gap) + 1):
        if condition():
            return True
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(gap)
    return bool(condition())
