"""The connection to one server: where it is, what it is sent besides a body, and what its refusals become.

Only the configured server is contacted: redirects are refused, and a server on this machine is reached without a
proxy. A connection is used once. What comes out is a response of success or a `ProviderError`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import msgspec

from kimi_tui.providers import client, failures
from kimi_tui.providers.base import ProviderError
from kimi_tui.providers.chunks import BYTE_ORDER_MARK, MalformedChunk
from kimi_tui.text import one_line

MAX_BODY = 8 * 1024 * 1024
"""Bytes of a document or a reply that is not streamed."""
MAX_ERROR_BODY = 64 * 1024
"""Bytes that are read of what a server says of a failure."""
_CONNECT_SECONDS = 10.0
_LIST_SECONDS = 10.0


class Connection:
    """One server, contacted when something is asked of it."""

    def __init__(self, base_url: str, api_key: str = "") -> None:
        """Raises `ProviderError` when the address or the key cannot be used."""
        self.base_url = normal_base_url(base_url)
        """Where `/chat/completions` and `/models` follow."""
        self.key = checked_key(api_key)
        """What is sent as a bearer token; empty for none."""
        self._client: httpx.AsyncClient | None = None

    @property
    def root(self) -> str:
        """Where a server keeps what is not of the common protocol: its health, its properties."""
        return self.base_url.removesuffix("/v1")

    async def close(self) -> None:
        """Close what is open; the next request opens it anew."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _connect(self) -> httpx.AsyncClient:
        if self._client is None:
            timeout = httpx.Timeout(None, connect=_CONNECT_SECONDS)
            self._client = client.open_client(self.base_url, timeout)
        return self._client

    @asynccontextmanager
    async def opened(self, method: str, path: str, body: bytes | None = None) -> AsyncIterator[httpx.Response]:
        """A response of success; raises `ProviderError` for any other."""
        # What is compressed could become a gigabyte inside the decoder.
        headers = {"Accept-Encoding": "identity", "Accept": "text/event-stream, application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        url = path if path.startswith("http") else self.base_url + path
        async with self._connect().stream(method, url, content=body, headers=headers) as response:
            if response.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
                raise failures.malformed("it is compressed, which nobody asked for")
            if response.status_code >= 300:
                text = await body_of(response, MAX_ERROR_BODY, cut=True)
                error = failures.refusal(response.status_code, response.headers, text, self.key)
                error.advice = client.by_proxy(response.status_code, url) or error.advice
                raise error
            yield response

    async def status(self, url: str) -> int:
        """The status that a GET of `url` is answered with; raises `httpx.HTTPError`."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        async with self._connect().stream("GET", url, headers=headers) as response:
            return response.status_code

    async def get_json(self, url: str, method: str = "GET", body: bytes | None = None) -> Any:
        """A small JSON document of the server, within ten seconds; raises `ProviderError`."""
        try:
            async with asyncio.timeout(_LIST_SECONDS), self.opened(method, url, body) as response:
                document = await body_of(response, MAX_BODY)
            if failures.page_title(document):
                raise failures.web_page(document)
            return msgspec.json.decode(document.removeprefix(BYTE_ORDER_MARK))
        except TimeoutError:
            raise ProviderError(
                "stalled", f"The server did not answer within {_LIST_SECONDS:.0f} seconds.", advice="Try again."
            ) from None
        except httpx.HTTPError as error:
            raise self.unreachable(error) from error
        except (msgspec.MsgspecError, MalformedChunk, UnicodeDecodeError, RecursionError) as error:
            raise failures.malformed(str(error)) from error

    def unreachable(self, error: httpx.HTTPError) -> ProviderError:
        """What it means that no response came."""
        return client.unreachable(error, self.base_url)


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


def checked_key(api_key: str) -> str:
    """The key as a header can carry it; raises `ProviderError`, which does not show it."""
    key = api_key.strip()
    if key and not (key.isascii() and key.isprintable()):
        raise ProviderError(
            "unauthorized",
            "The API key holds characters that cannot be sent.",
            advice="Copy it again: letters, digits and punctuation only.",
        )
    return key


async def body_of(response: httpx.Response, limit: int, *, cut: bool = False) -> bytes:
    """The body up to `limit` bytes; longer is cut, or `MalformedChunk`."""
    body = bytearray()
    async for data in response.aiter_bytes():
        body += data
        if len(body) > limit:
            if cut:
                break
            raise MalformedChunk(f"it is longer than {limit} bytes")
    return bytes(body[:limit])
