"""A small HTTP/1.1 server on loopback: h11 for the protocol, asyncio for the bytes.

A handler is cancelled as soon as its client hangs up. It takes a tenth of the memory of a web framework, which counts
because each session has a server of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit

import h11
import msgspec

_CHUNK_BYTES = 1 << 18
_MAX_HEAD_BYTES = 1 << 16
JSON_MEDIA_TYPE = "application/json; charset=utf-8"
_Result = TypeVar("_Result")


class HttpError(Exception):
    """Ends a request with a status and a reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class HttpResponse:
    """A complete response."""

    def __init__(self, body: bytes = b"", *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.body = body
        self.status = status
        self.headers = dict(headers or {})


def json_response(value: Any, status: int = 200) -> HttpResponse:
    """Return a value as a JSON response; bytes are sent unchanged."""
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return HttpResponse(body, status=status, headers={"Content-Type": JSON_MEDIA_TYPE})


class HttpRequest:
    """A request with its body, and the connection for the answer."""

    def __init__(self, connection: "_HttpConnection", head: h11.Request, body: bytes) -> None:
        self.method = head.method.decode("ascii")
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        """By names in lower case."""
        self.body = body
        target = urlsplit(head.target.decode("latin-1"))
        self.path = target.path or "/"
        self.host = (target.hostname if target.netloc else _hostname(self.headers.get("host", ""))) or ""
        """The name that the client asked for, without a port."""
        self._connection = connection

    @property
    def content_type(self) -> str:
        """Return the media type of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def transport(self) -> asyncio.WriteTransport:
        """Return the connection below, for faults that break it."""
        return self._connection.writer.transport

    async def begin_stream(self, headers: Mapping[str, str]) -> None:
        """Begin an answer that is sent piece by piece; raises `ConnectionError`."""
        await self._connection.send(h11.Response(status_code=200, headers=list(headers.items())))

    async def write(self, data: bytes) -> None:
        """Send a piece of the answer; raises `ConnectionError`."""
        await self._connection.send(h11.Data(data=data))

    async def end_stream(self) -> None:
        """End the answer; raises `ConnectionError`."""
        await self._connection.send(h11.EndOfMessage())


Handler = Callable[[HttpRequest], Awaitable[HttpResponse | None]]
"""Answers a request; None when it was answered piece by piece."""


class HttpServer:
    """Listens on 127.0.0.1 and hands each request to one handler."""

    def __init__(self, handler: Handler, max_body_bytes: int) -> None:
        self._handler = handler
        self._max_body_bytes = max_body_bytes
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, port: int) -> int:
        """Listen, on a free port for 0, and return the port; raises `OSError`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
            tasks = list(self._connections)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await _HttpConnection(reader, writer).serve(self._handler, self._max_body_bytes)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._connections.discard(task)


class _HttpConnection:
    """The connection of one client, with one request after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._reader = reader
        self._protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD_BYTES)

    async def serve(self, handler: Handler, max_body_bytes: int) -> None:
        """Answer until either side closes."""
        try:
            while (head := await self._next_event()) is not None and isinstance(head, h11.Request):
                if not await self._answer(head, handler, max_body_bytes):
                    break
                self._protocol.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await self._refuse(error.error_status_hint, str(error))
        except ConnectionError:
            pass
        finally:
            self.writer.close()
            with suppress(OSError):
                await self.writer.wait_closed()

    async def send(self, event: h11.Event) -> None:
        """Send an event of the protocol; raises `ConnectionError`."""
        try:
            data = self._protocol.send(event)
        except h11.LocalProtocolError as error:
            raise ConnectionResetError("the client is gone") from error
        if data:
            self.writer.write(data)
            await self.writer.drain()

    async def _answer(self, head: h11.Request, handler: Handler, max_body_bytes: int) -> bool:
        """Answer one request; False when the connection ends with it."""
        body = await self._body(max_body_bytes)
        if body is None:
            await self._refuse(413, "the request is too large")
            return False
        request = HttpRequest(self, head, body)
        answered, response = await self._run_while_connected(handler(request))
        if not answered:
            return False
        if response is not None:
            headers = {"Content-Length": str(len(response.body)), **response.headers}
            await self.send(h11.Response(status_code=response.status, headers=list(headers.items())))
            if head.method != b"HEAD":
                await self.send(h11.Data(data=response.body))
            await self.send(h11.EndOfMessage())
        return self._protocol.our_state is h11.DONE and self._protocol.their_state is h11.DONE

    async def _run_while_connected(self, answer: Awaitable[_Result]) -> tuple[bool, _Result | None]:
        """Run a handler, or cancel it when the client hangs up: (whether it ended, its result)."""
        answering = asyncio.ensure_future(answer)
        watching = asyncio.create_task(self._wait_for_hang_up())
        try:
            await asyncio.wait({answering, watching}, return_when=asyncio.FIRST_COMPLETED)
            return (True, answering.result()) if answering.done() and not answering.cancelled() else (False, None)
        finally:
            for task in (answering, watching):
                task.cancel()
            await asyncio.gather(answering, watching, return_exceptions=True)

    async def _wait_for_hang_up(self) -> None:
        """Return when the client closes the connection; earlier data waits for its turn."""
        with suppress(ConnectionError):
            while data := await self._reader.read(_CHUNK_BYTES):
                self._protocol.receive_data(data)

    async def _body(self, max_bytes: int) -> bytes | None:
        """Return the body of the request; None when it is too large."""
        body = bytearray()
        if self._protocol.they_are_waiting_for_100_continue:
            await self.send(h11.InformationalResponse(status_code=100, headers=[]))
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
            if len(body) > max_bytes:
                return None
        return bytes(body)

    async def _next_event(self) -> h11.Event | None:
        """Return the next event of the client; None at its end. Raises `h11.RemoteProtocolError`."""
        while True:
            event = self._protocol.next_event()
            if event is h11.NEED_DATA:
                self._protocol.receive_data(await self._reader.read(_CHUNK_BYTES))
                continue
            return event if isinstance(event, h11.Event) and not isinstance(event, h11.ConnectionClosed) else None

    async def _refuse(self, status: int, reason: str) -> None:
        """Answer an invalid request, if the connection still allows it."""
        with suppress(ConnectionError):
            body = msgspec.json.encode({"detail": reason})
            headers = [("Content-Type", JSON_MEDIA_TYPE), ("Content-Length", str(len(body))), ("Connection", "close")]
            await self.send(h11.Response(status_code=status, headers=headers))
            await self.send(h11.Data(data=body))
            await self.send(h11.EndOfMessage())


def _hostname(host: str) -> str:
    """Return the name of a `Host` header, without a port."""
    with suppress(ValueError):
        return urlsplit(f"//{host}").hostname or ""
    return ""
