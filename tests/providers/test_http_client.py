"""The client for one server: its route, and what errors of a connection mean."""

from pathlib import Path

import httpx
import pytest

from kimi_tui.network_settings import NetworkSettingError
from kimi_tui.providers.base import ProviderError
from kimi_tui.providers.http_client import (
    explain_request_error,
    is_proxy_auth_error,
    load_certificates,
    open_client,
    proxy_advice,
    unreachable_error,
)

FAR = "https://api.example.org/v1"
NEAR = "http://127.0.0.1:8000/v1"
VARIABLES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
)


@pytest.fixture(autouse=True)
def no_network_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "CURL_CA_BUNDLE", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (httpx.ConnectError("All connection attempts failed"), "no server answers at this address"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), "no machine of that name is known"),
        (httpx.ConnectError("[SSL: WRONG_VERSION_NUMBER] x"), "it speaks no https: write http:// instead"),
        (
            httpx.ConnectError("CERTIFICATE_VERIFY_FAILED: certificate has expired"),
            "its certificate has expired",
        ),
        (
            httpx.ConnectError("CERTIFICATE_VERIFY_FAILED: self-signed"),
            "its certificate is not trusted: name its authority in SSL_CERT_FILE",
        ),
        (httpx.ConnectTimeout(""), "no answer within 10 seconds"),
        (httpx.ReadError(""), "it closes the connection without an answer, as one does that speaks https alone"),
        (httpx.ReadError("odd\x1b[2J\nthing."), "odd\u241b[2J thing"),
        (httpx.ReadError("x" * 500), "x" * 120),
    ],
)
def test_explain_request_error_is_a_clause_on_one_line(error: Exception, reason: str) -> None:
    assert explain_request_error(error, FAR) == reason


def test_explain_request_error_names_the_proxy_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy.example:3128")
    refused = httpx.ConnectError("Connection refused")
    named = "the proxy that HTTPS_PROXY names (http://proxy.example:3128)"
    assert explain_request_error(refused, FAR) == f"{named} cannot be reached: no server answers at this address"
    assert explain_request_error(httpx.ProxyError("502 Bad"), FAR) == f"{named} says: 502 Bad"
    assert explain_request_error(httpx.ReadError("odd"), FAR) == f"odd (by way of {named})"
    assert explain_request_error(httpx.ConnectError("SSL odd"), FAR) == f"SSL odd (by way of {named})"
    assert explain_request_error(refused, NEAR) == "no server answers at this address"
    assert explain_request_error(refused) == "no server answers at this address"


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (httpx.ConnectError("Connection refused"), "unreachable", "cannot be reached: no server answers"),
        (httpx.ConnectError("CERTIFICATE_VERIFY_FAILED"), "bad-request", "not trusted"),
        (httpx.ConnectError("WRONG_VERSION_NUMBER"), "bad-request", "write http:// instead"),
        (httpx.ReadTimeout(""), "unreachable", "no answer within 10 seconds"),
    ],
)
def test_unreachable_error_has_kind_and_advice(error: httpx.HTTPError, kind: str, words: str) -> None:
    found = unreachable_error(error, FAR)
    assert found.kind == kind
    assert words in found.message
    assert found.message.startswith("The server at https://api.example.org/v1 cannot be reached:")
    assert found.advice


def test_unreachable_error_of_a_proxy_that_wants_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://me:secret@proxy.example:3128")
    error = httpx.ProxyError("407 Proxy Authentication Required")
    assert is_proxy_auth_error(error)
    found = unreachable_error(error, FAR)
    assert found.kind == "bad-request"
    assert found.message == "The proxy that ALL_PROXY names (http://proxy.example:3128) wants a name and a password."
    assert "secret" not in found.message + found.advice
    assert not is_proxy_auth_error(httpx.ConnectError("407"))


@pytest.mark.parametrize(
    ("status", "advised"),
    [(403, True), (407, True), (502, True), (504, True), (200, False), (404, False), (500, False)],
)
def test_proxy_advice_is_for_statuses_that_a_proxy_may_give(
    monkeypatch: pytest.MonkeyPatch, status: int, advised: bool
) -> None:
    assert proxy_advice(status, FAR) == ""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert bool(proxy_advice(status, FAR)) is advised
    assert proxy_advice(status, NEAR) == ""


async def test_open_client_of_a_plain_address_loads_no_certificates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    client = open_client(NEAR, httpx.Timeout(1.0))
    assert not client.follow_redirects
    assert not client.trust_env
    await client.aclose()


@pytest.mark.parametrize(
    ("variable", "value", "url", "words"),
    [
        ("SSL_CERT_FILE", "/missing.pem", FAR, "SSL_CERT_FILE names /missing.pem"),
        ("HTTPS_PROXY", "gopher://x", FAR, "HTTPS_PROXY is"),
        ("HTTP_PROXY", "http://", "http://api.example.org/v1", "HTTP_PROXY is"),
    ],
)
def test_open_client_of_an_unusable_route_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, url: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ProviderError) as caught:
        open_client(url, httpx.Timeout(1.0))
    assert caught.value.kind == "bad-request"
    assert words in caught.value.message
    assert variable in caught.value.advice


def test_load_certificates_of_a_file_without_any_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing here")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "empty.pem"))
    with pytest.raises(NetworkSettingError, match="holds no certificate"):
        load_certificates()


def test_load_certificates_with_a_key_log_that_cannot_be_written_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "no" / "such.log"))
    with pytest.raises(NetworkSettingError, match="SSLKEYLOGFILE names"):
        load_certificates()
