"""End a reply whose server is silent or sends only keep-alive messages.

Until the first fragment, and between a finish reason and the end, the time is fixed from the beginning: nothing
prolongs it. In between every read does, but a server that only keeps the connection alive has no longer than the
first fragment may take.
"""

import asyncio

from kimi_tui.providers.base import ProviderError, SilenceLimits
from kimi_tui.providers.reply_assembler import ReplyAssembler

_CLOSING_SECONDS = 10.0
"""How long to wait for the usage chunk after the server gave a finish reason."""


class Watchdog:
    """Limit on the silence of one reply, on top of its request's `timeout`."""

    def __init__(self, timeout: asyncio.Timeout, reply: ReplyAssembler, patience: SilenceLimits) -> None:
        self._timeout = timeout
        self._reply = reply
        self._patience = patience
        self._seen = 0
        self._grown = 0.0
        self._closes: float | None = None

    def note_read(self) -> None:
        """Note that bytes were read and given to the reply."""
        now, reply = asyncio.get_running_loop().time(), self._reply
        if reply.is_over:
            self._closes = self._closes or now + min(self._patience.between_seconds, _CLOSING_SECONDS)
            self._timeout.reschedule(self._closes)
        elif reply.has_started:
            if reply.fragments != self._seen:
                self._seen, self._grown = reply.fragments, now
            self._timeout.reschedule(
                min(now + self._patience.between_seconds, self._grown + self._patience.first_seconds)
            )


def stalled_error(reply: ReplyAssembler, patience: SilenceLimits) -> ProviderError:
    """Return the error for a server that was waited for long enough."""
    seconds = patience.between_seconds if reply.has_started else patience.first_seconds
    return reply.failure(
        "stalled",
        f"The server sent nothing for {seconds:g} seconds.",
        "See whether the server is still working; it may be out of memory or waiting in its queue.",
    )
