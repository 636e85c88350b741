"""Between two tries of a model call: how long to wait, and looking for a server that went away.

A wait can always be ended from outside by cancelling it; nothing here asks the model for anything.
"""

import asyncio
import random

from kimi_tui.providers.base import Provider, ProviderError

LONGEST_WAIT = 60.0
"""Seconds that are waited at the most before the next try, where the server does not say how long."""
LOOK_SECONDS = 1.0
"""How often a server that is away is looked for."""
_LONGEST_BEFORE_LOOKING = 2.0


def backoff(error: ProviderError, attempt: int) -> float:
    """Seconds until the next try: the server's wish, else doubling from half a second with jitter."""
    if error.retry_after is not None:
        return max(error.retry_after, 0.1)
    return float(min(0.5 * 2.0 ** (attempt - 1), LONGEST_WAIT) * random.uniform(0.75, 1.25))


def is_away(error: ProviderError) -> bool:
    """Whether the server is not there or not ready, and did not say for how long."""
    return error.kind in ("unreachable", "overloaded") and error.retry_after is None


def wish_beyond(error: ProviderError, most: float) -> str:
    """One sentence on a wait that the server asks for and that is longer than `most` seconds; empty if it is not."""
    wish = error.retry_after
    if wish is None or wish <= most or not error.retryable:
        return ""
    long = f"{wish / 3600:.1f} hours" if wish >= 3600 else f"{wish / 60:.0f} minutes"
    return f"The server asks to wait {wish:,.0f} seconds ({long}); go on then, or raise return_seconds ({most:,.0f})."


async def until_ready(provider: Provider, at_least: float, at_most: float) -> bool:
    """Let a moment pass, then wait until the server takes requests; False if it did not within `at_most` seconds."""
    now = asyncio.get_running_loop().time
    deadline = now() + at_most
    await asyncio.sleep(min(at_least, at_most, _LONGEST_BEFORE_LOOKING))
    while not await provider.ready():
        if now() >= deadline:
            return False
        await asyncio.sleep(min(LOOK_SECONDS, at_most))
    return True
