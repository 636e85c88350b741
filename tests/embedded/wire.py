"""Looking at replies on the wire: every event of a stream, and the raw bytes of a connection."""

import asyncio
import json
from typing import Any

import httpx

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello there"}]


def body_of(**changes: Any) -> dict[str, Any]:
    """A streamed request to the scripted character, with changes."""
    usual = {
        "model": "scripted",
        "messages": HELLO,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    return usual | changes


async def post(base_url: str, **options: Any) -> httpx.Response:
    """One request to chat completions, whatever comes back."""
    async with httpx.AsyncClient(timeout=60, trust_env=False, verify=False) as client:
        return await client.post(f"{base_url}/chat/completions", **options)


async def events_of(base_url: str, **changes: Any) -> list[str]:
    """The data of every event of one stream."""
    response = await post(base_url, json=body_of(**changes))
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    events = response.text.split("\n\n")
    assert events.pop() == ""
    assert all(event.startswith("data: ") for event in events)
    return [event.removeprefix("data: ") for event in events]


async def chunks_of(base_url: str, **changes: Any) -> list[dict[str, Any]]:
    """Every chunk of one whole stream."""
    events = await events_of(base_url, **changes)
    assert events[-1] == "[DONE]"
    return [json.loads(event) for event in events[:-1]]


def deltas_of(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The deltas of chunks that have a choice."""
    return [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]


def joined(chunks: list[dict[str, Any]], key: str) -> str:
    """All that the deltas carry under one key."""
    return "".join(delta.get(key) or "" for delta in deltas_of(chunks))


def calls_of(chunks: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The calls of a stream, put together by index."""
    calls: dict[int, dict[str, str]] = {}
    for delta in deltas_of(chunks):
        for part in delta.get("tool_calls", []):
            call = calls.setdefault(part["index"], {"id": "", "name": "", "arguments": ""})
            call["id"] += part.get("id", "")
            call["name"] += part["function"].get("name", "")
            call["arguments"] += part["function"]["arguments"]
    return list(calls.values())


class Raw:
    """One request over a bare connection, and everything that came back before it ended."""

    def __init__(self) -> None:
        self.data = b""
        self.ended = ""
        """`end` when the server closed, `reset` when it reset, `open` when nothing came for a while."""

    @classmethod
    async def exchange(cls, base_url: str, patience: float = 5.0, **changes: Any) -> "Raw":
        """Send one request and read until the connection ends or falls silent."""
        host, port = base_url.removeprefix("http://").removesuffix("/v1").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        body = json.dumps(body_of(**changes)).encode()
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        raw = cls()
        try:
            while not raw.ended:
                piece = await asyncio.wait_for(reader.read(65536), patience)
                raw.data += piece
                raw.ended = "" if piece else "end"
        except ConnectionResetError:
            raw.ended = "reset"
        except TimeoutError:
            raw.ended = "open"
        writer.close()
        return raw
