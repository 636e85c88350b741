"""The embedded server's HTTP: models, health, completions streamed and not, errors, usage, hanging up."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from kimi_tui.embedded.script import Script, ScriptedCall, ScriptStep
from kimi_tui.embedded.server import EmbeddedServer, serve
from tests.embedded.wire import HELLO, Raw, body_of, calls_of, chunks_of, deltas_of, joined, post

CALLS = (
    ScriptedCall("search_documents", {"query": "net debt of the group at the end of the year"}),
    ScriptedCall("read", {"source": "S1"}),
)
STEP = ScriptStep(reasoning="First I look, then I read.", text="So be it.", calls=CALLS)


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedServer]:
    """A server whose script says the same for ever."""
    made = EmbeddedServer(script=Script(end=STEP), pace=0, keep_requests=2)
    await made.start()
    yield made
    await made.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another task brings about."""
    for _ in range(6_000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about")


async def get(url: str, **options: Any) -> httpx.Response:
    async with httpx.AsyncClient(timeout=60, trust_env=False, verify=False) as client:
        return await client.get(url, **options)


async def test_server_models_report_window_and_description(server: EmbeddedServer) -> None:
    data = (await get(f"{server.base_url}/models")).json()["data"]
    assert [model["id"] for model in data] == ["extractive-researcher", "scripted"]
    assert all(model["max_model_len"] == 262_144 for model in data)
    assert all("no neural model" in model["description"].lower() for model in data)


async def test_health_is_empty_and_ok(server: EmbeddedServer) -> None:
    response = await get(server.base_url.replace("/v1", "/health"))
    assert (response.status_code, response.content) == (200, b"")


async def test_a_stream_and_a_whole_reply_say_the_same(server: EmbeddedServer) -> None:
    chunks = await chunks_of(server.base_url)
    whole = (await post(server.base_url, json=body_of(stream=False))).json()
    message = whole["choices"][0]["message"]
    assert joined(chunks, "reasoning_content") == message["reasoning_content"] == STEP.reasoning
    assert joined(chunks, "content") == message["content"] == STEP.text
    assert calls_of(chunks) == [{"id": call["id"], **call["function"]} for call in message["tool_calls"]]
    assert [call["id"] for call in message["tool_calls"]] == ["functions.search_documents:0", "functions.read:1"]
    assert whole["choices"][0]["finish_reason"] == chunks[-2]["choices"][0]["finish_reason"] == "tool_calls"


async def test_a_stream_has_the_form_that_vllm_gives_it(server: EmbeddedServer) -> None:
    chunks = await chunks_of(server.base_url)
    deltas = deltas_of(chunks)
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert len({(chunk["id"], chunk["created"], chunk["model"]) for chunk in chunks}) == 1
    parts = [part for delta in deltas for part in delta.get("tool_calls", [])]
    first = [part for part in parts if part["index"] == 0]
    assert len(first) > 2
    assert set(first[0]) == {"index", "id", "type", "function"}
    assert all(set(part) == {"index", "function"} and set(part["function"]) == {"arguments"} for part in first[1:])
    assert deltas[-1] == {}
    assert chunks[-1]["choices"] == []


async def test_usage_counts_reasoning_and_what_the_last_prompt_shared(server: EmbeddedServer) -> None:
    first = (await chunks_of(server.base_url))[-1]["usage"]
    assert first["prompt_tokens_details"]["cached_tokens"] == 0
    assert first["completion_tokens_details"]["reasoning_tokens"] == 7
    assert first["total_tokens"] == first["prompt_tokens"] + first["completion_tokens"]
    longer = [*HELLO, {"role": "assistant", "content": "So be it."}, {"role": "user", "content": "And then? " * 40}]
    second = (await chunks_of(server.base_url, messages=longer))[-1]["usage"]
    assert 0 < second["prompt_tokens_details"]["cached_tokens"] <= first["prompt_tokens"] < second["prompt_tokens"]
    third = (await chunks_of(server.base_url, messages=longer))[-1]["usage"]
    assert third["prompt_tokens_details"]["cached_tokens"] >= third["prompt_tokens"] - len(longer)
    assert third["prompt_tokens"] == second["prompt_tokens"]


async def test_reasoning_before_an_answer_leaves_the_prompt_as_the_template_says(server: EmbeddedServer) -> None:
    thinking = {"role": "assistant", "content": "", "reasoning_content": "long " * 400, "tool_calls": []}
    call = {"id": "functions.read:0", "type": "function", "function": {"name": "read", "arguments": "{}"}}
    inside = [*HELLO, {**thinking, "tool_calls": [call]}, {"role": "tool", "tool_call_id": call["id"], "content": "x"}]
    after = [*inside, {"role": "assistant", "content": "Done."}, {"role": "user", "content": "More"}]
    with_it = (await chunks_of(server.base_url, messages=inside))[-1]["usage"]
    without = (await chunks_of(server.base_url, messages=after))[-1]["usage"]
    assert without["prompt_tokens"] < with_it["prompt_tokens"]
    assert without["prompt_tokens_details"]["cached_tokens"] < 30


async def test_usage_is_sent_only_when_asked_for(server: EmbeddedServer) -> None:
    chunks = await chunks_of(server.base_url, stream_options=None)
    assert all("usage" not in chunk for chunk in chunks)


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b'{"model": ', 400, "JSON decode error"),
        (b"[1, 2]", 400, "JSON object"),
        (b"\xff\xfe", 400, "JSON decode error"),
        (b"[" * 100_000, 400, "JSON decode error"),
        (b'{"model": "scripted"}', 400, "messages: Field required"),
        (b'{"messages": []}', 400, "model: Field required"),
        (b'{"model": "scripted", "messages": []}', 400, "empty conversation"),
        (b'{"model": "scripted", "messages": "hi"}', 400, "must be a list"),
        (b'{"model": "scripted", "messages": ["hi"]}', 400, "not an object"),
        (b'{"model": "scripted", "messages": [{"role": "wizard", "content": ""}]}', 400, "unknown role"),
        (b'{"model": "scripted", "messages": [{"role": "user", "content": 5}]}', 400, "content must be"),
        (b'{"model": "scripted", "messages": [{"role": "user"}], "max_tokens": -5}', 400, "at least 1"),
        (b'{"model": "scripted", "messages": [{"role": "user"}], "max_tokens": "many"}', 400, "an integer"),
        (b'{"model": "scripted", "messages": [{"role": "user"}], "temperature": "hot"}', 400, "valid number"),
        (b'{"model": "scripted", "messages": [{"role": "user"}], "tools": [{}]}', 400, "no function name"),
        (b'{"model": "scripted", "messages": [{"role": "assistant", "tool_calls": [1]}]}', 400, "a function with"),
        (b'{"model": "other", "messages": [{"role": "user", "content": "x"}]}', 404, "`other` does not exist"),
    ],
)
async def test_a_bad_request_is_answered_in_the_shape_of_vllm(
    server: EmbeddedServer, content: bytes, status: int, words: str
) -> None:
    response = await post(server.base_url, content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == status
    error = response.json()["error"]
    assert words in error["message"]
    assert error["code"] == status
    assert set(error) == {"message", "type", "param", "code"}


async def test_another_content_type_is_refused(server: EmbeddedServer) -> None:
    response = await post(server.base_url, content=b"{}", headers={"Content-Type": "text/plain"})
    assert response.status_code == 400
    assert "application/json" in response.json()["error"]["message"]


async def test_an_unknown_path_and_a_body_that_is_too_large_are_refused(server: EmbeddedServer) -> None:
    assert (await get(f"{server.base_url}/nothing")).json() == {"detail": "Not Found"}
    huge = b'{"model": "' + b"x" * (65 * 1024 * 1024) + b'"}'
    response = await post(server.base_url, content=huge, headers={"Content-Type": "application/json"})
    assert response.status_code == 413


async def test_a_request_for_another_host_name_is_refused(server: EmbeddedServer) -> None:
    response = await get(f"{server.base_url}/models", headers={"Host": "attacker.test"})
    assert response.status_code == 403


async def test_a_key_is_asked_for_when_one_is_set() -> None:
    server = EmbeddedServer(api_key="secret", pace=0)
    base_url = await server.start()
    try:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "secret"}):
            response = await get(f"{base_url}/models", headers=headers)
            assert (response.status_code, response.json()) == (401, {"error": "Unauthorized"})
        assert (await get(f"{base_url}/models", headers={"Authorization": "Bearer secret"})).status_code == 200
        assert (await get(base_url.replace("/v1", "/health"))).status_code == 200
    finally:
        await server.close()


