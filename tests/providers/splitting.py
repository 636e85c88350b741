"""Recorded replies cut in two at any byte: which ones, made harder in which ways, and what each must come to.

The recordings are plain ASCII with newlines, as servers with small models send. So some are given words with
characters of several bytes, or the other kind of line end, in the bytes and in what is expected of them alike.
"""

import json
from collections.abc import Iterator
from typing import Any

from kimi_tui.providers.base import ModelRequest, ProviderError
from kimi_tui.providers.chunks import MalformedChunk
from kimi_tui.providers.reply_assembler import ReplyAssembler
from kimi_tui.providers.reply_stream import ReplyStream
from tests.providers.replay import CAPTURES, Recorded

WORDS = {" press": " pr\u00e9ss", "filing": "\u6570\u5b57", "growth": "\U0001f50e", "primary": "\U0001f50e\u00e4"}
"""Words of the recordings, and words of two, three and four bytes a character for them."""
CHOSEN: tuple[tuple[str, str], ...] = (
    ("vllm/hist_thinking_false", ""),
    ("vllm/hist_thinking_false", "wide crlf"),
    ("vllm/hist_continuous_usage", ""),
    ("vllm/hist_preface", "wide"),
    ("vllm/history_reasoning_tool", "crlf"),
    ("vllm/parallel_true", ""),
    ("vllm/ctl_badargs", "wide"),
    ("vllm/length_in_args", ""),
    ("vllm/crash_midstream", "crlf"),
    ("vllm/tools_auto", "cr"),
    ("llamacpp/tools_none", ""),
    ("llamacpp/tools_none", "wide crlf"),
    ("llamacpp/parallel_true", "wide"),
    ("llamacpp/tools_auto", "crlf"),
    ("llamacpp/disconnect_midstream", ""),
    ("llamacpp/no_tools", "wide"),
    ("sglang/ctl_toolinthink", "wide"),
    ("sglang/ctl_badargs", "crlf"),
    ("sglang/parallel_true", "wide cr"),
    ("sglang/length_in_args", ""),
)
"""Recording and changes: tags, leaked marks, calls in one and in two, cut arguments, an error frame, a lost end."""
_ENDS = {"crlf": b"\r\n", "cr": b"\r"}


def changed(name: str, changes: str) -> tuple[bytes, dict[str, Any]]:
    """The body of a recorded reply and what it says, both changed in the same ways."""
    body = b"".join(Recorded.capture(name).pieces)
    says = json.loads((CAPTURES / "expected.json").read_text())[name]
    for change in changes.split():
        if change == "wide":
            for word, wide in WORDS.items():
                body = body.replace(word.encode(), wide.encode())
            says = _widened(says)
        else:
            body = body.replace(b"\n", _ENDS[change])
    return body, says


def _widened(says: Any) -> Any:
    """Return the expected reply with the wide words."""
    if isinstance(says, str):
        for word, wide in WORDS.items():
            says = says.replace(word, wide)
        return says
    if isinstance(says, list):
        return [_widened(one) for one in says]
    return {key: _widened(value) for key, value in says.items()} if isinstance(says, dict) else says


def read(*pieces: bytes) -> dict[str, Any]:
    """Read some pieces of a reply in the form of `expected.json`; the bytes go where a socket's would."""
    reply = ReplyAssembler(ModelRequest("m", (), ()), lambda _: None)
    stream = ReplyStream(reply)
    try:
        for piece in pieces:
            for _ in stream.feed(piece):
                pass
            if reply.done:
                break
        else:
            stream.end()
        whole = reply.finish()
    except ProviderError as error:
        return {"error": error.kind, "reasoning": error.reasoning, "text": error.text}
    except MalformedChunk:
        return {"error": "malformed"}
    usage = whole.usage
    counts = [usage.prompt_tokens, usage.completion_tokens, usage.reasoning_tokens, usage.cached_tokens]
    return {
        "reasoning": whole.reasoning,
        "text": whole.text,
        "calls": [[call.name, call.arguments] for call in whole.calls],
        "finish_reason": whole.finish_reason,
        "usage": None if usage.estimated else counts,
    }


def wrong_splits(body: bytes, says: dict[str, Any], places: range) -> Iterator[int]:
    """The places, of those given, at which a cut changes what a reply says."""
    for place in places:
        got = read(body[:place], body[place:])
        if {key: got.get(key) for key in says} != says:
            yield place
