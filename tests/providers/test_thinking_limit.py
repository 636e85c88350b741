"""Thinking that is long enough: its cap, a person's word, and the servers that can be asked to stop."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from kimi_tui.providers import PROVIDERS, connect
from kimi_tui.providers.base import Endpoint, ModelReply, ModelRequest, ProviderError, ReplyFragment
from kimi_tui.providers.thinking_limit import SLACK_TOKENS
from tests.providers.replay import Recorded, Replay
from tests.providers.test_contract import said

LLAMACPP = Endpoint(reasoning_control=True)
VLLM = Endpoint(thinking_budget=True)
ANSWER = (said(content="So."), said("stop"), "[DONE]")
TAKEN = Recorded.json({"success": True})
WAIT = b""


def thought(n: int, *, counted: bool = False) -> dict[str, Any]:
    """The n-th token of thinking, with the server's running count or without."""
    usage = {"prompt_tokens": 9, "completion_tokens": n} if counted else None
    return {**said(reasoning_content="Hm. "), "usage": usage}


def thinking(tokens: int, *after: object, counted: bool = False) -> Recorded:
    """A response that thinks so long; without anything after, it stalls."""
    frames = [thought(n + 1, counted=counted) for n in range(tokens)]
    return Recorded.events(*frames, *after, ending="clean" if after else "stall")


def asking(cap: int | None = None, endpoint: Endpoint | None = None) -> ModelRequest:
    """A request with a cap."""
    return ModelRequest("m", (), (), reasoning_cap=cap, endpoint=endpoint or Endpoint())


def ignore(_: ReplyFragment) -> None:
    """An announcement that nobody reads."""


async def asked(
    server: Replay,
    request: ModelRequest,
    announce: Callable[[ReplyFragment], None] = ignore,
    enough: asyncio.Event | None = None,
    kind: str = "openai",
) -> ModelReply:
    """The reply of a server."""
    provider = connect(kind, server.address)
    try:
        async with asyncio.timeout(60):
            return await provider.generate(request, announce, enough)
    finally:
        await provider.close()


async def capped(
    server: Replay, request: ModelRequest, enough: asyncio.Event | None = None, **more: Any
) -> ProviderError:
    """The error of thinking that was ended."""
    with pytest.raises(ProviderError) as caught:
        await asked(server, request, enough=enough, **more)
    assert (caught.value.kind, caught.value.retryable) == ("capped", False)
    return caught.value


async def test_a_cap_is_kept_to_the_token_where_the_server_counts_along() -> None:
    async with Replay(thinking(50, counted=True)) as server:
        error = await capped(server, asking(20))
        await asyncio.wait_for(server.hung_up.wait(), 30)
    assert error.reasoning == "Hm. " * 20
    assert error.message == "The thinking was ended at its cap after 20 tokens."
    assert error.usage is not None
    assert (error.usage.prompt_tokens, error.usage.completion_tokens, error.usage.estimated) == (9, 20, False)


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_a_cap_is_kept_by_an_estimate_where_it_does_not(kind: str) -> None:
    async with Replay(thinking(50)) as server:
        error = await capped(server, asking(20), kind=kind)
        await asyncio.wait_for(server.hung_up.wait(), 30)
    assert error.reasoning == "Hm. " * 20
    assert "about 20 tokens" in error.message
    assert error.usage is not None
    assert error.usage.estimated


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_a_person_ends_the_thinking(kind: str) -> None:
    enough = asyncio.Event()
    async with Replay(thinking(3)) as server:
        heard: list[ReplyFragment] = []

        def announce(fragment: ReplyFragment) -> None:
            heard.append(fragment)
            if len(heard) == 2:
                enough.set()

        error = await capped(server, asking(), enough, announce=announce, kind=kind)
    assert error.reasoning == "Hm. Hm. "
    assert error.message.startswith("A person ended the thinking")


async def test_a_persons_word_before_the_first_fragment_waits_for_it() -> None:
    enough = asyncio.Event()
    enough.set()
    async with Replay(thinking(3)) as server:
        assert (await capped(server, asking(), enough)).reasoning == "Hm. "


