"""Count tokens as a server would: stable estimates, and a real prefix cache.

A token is four characters. The prompt is rendered as the K2 template orders it (tools, then messages; reasoning
only after the last assistant message without calls), so that what a real server would have to read again shows.
"""

from collections import deque
from typing import Any

from kimi_tui.embedded.chat_requests import ChatMessage, ChatRequest

CHARS_PER_TOKEN = 4
"""A usual ratio for English text."""


def count_tokens(text: str) -> int:
    """About how many tokens `text` has; 0 only for the empty text."""
    return -(-len(text) // CHARS_PER_TOKEN)


def render_prompt(request: ChatRequest) -> tuple[str, ...]:
    """Return the prompt as blocks: all tool declarations, then one block a message."""
    messages = request.messages
    answered = max((n for n, m in enumerate(messages) if m.role == "assistant" and not m.calls), default=-1)
    tools = "".join(tool.schema for tool in request.tools)
    return (tools, *(_block(message, keep=n > answered) for n, message in enumerate(messages)))


def _block(message: ChatMessage, keep: bool) -> str:
    """Return one message as the prompt holds it; `keep` keeps its reasoning."""
    calls = "".join(f"<|call|>{call.id}<|arguments|>{call.arguments}" for call in message.calls)
    thinking = f"<think>{message.reasoning if keep else ''}</think>" if message.role == "assistant" else ""
    return f"<|{message.role}|>{message.call_id}{thinking}{message.content}{calls}<|end|>"


def common_prefix(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """Return how many characters two rendered prompts share from their beginning."""
    shared = 0
    for one, other in zip(first, second, strict=False):
        if one == other:
            shared += len(one)
            continue
        return shared + next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    return shared


class PrefixCache:
    """Remembers recent prompts and finds how much of a new one was read before."""

    def __init__(self, prompts: int = 8) -> None:
        self._prompts: deque[tuple[str, ...]] = deque(maxlen=prompts)

    def look_up(self, blocks: tuple[str, ...]) -> int:
        """Tokens of `blocks` that an earlier prompt began with; `blocks` is remembered from now on."""
        shared = max((common_prefix(blocks, earlier) for earlier in self._prompts), default=0)
        self._prompts.append(blocks)
        return shared // CHARS_PER_TOKEN


def build_usage(prompt: int, cached: int, reasoning: str, answer: str) -> dict[str, Any]:
    """Return the usage object of one reply; `answer` is its text and the arguments of its calls."""
    reasoned, answered = count_tokens(reasoning), count_tokens(answer)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": reasoned + answered,
        "total_tokens": prompt + reasoned + answered,
        "prompt_tokens_details": {"cached_tokens": min(cached, prompt)},
        "completion_tokens_details": {"reasoning_tokens": reasoned},
    }
