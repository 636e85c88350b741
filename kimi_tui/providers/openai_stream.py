"""The thin client for self-hosted OpenAI-compatible servers, and the default way to a model.

One request, one connection, no retry, nothing between the socket and the reply but this file: what it returns
was whole on the wire. Only the configured server is contacted; redirects are refused and a server on this
machine is reached without a proxy.
"""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import msgspec

from kimi_tui.providers import failures
from kimi_tui.providers.base import Fragment, ModelInfo, Patience, ProviderError, Reply, Request
from kimi_tui.providers.chunks import Chunk, MalformedChunk, decode_chunk
from kimi_tui.providers.kimi import MANAGED, SELF_HOSTED, wire_body
from kimi_tui.providers.reply import ReplyAssembler
from kimi_tui.providers.sse import FrameReader
from kimi_tui.text import one_line

_CONNECT_SECONDS = 10.0
_LIST_SECONDS = 10.0
_READY_SECONDS = 3.0
_CLOSING_SECONDS = 10.0
"""How long to wait for the usage chunk after the server gave a finish reason."""
_MAX_REPLY = 256 * 1024 * 1024
_MAX_BODY = 32 * 1024 * 1024
_MAX_ERROR_BODY = 64 * 1024
_DONE = b"[DONE]"


class OpenAIStream:
    """A server that speaks chat completions, reached directly."""

    def __init__(
        self,
        base_url: str,
        api_key: str = "",
        *,
        managed: bool = False,
        patience: Patience | None = None,
    ) -> None:
        """`base_url` may end in `/v1` or not; raises `ProviderError` when it or the key cannot be used.

        A `managed` endpoint refuses fields that it does not know, so it is sent no others.
        """
        self.base_url = normal_base_url(base_url)
        """Where `/chat/completions` and `/models` follow."""
        self._key = _checked_key(api_key)
        self._dialect = MANAGED if managed else SELF_HOSTED
        self._patience = patience or Patience()
        self._client: httpx.AsyncClient | None = None

    async def models(self) -> tuple[ModelInfo, ...]:
        """The models that the server lists, with their context windows where it tells them."""
        body = await self._get_json(f"{self.base_url}/models")
        listed = body.get("data") if isinstance(body, dict) else None
        if not isinstance(listed, list):
            raise failures.malformed("its list of models holds no data")
        models = tuple(_model_info(entry) for entry in listed if isinstance(entry, dict) and entry.get("id"))
        if len(models) == 1 and models[0].context_window is None and _is_llamacpp(listed[0]):
            return (ModelInfo(models[0].id, await self._llamacpp_window()),)
        return models

    async def ready(self) -> bool:
        """Whether the server is there and answers for its health with anything but a fault of its own."""
        address = self.base_url.removesuffix("/v1") + "/health"
        try:
            async with asyncio.timeout(_READY_SECONDS), self._opened("GET", address):
                return True
        except ProviderError as error:
            return error.kind != "overloaded"
        except (httpx.HTTPError, TimeoutError):
            return False

    async def generate(
        self, request: Request, announce: Callable[[Fragment], None], enough: asyncio.Event | None = None
    ) -> Reply:
        """One whole reply; cancelling the task closes the connection, and the server stops."""
        reply = ReplyAssembler(announce)
        try:
            async with asyncio.timeout(self._patience.first) as watchdog:
                async with self._opened("POST", "/chat/completions", wire_body(request, self._dialect)) as response:
                    await self._read_reply(response, reply, watchdog)
        except TimeoutError:
            if not reply.over:
                raise self._stalled(reply) from None
        except MalformedChunk as error:
            raise reply.carried(failures.malformed(str(error))) from error
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        except ProviderError as error:
            if error.kind == "unknown-model":
                error.advice = await self._advice_on_models(error.advice)
            raise
        return reply.finish(request)

    async def close(self) -> None:
        """Close what is open; the next call opens it anew."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _connect(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
                # Some servers close after each reply while promising not to: a connection is used once.
                limits=httpx.Limits(max_keepalive_connections=0),
                follow_redirects=False,
                trust_env=not is_loopback(self.base_url),
            )
        return self._client

    @asynccontextmanager
    async def _opened(self, method: str, path: str, body: bytes | None = None) -> AsyncIterator[httpx.Response]:
        """A response of success; raises `ProviderError` for any other."""
        # A brotli or zstd body could become a gigabyte inside the decoder; gzip cannot from one read.
        headers = {"Accept-Encoding": "gzip, identity", "Accept": "text/event-stream, application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        url = path if path.startswith("http") else self.base_url + path
        async with self._connect().stream(method, url, content=body, headers=headers) as response:
            if response.headers.get("content-encoding", "identity").lower() not in ("identity", "gzip", ""):
                raise failures.malformed("it is compressed in a way nobody asked for")
            if response.status_code >= 300:
                text = await _body(response, _MAX_ERROR_BODY, cut=True)
                raise failures.refusal(response.status_code, response.headers, text, self._key)
            yield response

    async def _read_reply(self, response: httpx.Response, reply: ReplyAssembler, watchdog: asyncio.Timeout) -> None:
        """Read a streamed or a whole reply, whichever the server chose to send."""
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if "html" in media_type:
            raise failures.web_page(await _body(response, _MAX_ERROR_BODY, cut=True))
        if media_type.endswith("json"):
            self._take(await _body(response, _MAX_BODY), reply)
            if not reply.over:
                raise MalformedChunk("it is JSON without a finished choice")
            return
        try:
            await self._read_frames(response, reply, watchdog)
        except httpx.DecodingError as error:
            raise MalformedChunk("its compression is damaged") from error
        except httpx.HTTPError as error:
            if not reply.over:
                raise reply.failure("truncated", "The connection broke inside the reply.", "Try again.") from error

    async def _read_frames(self, response: httpx.Response, reply: ReplyAssembler, watchdog: asyncio.Timeout) -> None:
        """Read events until the server says that the reply is finished, or just stops."""
        frames = FrameReader()
        size = 0
        now = asyncio.get_running_loop().time
        async for data in response.aiter_bytes():
            size += len(data)
            if size > _MAX_REPLY:
                raise MalformedChunk(f"it is longer than {_MAX_REPLY} bytes")
            for frame in frames.feed(data):
                self._take(frame, reply)
            if reply.done:
                return
            patience = self._patience.between if reply.started else self._patience.first
            watchdog.reschedule(now() + (min(patience, _CLOSING_SECONDS) if reply.over else patience))
        self._take_rest(frames, reply)
        if size and not frames.recognised:
            raise MalformedChunk("it is no stream of events")

    def _take(self, frame: bytes, reply: ReplyAssembler) -> None:
        """Take one frame; raises when it is an error or no chunk."""
        if frame == _DONE:
            reply.done = True
            return
        if not frame or reply.done:
            return
        chunk, mended = decode_chunk(frame)
        if mended:
            reply.mended(mended)
        if chunk.error or chunk.object == "error":
            raise reply.carried(failures.error_frame(_error_of(chunk), self._key))
        reply.add(chunk)

    def _take_rest(self, frames: FrameReader, reply: ReplyAssembler) -> None:
        """Take a last frame without its empty line; half a frame is no fault of the protocol, the stream was cut."""
        for frame in frames.finish():
            try:
                self._take(frame.strip(), reply)
            except MalformedChunk:
                reply.mended("cut-frame")

    def _stalled(self, reply: ReplyAssembler) -> ProviderError:
        seconds = self._patience.between if reply.started else self._patience.first
        return reply.failure(
            "stalled",
            f"The server sent nothing for {seconds:g} seconds.",
            "See whether the server is still working; it may be out of memory or waiting in its queue.",
        )

    def _unreachable(self, error: httpx.HTTPError) -> ProviderError:
        reason = "no answer within 10 seconds" if isinstance(error, httpx.TimeoutException) else _reason(error)
        return ProviderError(
            "unreachable",
            f"The server at {shown_url(self.base_url)} cannot be reached: {reason}.",
            advice="Start the server, or set its address with --base-url or KIMI_TUI_BASE_URL.",
        )

    async def _get_json(self, url: str) -> Any:
        """A small JSON document of the server."""
        try:
            async with asyncio.timeout(_LIST_SECONDS), self._opened("GET", url) as response:
                body = await _body(response, _MAX_BODY)
            if failures.page_title(body):
                raise failures.web_page(body)
            return msgspec.json.decode(body)
        except TimeoutError:
            raise ProviderError(
                "stalled", f"The server did not answer within {_LIST_SECONDS:.0f} seconds.", advice="Try again."
            ) from None
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        except (msgspec.MsgspecError, MalformedChunk, UnicodeDecodeError, RecursionError) as error:
            raise failures.malformed(str(error)) from error

    async def _llamacpp_window(self) -> int | None:
        """The context that llama-server was started with; its list of models names only the trained one."""
        try:
            properties = await self._get_json(self.base_url.removesuffix("/v1") + "/props")
        except ProviderError:
            return None
        settings = properties.get("default_generation_settings") if isinstance(properties, dict) else None
        return _positive(settings.get("n_ctx")) if isinstance(settings, dict) else None

    async def _advice_on_models(self, advice: str) -> str:
        """`advice` with the names of the models that the server offers, if it tells them."""
        try:
            names = [model.id for model in await self.models()]
        except ProviderError:
            return advice
        return f"{advice} It offers: {one_line(', '.join(names[:8]), 200)}." if names else advice


def normal_base_url(base_url: str) -> str:
    """`base_url` as the place where `/chat/completions` follows.

    `http://host:8000`, `http://host:8000/v1`, `http://host:8000/v1/` and the full `.../v1/chat/completions` are all
    the same server; an address whose last part is not a version gets `/v1`. Raises `ProviderError` for an address
    that is not http or https.
    """
    parts = urlsplit("")
    try:
        parts = urlsplit(base_url.strip())
        valid = httpx.URL(base_url.strip()).scheme in ("http", "https") and bool(parts.hostname)
    except (ValueError, httpx.InvalidURL):
        valid = False
    if not valid:
        raise ProviderError(
            "bad-request",
            f"The server's address {one_line(base_url, 80)!r} is no http or https address.",
            advice="Write it like http://127.0.0.1:8000/v1.",
        )
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    last = path.rpartition("/")[2]
    if not (last.startswith("v") and last[1:2].isdigit()):
        path += "/v1"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def shown_url(url: str) -> str:
    """`url` without a name or password in it."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def is_loopback(url: str) -> bool:
    """Whether the host of `url` is this machine, by name or number."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _checked_key(api_key: str) -> str:
    """The key as a header can carry it; raises `ProviderError`, which does not show it."""
    key = api_key.strip()
    if key and not (key.isascii() and key.isprintable()):
        raise ProviderError(
            "unauthorized",
            "The API key holds characters that cannot be sent.",
            advice="Copy it again: letters, digits and punctuation only.",
        )
    return key


async def _body(response: httpx.Response, limit: int, *, cut: bool = False) -> bytes:
    """The body up to `limit` bytes; longer is cut, or `MalformedChunk`."""
    body = bytearray()
    async for data in response.aiter_bytes():
        body += data
        if len(body) > limit:
            if cut:
                break
            raise MalformedChunk(f"it is longer than {limit} bytes")
    return bytes(body[:limit])


def _error_of(chunk: Chunk) -> Any:
    return {"error": chunk.error} if chunk.error else {"message": chunk.message}


def _reason(error: httpx.HTTPError) -> str:
    """Why a connection failed, in one line."""
    said = one_line(str(error), 120).rstrip(".")
    return "nobody answers there" if "All connection attempts failed" in said else said or type(error).__name__


def _positive(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _model_info(entry: dict[str, Any]) -> ModelInfo:
    """One listed model: vLLM and SGLang tell `max_model_len`, llama.cpp `meta.n_ctx`, gateways `context_length`."""
    meta = entry.get("meta")
    window = _positive(entry.get("max_model_len")) or _positive(entry.get("context_length"))
    if window is None and isinstance(meta, dict):
        window = _positive(meta.get("n_ctx"))
    return ModelInfo(id=str(entry["id"]), context_window=window)


def _is_llamacpp(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("owned_by") == "llamacpp"
