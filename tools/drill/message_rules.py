"""Rules that a model server enforces on the messages of every request."""

import json
from typing import Any


def find_problem(messages: list[dict[str, Any]]) -> str:
    """Return what is wrong with the messages of one request, empty for nothing.

    Each call has exactly one tool message, right behind the message that made it and its fellows; each call's
    arguments are a JSON object; a tool message answers a call.
    """
    open_calls: list[str] = []
    for number, message in enumerate(messages):
        if message["role"] == "tool":
            if message.get("tool_call_id") not in open_calls:
                return f"message {number} answers no open call"
            open_calls.remove(message["tool_call_id"])
            continue
        if open_calls:
            return f"{len(open_calls)} calls before message {number} have no answer"
        calls = message.get("tool_calls") or []
        if any(not _is_object(call["function"]["arguments"]) for call in calls):
            return f"message {number} has arguments that are no JSON object"
        open_calls = [call["id"] for call in calls]
        if len(set(open_calls)) != len(open_calls):
            return f"message {number} has two calls of one id"
    return f"{len(open_calls)} calls at the end have no answer" if open_calls else ""


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
