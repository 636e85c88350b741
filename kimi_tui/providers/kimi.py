"""The dialect that goes out: a neutral request as the chat-completions body that K2 servers read rightly.

The same request gives the same bytes for ever, so that the server's prefix cache holds: tools come sorted, keys
come sorted, nothing depends on time or on a hash. Reasoning goes back on every turn that called a tool, because
the model was trained to continue it, and nowhere else, because the template would drop it.
"""

from typing import Any

import msgspec

from kimi_tui.projections.context import Message
from kimi_tui.providers.base import Request, ToolSchema
from kimi_tui.text import well_formed


class Dialect(msgspec.Struct, frozen=True):
    """How one kind of endpoint wants its requests."""

    reasoning_keys: tuple[str, ...]
    """The message fields that carry reasoning back."""
    running_usage: bool
    """Whether to ask for token counts in every chunk; servers that do not know the wish ignore it."""


SELF_HOSTED = Dialect(reasoning_keys=("reasoning_content", "reasoning"), running_usage=True)
"""vLLM read `reasoning` alone in some versions, SGLang and llama.cpp read `reasoning_content` alone."""
MANAGED = Dialect(reasoning_keys=("reasoning_content",), running_usage=False)
"""Endpoints that refuse fields they do not know."""


def wire_messages(messages: tuple[Message, ...], dialect: Dialect) -> list[dict[str, Any]]:
    """Fresh dictionaries in the dialect, one a message."""
    return [_wire_message(message, dialect) for message in messages]


def wire_tools(tools: tuple[ToolSchema, ...]) -> list[dict[str, Any]]:
    """Tool declarations sorted by name: their order is part of the prompt's first bytes."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": well_formed(tool.description),
                "parameters": tool.parameters,
            },
        }
        for tool in sorted(tools, key=lambda tool: tool.name)
    ]


def wire_body(request: Request, dialect: Dialect) -> bytes:
    """The JSON body of a streaming request, the same bytes for the same request."""
    stream_options = {"include_usage": True}
    if dialect.running_usage:
        stream_options["continuous_usage_stats"] = True
    body: dict[str, Any] = {
        "model": request.model,
        "messages": wire_messages(request.messages, dialect),
        "stream": True,
        "stream_options": stream_options,
    }
    if request.tools:
        body["tools"] = wire_tools(request.tools)
    if request.max_tokens is not None:
        body["max_tokens"] = request.max_tokens
    if request.temperature is not None:
        body["temperature"] = request.temperature
    return msgspec.json.encode(body, order="sorted")


def _wire_message(message: Message, dialect: Dialect) -> dict[str, Any]:
    """One message; a key with nothing to say is left out, never null."""
    wire: dict[str, Any] = {"role": message.role}
    if message.content or not message.calls:
        wire["content"] = well_formed(message.content)
    if message.calls:
        if message.reasoning is not None:
            wire |= dict.fromkeys(dialect.reasoning_keys, well_formed(message.reasoning))
        wire["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": well_formed(call.arguments)},
            }
            for call in message.calls
        ]
    if message.role == "tool":
        wire |= {"tool_call_id": message.call_id, "name": message.name}
    return wire
