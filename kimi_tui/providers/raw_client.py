"""HTTP client for probes: reports status, headers, bytes and arrival times without interpreting them.

For probing alone. Nothing is raised and nothing is tried again: whatever happens is in the `HttpExchange`. A reply of
the model may take as long as it goes on, any other document is limited as a whole. Only the given server is contacted,
and redirects are not followed.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import msgspec

from kimi_tui.providers.chunks import BYTE_ORDER_MARK, MalformedChunk
from kimi_tui.providers.connection import normalize_base_url
from kimi_tui.providers.http_client import explain_request_error, open_client
from kimi_tui.providers.read_batching import give_way_between
from kimi_tui.providers.sse import FrameReader

MAX_SECONDS = 600.0
"""Seconds that no request outlives, as much as may come."""
_MAX_BODY_BYTES = 4 * 1024 * 1024
"""Bytes of a response; more is not read."""
_MAX_DOCUMENT_BYTES = 1024 * 1024
"""Bytes of a JSON document: decoded it takes many times as much."""


class HttpExchange(msgspec.Struct):
    """The result of one request."""

    status: int = 0
    """The HTTP status; 0 when no response came."""
    headers: dict[str, str] = {}
    """With names in lower case."""
    body: bytes = b""
    """All that came, up to a bound."""
    frames: list[bytes] = []
    """For a stream of events: the data of each."""
    arrivals: list[float] = []
    """Seconds from the request to each read that brought something."""
    seconds: float = 0.0
    """Seconds from the request to its end."""
    problem: str = ""
    """Why it did not end well, as a clause; empty when it did."""
    stalled: bool = False
    """True when it was ended because its time was over."""

    @property
    def streamed(self) -> bool:
        """Return whether the response declares an event stream."""
        return self.headers.get("content-type", "").startswith("text/event-stream")

    @property
    def first_byte(self) -> float:
        """Seconds to the first byte of the body; 0 when none came."""
        return self.arrivals[0] if self.arrivals else 0.0

    def json(self) -> Any:
        """Return the body as JSON; None when it is not or is too long, or when the response is no success."""
        if not 200 <= self.status < 300 or len(self.body) > _MAX_DOCUMENT_BYTES:
            return None
        try:
            return msgspec.json.decode(self.body.removeprefix(BYTE_ORDER_MARK))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None


class _SilenceTimer:
    """Limit on the silence within one exchange."""

    def __init__(self, seconds: float, longest: float) -> None:
        """After `longest` seconds nothing is waited for, whatever comes."""
        self.timeout: asyncio.Timeout | None = None
        self._seconds = seconds
        self._prolonged = longest > seconds
        self._end = asyncio.get_running_loop().time() + max(longest, seconds)

    @property
    def is_over(self) -> bool:
        """Return whether the time of the whole exchange is over."""
        return self._prolonged and asyncio.get_running_loop().time() >= self._end

    def restart(self) -> None:
        """Restart the limit, since data arrived."""
        if self.timeout is not None:
            self.timeout.reschedule(min(asyncio.get_running_loop().time() + self._seconds, self._end))


class RawClient:
    """Client for one server; `close` it after use."""

    def __init__(self, base_url: str, api_key: str = "", *, longest: float = MAX_SECONDS) -> None:
        """No reply may take more than `longest` seconds.

        Raises `ProviderError` when the address or the way to it cannot be used.
        """
        self._longest = longest
        self.base_url = normalize_base_url(base_url)
        """Where `/chat/completions` and `/models` follow."""
        self._headers = {"Accept-Encoding": "identity"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key.strip()}"
        self._client = open_client(self.base_url, httpx.Timeout(longest))  # each request has its own, shorter limit

    async def get(self, path: str, seconds: float) -> HttpExchange:
        """Ask for `path`, which begins with a slash and follows the server's root."""
        return await self._exchange("GET", self.base_url.removesuffix("/v1") + path, None, seconds, None)

    async def post(
        self, path: str, body: dict[str, Any], seconds: float, enough: Callable[[list[bytes]], bool] | None = None
    ) -> HttpExchange:
        """Post JSON to `path` under the base URL; the connection is closed once `enough` says so of the frames.

        `seconds` is how long the server may keep silent, not how long the reply may take.
        """
        content = msgspec.json.encode(body, order="sorted")
        return await self._exchange("POST", self.base_url + path, content, seconds, enough, longest=self._longest)

    async def post_at_root(self, path: str, body: dict[str, Any], seconds: float) -> HttpExchange:
        """Post JSON to `path` under the server's root."""
        content = msgspec.json.encode(body, order="sorted")
        return await self._exchange("POST", self.base_url.removesuffix("/v1") + path, content, seconds, None)

    async def models(self, seconds: float) -> HttpExchange:
        """Ask for the list of models."""
        return await self._exchange("GET", f"{self.base_url}/models", None, seconds, None)

    async def close(self) -> None:
        """Close what is open."""
        await self._client.aclose()

    async def _exchange(
        self,
        method: str,
        url: str,
        content: bytes | None,
        seconds: float,
        enough: Callable[[list[bytes]], bool] | None,
        longest: float = 0.0,
    ) -> HttpExchange:
        """Send, read and time one request; what comes prolongs its `seconds` up to `longest` in all."""
        found = HttpExchange()
        headers = self._headers | ({"Content-Type": "application/json"} if content is not None else {})
        started = asyncio.get_running_loop().time()
        silence = _SilenceTimer(seconds, longest)
        try:
            async with (
                asyncio.timeout(seconds) as silence.timeout,
                self._client.stream(method, url, content=content, headers=headers) as response,
            ):
                found.status = response.status_code
                found.headers = {name.lower(): value for name, value in response.headers.items()}
                await self._read(response, found, started, enough, silence)
        except TimeoutError:
            found.stalled = not silence.is_over
            found.problem = (
                f"nothing more came within {seconds:g} seconds"
                if found.stalled
                else f"it was not over after {longest:g} seconds"
            )
        except MalformedChunk as error:
            found.problem = str(error)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            found.problem = explain_request_error(error, url)
        found.seconds = asyncio.get_running_loop().time() - started
        return found

    async def _read(
        self,
        response: httpx.Response,
        found: HttpExchange,
        started: float,
        enough: Callable[[list[bytes]], bool] | None,
        silence: "_SilenceTimer",
    ) -> None:
        """Read the body into `found` until it ends or there is enough of it."""
        reader, body = FrameReader(), bytearray()
        try:
            async for data in give_way_between(response.aiter_raw()):
                body += data
                found.arrivals.append(asyncio.get_running_loop().time() - started)
                frames = reader.feed(data) if found.streamed else []
                found.frames += frames
                if frames or not found.streamed:  # a sign of life alone is none
                    silence.restart()
                if len(body) > _MAX_BODY_BYTES:
                    raise MalformedChunk(f"it is longer than {_MAX_BODY_BYTES} bytes")
                if enough is not None and enough(found.frames):
                    return
            found.frames += reader.finish() if found.streamed else []
        finally:
            found.body = bytes(body)