async def test_a_prompt_longer_than_the_window_is_refused_in_the_words_of_vllm() -> None:
    server = EmbeddedServer(script=Script(context_window=100), pace=0)
    base_url = await server.start()
    try:
        response = await post(base_url, json=body_of(messages=[{"role": "user", "content": "x" * 800}]))
        assert response.status_code == 400
        assert "maximum context length is 100 tokens" in response.json()["error"]["message"]
    finally:
        await server.close()


async def test_a_generation_ends_when_the_client_hangs_up() -> None:
    slow = ScriptStep(reasoning="word " * 100_000)
    server = EmbeddedServer(script=Script(end=slow), pace=50)
    base_url = await server.start()
    try:
        async with (
            httpx.AsyncClient(timeout=60, trust_env=False, verify=False) as client,
            client.stream("POST", f"{base_url}/chat/completions", json=body_of()) as response,
        ):
            await anext(response.aiter_lines())
            assert server.generating == 1
        await until(lambda: server.generating == 0)
        assert server.cancelled_replies == 1
    finally:
        await server.close()


async def test_closing_the_server_ends_what_it_generates() -> None:
    server = EmbeddedServer(script=Script(end=ScriptStep(reasoning="word " * 100_000)), pace=20)
    base_url = await server.start()
    raw = asyncio.create_task(Raw.exchange(base_url))
    await until(lambda: server.generating == 1)
    await server.close()
    await raw
    assert b"[DONE]" not in raw.result().data


async def test_the_last_requests_are_kept_for_tests(server: EmbeddedServer) -> None:
    for number in range(3):
        await chunks_of(server.base_url, seed=number)
    assert [request["seed"] for request in server.requests] == [1, 2]


async def test_serve_runs_until_cancelled_and_says_where() -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    task = asyncio.create_task(serve(0, None, 0, ready=said.put_nowait))
    base_url = await asyncio.wait_for(said.get(), 10)
    assert (await get(f"{base_url}/models")).status_code == 200
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(httpx.ConnectError):
        await get(f"{base_url}/models")


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open(server: EmbeddedServer) -> None:
    other = EmbeddedServer(pace=0)
    with pytest.raises(OSError, match="in use"):
        await other.start(httpx.URL(server.base_url).port or 0)
    await other.close()


async def test_many_clients_are_served_side_by_side(server: EmbeddedServer) -> None:
    replies = await asyncio.gather(*(chunks_of(server.base_url) for _ in range(20)))
    assert {json.dumps(calls_of(chunks)) for chunks in replies} == {json.dumps(calls_of(replies[0]))}
