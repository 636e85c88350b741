"""The thin client: patience, limits, and what it refuses."""

import asyncio
import zlib

import pytest

from kimi_tui.providers.base import ModelRequest, ProviderError, ReplyFragment, SilenceLimits
from kimi_tui.providers.openai_stream import OpenAIProvider
from tests.providers.replay import Recorded, Replay
from tests.providers.test_contract import QUESTION, ignore, said

EVENTS = ("content-type", "text/event-stream")
WHOLE = b'data: {"choices":[{"index":0,"delta":{"content":"So."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


async def failing(response: Recorded, patience: SilenceLimits | None = None) -> ProviderError:
    """The error that a response gives."""
    async with Replay(response) as server:
        provider = OpenAIProvider(server.address, "sk-1", patience=patience)
        with pytest.raises(ProviderError) as caught:
            await provider.generate(QUESTION, ignore)
        await provider.close()
    return caught.value


async def answered(response: Recorded) -> str:
    """The text that a response gives."""
    async with Replay(response) as server:
        provider = OpenAIProvider(server.address)
        reply = await provider.generate(QUESTION, ignore)
        await provider.close()
    return reply.text


async def test_provider_local_server_uses_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert await answered(Recorded(pieces=[WHOLE])) == "So."


async def test_no_key_means_no_authorization() -> None:
    async with Replay(Recorded(pieces=[WHOLE])) as server:
        provider = OpenAIProvider(server.address)
        await provider.generate(QUESTION, ignore)
        await provider.generate(QUESTION, ignore)
        await provider.close()
    assert len(server.asked) == 2
    assert "authorization" not in server.asked[0][1]
    assert server.asked[0][1]["accept-encoding"] == "identity"


