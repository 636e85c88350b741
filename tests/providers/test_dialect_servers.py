"""How whole servers behave, quirk by quirk, and what was measured of three of them.

| quirk | what is done |
|---|---|
| 14 a dropped stream that a library reports as finished | believed only with the server's own finish reason |
| 18 an overflow in each server's words | one kind of error, which is answered by compaction |
| 21 a server that goes on unless it is hung up on | the connection is closed at once |
| 22 a stalled stream that hangs for ever | two patiences of our own |
| 25 a library that reaches the network as it is imported | imported late, in a thread, told not to |
| 28 contexts far below the model's own | read from the server, never assumed |

| measured | what is done |
|---|---|
| 1 vLLM leaks thinking into the content from turn 2 on | split at the tags, the running count or the last count |
| 2 malformed arguments in the history | never sent: `test_dialect_sent.py` |
| 3 a crash that looks like success | an error frame counts, whatever follows it |
| 4 hanging up works | and is done |
| 5 errors in five shapes | one kind for each meaning |
| 6 llama.cpp leaks marks where no call is wanted | taken up as a call |
| 7 a connection that is closed while promised to be kept | used once |
| 8 no arguments with a finish by tool calls | an empty object, which the tool's own check answers |
"""

import asyncio
import json
import subprocess
import sys

import pytest

from kimi_tui.providers import PROVIDERS, connect, failures
from kimi_tui.providers.base import Endpoint, ModelReply, ModelRequest, ProviderError, SilenceLimits
from tests.providers.replay import Ending, Recorded, Replay
from tests.providers.test_contract import QUESTION, connected, ignore, said
from tests.providers.test_dialect import recorded
from tests.providers.test_reply_assembler import assemble, call, calls, delta


@pytest.mark.parametrize("kind", PROVIDERS)
@pytest.mark.parametrize("ending", ["clean", "cut", "reset"])
async def test_a_dropped_stream_is_never_finished(kind: str, ending: Ending) -> None:
    """Quirk 14: through either way to a model."""
    response = Recorded.events(said(content="Half a memo"), ending=ending)
    async with connected(kind, response) as (provider, _):
        with pytest.raises(ProviderError) as caught:
            await provider.generate(QUESTION, ignore)
    assert (caught.value.kind, caught.value.text) == ("truncated", "Half a memo")


@pytest.mark.parametrize("server", ["vllm", "sglang", "llamacpp"])
@pytest.mark.parametrize("form", ["", "_nonstream"])
async def test_an_overflow_is_known_in_each_servers_words(server: str, form: str) -> None:
    """Quirk 18, as recorded."""
    with pytest.raises(ProviderError) as caught:
        await recorded(f"{server}/err_ctx_overflow{form}")
    assert (caught.value.kind, caught.value.retryable) == ("overflow", False)


async def test_cancel_closes_connection() -> None:
    """Quirk 21, and measured 4: the server sees it, so that it stops."""
    async with Replay(Recorded.events(said(reasoning="Hm."), ending="stall")) as server:
        provider = connect("openai", server.address)
        begun = asyncio.Event()
        task = asyncio.create_task(provider.generate(QUESTION, lambda _: begun.set()))
        await asyncio.wait_for(begun.wait(), 30)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.wait_for(server.hung_up.wait(), 30)
        await provider.close()


@pytest.mark.parametrize("streamed", [(), (said(reasoning="Hm."),)])
async def test_a_stream_that_stalls_is_ended_before_and_after_its_first_word(streamed: tuple[object, ...]) -> None:
    """Quirk 22."""
    patience = (
        SilenceLimits(first_seconds=0.1, between_seconds=30)
        if not streamed
        else SilenceLimits(first_seconds=30, between_seconds=0.1)
    )
    async with Replay(Recorded.events(*streamed, ending="stall")) as server:
        provider = connect("openai", server.address, patience=patience)
        with pytest.raises(ProviderError) as caught:
            await provider.generate(QUESTION, ignore)
        await provider.close()
    assert (caught.value.kind, caught.value.retryable) == ("stalled", True)


def test_importing_the_library_reaches_no_network_and_says_nothing() -> None:
    """Quirk 25: every socket and every look-up of a name would end the import."""
    code = (
        "import socket, sys\n"
        "def refuse(*arguments, **options): raise SystemExit(f'network at import: {arguments}')\n"
        "socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse\n"
        "import kimi_tui.providers.litellm as way\n"
        "assert 'litellm' not in sys.modules\n"
        "way._import_quietly()\n"
        "assert 'litellm' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("entry", "window"),
    [({"max_model_len": 37000}, 37000), ({"meta": {"n_ctx": 98304, "n_ctx_train": 262144}}, 98304), ({}, None)],
)
async def test_the_context_is_what_the_server_was_started_with(entry: dict[str, object], window: int | None) -> None:
    """Quirk 28."""
    async with Replay(Recorded(), Recorded.json({"data": [{"id": "kimi-k2-thinking", **entry}]})) as server:
        provider = connect("openai", server.address)
        (model,) = await provider.models()
        await provider.close()
    assert model.context_window == window


