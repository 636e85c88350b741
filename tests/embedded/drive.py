"""A client's loop over real HTTP: ask, answer the calls, until the reply has none or the memo is accepted."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import msgspec

Answer = Callable[[str, dict[str, Any]], str]


class Finished(msgspec.Struct):
    """The result of a driven turn."""

    messages: list[dict[str, Any]]
    steps: list[dict[str, Any]] = []
    """Every assistant message, in order."""
    text: str = ""
    """The last reply's text, when it had no calls."""

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """Every call, in order."""
        return [
            (call["function"]["name"], json.loads(call["function"]["arguments"]))
            for step in self.steps
            for call in step.get("tool_calls", [])
        ]


async def whole_reply(
    base_url: str, messages: list[dict[str, Any]], tools: list[dict[str, Any]], model: str = "extractive-researcher"
) -> dict[str, Any]:
    """One reply that is not streamed."""
    async with httpx.AsyncClient(base_url=base_url, timeout=60, trust_env=False, verify=False) as client:
        body = {"model": model, "messages": messages, "tools": tools}
        response = await client.post("/chat/completions", json=body)
        assert response.status_code == 200, response.text
        reply: dict[str, Any] = response.json()
        return reply


def _is_accepted(text: str) -> bool:
    return "accepted" in text and "not accepted" not in text


async def drive(
    base_url: str,
    messages: list[dict[str, Any]],
    tools: list[dict[str, Any]],
    answer: Answer,
    between: Callable[[int], list[dict[str, Any]]] = lambda step: [],
    most_steps: int = 40,
) -> Finished:
    """Run one turn; `between` may add messages after a step, counted from 1."""
    finished = Finished(messages)
    for step in range(1, most_steps + 1):
        reply = await whole_reply(base_url, messages, tools)
        message = reply["choices"][0]["message"]
        finished.steps.append(message)
        messages.append({key: value for key, value in message.items() if value is not None})
        calls = message.get("tool_calls", [])
        if not calls:
            finished.text = message["content"] or ""
            return finished
        accepted = False
        for call in calls:
            function = call["function"]
            text = answer(function["name"], json.loads(function["arguments"]))
            accepted |= function["name"] == "submit_memo" and _is_accepted(text)
            messages.append({"role": "tool", "tool_call_id": call["id"], "name": function["name"], "content": text})
        messages.extend(between(step))
        if accepted:
            return finished
    raise AssertionError(f"the turn did not end within {most_steps} steps")