async def test_neither_a_cap_nor_a_person_ends_an_answer() -> None:
    call = said(tool_calls=[{"index": 0, "function": {"name": "read", "arguments": "{}"}}])
    for later in (said(content="It is so. "), call):
        enough = asyncio.Event()
        async with Replay(thinking(5, later, thought(6), *ANSWER)) as server:

            def announce(fragment: ReplyFragment, enough: asyncio.Event = enough) -> None:
                if fragment.kind != "reasoning":
                    enough.set()

            reply = await asked(server, asking(6), announce, enough)
        assert reply.reasoning == "Hm. " * 6
        assert reply.text.endswith("So.")


async def test_a_cap_that_is_not_reached_changes_nothing() -> None:
    async with Replay(thinking(19, *ANSWER)) as server:
        reply = await asked(server, asking(20))
    assert (reply.text, reply.recoveries) == ("So.", ("no-usage",))
    assert not {"thinking_token_budget", "reasoning_control", "chat_template_kwargs"} & server.asked[0][2].keys()


@pytest.mark.parametrize("by", ["cap", "person"])
async def test_thinking_limit_server_control_continues_reply(by: str) -> None:
    """llama.cpp: asked by the reply's own id, while it streams."""
    enough = asyncio.Event()
    response = thinking(5)
    response.pieces += [WAIT, *Recorded.events(thought(6), *ANSWER).pieces]
    response.ending = "clean"
    async with Replay(response) as server:
        server.control = TAKEN
        request = asking(5 if by == "cap" else None, LLAMACPP)
        reply = await asked(server, request, lambda _: enough.set() if by == "person" else None, enough)
    first, control = server.asked
    assert first[2]["reasoning_control"] is True
    assert control[0].startswith("POST /v1/chat/completions/control ")
    assert control[2] == {"id": "x", "action": "reasoning_end"}
    assert (reply.text, reply.reasoning) == ("So.", "Hm. " * 6)
    assert "thinking-ended" in reply.recoveries


@pytest.mark.parametrize("answer", [Recorded.json({"success": False}), Recorded.json({}, "404 Not Found"), Recorded()])
async def test_a_server_that_does_not_obey_is_hung_up_on(answer: Recorded) -> None:
    async with Replay(thinking(50)) as server:
        server.control = answer
        error = await capped(server, asking(5, LLAMACPP))
        await asyncio.wait_for(server.hung_up.wait(), 30)
    assert error.reasoning == "Hm. " * 5


async def test_a_server_that_says_so_and_thinks_on_is_hung_up_on() -> None:
    async with Replay(thinking(200)) as server:
        server.control = TAKEN
        error = await capped(server, asking(5, LLAMACPP))
    assert error.reasoning == "Hm. " * (5 + SLACK_TOKENS)
    assert len(server.asked) == 2


async def test_a_server_with_a_budget_of_its_own_is_given_the_cap() -> None:
    """vLLM: it ends the thinking, and the client only looks on."""
    counts = {"prompt_tokens": 9, "completion_tokens": 7, "completion_tokens_details": {"reasoning_tokens": 5}}
    async with Replay(thinking(6, said(content="So."), {**said("stop"), "usage": counts}, "[DONE]")) as server:
        reply = await asked(server, asking(5, VLLM))
    assert server.asked[0][2]["thinking_token_budget"] == 5
    assert (reply.text, reply.recoveries) == ("So.", ("thinking-ended",))


async def test_a_budget_that_is_not_kept_is_kept_by_the_client() -> None:
    async with Replay(thinking(200, counted=True)) as server:
        error = await capped(server, asking(5, VLLM))
    assert error.reasoning == "Hm. " * (5 + SLACK_TOKENS)


@pytest.mark.parametrize(
    ("frames", "tokens", "estimated"),
    [
        ([thought(3, counted=True), thought(5, counted=True)], [3, 5], False),
        ([thought(1), said(reasoning_content="x" * 40)], [1, 11], True),
        ([said(reasoning="a"), {**said(reasoning="b"), "timings": {"predicted_n": 8}}], [1, 8], None),
    ],
)
async def test_thinking_is_metered_as_it_streams(frames: list[object], tokens: list[int], estimated: object) -> None:
    heard: list[ReplyFragment] = []
    async with Replay(Recorded.events(*frames, *ANSWER)) as server:
        await asked(server, asking(), heard.append)
    metered = [fragment for fragment in heard if fragment.kind == "reasoning"]
    assert [fragment.tokens for fragment in metered] == tokens
    assert [fragment.estimated for fragment in metered] == ([True, False] if estimated is None else [estimated] * 2)
