"""Network access of the tools; every request passes through here.

Every request is guarded (`address_guard`), goes to the very address that was checked, follows redirects one checked
hop at a time and only on the same site, and is bounded in time, in bytes on the wire and in bytes after
decompression. It carries no cookie, no referrer and no proxy setting. Whatever goes wrong is one `ToolError` with
words that the model can act on.
"""

import asyncio
import socket
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import msgspec

from kimi_tui.text import one_line
from kimi_tui.tools.base import ToolError
from kimi_tui.tools.web.address_guard import CheckedAddress, Resolver, parse_address, resolve

if TYPE_CHECKING:
    import httpx

USER_AGENT = "kimi-tui"
"""What servers are told; nothing about the person, the machine or the session."""
TEXT_MEDIA_TYPES = frozenset({"application/json", "application/xml", "application/xhtml+xml", "application/csv"})
"""Media types outside `text/` that are text all the same."""
PDF_MEDIA_TYPE = "application/pdf"

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_ADDRESSES_TRIED = 3


async def system_resolver(host: str, port: int) -> tuple[str, ...]:
    """Every address that the operating system knows for a host, in its order, each once; raises `OSError`."""
    answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))


def http_transport() -> "httpx.AsyncBaseTransport":
    """Return a transport that keeps no connection and reads no setting from the environment."""
    import httpx

    return httpx.AsyncHTTPTransport(trust_env=False, retries=0, limits=httpx.Limits(max_keepalive_connections=0))


class FetchOptions(msgspec.Struct, frozen=True):
    """Limits of a request; the defaults are for pages."""

    allow_hosts: tuple[str, ...] = ()
    """Hosts, alone or with a port, that may be private and on any port."""
    seconds: float = 40.0
    """For everything, redirects included."""
    silence_seconds: float = 20.0
    """Seconds to wait for a connection or for the next bytes."""
    max_bytes: int = 20 << 20
    """Bytes of a body, on the wire and after decompression alike."""
    max_redirects: int = 5
    """Hops followed."""
    resolver: Resolver = system_resolver
    """Where addresses come from."""
    transport: Callable[[], "httpx.AsyncBaseTransport"] = http_transport
    """What carries requests, already addressed to an IP address."""


class FetchedBody(msgspec.Struct, frozen=True):
    """A complete body."""

    url: str
    """The address after redirects."""
    media_type: str
    """Lower case, without parameters; empty when the server sent none."""
    charset: str
    """As the server named it; empty when it did not."""
    data: bytes
    """Decompressed."""


async def fetch(
    url: str, door: FetchOptions, accept: str = "text/html,application/xhtml+xml,application/pdf,text/*;q=0.9"
) -> FetchedBody:
    """Get one address; raises `ToolError`.

    A redirect to another site is not followed but told, so that the host that is opened is always the one that the
    call declared.
    """
    target = parse_address(url, door.allow_hosts)
    try:
        async with asyncio.timeout(door.seconds):
            return await _follow(target, door, accept)
    except TimeoutError:
        raise ToolError(
            f"{target.host} did not answer in full within {door.seconds:g} seconds. Try another source.",
            "lookup-failed",
        ) from None


async def _follow(target: CheckedAddress, door: FetchOptions, accept: str) -> FetchedBody:
    """Get a target, going from redirect to redirect."""
    for _ in range(door.max_redirects + 1):
        answer = await _request_once(target, door, accept)
        if isinstance(answer, FetchedBody):
            return answer
        moved = parse_address(urljoin(target.url, answer), door.allow_hosts)
        if _site(moved.host) != _site(target.host):
            raise ToolError(
                f"{one_line(target.url, 200)} has moved to another host: {one_line(moved.url, 500)}. "
                "Nothing was opened there; open that address if it is what you need."
            )
        target = moved
    raise ToolError(
        f"{target.host} redirected more than {door.max_redirects} times. Try another source.", "lookup-failed"
    )


def _site(host: str) -> str:
    return host.removeprefix("www.")


async def _request_once(target: CheckedAddress, door: FetchOptions, accept: str) -> FetchedBody | str:
    """One exchange: the body, or the address that it redirects to."""
    import httpx

    addresses = await resolve(target, door.resolver)
    try:
        carrier = door.transport()
    except OSError as error:  # SSLKEYLOGFILE names what cannot be written, or the certificates are gone
        why = one_line(f"{error.strerror or error} {error.filename or ''}", 200)
        raise ToolError(
            f"No connection to {target.host} can be prepared: {why}. "
            "A person must correct or unset SSLKEYLOGFILE, or install kimi-tui again.",
            "lookup-failed",
        ) from None
    async with carrier as transport:
        for position, address in enumerate(addresses[:_MAX_ADDRESSES_TRIED], 1):
            try:
                response = await transport.handle_async_request(_request(target, address, door, accept))
                try:
                    return await _read(target, response, door)
                finally:
                    await response.aclose()
            except httpx.ConnectError as error:
                if position == min(len(addresses), _MAX_ADDRESSES_TRIED):
                    raise _unreachable(target, error) from None
            except (httpx.TransportError, httpx.StreamError, httpx.InvalidURL) as error:
                raise _unreachable(target, error) from None
    raise ToolError(f"The host {target.host} has no address.", "lookup-failed")