async def test_a_connection_that_breaks_before_a_byte_is_unreachable() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        provider = OpenAIProvider(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        with pytest.raises(ProviderError) as caught:
            await provider.generate(QUESTION, ignore)
        await provider.close()
    assert caught.value.kind == "unreachable"


async def test_an_unknown_model_is_answered_with_those_there_are() -> None:
    models = Recorded.json({"data": [{"id": "kimi-k2-thinking"}, {"id": "other"}]})
    async with Replay(Recorded.capture("vllm/err_unknown_model"), models) as server:
        provider = OpenAIProvider(server.address)
        with pytest.raises(ProviderError) as caught:
            await provider.generate(ModelRequest("no-such-model", (), ()), ignore)
        await provider.close()
    assert caught.value.kind == "unknown-model"
    assert "It offers: kimi-k2-thinking, other." in caught.value.advice


async def test_a_server_that_never_begins_is_stalled() -> None:
    error = await failing(Recorded(ending="stall"), SilenceLimits(first_seconds=0.05, between_seconds=30))
    assert (error.kind, error.retryable) == ("stalled", True)


async def test_provider_silent_server_raises_stalled_with_partial_reply() -> None:
    response = Recorded.events(said(reasoning="Hm. "), said(content="So"), ending="stall")
    error = await failing(response, SilenceLimits(first_seconds=30, between_seconds=0.05))
    assert (error.kind, error.reasoning, error.text) == ("stalled", "Hm. ", "So")


async def test_a_ping_before_the_first_fragment_does_not_start_the_shorter_wait() -> None:
    response = Recorded(
        pieces=[b": ping\n\n", b'data: {"choices":[{"delta":{"role":"assistant"}}]}\n\n'], ending="stall"
    )
    error = await failing(response, SilenceLimits(first_seconds=0.2, between_seconds=0.01))
    assert (error.kind, error.message) == ("stalled", "The server sent nothing for 0.2 seconds.")


async def test_silence_after_the_finish_reason_does_not_lose_the_reply() -> None:
    async with Replay(Recorded.events(said("stop", content="So."), ending="stall")) as server:
        provider = OpenAIProvider(server.address, patience=SilenceLimits(first_seconds=30, between_seconds=0.05))
        reply = await provider.generate(QUESTION, ignore)
        await provider.close()
    assert (reply.text, reply.finish_reason) == ("So.", "stop")


async def test_a_connection_that_breaks_after_the_finish_reason_does_not_lose_the_reply() -> None:
    assert await answered(Recorded.events(said("stop", content="So."), ending="cut")) == "So."


async def test_a_last_frame_without_its_empty_line_is_read() -> None:
    assert await answered(Recorded(pieces=[WHOLE.rstrip()])) == "So."


async def test_a_frame_cut_in_the_middle_is_a_truncated_reply() -> None:
    error = await failing(Recorded(pieces=[b'data: {"choices":[{"delta":{"content":"So."}}]}\n\ndata: {"choi']))
    assert (error.kind, error.text) == ("truncated", "So.")


async def test_a_line_of_eight_megabytes_is_malformed() -> None:
    error = await failing(Recorded(pieces=[b"data: "] + [b"x" * 80_000] * 100))
    assert error.kind == "malformed"
    assert "longer than" in error.message


async def test_a_body_that_is_no_stream_of_events_is_malformed() -> None:
    assert (await failing(Recorded(pieces=[b"Hello\n\nthere\n\n"]))).kind == "malformed"


async def test_json_without_a_reply_is_malformed() -> None:
    assert (await failing(Recorded.json({"status": "fine"}))).kind == "malformed"


async def test_a_web_page_under_a_status_of_success_is_malformed_and_named() -> None:
    page = Recorded(headers=[("content-type", "text/html")], pieces=[b"<html><title>Sign in</title>"])
    error = await failing(page)
    assert error.kind == "malformed"
    assert "Sign in" in error.message


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate"])
async def test_compression_is_refused_before_it_is_opened(encoding: str) -> None:
    error = await failing(Recorded(headers=[EVENTS, ("content-encoding", encoding)], pieces=[zlib.compress(WHOLE)]))
    assert error.kind == "malformed"


async def test_a_redirect_is_not_followed() -> None:
    async with Replay(Recorded(pieces=[WHOLE])) as target:
        error = await failing(Recorded("307 Temporary Redirect", [("location", target.address)]))
        assert target.asked == []
        assert error.kind == "bad-request"
        assert target.address in error.message


async def test_provider_wrong_path_error_gives_advice() -> None:
    error = await failing(Recorded.json({"detail": "Not Found"}, "404 Not Found"))
    assert error.kind == "bad-request"
    assert "/v1" in error.advice


async def test_an_error_frame_ends_the_reply_although_done_follows() -> None:
    fragments: list[ReplyFragment] = []
    async with Replay(Recorded.capture("vllm/crash_midstream")) as server:
        provider = OpenAIProvider(server.address)
        with pytest.raises(ProviderError) as caught:
            await provider.generate(QUESTION, fragments.append)
        await provider.close()
    assert caught.value.kind == "overloaded"
    assert caught.value.reasoning == "".join(fragment.text for fragment in fragments)
    assert caught.value.reasoning


async def test_arguments_that_were_damaged_on_the_way_are_no_reply() -> None:
    call = b'{"index":0,"function":{"name":"note","arguments":"{}\xff"}}'
    cut = b'data: {"choices":[{"delta":{"tool_calls":[%b]}}]}\n\n' % call
    error = await failing(Recorded(headers=[EVENTS], pieces=[cut + WHOLE]))
    assert error.kind == "malformed"
    assert "damaged" in error.message


@pytest.mark.parametrize(
    ("status", "presence"),
    [
        ("200 OK", "there"),
        ("404 Not Found", "there"),
        ("401 No", "there"),
        ("501 Not Implemented", "there"),
        ("503 Loading", "unwell"),
        ("502 Bad Gateway", "unwell"),
    ],
)
async def test_presence_of_a_server_is_what_it_answers_for_its_health(status: str, presence: str) -> None:
    async with Replay(Recorded.json({}), Recorded.json({}, status)) as server:
        provider = OpenAIProvider(server.address)
        assert await provider.presence() == presence
        await provider.close()


async def test_presence_of_a_server_that_is_not_there_is_absent() -> None:
    async with Replay(Recorded.json({})) as server:
        provider = OpenAIProvider(server.address)
    assert await provider.presence() == "absent"
    await provider.close()
