"""Deciding that a model has reasoned enough: its cap on reasoning is reached, or a person said so.

The decision is taken after every frame, so that a cap is passed by no more than one frame holds.
"""

import asyncio

from kimi_tui.providers.base import ProviderError, Request
from kimi_tui.providers.reply import ReplyAssembler

SLACK = 64
"""Tokens that a server which ends the thinking by itself may take for that, beyond the cap."""


class ThinkingLimit:
    """The limit on the thinking of one reply."""

    def __init__(self, request: Request, enough: asyncio.Event | None) -> None:
        """`enough` is set when a person wants the model to act."""
        self.asked = False
        """Whether the server was asked to end the thinking."""
        self.by_server = request.endpoint.reasoning_control
        """Whether the server can be asked."""
        self._cap = request.reasoning_cap
        if self._cap is not None and request.endpoint.thinking_budget:
            self._cap += SLACK
        self._enough = enough

    def reached(self, reply: ReplyAssembler) -> bool:
        """Whether the thinking is to end now."""
        if (self._cap is None and self._enough is None) or not reply.thinking:
            return False
        if self._enough is not None and self._enough.is_set() and not self.asked:
            return True
        return self._cap is not None and reply.meter.reasoning_tokens >= self._cap

    def wait_for_server(self, reply: ReplyAssembler) -> None:
        """Let the server, which was asked, end the thinking within a few tokens."""
        self.asked = True
        self._cap = reply.meter.reasoning_tokens + SLACK

    def passed(self, reply: ReplyAssembler) -> ProviderError:
        """The error that ends the stream, with the reasoning so far."""
        about = "about " if reply.meter.estimated else ""
        tokens = f"after {about}{reply.meter.reasoning_tokens:,} tokens."
        if self._enough is not None and self._enough.is_set():
            return reply.failure("capped", f"A person ended the thinking {tokens}", "The model is asked to act now.")
        return reply.failure(
            "capped",
            f"The thinking was ended at its cap {tokens}",
            "The model is asked to act now; raise the cap on reasoning if this repeats.",
        )
