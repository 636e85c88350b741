"""Parse and validate the body of a chat completion request.

Whatever bytes arrive, the result is a whole `ChatRequest` or a `RequestRefusal` whose body has the shape and the words
of vLLM's errors. Unknown fields are ignored, as vLLM does.
"""

from typing import Any, Literal, cast

import msgspec

ROLES = ("system", "developer", "user", "assistant", "tool")
"""The roles a message may have."""


class RequestRefusal(Exception):
    """A request that is answered with an error; `status` is the HTTP status."""

    def __init__(self, status: int, message: str, kind: str = "BadRequestError", param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"error": {"message": message, "type": kind, "param": param, "code": status}}


class ChatCall(msgspec.Struct, frozen=True):
    """A tool call in an assistant message."""

    id: str
    name: str
    arguments: str
    """The argument text as it was sent; it may be no JSON at all."""

    def parsed_arguments(self) -> dict[str, Any]:
        """Return the arguments as an object; empty when the text is no JSON object."""
        try:
            value = msgspec.json.decode(self.arguments)
        except (msgspec.DecodeError, UnicodeEncodeError):
            return {}
        return cast(dict[str, Any], value) if isinstance(value, dict) else {}


class ChatMessage(msgspec.Struct, frozen=True):
    """One message, its content flattened to text."""

    role: str
    """One of `ROLES`."""
    content: str = ""
    reasoning: str = ""
    calls: tuple[ChatCall, ...] = ()
    call_id: str = ""
    """For a tool message: the call it answers."""


class OfferedTool(msgspec.Struct, frozen=True):
    """A tool that the reply may call."""

    name: str
    parameters: tuple[str, ...] = ()
    """The names of its parameters."""
    schema: str = ""
    """The whole declaration as JSON, for counting tokens."""


class ChatRequest(msgspec.Struct, frozen=True):
    """One request."""

    model: str
    messages: tuple[ChatMessage, ...]
    """At least one."""
    tools: tuple[OfferedTool, ...] = ()
    stream: bool = False
    """True when the reply comes as events."""
    include_usage: bool = False
    """True when a stream ends with a chunk of usage."""
    tool_choice: Literal["auto", "none"] = "auto"
    """`none` offers no tool; every other choice counts as `auto`."""


def _text(content: Any, where: str) -> str:
    """Message content as text: a string, null, or a list of text parts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        if len(parts) == len(content) and all(isinstance(part, str) for part in parts):
            return "\n".join(cast(list[str], parts))
    raise RequestRefusal(400, "content must be a string or a list of text parts", "Bad Request", where)


def _call(value: Any, where: str) -> ChatCall:
    """One tool call of the history; arguments may be given as an object."""
    function = value.get("function") if isinstance(value, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise RequestRefusal(400, "a tool call needs a function with a name", "Bad Request", where)
    arguments = function.get("arguments", "")
    if not isinstance(arguments, str):
        arguments = msgspec.json.encode(arguments).decode()
    return ChatCall(str(value.get("id", "")), function["name"], arguments)


def _message(value: Any, number: int) -> ChatMessage:
    """One message of the request."""
    where = f"body.messages.{number}"
    if not isinstance(value, dict):
        raise RequestRefusal(400, f"message {number} is not an object", "Bad Request", where)
    role = value.get("role")
    if role not in ROLES:
        raise RequestRefusal(400, f"message {number} has an unknown role: {role!r:.40}", "Bad Request", f"{where}.role")
    calls = value.get("tool_calls") or []
    if not isinstance(calls, list):
        raise RequestRefusal(400, "tool_calls must be a list", "Bad Request", f"{where}.tool_calls")
    reasoning = value.get("reasoning_content") or value.get("reasoning") or ""
    return ChatMessage(
        role=role,
        content=_text(value.get("content"), f"{where}.content"),
        reasoning=reasoning if isinstance(reasoning, str) else "",
        calls=tuple(_call(call, f"{where}.tool_calls") for call in calls),
        call_id=str(value.get("tool_call_id") or ""),
    )


def _tool(value: Any, number: int) -> OfferedTool:
    """One declared tool."""
    function = value.get("function") if isinstance(value, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(function, dict) or not isinstance(name, str):
        raise RequestRefusal(400, f"tool {number} has no function name", "Bad Request", f"body.tools.{number}")
    parameters = function.get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, dict) else None
    names = tuple(properties) if isinstance(properties, dict) else ()
    return OfferedTool(name, names, msgspec.json.encode(value).decode())


def _list(body: dict[str, Any], key: str) -> list[Any]:
    """Return a list field of the body; absent and null are empty."""
    value = body.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise RequestRefusal(400, f"{key} must be a list", "Bad Request", f"body.{key}")
    return value


def _check_numbers(body: dict[str, Any]) -> None:
    """Refuse caps and temperatures that vLLM would refuse."""
    for key in ("max_tokens", "max_completion_tokens"):
        cap = body.get(key)
        if cap is None:
            continue
        if not isinstance(cap, int) or isinstance(cap, bool):
            raise RequestRefusal(400, f"{key} must be an integer", "Bad Request", f"body.{key}")
        if cap < 1:
            raise RequestRefusal(400, f"{key} must be at least 1, got {cap}.", param=key)
    temperature = body.get("temperature")
    if temperature is not None and (isinstance(temperature, bool) or not isinstance(temperature, int | float)):
        raise RequestRefusal(400, "Input should be a valid number", "Bad Request", "body.temperature")


def parse_request(raw: bytes) -> ChatRequest:
    """Return the typed request in `raw`; raises `Refusal` with status 400."""
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RequestRefusal(400, f"JSON decode error: {error}", "Bad Request", "body") from None
    if not isinstance(body, dict):
        raise RequestRefusal(400, "the body must be a JSON object", "Bad Request", "body")
    for key in ("model", "messages"):
        if key not in body:
            raise RequestRefusal(400, f"{key}: Field required", "Bad Request", f"body.{key}")
    messages = _list(body, "messages")
    if not messages:
        raise RequestRefusal(400, "Cannot apply chat template to an empty conversation. Provide at least one message.")
    _check_numbers(body)
    options = body.get("stream_options")
    return ChatRequest(
        model=str(body["model"]),
        messages=tuple(_message(message, number) for number, message in enumerate(messages)),
        tools=tuple(_tool(tool, number) for number, tool in enumerate(_list(body, "tools"))),
        stream=body.get("stream") is True,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
        tool_choice="none" if body.get("tool_choice") == "none" else "auto",
    )
