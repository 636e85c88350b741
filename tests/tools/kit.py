"""What the tests of tools stand on: a store in memory, a context that closes, and a server that says raw bytes."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from kimi_tui.sources import Part, Source, SourceKind, SourceRef
from kimi_tui.tools.base import ToolContext, ToolSettings


class MemoryStore:
    """Sources kept in a list; the same address with the same bytes keeps its id."""

    def __init__(self) -> None:
        self.kept: list[Source] = []
        self.data: dict[str, bytes] = {}

    def add(
        self,
        *,
        kind: SourceKind,
        title: str,
        address: str,
        media_type: str,
        data: bytes,
        parts: tuple[Part, ...],
        extractor: str = "",
    ) -> SourceRef:
        digest = hashlib.sha256(data).hexdigest()
        for source in self.kept:
            if (source.ref.address, source.ref.digest) == (address, digest):
                return source.ref
        ref = SourceRef(
            id=f"S{len(self.kept) + 1}",
            digest=digest,
            title=title,
            address=address,
            media_type=media_type,
            kind=kind,
            retrieved_at="2026-01-01T00:00:00Z",
            parts=len(parts),
            characters=sum(len(part.text) for part in parts),
            extractor=extractor,
        )
        self.kept.append(Source(ref, parts))
        self.data[ref.id] = data
        return ref

    def get(self, source_id: str) -> Source | None:
        return next((source for source in self.kept if source.ref.id == source_id), None)

    def refs(self) -> tuple[SourceRef, ...]:
        return tuple(source.ref for source in self.kept)


@asynccontextmanager
async def tool_context(settings: ToolSettings | None = None) -> AsyncIterator[ToolContext]:
    """A context whose workers are ended when the test is over."""
    context = ToolContext(settings or ToolSettings(), MemoryStore())
    try:
        yield context
    finally:
        await context.close()


def source_of(context: ToolContext, source_id: str) -> Source:
    """A source that must be there."""
    source = context.sources.get(source_id)
    assert source is not None
    return source


def fingerprint(*folders: Path) -> dict[str, str]:
    """Every file of some folders with the digest of its bytes."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


Handler = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


class Website:
    """A server on loopback that answers each path with bytes or with a function."""

    def __init__(self, answers: dict[str, bytes | Handler], host: str = "127.0.0.1", port: int = 0) -> None:
        self.answers = answers
        self.host = host
        self.port = port
        self.requests: list[bytes] = []

    async def __aenter__(self) -> "Website":
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url(self, path: str = "/", host: str = "") -> str:
        return f"http://{host or self.host}:{self.port}{path}"

    @property
    def _tasks(self) -> "list[asyncio.Task[None]]":
        return [task for task in asyncio.all_tasks() if task.get_name() == f"website-{id(self)}"]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.set_name(f"website-{id(self)}")
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(request)
            path = request.split(b" ", 2)[1].decode().partition("?")[0]
            answer = self.answers.get(path, response(b"nothing here", status=404))
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(path, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


def response(
    body: bytes = b"", content_type: str = "text/html; charset=utf-8", status: int = 200, headers: Iterable[str] = ()
) -> bytes:
    """A whole HTTP answer."""
    lines = [
        f"HTTP/1.1 {status} X",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def redirect(location: str, status: int = 302) -> bytes:
    """An answer that leads elsewhere."""
    return response(status=status, headers=[f"Location: {location}"])
