"""Build the chat-completions body of a request in the dialect that K2 servers expect.

The same request gives the same bytes for ever, so that the server's prefix cache holds: tools come sorted, keys
come sorted, nothing depends on time or on a hash. Reasoning goes back on every turn that called a tool, because
the model was trained to continue it, and nowhere else, because the template would drop it.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec

from kimi_tui.messages import Message
from kimi_tui.providers.base import ModelRequest, ToolSchema
from kimi_tui.providers.capabilities import find_capability
from kimi_tui.text import replace_surrogates

RUNNING_USAGE_OPTION = "continuous_usage_stats"
"""The wish for token counts in every chunk, among the stream options."""


class Dialect(msgspec.Struct, frozen=True):
    """The form that one kind of endpoint expects."""

    reasoning_keys: tuple[str, ...]
    """The message fields that carry reasoning back."""
    running_usage: bool
    """True when to ask for token counts in every chunk; servers that do not know the wish ignore it."""
    managed: bool = False
    """True when a vendor runs the model, who fixes some parameters and refuses to be sent them."""
    empty_reasoning: bool = False
    """True when a turn that called without any recorded reasoning goes back with an empty one."""


SELF_HOSTED = Dialect(reasoning_keys=("reasoning_content", "reasoning"), running_usage=True)
"""vLLM read `reasoning` alone in some versions, SGLang and llama.cpp read `reasoning_content` alone."""
MANAGED = Dialect(reasoning_keys=("reasoning_content",), running_usage=False, managed=True)
"""Endpoints that refuse fields they do not know."""


def dialect_for(request: ModelRequest, dialect: Dialect, without: Collection[str] = ()) -> Dialect:
    """Adapt a dialect to the request's server and model, without the fields that were refused."""
    keys = request.endpoint.reasoning_keys or dialect.reasoning_keys
    return msgspec.structs.replace(
        dialect,
        reasoning_keys=tuple(key for key in keys if key not in without),
        running_usage=dialect.running_usage and RUNNING_USAGE_OPTION not in without,
        empty_reasoning=find_capability(request.model).needs_reasoning,
    )


def wire_messages(messages: tuple[Message, ...], dialect: Dialect) -> list[dict[str, Any]]:
    """Return one new dictionary a message, in the dialect."""
    return [_wire_message(message, dialect) for message in messages]


Encode = Callable[[tuple[Message, ...], Dialect], Sequence[Any]]
"""Makes messages ready for JSON."""


def wire_tools(tools: tuple[ToolSchema, ...]) -> list[dict[str, Any]]:
    """Return the tool declarations sorted by name, since their order is part of the cached prompt prefix."""
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


def wire_parameters(request: ModelRequest, dialect: Dialect, without: Collection[str] = ()) -> dict[str, Any]:
    """Return the optional parameters: requested, needed by the model, and understood by the server.

    A parameter that the model is known to refuse where it runs is left out, and so is any in `without`.
    """
    model, endpoint = find_capability(request.model), request.endpoint
    wanted: dict[str, Any] = dict(model.managed if dialect.managed else model.sampling)
    if not request.thinking:
        wanted |= dict(model.silent_managed if dialect.managed else model.silent)
    asked = {"max_tokens": request.max_tokens, "temperature": request.temperature}
    wanted |= {name: value for name, value in asked.items() if value is not None}
    if request.reasoning_cap is not None and endpoint.thinking_budget:
        wanted["thinking_token_budget"] = request.reasoning_cap
    if endpoint.reasoning_control:
        wanted |= {"reasoning_control": True, "timings_per_token": True}
    if not endpoint.splits_thinking and not model.template_switch:
        wanted["chat_template_kwargs"] = {"thinking": False}
    refused = {*without, *(model.refused if dialect.managed else ())}
    return {name: value for name, value in wanted.items() if name not in refused}


def wire_body(
    request: ModelRequest, dialect: Dialect, without: Collection[str] = (), encode: Encode = wire_messages
) -> bytes:
    """Return the JSON body of a streaming request; the same request gives the same bytes."""
    dialect = dialect_for(request, dialect, without)
    body: dict[str, Any] = {
        "model": request.model,
        "messages": encode(request.messages, dialect),
        "stream": True,
    }
    if "stream_options" not in without:
        body["stream_options"] = {"include_usage": True} | (
            {RUNNING_USAGE_OPTION: True} if dialect.running_usage else {}
        )
    if request.tools:
        body["tools"] = wire_tools(request.tools)
    return msgspec.json.encode(body | wire_parameters(request, dialect, without), order="sorted")


def optional_parameters(request: ModelRequest, dialect: Dialect, without: Collection[str] = ()) -> frozenset[str]:
    """Return the names of the parameters that the request could do without."""
    dialect = dialect_for(request, dialect, without)
    names = {"stream_options", *wire_parameters(request, dialect, without)}
    if dialect.running_usage:
        names.add(RUNNING_USAGE_OPTION)
    if any(message.calls for message in request.messages):
        names.update(dialect.reasoning_keys)
    return frozenset(names).difference(without)


def _wire_message(message: Message, dialect: Dialect) -> dict[str, Any]:
    """Return one message; empty keys are left out, never null."""
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


class MessageEncoder:
    """Caches encoded messages: the same message at the same index in the same dialect gives the same bytes."""

    def __init__(self) -> None:
        self._dialect: Dialect | None = None
        self._known: list[tuple[Message, msgspec.Raw]] = []

    def encode(self, messages: tuple[Message, ...], dialect: Dialect) -> list[msgspec.Raw]:
        """Every message in the dialect, with sorted keys."""
        known = self._known if dialect == self._dialect else []
        fresh = known[: len(messages)]
        for place, message in enumerate(messages):
            if place >= len(fresh) or fresh[place][0] is not message:
                [wire] = wire_messages((message,), dialect)
                fresh[place : place + 1] = [(message, msgspec.Raw(msgspec.json.encode(wire, order="sorted")))]
        self._dialect, self._known = dialect, fresh
        return [raw for _, raw in fresh]
