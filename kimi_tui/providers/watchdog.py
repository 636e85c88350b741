"""Ending a reply whose server keeps silent, or sends nothing but signs of life.

Until the first fragment, and between a finish reason and the end, the time is fixed from the beginning: nothing
prolongs it. In between every read does, but a server that only keeps the connection alive has no longer than the
first fragment may take.
"""

import asyncio

from kimi_tui.providers.base import Patience, ProviderError
from kimi_tui.providers.reply import ReplyAssembler

_CLOSING_SECONDS = 10.0
"""How long to wait for the usage chunk after the server gave a finish reason."""


class Watchdog:
    """The limit on the silence of one reply, over the `timeout` that its request runs in."""

    def __init__(self, timeout: asyncio.Timeout, reply: ReplyAssembler, patience: Patience) -> None:
        self._timeout = timeout
        self._reply = reply
        self._patience = patience
        self._seen = 0
        self._grown = 0.0
        self._closes: float | None = None

    def heard(self) -> None:
        """Something was read, and the reply has taken it."""
        now, reply = asyncio.get_running_loop().time(), self._reply
        if reply.over:
            self._closes = self._closes or now + min(self._patience.between, _CLOSING_SECONDS)
            self._timeout.reschedule(self._closes)
        elif reply.started:
            if reply.fragments != self._seen:
                self._seen, self._grown = reply.fragments, now
            self._timeout.reschedule(min(now + self._patience.between, self._grown + self._patience.first))


def stalled(reply: ReplyAssembler, patience: Patience) -> ProviderError:
    """The error for a server that was waited for long enough."""
    seconds = patience.between if reply.started else patience.first
    return reply.failure(
        "stalled",
        f"The server sent nothing for {seconds:g} seconds.",
        "See whether the server is still working; it may be out of memory or waiting in its queue.",
    )
