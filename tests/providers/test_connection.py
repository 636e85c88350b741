"""A connection to one server: its address and key, JSON documents, and the errors for what is none."""

import httpx
import pytest

from kimi_tui.providers.base import ProviderError
from kimi_tui.providers.chunks import MalformedChunk
from kimi_tui.providers.connection import (
    ServerConnection,
    normalize_base_url,
    read_body,
    validate_api_key,
)
from kimi_tui.providers.openai_stream import OpenAIProvider
from tests.providers.replay import Recorded, Replay


@pytest.mark.parametrize(
    "written",
    [
        "http://host:8000",
        "http://host:8000/",
        "http://host:8000/v1",
        "http://host:8000/v1/",
        " http://host:8000/v1/chat/completions ",
    ],
)
def test_normalize_base_url_of_an_address_in_several_forms(written: str) -> None:
    assert normalize_base_url(written) == "http://host:8000/v1"


def test_normalize_base_url_keeps_another_version_or_path() -> None:
    assert normalize_base_url("https://host/api/v4") == "https://host/api/v4"
    assert normalize_base_url("https://host/openai") == "https://host/openai/v1"


@pytest.mark.parametrize("written", ["", "host:8000", "ftp://host", "http://", "http://[::1", "http://host:port"])
def test_normalize_base_url_invalid_address_raises(written: str) -> None:
    with pytest.raises(ProviderError) as caught:
        OpenAIProvider(written)
    assert caught.value.kind == "bad-request"
    assert "http://127.0.0.1:8000/v1" in caught.value.advice


@pytest.mark.parametrize("key", ["sk\n1", "schl\u00fcssel", "a\x00"])
def test_validate_api_key_that_no_header_can_carry_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ProviderError) as caught:
        OpenAIProvider("http://host", key)
    assert caught.value.kind == "unauthorized"
    assert key not in caught.value.message


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("http://host/v1?x=1#y", "http://host/v1"),
        ("https://host/v1beta", "https://host/v1beta"),
        ("https://host/vision", "https://host/vision/v1"),
        ("http://[::1]:8000", "http://[::1]:8000/v1"),
        ("HTTP://host", "http://host/v1"),
    ],
)
def test_normalize_base_url_is_idempotent(written: str, normal: str) -> None:
    assert normalize_base_url(written) == normal
    assert normalize_base_url(normal) == normal


@pytest.mark.parametrize(("key", "kept"), [("", ""), ("  ", ""), (" sk-1\n", "sk-1"), ("a b", "a b")])
def test_validate_api_key_leaves_blanks_around_it_out(key: str, kept: str) -> None:
    assert validate_api_key(key) == kept


def test_connection_root_is_above_the_version() -> None:
    assert ServerConnection("http://host:8000").root == "http://host:8000"
    assert ServerConnection("https://host/api/v4").root == "https://host/api/v4"


async def fetched(document: Recorded) -> object:
    async with Replay(Recorded(), document) as server:
        connection = ServerConnection(server.address, "sk-1")
        try:
            return await connection.get_json("/models")
        finally:
            await connection.close()


async def test_get_json_returns_the_document() -> None:
    assert await fetched(Recorded.json({"a": [1, None]})) == {"a": [1, None]}
    assert await fetched(Recorded(headers=[], pieces=[b"\xef\xbb\xbf[", b"1]"])) == [1]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (Recorded(headers=[], pieces=[b"not json"]), "malformed"),
        (Recorded(headers=[], pieces=[]), "malformed"),
        (Recorded(headers=[], pieces=[b"\xff\xfe"]), "malformed"),
        (Recorded(headers=[("content-encoding", "gzip")], pieces=[b"x"]), "malformed"),
        (Recorded.json({"error": {"message": "no"}}, "401 Unauthorized"), "unauthorized"),
        (Recorded.json({}, "503 Service Unavailable"), "overloaded"),
    ],
)
async def test_get_json_of_anything_else_raises(document: Recorded, kind: str) -> None:
    with pytest.raises(ProviderError) as caught:
        await fetched(document)
    assert caught.value.kind == kind
    assert "sk-1" not in caught.value.message


async def test_get_json_of_a_server_that_is_not_there_is_unreachable() -> None:
    connection = ServerConnection("http://127.0.0.1:9")
    with pytest.raises(ProviderError) as caught:
        await connection.get_json("/models")
    await connection.close()
    await connection.close()
    assert caught.value.kind == "unreachable"


async def test_get_status_returns_any_status() -> None:
    async with Replay(Recorded(), Recorded.json({}, "418 Teapot")) as server:
        connection = ServerConnection(server.address)
        assert await connection.get_status(f"{connection.root}/health") == 418
        await connection.close()


async def test_read_body_cuts_or_refuses_what_is_too_long() -> None:
    def response() -> httpx.Response:
        return httpx.Response(200, content=b"x" * 10)

    assert await read_body(response(), 10) == b"x" * 10
    assert await read_body(response(), 9, cut=True) == b"x" * 9
    with pytest.raises(MalformedChunk, match="longer than 9 bytes"):
        await read_body(response(), 9)
