"""Gateways before a server: real proxies on loopback, each with its own idea of what it shows and what it answers."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec


class Manner(msgspec.Struct, frozen=True):
    """How a gateway behaves."""

    health: int = 404
    """The status of every place outside `/v1/`."""
    lists: bool = False
    """Whether it lists its models itself, whatever stands behind it."""
    away: int = 502
    """The status of a request while the server behind it is away."""
    said: Any = "Bad Gateway"
    """What it says then: a page's title, or a JSON document."""


ONLY_V1 = Manner()
"""nginx with a single `location /v1/`."""
ALWAYS_WELL = Manner(health=200)
LITELLM = Manner(
    health=200,
    lists=True,
    away=500,
    said={
        "error": {
            "message": "litellm.InternalServerError: InternalServerError: OpenAIException - Connection error.",
            "type": None,
            "param": None,
            "code": "500",
        }
    },
)
COOLING = Manner(
    health=200,
    lists=True,
    away=429,
    said={"error": {"message": "No deployments available for selected model, Try again in 5 seconds.", "code": "429"}},
)
BARE = Manner(health=200, lists=True, away=500, said={"error": {"message": "Internal Server Error"}})
NEVER_WELL = Manner(health=503, away=503, said="Service Temporarily Unavailable")


class Gateway:
    """Passes requests for `/v1/` on to a port of this machine."""

    def __init__(self, manner: Manner, port: int) -> None:
        self.manner = manner
        self.port = port
        self.address = ""
        self.asked: list[str] = []
        self.handlers: set[asyncio.Task[None]] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one request."""
        task = asyncio.current_task()
        assert task is not None
        self.handlers.add(task)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                body = await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)
                await self._answer(head, body, writer)
        finally:
            writer.close()

    async def _answer(self, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        line = head.split(b"\r\n")[0].decode()
        self.asked.append(line)
        path = line.split(" ")[1]
        if not path.startswith("/v1/"):
            self._say(writer, self.manner.health, {})
        elif self.manner.lists and path == "/v1/models":
            self._say(writer, 200, {"data": [{"id": "scripted"}]})
        else:
            await self._pass_on(head, body, writer)
        await writer.drain()

    async def _pass_on(self, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            reader, onward = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            self._say(writer, self.manner.away, self.manner.said)
            return
        try:
            onward.write(head + body)
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            onward.close()
            with contextlib.suppress(ConnectionError):
                await onward.wait_closed()

    def _say(self, writer: asyncio.StreamWriter, status: int, document: Any) -> None:
        page = isinstance(document, str)
        body = (f"<html><title>{status} {document}</title></html>" if page else json.dumps(document)).encode()
        kind = "text/html" if page else "application/json"
        head = (
            f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)


@asynccontextmanager
async def gateway(manner: Manner, port: int) -> AsyncIterator[Gateway]:
    """A gateway before the server at a port."""
    standing = Gateway(manner, port)
    async with await asyncio.start_server(standing.handle, "127.0.0.1", 0) as server:
        standing.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        yield standing
        for task in standing.handlers:
            task.cancel()
        await asyncio.gather(*standing.handlers, return_exceptions=True)
    for _ in range(8):
        await asyncio.sleep(0)