@pytest.mark.parametrize(
    "name", ["hist_thinking_false", "hist_continuous_usage", "hist_preface", "history_reasoning_tool"]
)
async def test_reply_leaked_thinking_is_split_from_answer(name: str) -> None:
    """Measured 1: with the tags passed through, with running counts, with the last count alone, with no text at all."""
    reply: ModelReply = await recorded(f"vllm/{name}")
    assert reply.reasoning
    assert "<think>" not in reply.reasoning + reply.text
    assert len(reply.calls) == 1
    assert reply.text == ("Checking the filing next." if name == "hist_preface" else "")


def test_an_answer_after_leaked_thinking_is_found_by_the_last_count_whatever_a_chunk_holds() -> None:
    """Measured 1: nothing of the thinking ever becomes the answer, for a chunk holds a token or more."""
    for pieces in (["a", " b", " c"], ["a b", " c"], ["a b c"]):
        chunks = [delta(content="<think>"), *(delta(content=piece) for piece in pieces), delta(content="So.")]
        usage = {"completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 3}}
        last = delta("stop", usage=usage)
        if len(pieces) == 3:
            reply = assemble(*chunks, last)
            assert (reply.reasoning, reply.text) == ("a b c", "So.")
        else:
            with pytest.raises(ProviderError) as caught:
                assemble(*chunks, last)
            assert (caught.value.kind, caught.value.reasoning) == ("empty", "a b cSo.")


async def test_wire_parameters_after_probe_sends_tag_switch() -> None:
    """Measured 1."""
    request = ModelRequest("kimi-k2-thinking", (), (), endpoint=Endpoint(splits_thinking=False))
    async with connected("openai", Recorded.capture("vllm/hist_thinking_false")) as (provider, server):
        reply = await provider.generate(request, ignore)
    assert server.asked[0][2]["chat_template_kwargs"] == {"thinking": False}
    assert "think-tags" in reply.recoveries


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_a_crash_that_looks_like_success_is_an_error(kind: str) -> None:
    """Measured 3: status 200, an error frame, `[DONE]`; and a ping, then a body that breaks off."""
    async with connected(kind, Recorded.capture("vllm/crash_midstream")) as (provider, _):
        with pytest.raises(ProviderError) as caught:
            await provider.generate(QUESTION, ignore)
    assert caught.value.retryable
    async with connected(kind, Recorded.capture("llamacpp/crash_midstream")) as (provider, _):
        with pytest.raises(ProviderError) as caught:
            await provider.generate(QUESTION, ignore)
    assert (caught.value.kind, caught.value.retryable) == ("truncated", True)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, {"error": {"message": "boom", "code": 500}}, "overloaded"),
        (400, {"error": {"message": "no", "code": "400"}}, "bad-request"),
        (400, {"object": "error", "message": "no", "code": 400}, "bad-request"),
        (401, {"error": "Unauthorized"}, "unauthorized"),
        (404, {"detail": "Not Found"}, "bad-request"),
        (503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}, "overloaded"),
        (404, {"error": {"message": "The model `x` does not exist.", "code": 404}}, "unknown-model"),
    ],
)
def test_an_error_is_understood_in_every_shape(status: int, body: dict[str, object], kind: str) -> None:
    """Measured 5."""
    assert failures.refusal_from_response(status, {}, json.dumps(body).encode()).kind == kind


async def test_marks_that_leak_where_no_call_was_wanted_become_a_call() -> None:
    """Measured 6, as recorded: policy and the tool's own check decide what comes of it."""
    reply: ModelReply = await recorded("llamacpp/tools_none")
    assert [proposed.recovered for proposed in reply.calls] == [True]


async def test_a_connection_is_used_once() -> None:
    """Measured 7: one that is promised to be kept and then closed would lose the next request."""
    async with Replay(Recorded.events(said(content="So."), said("stop"), "[DONE]")) as server:
        provider = connect("openai", server.address)
        for _ in range(3):
            assert (await provider.generate(QUESTION, ignore)).text == "So."
        await provider.close()
    assert len({headers["host"] for _, headers, _ in server.asked}) == 1
    assert server.connections == 3


def test_no_arguments_with_a_finish_by_tool_calls_are_an_empty_object() -> None:
    """Measured 8."""
    reply = assemble(call(name="read", arguments=""), delta("tool_calls"))
    assert calls(reply) == [("read", {})]
    assert assemble(call(name="read", arguments="{}"), delta("stop")).calls
