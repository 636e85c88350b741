"""Count the tokens of a reply: thinking while it streams, everything at the end.

The server's own counts are used wherever they come, in a last chunk, inside a choice or running along; what no
server counted, or counted as no server can, is told by lengths and says that it is an estimate.
"""

from msgspec.structs import replace

from kimi_tui.events import Usage
from kimi_tui.providers.base import ModelRequest
from kimi_tui.providers.chunks import WireUsage

CHARS_PER_TOKEN = 4
_MAX_TOKENS_PER_CHAR = 4
"""More than any tokenizer makes of a character."""
_MAX_UNSEEN_TOKENS = 200_000
"""What a server may read beside the messages: the tools, and what its template adds."""


class UsageMeter:
    """Token counts of one reply."""

    def __init__(self, request: ModelRequest) -> None:
        self.reasoning_tokens = 0
        """Tokens of thinking so far."""
        self.estimated = True
        """True when that was told by lengths."""
        self.usage: WireUsage | None = None
        """What the server counted last."""
        self._request = request
        self._fragments = 0
        self._characters = 0

    @property
    def ended_by_server(self) -> bool:
        """Return whether the server ended the thinking at its cap."""
        cap = self._request.reasoning_cap if self._request.endpoint.thinking_budget else None
        return bool(cap and self.usage is not None and self.usage.reasoning_count >= cap)

    def take_usage(self, usage: WireUsage, *, thinking: bool) -> None:
        """Take the server's count; `thinking` says that neither text nor calls have streamed yet."""
        self.usage = usage
        reasoned = usage.reasoning_count or (usage.completion_tokens or 0 if thinking else 0)
        self.take_running_count(reasoned)

    def take_running_count(self, reasoned: int) -> None:
        """Take the server's count of thinking alone."""
        if reasoned:
            self.reasoning_tokens, self.estimated = reasoned, False

    def add_reasoning(self, reasoning: str) -> None:
        """Count a fragment of thinking; without a server's count it is at least one token."""
        self._fragments += 1
        self._characters += len(reasoning)
        if self.estimated:
            self.reasoning_tokens = max(self._fragments, self._characters // CHARS_PER_TOKEN)

    def total_usage(self, written: int) -> Usage:
        """Return the usage of the whole reply; `written` characters replace missing counts."""
        usage = self.usage.to_usage() if self.usage is not None else Usage()
        if not 0 < usage.prompt_tokens <= _MAX_UNSEEN_TOKENS:
            usage = self._read(usage)
        if written and not usage.completion_tokens:
            reasoned = usage.reasoning_tokens or self._characters // CHARS_PER_TOKEN
            completion = max(written // CHARS_PER_TOKEN, 1)
            usage = replace(usage, completion_tokens=completion, reasoning_tokens=reasoned)
        return usage

    def _read(self, usage: Usage) -> Usage:
        """Return the usage with plausible prompt tokens."""
        read = sum(message.characters for message in self._request.messages)
        if 0 < usage.prompt_tokens <= read * _MAX_TOKENS_PER_CHAR + _MAX_UNSEEN_TOKENS:
            return usage
        return replace(usage, prompt_tokens=max(read // CHARS_PER_TOKEN, 1), cached_tokens=0, estimated=True)
