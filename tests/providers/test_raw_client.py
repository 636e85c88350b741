"""The client of probes: whatever happens is in the exchange, and nothing is raised."""

import json

import pytest

from kimi_tui.providers import raw_client
from kimi_tui.providers.base import ProviderError
from kimi_tui.providers.raw_client import HttpExchange, RawClient
from tests.providers.replay import Recorded, Replay

WHOLE = Recorded.events({"a": 1}, {"b": 2}, "[DONE]")


async def posted(response: Recorded, seconds: float = 5.0, enough: int = 0) -> HttpExchange:
    async with Replay(response) as server:
        client = RawClient(server.address, "sk-1")
        stop = (lambda frames: len(frames) >= enough) if enough else None
        found = await client.post("/chat/completions", {"b": 1, "a": 2}, seconds, stop)
        await client.close()
    return found


async def test_post_gives_the_frames_of_a_stream_and_their_times() -> None:
    found = await posted(WHOLE)
    assert (found.status, found.problem, found.stalled, found.streamed) == (200, "", False, True)
    assert [frame for frame in found.frames if frame != b"[DONE]"] == [b'{"a": 1}', b'{"b": 2}']
    assert 0 < found.first_byte <= found.seconds
    assert found.arrivals == sorted(found.arrivals)


async def test_post_ends_once_there_is_enough() -> None:
    found = await posted(Recorded.events({"a": 1}, {"b": 2}, ending="stall"), enough=1)
    assert (found.problem, found.stalled) == ("", False)
    assert found.frames[0] == b'{"a": 1}'


async def test_post_of_a_silent_server_is_stalled_with_what_came() -> None:
    found = await posted(Recorded.events({"a": 1}, ending="stall"), seconds=0.1)
    assert found.stalled
    assert found.problem == "nothing more came within 0.1 seconds"
    assert found.frames == [b'{"a": 1}']


@pytest.mark.parametrize("ending", ["reset", "cut"])
async def test_post_of_a_broken_connection_has_a_problem_and_no_error(ending: str) -> None:
    found = await posted(Recorded.events({"a": 1}, ending="reset" if ending == "reset" else "cut"))
    assert found.status in (0, 200)
    assert not found.stalled


async def test_requests_carry_the_key_and_sorted_bodies() -> None:
    async with Replay(Recorded.json({"x": 1}), Recorded.json({"y": 2})) as server:
        client = RawClient(f"{server.address}/v1", " sk-1 ")
        await client.post("/chat/completions", {"b": 1, "a": 2}, 5.0)
        await client.post_at_root("/tokenize", {}, 5.0)
        await client.get("/health", 5.0)
        found = await client.models(5.0)
        await client.close()
    lines = [line.split()[:2] for line, _, _ in server.asked]
    assert lines == [
        ["POST", "/v1/chat/completions"], ["POST", "/tokenize"], ["GET", "/health"], ["GET", "/v1/models"],
    ]  # fmt: skip
    assert all(headers["authorization"] == "Bearer sk-1" for _, headers, _ in server.asked)
    assert list(server.asked[0][2]) == ["a", "b"]
    assert found.json() == {"y": 2}


async def test_get_of_a_server_that_is_not_there_says_so() -> None:
    client = RawClient("http://127.0.0.1:9")
    found = await client.get("/health", 5.0)
    await client.close()
    assert (found.status, found.problem) == (0, "no server answers at this address")


async def test_get_reads_no_more_than_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_client, "_MAX_BODY_BYTES", 10)
    async with Replay(Recorded(), Recorded.json({"x": "y" * 100})) as server:
        client = RawClient(server.address)
        found = await client.models(5.0)
        await client.close()
    assert found.problem == "it is longer than 10 bytes"


@pytest.mark.parametrize("address", ["", "ftp://host"])
def test_raw_client_of_an_unusable_address_raises(address: str) -> None:
    with pytest.raises(ProviderError):
        RawClient(address)


@pytest.mark.parametrize(
    ("exchange", "document"),
    [
        (HttpExchange(200, body=b"[1]"), [1]),
        (HttpExchange(204, body=b"\xef\xbb\xbf[1]"), [1]),
        (HttpExchange(404, body=b"[1]"), None),
        (HttpExchange(0, body=b"[1]"), None),
        (HttpExchange(200, body=b"nonsense"), None),
        (HttpExchange(200, body=b""), None),
        (HttpExchange(200, body=b"[" * 100_000), None),
        (HttpExchange(200, body=json.dumps("x" * (1 << 20)).encode()), None),
    ],
)
def test_exchange_json_of_a_success_alone(exchange: HttpExchange, document: object) -> None:
    assert exchange.json() == document


@pytest.mark.parametrize(
    ("headers", "streamed"),
    [
        ({"content-type": "text/event-stream; charset=utf-8"}, True),
        ({"content-type": "application/json"}, False),
        ({}, False),
    ],
)
def test_exchange_streamed_by_its_type(headers: dict[str, str], streamed: bool) -> None:
    assert HttpExchange(200, headers).streamed is streamed
    assert HttpExchange().first_byte == 0.0
