"""The dialect that goes out: a neutral request as the chat-completions body that K2 servers read rightly.

The same request gives the same bytes for ever, so that the server's prefix cache holds: tools come sorted, keys
come sorted, nothing depends on time or on a hash. Reasoning goes back on every turn that called a tool, because
the model was trained to continue it, and nowhere else, because the template would drop it.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec

from kimi_tui.projections.context import Message
from kimi_tui.providers.base import Request, ToolSchema
from kimi_tui.providers.capabilities import capability
from kimi_tui.text import replace_surrogates

RUNNING_USAGE = "continuous_usage_stats"
"""The wish for token counts in every chunk, among the stream options."""


class Dialect(msgspec.Struct, frozen=True):
    """How one kind of endpoint wants its requests."""

    reasoning_keys: tuple[str, ...]
    """The message fields that carry reasoning back."""
    running_usage: bool
    """Whether to ask for token counts in every chunk; servers that do not know the wish ignore it."""
    managed: bool = False
    """Whether a vendor runs the model, who fixes some parameters and refuses to be sent them."""
    empty_reasoning: bool = False
    """Whether a turn that called without any recorded reasoning goes back with an empty one."""


SELF_HOSTED = Dialect(reasoning_keys=("reasoning_content", "reasoning"), running_usage=True)
"""vLLM read `reasoning` alone in some versions, SGLang and llama.cpp read `reasoning_content` alone."""
MANAGED = Dialect(reasoning_keys=("reasoning_content",), running_usage=False, managed=True)
"""Endpoints that refuse fields they do not know."""


def dialect_for(request: Request, dialect: Dialect, without: Collection[str] = ()) -> Dialect:
    """`dialect` with what is known of the request's server and model, and without the fields that were refused."""
    keys = request.endpoint.reasoning_keys or dialect.reasoning_keys
    return msgspec.structs.replace(
        dialect,
        reasoning_keys=tuple(key for key in keys if key not in without),
        running_usage=dialect.running_usage and RUNNING_USAGE not in without,
        empty_reasoning=capability(request.model).needs_reasoning,
    )


def wire_messages(messages: tuple[Message, ...], dialect: Dialect) -> list[dict[str, Any]]:
    """Fresh dictionaries in the dialect, one a message."""
    return [_wire_message(message, dialect) for message in messages]


Encode = Callable[[tuple[Message, ...], Dialect], Sequence[Any]]
"""Makes messages ready for JSON."""


def wire_tools(tools: tuple[ToolSchema, ...]) -> list[dict[str, Any]]:
    """Tool declarations sorted by name: their order is part of the prompt's first bytes."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": replace_surrogates(tool.description),
                "parameters": tool.parameters,
            },
        }
        for tool in sorted(tools, key=lambda tool: tool.name)
    ]


def wire_parameters(request: Request, dialect: Dialect, without: Collection[str] = ()) -> dict[str, Any]:
    """Everything optional in a request: what was asked for, what the model needs, what the server understands.

    A parameter that the model is known to refuse where it runs is left out, and so is any in `without`.
    """
    model, endpoint = capability(request.model), request.endpoint
    wanted: dict[str, Any] = dict(model.managed if dialect.managed else model.sampling)
    if not request.thinking:
        wanted |= dict(model.silent_managed if dialect.managed else model.silent)
    if request.max_tokens is not None:
        wanted["max_tokens"] = request.max_tokens
    if request.temperature is not None:
        wanted["temperature"] = request.temperature
    if request.reasoning_cap is not None and endpoint.thinking_budget:
        wanted["thinking_token_budget"] = request.reasoning_cap
    if endpoint.reasoning_control:
        wanted |= {"reasoning_control": True, "timings_per_token": True}
    if not endpoint.splits_thinking and not model.template_switch:
        wanted["chat_template_kwargs"] = {"thinking": False}
    refused = {*without, *(model.refused if dialect.managed else ())}
    return {name: value for name, value in wanted.items() if name not in refused}


def wire_body(
    request: Request, dialect: Dialect, without: Collection[str] = (), encode: Encode = wire_messages
) -> bytes:
    """The JSON body of a streaming request, the same bytes for the same request."""
    dialect = dialect_for(request, dialect, without)
    body: dict[str, Any] = {
        "model": request.model,
        "messages": encode(request.messages, dialect),
        "stream": True,
    }
    if "stream_options" not in without:
        body["stream_options"] = {"include_usage": True} | ({RUNNING_USAGE: True} if dialect.running_usage else {})
    if request.tools:
        body["tools"] = wire_tools(request.tools)
    return msgspec.json.encode(body | wire_parameters(request, dialect, without), order="sorted")


def optional_names(request: Request, dialect: Dialect, without: Collection[str] = ()) -> frozenset[str]:
    """The names in a request as it is sent that it could do without."""
    dialect = dialect_for(request, dialect, without)
    names = {"stream_options", *wire_parameters(request, dialect, without)}
    if dialect.running_usage:
        names.add(RUNNING_USAGE)
    if any(message.calls for message in request.messages):
        names.update(dialect.reasoning_keys)
    return frozenset(names).difference(without)


def _wire_message(message: Message, dialect: Dialect) -> dict[str, Any]:
    """One message; a key with nothing to say is left out, never null."""
    wire: dict[str, Any] = {"role": message.role}
    if message.content or not message.calls:
        wire["content"] = replace_surrogates(message.content)
    if message.calls:
        reasoning = "" if message.reasoning is None and dialect.empty_reasoning else message.reasoning
        if reasoning is not None:
            wire |= dict.fromkeys(dialect.reasoning_keys, replace_surrogates(reasoning))
        wire["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": replace_surrogates(call.arguments)},
            }
            for call in message.calls
        ]
    if message.role == "tool":
        wire |= {"tool_call_id": message.call_id, "name": message.name}
    return wire
