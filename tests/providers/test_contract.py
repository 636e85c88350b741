"""Requirements on every provider alike, over replies recorded from real servers and over made faults."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from kimi_tui.messages import Message, SentCall
from kimi_tui.providers import PROVIDERS, connect
from kimi_tui.providers.base import (
    ModelReply,
    ModelRequest,
    Provider,
    ProviderError,
    ReplyFragment,
    SilenceLimits,
    ToolSchema,
)
from tests.providers.replay import CAPTURES, Recorded, Replay

EXPECTED: dict[str, dict[str, Any]] = json.loads((CAPTURES / "expected.json").read_text())
"""What each recorded reply says, read off the wire by other means than ours."""
SPLIT = [f"{server}/{name}" for server in ("vllm", "llamacpp", "sglang") for name in ("tools_auto", "parallel_true")]
NOT_STREAMED = {name for name in EXPECTED if "nonstream" in name and "overflow" not in name}
QUESTION = ModelRequest(
    model="kimi-k2-thinking",
    messages=(Message("system", "You research."), Message("user", "Compare segment margins")),
    tools=(ToolSchema("web_search", "Search the web", {"type": "object", "properties": {}}),),
)


def ignore(_: ReplyFragment) -> None:
    """An announcement that nobody reads."""


@asynccontextmanager
async def connected(kind: str, response: Recorded, key: str = "") -> AsyncIterator[tuple[Provider, Replay]]:
    """A provider of a kind with a server behind it."""
    async with Replay(response) as server:
        provider = connect(kind, server.address, key)
        try:
            yield provider, server
        finally:
            await provider.close()


async def outcome(provider: Provider, announce: Callable[[ReplyFragment], None] = ignore) -> dict[str, Any]:
    """A reply or an error as `expected.json` writes it."""
    try:
        reply = await provider.generate(QUESTION, announce)
    except ProviderError as error:
        return {"error": error.kind, "reasoning": error.reasoning, "text": error.text}
    usage = reply.usage
    counts = [usage.prompt_tokens, usage.completion_tokens, usage.reasoning_tokens, usage.cached_tokens]
    return {
        "reasoning": reply.reasoning,
        "text": reply.text,
        "calls": [[call.name, call.arguments] for call in reply.calls],
        "finish_reason": reply.finish_reason,
        "usage": None if usage.estimated else counts,
    }


def expected(kind: str, name: str) -> dict[str, Any]:
    """Return a provider's reading of a recorded reply; LiteLLM loses a whole reply to a streaming request."""
    return {"error": "truncated"} if kind == "litellm" and name in NOT_STREAMED else EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("kind", PROVIDERS)
async def test_a_recorded_reply_is_read_as_it_was_meant(kind: str, name: str) -> None:
    async with connected(kind, Recorded.capture(name)) as (provider, _):
        got = await outcome(provider)
    wanted = expected(kind, name)
    assert {key: got.get(key) for key in wanted} == wanted


