"""The door to the network, against servers on loopback that misbehave."""

import asyncio
import gzip
import socket
import sys
import zlib

import pytest

from kimi_tui.tools.base import ToolError
from kimi_tui.tools.web.network import FetchedBody, FetchOptions, fetch
from tests.tools.kit import Handler, Website, redirect, response

DOOR = FetchOptions(
    allow_hosts=("127.0.0.1", "pages.test", "www.pages.test"), seconds=20, silence_seconds=5, max_bytes=1 << 20
)


many_loopbacks = pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on all of 127.0.0.0/8")


async def local(host: str, port: int) -> tuple[str, ...]:
    return ("127.0.0.1",)


async def got(answer: bytes | Handler, door: FetchOptions = DOOR) -> FetchedBody:
    async with Website({"/": answer}) as site:
        return await fetch(site.url(), door)


async def refused(answer: bytes | Handler, door: FetchOptions = DOOR) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await got(answer, door)
    return caught.value


async def test_a_page_arrives_with_its_type_and_charset() -> None:
    fetched = await got(response("Größe".encode("latin-1"), 'Text/HTML; Charset="ISO-8859-1"'))
    assert (fetched.media_type, fetched.charset) == ("text/html", "iso-8859-1")
    assert fetched.data.decode(fetched.charset) == "Größe"


async def test_fetch_request_has_no_personal_data() -> None:
    async with Website({"/a": redirect("/b"), "/b": response(b"x", headers=["Set-Cookie: a=b"])}) as site:
        await fetch(site.url("/a"), DOOR)
        await fetch(site.url("/b"), DOOR)
        names = {
            line.split(b":")[0].decode().lower()
            for request in site.requests
            for line in request.split(b"\r\n")[1:]
            if line
        }
    assert names == {"host", "user-agent", "accept", "accept-encoding", "connection"}
    assert b"user-agent: kimi-tui\r\n" in site.requests[0].lower()
    assert b"accept-encoding: gzip, identity\r\n" in site.requests[0].lower()


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Website({}) as proxy, Website({"/": response(b"direct")}) as site:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        assert (await fetch(site.url(), DOOR)).data == b"direct"
        assert proxy.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_on_the_same_site_is_followed(status: int) -> None:
    async with Website({"/old": redirect("new?x=1", status), "/new": response(b"found")}) as site:
        fetched = await fetch(site.url("/old"), DOOR)
        assert (fetched.url, fetched.data) == (site.url("/new?x=1"), b"found")


async def test_fetch_redirect_to_other_host_raises() -> None:
    async with Website({"/": response(b"private")}) as other:
        answer = redirect(f"http://other.test:{other.port}/x?q=1")
        async with Website({"/": answer}) as site:
            with pytest.raises(ToolError, match="has moved to another host"):
                await fetch(site.url(), FetchOptions(allow_hosts=("127.0.0.1", "other.test"), resolver=local))
        assert other.requests == []


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://2130706433/",
        "http://localhost:22/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/",
        "http://user@127.0.0.1/",
        "//192.168.0.1/x",
        "\\\\evil\\share",
    ],
)
async def test_a_redirect_to_a_private_or_odd_address_is_not_followed(location: str) -> None:
    asked: list[str] = []

    async def resolver(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",)

    async with Website({"/": redirect(location)}) as site:
        with pytest.raises(ToolError):
            await fetch(site.url(), FetchOptions(allow_hosts=("127.0.0.1",), resolver=resolver))
        assert len(site.requests) == 1
        assert asked == []


@many_loopbacks
async def test_each_hop_is_resolved_and_checked_again() -> None:
    answers = [("127.0.0.1",), ("127.0.0.2",)]

    async def rebinding(host: str, port: int) -> tuple[str, ...]:
        return answers.pop(0)

    async with Website({"/": response(b"elsewhere")}, "127.0.0.2") as elsewhere:
        async with Website({"/": redirect(f"http://www.pages.test:{elsewhere.port}/")}) as site:
            door = FetchOptions(allow_hosts=(f"pages.test:{site.port}",), resolver=rebinding)
            with pytest.raises(ToolError):
                await fetch(site.url(host="pages.test"), door)
        assert elsewhere.requests == []


@many_loopbacks
async def test_a_connection_goes_to_the_address_that_was_checked() -> None:
    answers = [("127.0.0.1",), ("127.0.0.2",), ("127.0.0.2",)]

    async def rebinding(host: str, port: int) -> tuple[str, ...]:
        return answers.pop(0)

    async with Website({"/": response(b"checked")}) as site:
        async with Website({"/": response(b"other")}, "127.0.0.2", site.port) as other:
            door = FetchOptions(allow_hosts=("pages.test",), resolver=rebinding)
            assert (await fetch(site.url(host="pages.test"), door)).data == b"checked"
            assert other.requests == []
            assert len(answers) == 2
        assert f"host: pages.test:{site.port}".encode() in site.requests[0].lower()


@many_loopbacks
async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    async def two(host: str, port: int) -> tuple[str, ...]:
        return ("127.0.0.3", "127.0.0.1")

    async with Website({"/": response(b"second")}) as site:
        fetched = await fetch(site.url(host="pages.test"), FetchOptions(allow_hosts=("pages.test",), resolver=two))
    assert fetched.data == b"second"


async def test_a_circle_of_redirects_ends() -> None:
    async with Website({"/": redirect("/")}) as site:
        with pytest.raises(ToolError, match="more than 3 times"):
            await fetch(site.url(), FetchOptions(allow_hosts=("127.0.0.1",), max_redirects=3))
        assert len(site.requests) == 4


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, "not-found") for status in (404, 410)),
        *((status, "lookup-failed") for status in (204, 304, 401, 403, 429, 500, 503)),
    ],
)
async def test_a_status_becomes_words_and_a_kind(status: int, kind: str) -> None:
    error = await refused(response(b"<h1>no</h1>" if status != 204 else b"", status=status))
    assert (error.status, f"status {status}" in str(error)) == (kind, True)


