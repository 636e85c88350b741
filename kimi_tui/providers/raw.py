"""One request to a server, looked at rather than understood: status, headers, bytes, and when they came.

For probing alone. Nothing is raised and nothing is tried again: whatever happens is in the `Exchange`. A reply of the
model may take as long as it goes on, any other document is limited as a whole. Only the given server is contacted,
and redirects are not followed.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import msgspec

from kimi_tui.providers.chunks import BYTE_ORDER_MARK, MalformedChunk
from kimi_tui.providers.client import open_client, reason_of
from kimi_tui.providers.connection import normal_base_url
from kimi_tui.providers.sse import FrameReader

LONGEST_SECONDS = 600.0
"""Seconds that no request outlives, as much as may come."""
_LARGEST = 4 * 1024 * 1024
"""Bytes of a response; more is not read."""
_LARGEST_DOCUMENT = 1024 * 1024
"""Bytes of a JSON document: decoded it takes many times as much."""


class Exchange(msgspec.Struct):
    """What came of one request."""

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
    """Whether it was ended because its time was over."""

    @property
    def streamed(self) -> bool:
        """Whether the response said that it is a stream of events."""
        return self.headers.get("content-type", "").startswith("text/event-stream")

    @property
    def first_byte(self) -> float:
        """Seconds to the first byte of the body; 0 when none came."""
        return self.arrivals[0] if self.arrivals else 0.0

    def json(self) -> Any:
        """The body as JSON; None when it is not or is too long, or when the response is no success."""
        if not 200 <= self.status < 300 or len(self.body) > _LARGEST_DOCUMENT:
            return None
        try:
            return msgspec.json.decode(self.body.removeprefix(BYTE_ORDER_MARK))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None


class _Silence:
    """How long a server may keep silent in one exchange."""

    def __init__(self, seconds: float, longest: float) -> None:
        """After `longest` seconds nothing is waited for, whatever comes."""
        self.timeout: asyncio.Timeout | None = None
        self._seconds = seconds
        self._prolonged = longest > seconds
        self._end = asyncio.get_running_loop().time() + max(longest, seconds)

    @property
    def at_its_end(self) -> bool:
        """Whether the time is over that the whole exchange has."""
        return self._prolonged and asyncio.get_running_loop().time() >= self._end

    def broken(self) -> None:
        """Something came: the silence begins anew."""
        if self.timeout is not None:
            self.timeout.reschedule(min(asyncio.get_running_loop().time() + self._seconds, self._end))


class RawClient:
    """Reaches one server; `close` it."""

    def __init__(self, base_url: str, api_key: str = "", *, longest: float = LONGEST_SECONDS) -> None:
        """No reply may take more than `longest` seconds.

        Raises `ProviderError` when the address or the way to it cannot be used.
        """
        self._longest = longest
        self.base_url = normal_base_url(base_url)
        """Where `/chat/completions` and `/models` follow."""
        self._headers = {"Accept-Encoding": "identity"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key.strip()}"
        self._client = open_client(self.base_url, httpx.Timeout(longest))  # each request has its own, shorter limit

    async def get(self, path: str, seconds: float) -> Exchange:
        """Ask for `path`, which begins with a slash and follows the server's root."""
        return await self._exchange("GET", self.base_url.removesuffix("/v1") + path, None, seconds, None)

    async def post(
        self, path: str, body: dict[str, Any], seconds: float, enough: Callable[[list[bytes]], bool] | None = None
    ) -> Exchange:
        """Post JSON to `path` under the base URL; the connection is closed once `enough` says so of the frames.

        `seconds` is how long the server may keep silent, not how long the reply may take.
        """
        content = msgspec.json.encode(body, order="sorted")
        return await self._exchange("POST", self.base_url + path, content, seconds, enough, longest=self._longest)

    async def post_at_root(self, path: str, body: dict[str, Any], seconds: float) -> Exchange:
        """Post JSON to `path` under the server's root."""
        content = msgspec.json.encode(body, order="sorted")
        return await self._exchange("POST", self.base_url.removesuffix("/v1") + path, content, seconds, None)

    async def models(self, seconds: float) -> Exchange:
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
    ) -> Exchange:
        """Send, read and time one request; what comes prolongs its `seconds` up to `longest` in all."""
        found = Exchange()
        headers = self._headers | ({"Content-Type": "application/json"} if content is not None else {})
        started = asyncio.get_running_loop().time()
        silence = _Silence(seconds, longest)
        try:
            async with (
                asyncio.timeout(seconds) as silence.timeout,
                self._client.stream(method, url, content=content, headers=headers) as response,
            ):
                found.status = response.status_code
                found.headers = {name.lower(): value for name, value in response.headers.items()}
                await self._read(response, found, started, enough, silence)
        except TimeoutError:
            found.stalled = not silence.at_its_end
            found.problem = (
                f"nothing more came within {seconds:g} seconds"
                if found.stalled
                else f"it was not over after {longest:g} seconds"
            )
        except MalformedChunk as error:
            found.problem = str(error)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            found.problem = reason_of(error, url)
        found.seconds = asyncio.get_running_loop().time() - started
        return found

    async def _read(
        self,
        response: httpx.Response,
        found: Exchange,
        started: float,
        enough: Callable[[list[bytes]], bool] | None,
        silence: "_Silence",
    ) -> None:
        """Read the body into `found` until it ends or there is enough of it."""
        reader, body = FrameReader(), bytearray()
        try:
            async for data in response.aiter_raw():
                body += data
                found.arrivals.append(asyncio.get_running_loop().time() - started)
                frames = reader.feed(data) if found.streamed else []
                found.frames += frames
                if frames or not found.streamed:  # a sign of life alone is none
                    silence.broken()
                if len(body) > _LARGEST:
                    raise MalformedChunk(f"it is longer than {_LARGEST} bytes")
                if enough is not None and enough(found.frames):
                    return
            found.frames += reader.finish() if found.streamed else []
        finally:
            found.body = bytes(body)
