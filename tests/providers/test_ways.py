"""The way to a server: proxies, certificates, and variables of the environment that cannot be used."""

import asyncio
import gc
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kimi_tui.probe import ProbeTarget, probe_briefly
from kimi_tui.providers import connect
from kimi_tui.providers.base import ProviderError
from kimi_tui.providers.raw_client import RawClient
from tests.providers.replay import Recorded, Replay
from tests.providers.test_contract import QUESTION, ignore
from tests.providers.ways import Authority, proxy

EVENTS = [("content-type", "text/event-stream")]
WHOLE = (
    b'data: {"choices":[{"index":0,"delta":{"content":"So."},"finish_reason":"stop"}]}\n\n'
    b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}\n\ndata: [DONE]\n\n'
)
SO = Recorded(headers=EVENTS, pieces=[WHOLE])
MODELS = Recorded.json({"data": [{"id": "kimi-k2-thinking"}]})


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no authority of the machine's own."""
    for name in [*os.environ]:
        if name.lower().endswith("_proxy") or name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"):
            monkeypatch.delenv(name)


async def generated(kind: str, address: str) -> str:
    """The text that a provider brings from an address."""
    provider = connect(kind, address)
    try:
        return (await provider.generate(QUESTION, ignore)).text
    finally:
        await provider.close()


async def by_openai(address: str) -> str:
    return await generated("openai", address)


async def by_litellm(address: str) -> str:
    return await generated("litellm", address)


async def by_list(address: str) -> str:
    provider = connect("openai", address)
    try:
        return "So." if await provider.models() else ""
    finally:
        await provider.close()


async def by_probe(address: str) -> str:
    """Return the doctor's words when it cannot ask, raised like the others' errors."""
    probed = await probe_briefly(ProbeTarget(address, seconds=5.0))
    server = next(finding for finding in probed.findings if finding.name == "server")
    if server.grade == "red":
        raise ProviderError("bad-request", server.detail, advice=server.remedy)
    return "So."


ASKED: dict[str, Callable[[str], Awaitable[str]]] = {
    "openai": by_openai, "litellm": by_litellm, "list": by_list, "probe": by_probe,
}  # fmt: skip


async def failing(way: str, address: str) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await ASKED[way](address)
    assert "\n" not in caught.value.message
    return caught.value


def elsewhere(server: Replay) -> str:
    """The address of a server under a name that only a proxy knows."""
    return server.address.replace("127.0.0.1", "model.example")


@pytest.mark.parametrize("way", ASKED)
@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks", "http", ""])
async def test_request_with_a_proxy_set_goes_through_it(monkeypatch: pytest.MonkeyPatch, way: str, scheme: str) -> None:
    async with Replay(SO, MODELS) as server, proxy() as between:
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:{between.port}".removeprefix("://"))
        address = elsewhere(server)
        assert await ASKED[way](address) == "So."
    assert set(between.asked) == {address.removeprefix("http://")}


