"""Which addresses may be opened: a table of notations and networks, and that none of the refused ones sees a packet."""

from pathlib import Path

import httpx
import pytest

from kimi_tui.tools.base import ToolError
from kimi_tui.tools.web.address_guard import host_of, is_public, parse_address, resolve
from kimi_tui.tools.web.network import FetchOptions, fetch

PUBLIC = "93.184.215.14"

DATA = Path(__file__).parents[1] / "data"


def lines_of(name: str) -> list[str]:
    """The lines of a table, comments left out."""
    return [line for line in (DATA / name).read_text("utf-8").splitlines() if not line.startswith("# ")]


PRIVATE = lines_of("private_addresses.txt")
REFUSED = [
    *lines_of("refused_addresses.txt"),
    "",
    "   ",
    "http://exam ple.org/",
    "http://example.org/a b",
    "http://example.org/\r\nHost: evil",
    "http://example.org/\x00",
    "ht\ttp://example.org/",
    "http://example.org/" + "a" * 5000,
    "http://" + "a" * 300 + ".org/",
    "http://" + "a." * 140 + "org/",
]


class NoTransport(httpx.AsyncBaseTransport):
    """Replaces the place where packets would leave, and writes down where they would go."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.url} {request.headers['host']} {request.extensions['sni_hostname']}")
        return httpx.Response(200, headers={"content-type": "text/plain"}, stream=httpx.ByteStream(b"reached"))


def door_of(transport: NoTransport, *answers: str, allow: tuple[str, ...] = ()) -> FetchOptions:
    """A door whose resolver gives the same answers for every name."""

    async def resolver(host: str, port: int) -> tuple[str, ...]:
        return answers

    return FetchOptions(allow_hosts=allow, resolver=resolver, transport=lambda: transport)


@pytest.mark.parametrize("url", REFUSED, ids=lambda url: ascii(url[:60]))
async def test_an_odd_or_private_address_is_refused_without_a_packet(url: str) -> None:
    transport = NoTransport()
    with pytest.raises(ToolError):
        await fetch(url, door_of(transport, "127.0.0.1"))
    assert transport.asked == []


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_private_address_is_refused_written_out_and_resolved(address: str) -> None:
    transport = NoTransport()
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(ToolError, match="not on the public internet"):
        await fetch(f"https://{host}/", door_of(transport, PUBLIC))
    with pytest.raises(ToolError, match="not on the public internet"):
        await fetch("https://innocent.example.com/", door_of(transport, address))
    with pytest.raises(ToolError, match="not on the public internet"):
        await fetch("https://innocent.example.com/", door_of(transport, PUBLIC, address))
    assert transport.asked == []
    assert not is_public(address)


def test_the_tables_are_long_enough() -> None:
    assert len({*REFUSED, *PRIVATE}) >= 120


@pytest.mark.parametrize("address", ["8.8.8.8", PUBLIC, "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001::1"])
async def test_a_public_address_is_connected_to_as_it_was_checked(address: str) -> None:
    transport = NoTransport()
    fetched = await fetch("https://Example.ORG/a?q=1", door_of(transport, address))
    host = f"[{address}]" if ":" in address else address
    assert transport.asked == [f"https://{host}/a?q=1 example.org example.org"]
    assert (fetched.url, fetched.data) == ("https://example.org/a?q=1", b"reached")


async def test_a_resolver_that_changes_its_answer_gains_nothing() -> None:
    transport = NoTransport()
    answers = [(PUBLIC,), ("127.0.0.1",)]

    async def rebinding(host: str, port: int) -> tuple[str, ...]:
        return answers.pop(0)

    door = FetchOptions(resolver=rebinding, transport=lambda: transport)
    await fetch("http://rebinding.example.com/", door)
    assert transport.asked == [f"http://{PUBLIC}/ rebinding.example.com rebinding.example.com"]
    with pytest.raises(ToolError, match="not on the public internet"):
        await fetch("http://rebinding.example.com/", door)
    assert len(transport.asked) == 1


async def test_a_host_that_the_settings_name_may_be_private_on_any_port() -> None:
    transport = NoTransport()
    await fetch("http://wiki.corp:8090/", door_of(transport, "10.0.0.7", allow=("wiki.corp",)))
    await fetch("http://10.0.0.8:8090/", door_of(transport, allow=("10.0.0.8:8090",)))
    await fetch("http://[fd00::5]:81/", door_of(transport, allow=("[fd00::5]:81",)))
    assert len(transport.asked) == 3
    for other in ("http://evil.wiki.corp:8090/", "http://10.0.0.8:8091/", "http://10.0.0.9/", "http://167772168:8090/"):
        with pytest.raises(ToolError):
            await fetch(other, door_of(transport, "10.0.0.7", allow=("wiki.corp", "10.0.0.8:8090")))
    assert len(transport.asked) == 3


async def test_a_host_that_does_not_exist_is_a_failed_lookup() -> None:
    async def nowhere(host: str, port: int) -> tuple[str, ...]:
        raise OSError("Name or service not known")

    for resolver in (nowhere, door_of(NoTransport()).resolver):
        with pytest.raises(ToolError) as caught:
            await resolve(parse_address("https://example.org/"), resolver)
        assert caught.value.status == "lookup-failed"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Example.org:8443/x", "example.org"),
        ("http://127.0.0.1:9999/x", "127.0.0.1"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://[2606:4700::1]/", "2606:4700::1"),
        ("no address \x1b[2J", "no address ␛[2J"),
        ("", ""),
    ],
)
def test_host_of_any_text_returns_text(url: str, host: str) -> None:
    assert host_of(url) == host


def test_address_keeps_its_meaning_when_it_is_parsed() -> None:
    target = parse_address("https://example.org:8443/a%20b/ü?x=1&y=%2F#part")
    assert target.url == "https://example.org:8443/a%20b/%C3%BC?x=1&y=%2F"
    assert parse_address(target.url) == target
