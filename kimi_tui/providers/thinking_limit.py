"""Decide when the model's thinking must end: the cap is reached, or a person asked it to act.

The decision is taken after every frame, so that a cap is passed by no more than one frame holds.
"""

import asyncio

from kimi_tui.providers.base import ModelRequest, ProviderError
from kimi_tui.providers.reply_assembler import ReplyAssembler

SLACK_TOKENS = 64
"""Tokens that a server which ends the thinking by itself may take for that, beyond the cap."""


class ThinkingLimit:
    """Limit on the thinking of one reply."""

    def __init__(self, request: ModelRequest, enough: asyncio.Event | None) -> None:
        """`enough` is set when a person wants the model to act."""
        self.asked = False
        """True when the server was asked to end the thinking."""
        self.by_server = request.endpoint.reasoning_control
        """True when the server can be asked."""
        self._cap = request.reasoning_cap
        if self._cap is not None and request.endpoint.thinking_budget:
            self._cap += SLACK_TOKENS
        self._stop_thinking = enough

    def is_reached(self, reply: ReplyAssembler) -> bool:
        """Return whether the thinking must end now."""
        if (self._cap is None and self._stop_thinking is None) or not reply.thinking:
            return False
        if self._stop_thinking is not None and self._stop_thinking.is_set() and not self.asked:
            return True
        return self._cap is not None and reply.meter.reasoning_tokens >= self._cap

    def wait_for_server(self, reply: ReplyAssembler) -> None:
        """Let the server, which was asked, end the thinking within a few tokens."""
        self.asked = True
        self._cap = reply.meter.reasoning_tokens + SLACK_TOKENS

    def limit_error(self, reply: ReplyAssembler) -> ProviderError:
        """Return the error that ends the stream, with the reasoning so far."""
        about = "about " if reply.meter.estimated else ""
        tokens = f"after {about}{reply.meter.reasoning_tokens:,} tokens."
        if self._stop_thinking is not None and self._stop_thinking.is_set():
            return reply.failure("capped", f"A person ended the thinking {tokens}", "The model is asked to act now.")
        return reply.failure(
            "capped",
            f"The thinking was ended at its cap {tokens}",
            "The model is asked to act now; raise the cap on reasoning if this repeats.",
        )