def _request(target: CheckedAddress, address: str, door: FetchOptions, accept: str) -> "httpx.Request":
    """Return a request to a checked address that asks for the target by its name."""
    import httpx

    host = f"[{address}]" if ":" in address else address
    return httpx.Request(
        "GET",
        httpx.URL(f"{target.scheme}://{host}:{target.port}{target.path}"),
        headers={
            "Host": target.authority,
            "User-Agent": USER_AGENT,
            "Accept": accept,
            "Accept-Encoding": "gzip, identity",
            "Connection": "close",
        },
        extensions={
            "sni_hostname": target.host,
            "timeout": dict.fromkeys(("connect", "read", "write", "pool"), door.silence_seconds),
        },
    )


async def _read(target: CheckedAddress, response: "httpx.Response", door: FetchOptions) -> FetchedBody | str:
    """Read a response: its body, or the address of a redirect; raises `ToolError` for other answers."""
    if response.status_code in _REDIRECTS and "location" in response.headers:
        return response.headers["location"]
    if response.status_code != 200:
        raise _status_error(target, response.status_code)
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise ToolError(
            f"{target.host} sent its answer compressed as {one_line(encoding, 40)}, which was not asked for. "
            "Try another source.",
            "lookup-failed",
        )
    body = _BodyReader(target, door.max_bytes, compressed=encoding.endswith("gzip"))
    body.expect(response.headers.get("content-length", ""))
    async for chunk in response.aiter_raw():
        body.take(chunk)
    media_type, _, parameters = response.headers.get("content-type", "").partition(";")
    return FetchedBody(
        url=target.url,
        media_type=media_type.strip().lower(),
        charset=_charset(parameters),
        data=body.finish(),
    )


class _BodyReader:
    """A body that is being received: decompressed as it arrives, and limited in size."""

    def __init__(self, target: CheckedAddress, most_bytes: int, *, compressed: bool) -> None:
        self._target = target
        self._most = most_bytes
        self._pieces: list[bytes] = []
        self._arrived = 0
        self._length = 0
        self._gzip = zlib.decompressobj(wbits=31) if compressed else None

    def expect(self, content_length: str) -> None:
        """Refuse a body that says itself that it is too long."""
        if content_length.isascii() and content_length.isdigit() and len(content_length) < 20:
            self._bound(int(content_length))

    def take(self, chunk: bytes) -> None:
        """Add bytes from the wire."""
        self._arrived += len(chunk)
        self._bound(self._arrived)
        if self._gzip is None:
            self._keep(chunk)
            return
        while chunk:
            try:
                self._keep(self._gzip.decompress(chunk, self._most - self._length + 1))
            except zlib.error:
                raise self._broken() from None
            chunk = self._gzip.unconsumed_tail
            if self._gzip.eof:
                chunk = self._gzip.unused_data.lstrip(b"\0")
                self._gzip = zlib.decompressobj(wbits=31) if chunk else self._gzip
                if not chunk:
                    return

    def finish(self) -> bytes:
        """Return the whole body; raises `ToolError` when its end is missing."""
        if self._gzip is not None and self._arrived and not self._gzip.eof:
            raise self._broken()
        return b"".join(self._pieces)

    def _keep(self, piece: bytes) -> None:
        if not piece:
            return
        self._length += len(piece)
        self._bound(self._length)
        self._pieces.append(piece)

    def _bound(self, length: int) -> None:
        if length > self._most:
            raise ToolError(
                f"{self._target.host} sent more than {self._most / (1 << 20):.3g} MB, the most that is read. "
                "Look for a smaller page or document.",
                "lookup-failed",
            )

    def _broken(self) -> ToolError:
        return ToolError(
            f"{self._target.host} sent a damaged answer. Try again or try another source.", "lookup-failed"
        )


def _charset(parameters: str) -> str:
    """Return the charset among the parameters of a media type."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'").lower()[:40]
    return ""


def _status_error(target: CheckedAddress, status: int) -> ToolError:
    """Return the error for a status other than 200."""
    where = one_line(target.url, 200)
    if status in (404, 410):
        return ToolError(f"There is no page at {where} (status {status}). Search for its present address.", "not-found")
    if status in (401, 402, 403, 407, 451):
        return ToolError(
            f"{target.host} does not let us read {where} (status {status}). Try another source.", "lookup-failed"
        )
    if status == 429:
        return ToolError(
            f"{target.host} asks for fewer requests (status 429). Wait, or try another source.", "lookup-failed"
        )
    return ToolError(f"{target.host} could not give {where} (status {status}). Try again later.", "lookup-failed")


def _unreachable(target: CheckedAddress, error: Exception) -> ToolError:
    """Return the error for a broken connection."""
    reason = one_line(str(error), 160) or type(error).__name__
    return ToolError(f"{target.host} could not be reached: {reason}. Try again or try another source.", "lookup-failed")
