"""Servers that send what no server should: each ends in a named error or in a reply that is bounded."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from kimi_tui.messages import Message
from kimi_tui.providers.base import ModelReply, ModelRequest, ProviderError, SilenceLimits, ToolSchema
from kimi_tui.providers.openai_stream import OpenAIProvider
from kimi_tui.providers.reply_assembler import MAX_CALLS, MAX_CHARS
from tests.providers.replay import Recorded, Replay

QUESTION = ModelRequest(
    "m", (Message("user", "Which margin?"),), (ToolSchema("read", "Read a source", {"type": "object"}),)
)
EVENTS = ("content-type", "text/event-stream")
CALL = '<|tool_call_begin|>functions.read:0<|tool_call_argument_begin|>{"n":%d}<|tool_call_end|>'


def delta(**fields: Any) -> dict[str, Any]:
    """A chunk with a piece of a message."""
    return {"choices": [{"index": 0, "delta": fields}]}


def ended(reason: str = "stop") -> dict[str, Any]:
    """A chunk that ends the reply."""
    return {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}


def call(arguments: str = "{}", index: int = 0, name: str = "read") -> dict[str, Any]:
    """A chunk with a call."""
    return delta(tool_calls=[{"index": index, "id": f"c{index}", "function": {"name": name, "arguments": arguments}}])


def written(section: str) -> Recorded:
    """A reply with a section of calls that no parser took."""
    return Recorded.events(
        delta(content=f"<|tool_calls_section_begin|>{section}<|tool_calls_section_end|>"), ended(), "[DONE]"
    )


def counted(usage: str) -> Recorded:
    """A reply with a count of its tokens."""
    return Recorded.events(delta(content="So."), ended(), f'{{"choices":[],"usage":{usage}}}', "[DONE]")


def broken(body: str) -> Recorded:
    """A stream whose second frame is this."""
    return Recorded.events(delta(content="So"), body)


def refused(status: str, *headers: tuple[str, str], said: str = "No.") -> Recorded:
    """A refusal."""
    return Recorded.json({"error": {"message": said}}, status, headers)


async def answered(response: Recorded, patience: SilenceLimits | None = None) -> ModelReply:
    """The reply that a response comes to; a server that is not given up on fails the test."""
    async with Replay(response) as server, asyncio.timeout(60):
        provider = OpenAIProvider(server.address, patience=patience)
        try:
            return await provider.generate(QUESTION, lambda fragment: None)
        finally:
            await provider.close()


async def failing(response: Recorded, patience: SilenceLimits | None = None) -> ProviderError:
    """The error that a response comes to."""
    with pytest.raises(ProviderError) as caught:
        await answered(response, patience)
    return caught.value


def calls(many: int) -> Recorded:
    """So many calls."""
    return Recorded.events(*(call(index=n) for n in range(many)), ended("tool_calls"), "[DONE]")


def long(kind: str) -> Iterator[dict[str, Any]]:
    """Chunks that hold a little more than a reply may."""
    piece = "word " * 200_000
    for _ in range(MAX_CHARS // len(piece) + 1):
        yield call(piece) if kind == "arguments" else delta(**{kind: piece})


ENDLESS = {
    "calls": calls(MAX_CALLS + 1),
    "calls in the text": written("".join(CALL % n for n in range(MAX_CALLS + 1))),
    "arguments": Recorded.events(*long("arguments"), ended("tool_calls")),
    "text": Recorded.events(*long("content"), ended()),
    "reasoning": Recorded.events(*long("reasoning"), ended()),
    "lines of one frame": Recorded(pieces=[b"data:\n" * 1_000_000] * 5),
    "a document": Recorded(headers=[("content-type", "application/json")], pieces=[b"[" * 1_000_000] * 9),
}


@pytest.mark.parametrize("what", ENDLESS)
async def test_provider_endless_reply_raises(what: str) -> None:
    error = await failing(ENDLESS[what])
    assert error.kind == "malformed"
    assert "more than" in error.message or "longer than" in error.message


MALFORMED = {
    "nested lists": '{"choices":' + "[" * 100_000 + "]" * 100_000 + "}",
    "a nested error": '{"error":' * 100_000 + "1" + "}" * 100_000,
    "choices that are an object": '{"choices":{"0":{}}}',
    "no number": '{"choices":[],"usage":{"prompt_tokens":NaN}}',
    "a count in words": '{"choices":[],"usage":{"prompt_tokens":"many"}}',
}


@pytest.mark.parametrize("what", MALFORMED)
async def test_a_frame_that_is_no_chunk_is_malformed(what: str) -> None:
    error = await failing(broken(MALFORMED[what]))
    assert (error.kind, error.text) == ("malformed", "So")


@pytest.mark.parametrize("many", [-5, 2**63, 2**64 - 1, 10**30])
async def test_a_count_that_cannot_be_one_is_an_estimate_instead(many: int) -> None:
    reply = await answered(counted(json.dumps({"prompt_tokens": many, "completion_tokens": 3})))
    assert reply.usage.estimated
    assert reply.usage.prompt_tokens < 100
    assert "odd-usage" in reply.recoveries


async def test_counts_as_text_are_read() -> None:
    reply = await answered(counted('{"prompt_tokens":"12","completion_tokens":"3"}'))
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.estimated) == (12, 3, False)


async def test_a_name_of_a_megabyte_is_cut() -> None:
    reply = await answered(Recorded.events(call(name="n" * 1_000_000), ended("tool_calls"), "[DONE]"))
    assert reply.calls[0].name == "n" * 200


async def test_a_reason_of_a_megabyte_is_cut_and_harmless() -> None:
    reply = await answered(Recorded.events(delta(content="So."), ended("\x1b[2J" + "f" * 1_000_000), "[DONE]"))
    assert len(reply.finish_reason) == 40
    assert "\x1b" not in reply.finish_reason


@pytest.mark.parametrize("arguments", ['{"source":' + "[" * 100_000 + "]" * 100_000 + "}", '{"source":NaN}'])
async def test_arguments_that_cannot_be_kept_are_explained(arguments: str) -> None:
    reply = await answered(Recorded.events(call(arguments), ended("tool_calls"), "[DONE]"))
    assert reply.calls[0].arguments is None
    assert reply.calls[0].problem


async def test_a_section_of_markers_alone_takes_no_longer_than_it_is() -> None:
    assert (await failing(written("<|tool_call_begin|>" * 100_000))).kind == "empty"


@pytest.mark.parametrize("nested", [3, 300])
async def test_the_words_of_an_error_are_cut_before_they_are_searched(nested: int) -> None:
    body: dict[str, Any] = {"error": {"message": "exceed" * 200_000}}
    for _ in range(nested):
        body = {"error": body}
    error = await failing(broken(json.dumps(body)))
    assert error.kind == "overloaded"
    assert len(error.message) < 400


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest", "file:///etc/passwd"])
async def test_no_redirect_is_followed(target: str) -> None:
    error = await failing(Recorded("302 Found", [("location", target)]))
    assert error.kind == "bad-request"
    assert target in error.message


@pytest.mark.parametrize("said", ["\x1b[2J\x1b]0;owned\x07", "\u202egnp.exe", "a\r\nb"])
async def test_provider_error_text_is_printable(said: str) -> None:
    for response in (refused("400 Bad Request", said=said), broken(json.dumps({"error": {"message": said}}))):
        assert (await failing(response)).message.isprintable()


WAITS = {
    "1e308": None,
    "-5": None,
    "nan": None,
    "soon": None,
    "Mon, 01 Jan 2024 00:00:00 +999999": None,
    "Thu, 01 Jan 1970 00:00:00 GMT": 0.0,
    "Mon, 01 Jan 0001 00:00:00 GMT": 0.0,
}


@pytest.mark.parametrize("reported", WAITS)
async def test_a_wait_that_makes_no_sense_is_none(reported: str) -> None:
    error = await failing(refused("429 Too Many Requests", ("retry-after", reported)))
    assert (error.kind, error.retry_after) == ("rate-limited", WAITS[reported])


PING = [b": ping\n\n"]


def pings(*before: object) -> Recorded:
    """A stream that says something and is kept open by comments for ever."""
    return Recorded(pieces=[*Recorded.events(*before).pieces, *PING * 1_000_000])


@pytest.mark.parametrize("before", [(), (delta(content="So"),)])
async def test_comments_do_not_keep_a_reply_open_for_ever(before: tuple[object, ...]) -> None:
    error = await failing(pings(*before), SilenceLimits(first_seconds=1.5, between_seconds=1))
    assert error.kind == "stalled"


async def test_comments_after_the_end_do_not_hold_it_back() -> None:
    reply = await answered(pings(delta(content="So."), ended()), SilenceLimits(first_seconds=60, between_seconds=1))
    assert reply.text == "So."


async def test_headers_of_a_megabyte_are_no_answer() -> None:
    assert (await failing(Recorded(headers=[EVENTS, ("x-long", "a" * 1_000_000)]))).kind == "unreachable"


async def test_an_id_that_looks_like_a_path_is_only_a_name() -> None:
    named = {"id": "../../etc/passwd", **delta(content="So.")}
    assert (await answered(Recorded.events(named, ended(), "[DONE]"))).text == "So."


async def test_a_gateway_that_asks_its_models_for_their_health_is_asked_for_its_own() -> None:
    async with Replay(Recorded.json({}), Recorded.json({"status": "healthy"})) as server:
        provider = OpenAIProvider(server.address)
        assert await provider.presence() == "there"
        await provider.close()
    assert [line for line, *_ in server.asked] == ["GET /health/readiness HTTP/1.1"]
