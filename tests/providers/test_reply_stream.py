"""The bytes of a reply as frames for its assembler."""

import json
from typing import Any

import pytest

from kimi_tui.messages import Message
from kimi_tui.providers import reply_stream
from kimi_tui.providers.base import ModelRequest, ProviderError
from kimi_tui.providers.chunks import MalformedChunk
from kimi_tui.providers.reply_assembler import ReplyAssembler
from kimi_tui.providers.reply_stream import ReplyStream

QUESTION = ModelRequest("m", (Message("user", "Hi"),), ())


def frame(content: str = "So.", finish: str | None = None, **more: Any) -> bytes:
    return json.dumps({"choices": [{"delta": {"content": content}, "finish_reason": finish}], **more}).encode()


def event(data: bytes) -> bytes:
    return b"data: " + data + b"\n\n"


def opened() -> tuple[ReplyAssembler, ReplyStream]:
    reply = ReplyAssembler(QUESTION, lambda fragment: None)
    return reply, ReplyStream(reply, "sk-1")


WHOLE = event(frame("It is ")) + event(frame("so.", "stop")) + event(b"[DONE]")


def test_feed_gives_the_same_reply_wherever_the_bytes_are_cut() -> None:
    for cut in range(len(WHOLE)):
        reply, stream = opened()
        steps = [*stream.feed(WHOLE[:cut]), *stream.feed(WHOLE[cut:])]
        stream.end()
        found = reply.finish()
        assert (found.text, len(steps), reply.done) == ("It is so.", 3, True)


def test_feed_yields_after_each_frame() -> None:
    reply, stream = opened()
    steps = stream.feed(WHOLE)
    next(steps)
    assert reply.has_started
    assert not reply.is_over


def test_take_after_the_end_is_ignored() -> None:
    reply, stream = opened()
    stream.take(frame("So.", "stop"))
    stream.take(b"[DONE]")
    stream.take(b"garbage")
    stream.take(b"")
    assert reply.finish().text == "So."


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"message": "out of memory sk-1"}},
        {"error": "out of memory sk-1"},
        {"object": "error", "message": "out of memory sk-1"},
    ],
)
def test_take_of_an_error_raises_it_with_the_partial_reply_and_without_the_key(error: dict[str, Any]) -> None:
    _, stream = opened()
    stream.take(frame("Half"))
    with pytest.raises(ProviderError, match="out of memory") as caught:
        stream.take(json.dumps(error).encode())
    assert caught.value.text == "Half"
    assert "sk-1" not in caught.value.message


@pytest.mark.parametrize("data", [b"nonsense", b"{", b"[]"])
def test_take_of_no_chunk_is_malformed(data: bytes) -> None:
    _, stream = opened()
    with pytest.raises(MalformedChunk):
        stream.take(data)


def test_take_of_damaged_arguments_is_malformed_and_of_damaged_text_a_recovery() -> None:
    reply, stream = opened()
    call = json.dumps({"choices": [{"delta": {"tool_calls": [{"function": {"arguments": "XX"}}]}}]}).encode()
    with pytest.raises(MalformedChunk, match="damaged on the way"):
        stream.take(call.replace(b"XX", b"\xff"))
    stream.take(frame("XX", "stop").replace(b"XX", b"a\xff"))
    found = reply.finish()
    assert found.text == "a\ufffd"
    assert "invalid-utf8" in found.recoveries


def test_end_takes_a_last_frame_without_its_empty_line_and_notes_a_cut_one() -> None:
    reply, stream = opened()
    list(stream.feed(b"data: " + frame("So.", "stop")))
    stream.end()
    assert reply.finish().text == "So."

    reply, stream = opened()
    list(stream.feed(event(frame("So.", "stop")) + b'data: {"choi'))
    stream.end()
    assert "cut-frame" in reply.finish().recoveries


def test_end_of_bytes_that_are_no_events_is_malformed_and_of_nothing_is_not() -> None:
    _, stream = opened()
    list(stream.feed(b"<html>no</html>"))
    with pytest.raises(MalformedChunk, match="no stream of events"):
        stream.end()
    _, empty = opened()
    empty.end()


def test_feed_of_too_many_bytes_is_malformed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_stream, "MAX_REPLY_BYTES", len(WHOLE) - 1)
    _, stream = opened()
    with pytest.raises(MalformedChunk, match="longer than"):
        list(stream.feed(WHOLE))
