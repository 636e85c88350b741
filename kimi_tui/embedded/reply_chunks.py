"""Planned replies and their conversion to chunks in vLLM's form.

A character plans a whole reply; this module splits it into deltas: the role, reasoning, text, then each call
with its id, type and name first and its arguments after. The deltas of one reply always join to the plan.
"""

import re
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

Channel = Literal["start", "reasoning", "text", "arguments", "end"]
ReasoningKey = Literal["reasoning_content", "reasoning", "both", "think"]
FaultKind = Literal[
    "status",  # an HTTP error (or any status) with its body and headers, nothing else
    "html",  # status 200 and a page instead of a reply
    "error-frame",  # a frame with an error under status 200, then [DONE]
    "invalid-frame",  # one frame that is no JSON, then the reply goes on
    "reset",  # TCP reset
    "cut",  # the connection closes in the middle of the body
    "close",  # the body ends properly, the reply does not
    "stall",  # nothing more is sent, the connection stays open
    "no-finish",  # neither finish_reason, usage nor [DONE]
    "no-usage",  # no usage although it was asked for
    "no-done",  # no [DONE]
]
WORD_SIZED = -1
"""The `split` that makes deltas of one word each."""

_WORDS = re.compile(r"\s*\S+\s*?(?=\s|$)|\s+")


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A deliberate fault in a reply."""

    kind: FaultKind
    at: Channel = "reasoning"
    """Where a stream breaks: in the middle of that channel, or before the finish when the reply has none of it."""
    times: int = 0
    """How often before the same step is played whole; 0 for every time."""
    status: int = 500
    """For `status`."""
    body: Any = None
    """For `status`, `html` and the frames: text as it is, anything else as JSON; null takes a usual one."""
    headers: dict[str, str] = {}
    """For `status`."""
    seconds: float = 3600.0
    """For `stall`: how long until the connection is closed."""


class PlannedCall(msgspec.Struct, frozen=True):
    """One call of a planned reply."""

    id: str
    name: str
    arguments: str
    """Argument text, sent as it is."""


class PlannedReply(msgspec.Struct, frozen=True):
    """One complete reply before it is sent."""

    reasoning: str = ""
    text: str = ""
    calls: tuple[PlannedCall, ...] = ()
    finish_reason: str = ""
    """Empty for the usual one: `tool_calls` with calls, else `stop`."""
    usage: dict[str, Any] | None = None
    """Overrides of the counted usage, by key."""
    pace: float = 0.0
    """Deltas a second; 0 sends at once."""
    split: int = WORD_SIZED
    """Characters in a delta of reasoning or text; 0 for one delta, -1 for words."""
    split_arguments: int = 16
    """Characters in a delta of arguments; 0 for one delta, -1 for words."""
    reasoning_key: ReasoningKey = "reasoning_content"
    """The field that carries reasoning; `think` puts it into the content between tags."""
    with_index: bool = True
    """True when call deltas carry their index."""
    fault: Fault | None = None
    """What goes wrong; None for nothing."""

    @property
    def sent_finish_reason(self) -> str:
        """Return the finish reason that is sent."""
        return self.finish_reason or ("tool_calls" if self.calls else "stop")

    @property
    def answer_text(self) -> str:
        """Text, names and arguments together, for counting."""
        return self.text + "".join(call.name + call.arguments for call in self.calls)


class ReplyDelta(msgspec.Struct, frozen=True):
    """One delta and the channel it belongs to."""

    channel: Channel
    delta: dict[str, Any]


def split_text(text: str, size: int) -> Iterator[str]:
    """`text` in pieces of `size` characters, of one word for -1, whole for 0; they join to `text`."""
    if not text:
        return
    if size == 0:
        yield text
    elif size < 0:
        yield from _WORDS.findall(text)
    else:
        for start in range(0, len(text), size):
            yield text[start : start + size]


def _reasoning_delta(piece: str, key: ReasoningKey) -> dict[str, Any]:
    """Return a delta of reasoning under the field or fields that `key` names."""
    if key == "both":
        return {"reasoning": piece, "reasoning_content": piece}
    return {"content" if key == "think" else key: piece}


def _call_pieces(call: PlannedCall, index: int, reply: PlannedReply) -> Iterator[ReplyDelta]:
    """Yield the head of a call with the first of its arguments, then the rest."""
    place = {"index": index} if reply.with_index else {}
    fragments = list(split_text(call.arguments, reply.split_arguments)) or [""]
    head = {"id": call.id, "type": "function", **place, "function": {"name": call.name, "arguments": fragments[0]}}
    yield ReplyDelta("arguments", {"tool_calls": [head]})
    for fragment in fragments[1:]:
        yield ReplyDelta("arguments", {"tool_calls": [{**place, "function": {"arguments": fragment}}]})


def reply_deltas(reply: PlannedReply) -> Iterator[ReplyDelta]:
    """Every delta of a reply, from the role to the last argument; the finish is not among them."""
    yield ReplyDelta("start", {"role": "assistant", "content": ""})
    reasoning = reply.reasoning
    if reasoning and reply.reasoning_key == "think":
        reasoning = f"<think>{reasoning}</think>"
    for piece in split_text(reasoning, reply.split):
        yield ReplyDelta("reasoning", _reasoning_delta(piece, reply.reasoning_key))
    for piece in split_text(reply.text, reply.split):
        yield ReplyDelta("text", {"content": piece})
    for index, call in enumerate(reply.calls):
        yield from _call_pieces(call, index, reply)


class ChunkEnvelope(msgspec.Struct, frozen=True):
    """The fields that every chunk of one reply repeats."""

    id: str
    created: int
    """Seconds since 1970."""
    model: str

    def chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        """One chunk with one choice."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._chunk([choice])

    def usage_chunk(self, usage: dict[str, Any]) -> dict[str, Any]:
        """Return the last chunk: no choice, only usage."""
        return {**self._chunk([]), "usage": usage}

    def _chunk(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the common fields around `choices`."""
        return {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        }

    def whole(self, reply: PlannedReply, usage: dict[str, Any]) -> dict[str, Any]:
        """Return the reply as one JSON object, for a request that is not streamed."""
        message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
        if reply.reasoning and reply.reasoning_key == "think":
            message["content"] = f"<think>{reply.reasoning}</think>{reply.text}"
        elif reply.reasoning:
            message.update(_reasoning_delta(reply.reasoning, reply.reasoning_key))
        if reply.calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in reply.calls
            ]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.sent_finish_reason}
        body = {"id": self.id, "object": "chat.completion", "created": self.created, "model": self.model}
        return {**body, "choices": [choice], "usage": usage}


def sse_frame(body: Any) -> bytes:
    """Return one server-sent event with a JSON body, or with `body` unchanged when it is text."""
    text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
    return f"data: {text}\n\n".encode("utf-8", "replace")
