"""LiteLLM: imported late and quietly, and believed in nothing that no server said."""

import subprocess
import sys

import pytest

from kimi_tui.providers import PROVIDERS, connect
from kimi_tui.providers.base import Endpoint, ModelRequest
from kimi_tui.providers.litellm import LiteLLMProvider
from tests.providers.replay import Recorded, Replay
from tests.providers.test_contract import EXPECTED, NOT_STREAMED, QUESTION, connected, ignore, outcome, said

QUIET_RUN = """
import asyncio, socket, sys
from kimi_tui.providers import connect
from kimi_tui.providers.base import ModelRequest, ProviderError
from kimi_tui.messages import Message

asked = []
connect_to, look_up = socket.socket.connect, socket.getaddrinfo

def guarded(self, address):
    asked.append(address)
    return connect_to(self, address)

def named(host, *arguments, **options):
    asked.append((host, 0))
    return look_up(host, *arguments, **options)

socket.socket.connect, socket.getaddrinfo = guarded, named

async def main():
    provider = connect("litellm", sys.argv[1])
    for _ in range(2):
        try:
            print((await provider.generate(ModelRequest("m", (Message("user", "Hi"),), ()), lambda _: None)).text)
        except ProviderError as error:
            print(error.kind)
    await provider.close()

asyncio.run(main())
print(sorted({host for host, *_ in asked} - {"127.0.0.1", "localhost"}))
"""


def test_choosing_a_provider_imports_no_other() -> None:
    code = (
        "import sys; from kimi_tui.providers import connect; before = set(sys.modules);"
        "assert not {'httpx', 'litellm', 'openai'} & before;"
        "connect('openai', 'http://127.0.0.1:1');"
        "assert not {'litellm', 'openai'} & set(sys.modules);"
        "connect('litellm', 'http://127.0.0.1:1');"
        "assert not {'litellm', 'openai'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_every_provider_has_a_name_and_no_other_name_is_known() -> None:
    assert set(PROVIDERS) == {"openai", "litellm"}
    with pytest.raises(KeyError):
        connect("other", "http://127.0.0.1:1")


@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
async def test_it_says_nothing_and_goes_nowhere_else(status: str) -> None:
    import asyncio

    frames = [said(content="So."), said("stop"), "[DONE]"]
    response = Recorded.events(*frames)
    response.status = status
    async with Replay(response) as server:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            QUIET_RUN,
            server.address,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(120):
            output, errors = await process.communicate()
    word = "So." if status == "200 OK" else "overloaded"
    assert output.decode().split("\n") == [word, word, "[]", ""]
    assert errors == b""


async def test_a_model_without_a_known_prefix_is_an_openai_one() -> None:
    async with Replay(Recorded.capture("vllm/tools_auto")) as server:
        provider = connect("litellm", server.address)
        for name in ("kimi-k2-thinking", "moonshotai/Kimi-K2-Thinking", "openai/kimi-k2", "moonshot/kimi-k2.6"):
            request = type(QUESTION)(name, QUESTION.messages, QUESTION.tools)
            await provider.generate(request, ignore)
        await provider.close()
    assert [body["model"] for _, _, body in server.asked] == [
        "kimi-k2-thinking",
        "moonshotai/Kimi-K2-Thinking",
        "kimi-k2",
        "kimi-k2.6",
    ]


async def test_models_are_those_of_the_server_and_none_without_one() -> None:
    async with Replay(Recorded(), Recorded.json({"data": [{"id": "m", "max_model_len": 9}]})) as server:
        provider = LiteLLMProvider(server.address)
        assert [(model.id, model.context_window) for model in await provider.models()] == [("m", 9)]
    assert await LiteLLMProvider().models() == ()


async def test_usage_that_the_library_made_up_is_not_believed() -> None:
    async with Replay(Recorded.events(said(content="So."), said("stop"), "[DONE]")) as server:
        provider = connect("litellm", server.address)
        reply = await provider.generate(QUESTION, ignore)
        await provider.close()
    assert reply.usage.estimated


def test_of_all_recorded_replies_seven_are_lost_and_no_other() -> None:
    """Those that answer a request for a stream with one document; the others are read as the thin client reads them."""
    assert len(EXPECTED) == 148
    assert len(NOT_STREAMED) == 7


async def test_a_web_page_looks_like_a_stream_without_its_end() -> None:
    page = Recorded(headers=[("content-type", "text/html")], pieces=[b"<html><title>Sign in</title>"])
    async with connected("litellm", page) as (provider, _):
        assert (await outcome(provider))["error"] == "truncated"


async def test_redirects_are_followed() -> None:
    async with Replay(Recorded.capture("vllm/tools_auto")) as target:
        there = [("location", f"{target.address}/v1/chat/completions")]
        async with connected("litellm", Recorded("307 Temporary Redirect", there)) as (provider, _):
            assert (await outcome(provider))["calls"]
        assert len(target.asked) == 1


async def test_what_a_model_needs_reaches_a_server_although_the_library_does_not_know_it() -> None:
    request = ModelRequest(
        "moonshot/kimi-k2.6", QUESTION.messages, (), 99, 0.4, reasoning_cap=500, endpoint=Endpoint(thinking_budget=True)
    )
    async with Replay(Recorded.capture("vllm/tools_auto")) as server:
        provider = connect("litellm", server.address, managed=True)
        await provider.generate(request, ignore)
        await provider.close()
    body = server.asked[0][2]
    assert body["thinking"] == {"type": "enabled", "keep": "all"}
    assert (body["max_tokens"], body["thinking_token_budget"]) == (99, 500)
    assert "temperature" not in body
