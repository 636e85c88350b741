"""Connection to one server: its address, its headers, and the errors for its refusals.

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

from kimi_tui.providers import failures, http_client
from kimi_tui.providers.base import ProviderError
from kimi_tui.providers.chunks import BYTE_ORDER_MARK, MalformedChunk
from kimi_tui.providers.read_batching import give_way_between
from kimi_tui.text import one_line

MAX_BODY_BYTES = 8 * 1024 * 1024
"""Bytes of a document or a reply that is not streamed."""
MAX_ERROR_BODY_BYTES = 64 * 1024
"""Bytes that are read of what a server says of a failure."""
_CONNECT_SECONDS = 10.0
_LIST_SECONDS = 10.0


class ServerConnection:
    """One server; contacted only when a request is made."""

    def __init__(self, base_url: str, api_key: str = "") -> None:
        """Raises `ProviderError` when the address or the key cannot be used."""
        self.base_url = normalize_base_url(base_url)
        """Where `/chat/completions` and `/models` follow."""
        self.key = validate_api_key(api_key)
        """What is sent as a bearer token; empty for none."""
        self._client: httpx.AsyncClient | None = None

    @property
    def root(self) -> str:
        """Return the URL below which health and properties are served, outside the common protocol."""
        return self.base_url.removesuffix("/v1")

    async def close(self) -> None:
        """Close what is open; the next request opens it anew."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _connect(self) -> httpx.AsyncClient:
        if self._client is None:
            timeout = httpx.Timeout(None, connect=_CONNECT_SECONDS)
            self._client = http_client.open_client(self.base_url, timeout)
        return self._client

    @asynccontextmanager
    async def open_response(self, method: str, path: str, body: bytes | None = None) -> AsyncIterator[httpx.Response]:
        """Open a successful response; raises `ProviderError` for any other."""
        # What is compressed could become a gigabyte inside the decoder.
        headers = {"Accept-Encoding": "identity", "Accept": "text/event-stream, application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        url = path if path.startswith("http") else self.base_url + path
        async with self._connect().stream(method, url, content=body, headers=headers) as response:
            if response.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
                raise failures.malformed_error("it is compressed although that was not requested")
            if response.status_code >= 300:
                text = await read_body(response, MAX_ERROR_BODY_BYTES, cut=True)
                error = failures.refusal_from_response(response.status_code, response.headers, text, self.key)
                error.advice = http_client.proxy_advice(response.status_code, url) or error.advice
                raise error
            yield response

    async def get_status(self, url: str) -> int:
        """Return the status that a GET of `url` is answered with; raises `httpx.HTTPError`."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        async with self._connect().stream("GET", url, headers=headers) as response:
            return response.status_code

    async def get_json(self, url: str, method: str = "GET", body: bytes | None = None) -> Any:
        """Return a small JSON document of the server, within ten seconds; raises `ProviderError`."""
        try:
            async with asyncio.timeout(_LIST_SECONDS), self.open_response(method, url, body) as response:
                document = await read_body(response, MAX_BODY_BYTES)
            if failures.page_title(document):
                raise failures.web_page_error(document)
            return msgspec.json.decode(document.removeprefix(BYTE_ORDER_MARK))
        except TimeoutError:
            raise ProviderError(
                "stalled", f"The server did not answer within {_LIST_SECONDS:.0f} seconds.", advice="Try again."
            ) from None
        except httpx.HTTPError as error:
            raise self.unreachable(error) from error
        except (msgspec.MsgspecError, MalformedChunk, UnicodeDecodeError, RecursionError) as error:
            raise failures.malformed_error(str(error)) from error

    def unreachable(self, error: httpx.HTTPError) -> ProviderError:
        """Return the error for a request that got no response."""
        return http_client.unreachable_error(error, self.base_url)


def normalize_base_url(base_url: str) -> str:
    """Return the base URL that `/chat/completions` is appended to.

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


def validate_api_key(api_key: str) -> str:
    """Return the API key as a header value; raises `ProviderError` that does not contain it."""
    key = api_key.strip()
    if key and not (key.isascii() and key.isprintable()):
        raise ProviderError(
            "unauthorized",
            "The API key holds characters that cannot be sent.",
            advice="Copy it again: letters, digits and punctuation only.",
        )
    return key


async def read_body(response: httpx.Response, limit: int, *, cut: bool = False) -> bytes:
    """Read the body up to `limit` bytes; a longer one is cut, or raises `MalformedChunk`."""
    body = bytearray()
    async for data in give_way_between(response.aiter_bytes()):
        body += data
        if len(body) > limit:
            if cut:
                break
            raise MalformedChunk(f"it is longer than {limit} bytes")
    return bytes(body[:limit])