@pytest.mark.parametrize("way", ASKED)
async def test_socks_proxy_with_password_sends_credentials(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    async with Replay(SO, MODELS) as server, proxy(password="a@b") as between:
        monkeypatch.setenv("ALL_PROXY", f"socks5://me:a%40b@127.0.0.1:{between.port}")
        assert await ASKED[way](elsewhere(server)) == "So."
    assert between.asked


@pytest.mark.parametrize("way", ASKED)
@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_https_server_behind_a_proxy_is_reached_with_its_own_authority(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: str, scheme: str
) -> None:
    authority = Authority(tmp_path, name="10.9.8.7")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    async with Replay(SO, MODELS, encryption=authority.context) as server, proxy() as between:
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://127.0.0.1:{between.port}")
        assert await ASKED[way](server.address.replace("127.0.0.1", "10.9.8.7")) == "So."
    assert between.asked


UNUSABLE = [
    ("HTTP_PROXY", "foo:bar"),
    ("HTTP_PROXY", "http://"),
    ("http_proxy", "http://[::1"),
    ("HTTP_PROXY", "http://127.0.0.1:99999"),
    ("ALL_PROXY", "socks4://127.0.0.1:9"),
    ("ALL_PROXY", "ftp://127.0.0.1:9"),
    ("all_proxy", "a b"),
    ("ALL_PROXY", "http://a\x01b:3"),
    ("ALL_PROXY", "http://x:secret@:1"),
]


@pytest.mark.parametrize("way", ASKED)
@pytest.mark.parametrize(("variable", "value"), UNUSABLE)
async def test_proxy_that_is_none_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, way: str, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    error = await failing(way, "http://model.example:8000")
    assert not error.retryable
    assert error.message.startswith(f"{variable} is ")
    assert "unset it" in error.advice
    assert "NO_PROXY" in error.advice
    assert "secret" not in error.message


@pytest.mark.parametrize("way", ASKED)
@pytest.mark.parametrize("value", ["[::1,*://,:::,http://[", "%%%", ",,,", "::1/999 \x01", "é*"])
async def test_no_proxy_invalid_entry_matches_no_host(monkeypatch: pytest.MonkeyPatch, way: str, value: str) -> None:
    monkeypatch.setenv("NO_PROXY", value)
    async with Replay(SO, MODELS) as server, proxy() as between:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{between.port}")
        assert await ASKED[way](elsewhere(server)) == "So."
    assert between.asked


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize("way", ASKED)
@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_dead_proxy_is_not_taken_for_a_dead_server(
    monkeypatch: pytest.MonkeyPatch, way: str, scheme: str
) -> None:
    address = f"{scheme}://127.0.0.1:{free_port()}"
    monkeypatch.setenv("ALL_PROXY", address)
    error = await failing(way, "http://model.example:8000")
    assert (
        f"the proxy that ALL_PROXY names ({address}) cannot be reached: no server answers at this address"
        in error.message
    )


@pytest.mark.parametrize("way", ["openai", "litellm", "list"])
async def test_dead_proxy_is_answered_with_the_way_out(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"127.0.0.1:{free_port()}")
    error = await failing(way, "http://model.example:8000")
    assert error.kind == "unreachable"
    assert "unset HTTP_PROXY" in error.advice
    assert "NO_PROXY" in error.advice


# The library forgets to close a connection on which a SOCKS proxy refuses; it is closed when it is collected.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("way", ["openai", "litellm", "list"])
async def test_socks_proxy_dead_server_raises_unreachable(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    async with proxy() as between:
        monkeypatch.setenv("ALL_PROXY", f"socks5://127.0.0.1:{between.port}")
        error = await failing(way, f"http://model.example:{free_port()}")
        kind, message = error.kind, error.message
        del error  # its traceback holds the connection
        for _ in range(3):
            await asyncio.sleep(0)
            gc.collect()
    assert kind == "unreachable"
    assert "the proxy that ALL_PROXY names" in message
    assert "says:" in message


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "503 Service Unavailable", "403 Forbidden"])
async def test_refusal_by_a_proxy_names_its_variable(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    async with proxy(status=status) as between:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{between.port}")
        error = await failing("openai", "http://model.example:8000")
        assert "HTTP_PROXY" in error.advice
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{between.port}")
        error = await failing("openai", "https://model.example:8000")
        assert "HTTPS_PROXY" in error.message + error.advice


NO_CERTIFICATES = ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]


@pytest.mark.parametrize("way", ASKED)
@pytest.mark.parametrize("variable", NO_CERTIFICATES)
@pytest.mark.parametrize("there", ["missing", "text"])
async def test_authority_that_is_none_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: str, variable: str, there: str
) -> None:
    path = tmp_path / "authority.pem"
    if there == "text":
        path.write_text("no certificate")
    monkeypatch.setenv(variable, str(path))
    error = await failing(way, "https://127.0.0.1:9")
    assert not error.retryable
    assert error.message.startswith(f"{variable} names {path}, which ")
    assert f"Correct {variable}" in error.advice


@pytest.mark.parametrize("variable", NO_CERTIFICATES)
@pytest.mark.parametrize("way", ASKED)
async def test_missing_authority_does_not_matter_where_nothing_is_encrypted(
    monkeypatch: pytest.MonkeyPatch, variable: str, way: str
) -> None:
    monkeypatch.setenv(variable, "/no/such/place")
    async with Replay(SO, MODELS) as server:
        assert await ASKED[way](server.address) == "So."


async def test_log_of_keys_that_cannot_be_written_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", "/no/such/folder/keys")
    error = await failing("openai", "https://127.0.0.1:9")
    assert error.message.startswith("SSLKEYLOGFILE names /no/such/folder/keys")


@pytest.mark.parametrize("way", ASKED)
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
async def test_https_on_this_machine_is_reached_directly_with_its_own_authority(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: str, variable: str
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv(variable, str(authority.file))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", "foo:bar")
    async with Replay(SO, MODELS, encryption=authority.context) as server:
        assert await ASKED[way](server.address) == "So."


@pytest.mark.parametrize("way", ASKED)
async def test_http_on_this_machine_is_reached_directly(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", "foo:bar")
    async with Replay(SO, MODELS) as server:
        assert await ASKED[way](server.address) == "So."


@pytest.mark.parametrize(
    ("name", "expired", "named", "words"),
    [
        ("127.0.0.1", False, False, "name its authority in SSL_CERT_FILE"),
        ("10.0.0.1", False, True, "its certificate is for another name"),
        ("127.0.0.1", True, True, "its certificate has expired"),
    ],
)
async def test_certificate_that_is_not_believed_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, expired: bool, named: bool, words: str
) -> None:
    authority = Authority(tmp_path, name=name, expired=expired)
    if named:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    async with Replay(SO, MODELS, encryption=authority.context) as server:
        for way in ("openai", "list", "probe", "litellm"):
            assert words in (await failing(way, server.address)).message


async def test_raw_client_with_a_wrong_proxy_raises_a_named_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "foo:bar")
    with pytest.raises(ProviderError, match="HTTP_PROXY is 'foo:bar'"):
        RawClient("http://model.example")
