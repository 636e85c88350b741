"""A loopback server that replays recorded bytes, in pieces of any size and with any ending."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

CAPTURES = Path(__file__).parents[1] / "data" / "captures"
Ending = Literal["clean", "cut", "reset", "stall"]


class Recorded:
    """One response: a status line, headers and the body in pieces."""

    def __init__(
        self,
        status: str = "200 OK",
        headers: Iterable[tuple[str, str]] = (("content-type", "text/event-stream"),),
        pieces: Iterable[bytes] = (),
        ending: Ending = "clean",
    ) -> None:
        self.status = status
        self.headers = list(headers)
        self.pieces = list(pieces)
        self.ending: Ending = ending

    @classmethod
    def events(cls, *frames: object, ending: Ending = "clean") -> Self:
        """Make a stream of events; a string is sent unchanged, anything else as JSON."""
        texts = [frame if isinstance(frame, str) else json.dumps(frame) for frame in frames]
        return cls(pieces=[f"data: {text}\n\n".encode() for text in texts], ending=ending)

    @classmethod
    def json(cls, body: object, status: str = "200 OK", headers: Iterable[tuple[str, str]] = ()) -> Self:
        """A JSON document."""
        return cls(status, [("content-type", "application/json"), *headers], [json.dumps(body).encode()])

    @classmethod
    def capture(cls, name: str, size: int = 0) -> Self:
        """A recorded response (`vllm/tools_auto`), its body cut into pieces of `size` bytes; whole for 0."""
        recorded = (CAPTURES / f"{name}.txt").read_bytes()
        response = (recorded.partition(b"### response\n")[2] or recorded).replace(b"\r\n", b"\n")
        if response.startswith(b"### SIG"):
            head, body = b"HTTP 200 OK\ncontent-type: text/event-stream", response.partition(b"\n")[2]
        else:
            head, _, body = response.partition(b"\n\n")
        status, *lines = head.decode().splitlines()
        headers = [(key.strip().lower(), value.strip()) for key, _, value in (line.partition(":") for line in lines)]
        kept = [(key, value) for key, value in headers if key in ("content-type", "retry-after", "server")]
        step = size or len(body) or 1
        pieces = [body[at : at + step] for at in range(0, len(body), step)]
        ending: Ending = "cut" if "midstream" in name and name.startswith("llamacpp") else "clean"
        return cls(status.partition(" ")[2], kept, pieces, ending)


class Replay:
    """Serves one response to every POST and another to every GET, and keeps what was asked."""

    def __init__(
        self,
        response: Recorded,
        models: Recorded | None = None,
        before: Iterable[Recorded] = (),
        encryption: ssl.SSLContext | None = None,
    ) -> None:
        """Answer the first POSTs with `before`; with `encryption` it speaks https."""
        self.encryption = encryption
        self.response = response
        self.before = list(before)
        self.models = models or Recorded.json({"detail": "Not Found"}, "404 Not Found")
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        """Request lines, headers and decoded bodies."""
        self.control: Recorded | None = None
        """What a POST that tells a running reply to end its thinking is answered with."""
        self.controlled = asyncio.Event()
        """Set when one came; an empty piece of a response waits for it."""
        self.connections = 0
        """How many were made."""
        self.hung_up = asyncio.Event()
        """Set when a client closed the connection before the response was over."""
        self._server: asyncio.Server | None = None
        self._handlers: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Where it listens, without `/v1`."""
        assert self._server is not None
        scheme = "https" if self.encryption else "http"
        return f"{scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._handle, "127.0.0.1", 0, ssl=self.encryption)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        await some_rounds()  # a connection that was just made is taken, and gets its handler
        self._server.close()
        for task in self._handlers:
            task.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)
        await some_rounds()  # what was closed is let go of

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        self.connections += 1
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._exchange(reader, writer)
        except ConnectionError:
            self.hung_up.set()
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *lines = head.strip().split("\r\n")
        headers = {key.lower(): value.strip() for key, _, value in (item.partition(":") for item in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.asked.append((line, headers, json.loads(body) if body else None))
        response = self.models
        if "/control " in line and self.control is not None:
            self.controlled.set()
            response = self.control
        elif line.startswith("POST"):
            response = self.before.pop(0) if self.before else self.response
        await self._answer(response, reader, writer)

    async def _answer(self, response: Recorded, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        headers = [*response.headers, ("transfer-encoding", "chunked"), ("connection", "close")]
        lines = [f"HTTP/1.1 {response.status}", *(f"{key}: {value}" for key, value in headers), "", ""]
        writer.write("\r\n".join(lines).encode())
        for piece in response.pieces:
            if not piece:
                await self.controlled.wait()
                continue
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        if response.ending == "stall":
            await reader.read()
            self.hung_up.set()
        elif response.ending == "reset":
            writer.transport.abort()
        elif response.ending == "clean":
            writer.write(b"0\r\n\r\n")
            await writer.drain()


async def some_rounds() -> None:
    """Let the loop do what it has begun."""
    for _ in range(8):
        await asyncio.sleep(0)