async def test_gzip_is_unpacked_also_in_pieces_and_members() -> None:
    body = gzip.compress(b"first ") + gzip.compress(b"second") + b"\0\0"
    assert (await got(response(body, headers=["Content-Encoding: gzip"]))).data == b"first second"
    text = b"a long text " * 5_000
    packed = gzip.compress(text)

    async def dripping(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: x-gzip\r\n\r\n")
        for start in range(0, len(packed), 7):
            writer.write(packed[start : start + 7])
            await writer.drain()

    assert (await got(dripping)).data == text


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.flush()


async def test_a_gzip_bomb_is_stopped_at_the_cap() -> None:
    packed = bomb(200 << 20)
    assert len(packed) < 250_000
    error = await refused(response(packed, headers=["Content-Encoding: gzip"]))
    assert "more than 1 MB" in str(error)
    nested = await got(response(gzip.compress(packed), headers=["Content-Encoding: gzip"]))
    assert nested.data == packed


async def test_a_body_of_countless_gzip_members_is_stopped() -> None:
    members = gzip.compress(b"x" * 100_000, mtime=0) * 100
    error = await refused(response(members, headers=["Content-Encoding: gzip"]))
    assert "more than 1 MB" in str(error)


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "gzip,br", "compress", "\x7fodd"])
async def test_a_compression_that_was_not_asked_for_is_refused(encoding: str) -> None:
    error = await refused(response(b"whatever", headers=[f"Content-Encoding: {encoding}"]))
    assert error.status == "lookup-failed"


@pytest.mark.parametrize(
    "body",
    [b"not gzip at all", gzip.compress(b"x" * 1000, mtime=0)[:-9], gzip.compress(b"x", mtime=0) + b"junk"],
    ids=["foreign", "cut", "with more behind it"],
)
async def test_damaged_gzip_is_an_error(body: bytes) -> None:
    error = await refused(response(body, headers=["Content-Encoding: gzip"]))
    assert "damaged" in str(error)


async def test_a_body_that_says_it_is_too_long_is_not_read() -> None:
    async def boasting(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(60)

    assert "more than 1 MB" in str(await refused(boasting))


async def test_an_endless_body_is_stopped_at_the_cap() -> None:
    sent = 0

    async def endless(path: str, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            writer.write(bytes(1 << 16))
            await writer.drain()
            sent += 1 << 16

    assert "more than 1 MB" in str(await refused(endless))
    assert sent < 32 << 20


async def test_a_slow_body_and_a_silent_server_are_given_up() -> None:
    async def slow(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def silent(path: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    error = await refused(slow, FetchOptions(allow_hosts=("127.0.0.1",), seconds=0.5, silence_seconds=5))
    assert (error.status, "within 0.5 seconds" in str(error)) == ("lookup-failed", True)
    error = await refused(silent, FetchOptions(allow_hosts=("127.0.0.1",), seconds=20, silence_seconds=0.2))
    assert error.status == "lookup-failed"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"a" * 300_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFFFFF\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x01\x00\x02\x02\x50",
    ],
    ids=lambda raw: ascii(raw[:50]),
)
async def test_a_broken_answer_is_one_clear_error(raw: bytes) -> None:
    error = await refused(raw)
    assert error.status == "lookup-failed"
    assert "could not be reached" in str(error)


async def test_fetch_closed_port_raises_lookup_failed() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(ToolError) as caught:
            await fetch(f"http://127.0.0.1:{free.getsockname()[1]}/", DOOR)
    assert caught.value.status == "lookup-failed"


async def test_a_cancelled_fetch_lets_go_of_the_connection() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def waiting(path: str, writer: asyncio.StreamWriter) -> None:
        began.set()
        try:
            while True:
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                await writer.drain()
                await asyncio.sleep(0.01)
        finally:
            ended.set()

    async with Website({"/": waiting}) as site:
        fetching = asyncio.create_task(fetch(site.url(), DOOR))
        await began.wait()
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
        await asyncio.wait_for(ended.wait(), 10)


async def test_log_of_keys_that_cannot_be_written_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", "/no/such/folder/keys")
    error = await refused(response(b"x"))
    assert "SSLKEYLOGFILE" in str(error)
    assert error.status == "lookup-failed"