@pytest.mark.parametrize("name", SPLIT)
@pytest.mark.parametrize("kind", PROVIDERS)
async def test_a_reply_does_not_depend_on_how_its_bytes_were_cut(kind: str, name: str) -> None:
    for size in (1, 61, 1000):
        async with connected(kind, Recorded.capture(name, size)) as (provider, _):
            assert await outcome(provider) == expected(kind, name)


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_provider_fragments_add_up_to_reply(kind: str) -> None:
    fragments: list[ReplyFragment] = []
    async with connected(kind, Recorded.capture("llamacpp/parallel_true")) as (provider, _):
        reply = await provider.generate(QUESTION, fragments.append)

    def said(which: str, index: int = 0) -> str:
        return "".join(fragment.text for fragment in fragments if (fragment.kind, fragment.index) == (which, index))

    assert said("reasoning") == reply.reasoning
    assert said("text") == reply.text
    assert [said("call", 0), said("call", 1)] == [call.raw for call in reply.calls]
    assert [fragment.tool for fragment in fragments if fragment.tool] == ["calculate", "calculate"]
    assert reply.first_token > 0
    assert reply.reasoning_seconds > 0


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_the_server_receives_the_history_with_reasoning_and_tool_messages(kind: str) -> None:
    request = ModelRequest(
        model="kimi-k2-thinking",
        messages=(
            Message("user", "Which margin?"),
            Message(
                "assistant",
                reasoning="I look it up.",
                calls=(SentCall("functions.read:0", "read", '{"source": "S1"}'),),
            ),
            Message("tool", "[S1] 46 %", call_id="functions.read:0", name="read"),
        ),
        tools=(ToolSchema("read", "Read a source", {"type": "object"}), ToolSchema("calculate", "Evaluate", {})),
        max_tokens=500,
        temperature=1.0,
    )
    async with connected(kind, Recorded.capture("vllm/tools_auto")) as (provider, server):
        await provider.generate(request, ignore)
        (line, headers, body), *more = server.asked
    assert not more
    assert line.startswith("POST /v1/chat/completions ")
    assert "br" not in headers["accept-encoding"].replace(" ", "").split(",") or kind == "litellm"
    assert body["model"] == "kimi-k2-thinking"
    assert body["messages"] == [
        {"role": "user", "content": "Which margin?"},
        {
            "role": "assistant",
            "reasoning_content": "I look it up.",
            "reasoning": "I look it up.",
            "tool_calls": [
                {
                    "id": "functions.read:0",
                    "type": "function",
                    "function": {"name": "read", "arguments": '{"source": "S1"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "functions.read:0", "name": "read", "content": "[S1] 46 %"},
    ]
    assert [tool["function"]["name"] for tool in body["tools"]] == ["calculate", "read"]
    assert body["stream"] is True
    assert body["stream_options"]["include_usage"] is True
    assert (body["max_tokens"], body["temperature"]) == (500, 1.0)


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_cancelling_closes_the_connection(kind: str) -> None:
    response = Recorded.events(said(reasoning_content="Let me"), ending="stall")
    async with connected(kind, response) as (provider, server):
        begun = asyncio.Event()
        task = asyncio.create_task(provider.generate(QUESTION, lambda _: begun.set()))
        async with asyncio.timeout(60):
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await server.hung_up.wait()


def said(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    """One chunk."""
    return {"id": "x", "object": "chat.completion.chunk", "choices": [chosen(finish, **delta)]}


def chosen(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    """The choice of a chunk."""
    return {"index": 0, "delta": delta, "finish_reason": finish}


THOUGHT = said(reasoning_content="Hm. ")
HALF = said(content="Half an answ")
HALF_CALL = said(tool_calls=[{"index": 0, "id": "a", "function": {"name": "read", "arguments": '{"source": "S'}}])
PAGE = [("content-type", "text/html")]

FAULTS = {
    "a clean end in the middle": (Recorded.events(THOUGHT, HALF), "truncated"),
    "a clean end before anything": (Recorded.events(), "truncated"),
    "a clean end inside arguments": (Recorded.events(THOUGHT, HALF_CALL), "truncated"),
    "a broken connection": (Recorded.events(THOUGHT, HALF, ending="cut"), "truncated"),
    "a reset connection": (Recorded.events(THOUGHT, HALF, ending="reset"), "truncated"),
    "length inside arguments": (Recorded.events(THOUGHT, HALF_CALL, said("length"), "[DONE]"), "truncated"),
    "length inside an answer": (Recorded.events(THOUGHT, HALF, said("length"), "[DONE]"), "truncated"),
    "length while thinking": (Recorded.events(THOUGHT, said("length"), "[DONE]"), "capped"),
    "an aborted reply": (Recorded.events(THOUGHT, HALF, said("abort"), "[DONE]"), "truncated"),
    "an error frame": (Recorded.events(HALF, {"error": {"message": "boom", "code": 500}}, "[DONE]"), "overloaded"),
    "a frame that is no JSON": (Recorded.events(HALF, "{nope", "[DONE]"), "malformed"),
    "reasoning alone": (Recorded.events(THOUGHT, said("stop"), "[DONE]"), "empty"),
    "a web page from a gateway": (Recorded("502 Bad Gateway", PAGE, [b"<html><title>Bad</title>"]), "overloaded"),
    "a wrong key, nested": (Recorded.json({"error": {"message": "no"}}, "401 Unauthorized"), "unauthorized"),
    "a wrong key, flat": (Recorded.json({"object": "error", "message": "no"}, "401 Unauthorized"), "unauthorized"),
    "a wrong key, bare": (Recorded.json({"error": "Unauthorized"}, "401 Unauthorized"), "unauthorized"),
    "a server that loads": (
        Recorded.json({"error": {"message": "Loading model"}}, "503 Service Unavailable"),
        "overloaded",
    ),
    "an overflow in Moonshot's words": (
        Recorded.json(
            {"error": {"message": "Invalid request: Your request exceeded model token limit: 262144"}},
            "400 Bad Request",
        ),
        "overflow",
    ),
    "an overflow in vLLM's other words": (
        Recorded.json(
            {"error": {"message": "Input length (9000) exceeds model's maximum context length (8192)."}},
            "400 Bad Request",
        ),
        "overflow",
    ),
    "an overflow that counts the cap in": (
        Recorded.json(
            {
                "object": "error",
                "message": "Requested token count exceeds the model's maximum context length of 8192 tokens.",
            },
            "400 Bad Request",
        ),
        "overflow",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", PROVIDERS)
async def test_a_fault_has_its_name_and_carries_what_had_streamed(kind: str, fault: str) -> None:
    response, wanted = FAULTS[fault]
    async with connected(kind, response) as (provider, server):
        with pytest.raises(ProviderError) as caught:
            await provider.generate(QUESTION, ignore)
        assert len(server.asked) == 1
    assert caught.value.kind == wanted
    assert caught.value.message
    assert "\n" not in caught.value.message + caught.value.advice
    streamed = b"".join(response.pieces)
    assert caught.value.reasoning == ("Hm. " if b"Hm. " in streamed else "")
    assert caught.value.text == ("Half an answ" if b"Half an answ" in streamed else "")


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_a_rate_limit_says_how_long_to_wait(kind: str) -> None:
    response = Recorded.json({"error": {"message": "slow"}}, "429 Too Many Requests", [("retry-after", "7")])
    async with connected(kind, response) as (provider, _):
        with pytest.raises(ProviderError) as caught:
            await provider.generate(QUESTION, ignore)
    assert (caught.value.kind, caught.value.retry_after, caught.value.retryable) == ("rate-limited", 7.0, True)


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_provider_no_listener_raises_unreachable(kind: str) -> None:
    async with Replay(Recorded()) as server:
        address = server.address
    provider = connect(kind, address)
    with pytest.raises(ProviderError) as caught:
        await provider.generate(QUESTION, ignore)
    await provider.close()
    assert caught.value.kind == "unreachable"
    assert caught.value.advice


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_the_key_is_sent_and_never_shown(kind: str) -> None:
    refused = {"error": {"message": "Incorrect API key provided: sk-secret-1"}}
    async with connected(kind, Recorded.json(refused, "401 Unauthorized"), "sk-secret-1") as (provider, server):
        with pytest.raises(ProviderError) as caught:
            await provider.generate(QUESTION, ignore)
        assert server.asked[0][1]["authorization"] == "Bearer sk-secret-1"
    assert "sk-secret-1" not in caught.value.message + caught.value.advice


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_a_long_rule_of_equal_chunks_is_no_fault(kind: str) -> None:
    response = Recorded.events(*[said(content="-----")] * 300, said("stop"), "[DONE]")
    async with connected(kind, response) as (provider, _):
        reply = await provider.generate(QUESTION, ignore)
    assert isinstance(reply, ModelReply)
    assert reply.text == "-" * 1500
    assert reply.usage.estimated
    assert "no-usage" in reply.recoveries


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_a_managed_endpoint_is_sent_reasoning_under_one_name(kind: str) -> None:
    call = SentCall("functions.read:0", "read", "{}")
    request = ModelRequest("m", (Message("assistant", reasoning="Hm.", calls=(call,)),), QUESTION.tools)
    async with Replay(Recorded.capture("vllm/tools_auto")) as server:
        provider = connect(kind, server.address, managed=True)
        await provider.generate(request, ignore)
        await provider.close()
    (message,) = server.asked[0][2]["messages"]
    assert message["reasoning_content"] == "Hm."
    assert "reasoning" not in message


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_a_silent_server_is_given_up(kind: str) -> None:
    response = Recorded.events(THOUGHT, HALF, ending="stall")
    async with Replay(response) as server:
        provider = connect(kind, server.address, patience=SilenceLimits(first_seconds=60, between_seconds=0.1))
        with pytest.raises(ProviderError) as caught:
            await provider.generate(QUESTION, ignore)
        await provider.close()
        async with asyncio.timeout(60):
            await server.hung_up.wait()
    assert (caught.value.kind, caught.value.reasoning, caught.value.text) == ("stalled", "Hm. ", "Half an answ")


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_a_server_that_never_begins_is_given_up(kind: str) -> None:
    async with Replay(Recorded.events(ending="stall")) as server:
        provider = connect(kind, server.address, patience=SilenceLimits(first_seconds=0.2, between_seconds=60))
        with pytest.raises(ProviderError) as caught:
            await provider.generate(QUESTION, ignore)
        await provider.close()
        async with asyncio.timeout(60):
            await server.hung_up.wait()
    assert caught.value.kind == "stalled"
