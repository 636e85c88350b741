"""Which model of a server is asked, and what becomes of lists of models that are missing, damaged or of other kinds."""

import socket
from typing import Any, Literal

import pytest

from kimi_tui.config import Settings
from kimi_tui.providers import connect
from kimi_tui.providers.base import ModelInfo
from kimi_tui.providers.model_kinds import is_answering_model
from kimi_tui.runner.model_server import ServerAway, choose_model
from kimi_tui.session import SessionError
from tests.providers.replay import Recorded, Replay

SO = Recorded.events({"choices": [{"index": 0, "delta": {"content": "So."}, "finish_reason": "length"}]}, "[DONE]")
PAGE = Recorded(headers=[("content-type", "text/html")], pieces=[b"<html><title>Sign in</title>"])

UNLISTED = {
    "missing": Recorded.json({"detail": "Not Found"}, "404 Not Found"),
    "not-allowed": Recorded.json({"detail": "Method Not Allowed"}, "405 Method Not Allowed"),
    "forbidden": Recorded.json({"error": {"message": "not with this key"}}, "403 Forbidden"),
    "not-implemented": Recorded.json({}, "501 Not Implemented"),
    "broken": Recorded.json({"error": "oops"}, "500 Internal Server Error"),
    "gateway": Recorded.json({}, "502 Bad Gateway"),
    "empty": Recorded.json({"data": []}),
    "no-list": Recorded.json({"data": {"id": "m"}}),
    "null": Recorded.json({"data": None}),
    "strings": Recorded.json({"data": ["m"]}),
    "text": Recorded(headers=[("content-type", "text/plain")], pieces=[b"hello"]),
    "page": PAGE,
}


Kind = Literal["openai", "litellm"]


async def known(models: Recorded, wanted: str = "", chat: Recorded = SO, kind: Kind = "openai") -> ModelInfo:
    """Return what was found out about a server."""
    async with Replay(chat, models) as server:
        provider = connect(kind, server.address)
        try:
            settings = Settings(base_url=server.address, model=wanted, provider=kind)
            return await choose_model(provider, settings, None, server.address)
        finally:
            await provider.close()


@pytest.mark.parametrize("kind", ["openai", "litellm"])
@pytest.mark.parametrize("what", UNLISTED)
async def test_named_model_without_a_list_is_taken_when_it_answers(what: str, kind: Kind) -> None:
    assert await known(UNLISTED[what], "kimi", kind=kind) == ModelInfo("kimi")


@pytest.mark.parametrize("what", UNLISTED)
async def test_no_model_named_without_a_list_asks_for_one(what: str) -> None:
    with pytest.raises(SessionError) as caught:
        await known(UNLISTED[what])
    if what not in ("broken", "gateway", "forbidden"):
        assert "--model" in str(caught.value)


NOWHERE = {
    "missing": Recorded.json({"detail": "Not Found"}, "404 Not Found"),
    "page": PAGE,
    "unauthorized": Recorded.json({"error": {"message": "Invalid key"}}, "401 Unauthorized"),
    "loading": Recorded.json({"error": {"message": "Loading model"}}, "503 Service Unavailable"),
}


@pytest.mark.parametrize("chat", NOWHERE)
async def test_named_model_without_a_list_is_refused_when_nothing_answers(chat: str) -> None:
    with pytest.raises(SessionError) as caught:
        await known(UNLISTED["missing"], "kimi", NOWHERE[chat])
    assert isinstance(caught.value, ServerAway) is (chat == "loading")


async def test_small_request_that_is_refused_for_its_form_shows_that_the_server_answers() -> None:
    refused = Recorded.json({"error": {"message": "max_tokens must be at least 16"}}, "400 Bad Request")
    assert await known(UNLISTED["missing"], "kimi", refused) == ModelInfo("kimi")


async def test_server_that_is_not_there_is_away() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    provider = connect("openai", address)
    with pytest.raises(ServerAway, match="no server answers at this address"):
        await choose_model(provider, Settings(base_url=address, model="kimi"), None, address)
    await provider.close()


def listed(*entries: Any) -> Recorded:
    """A list of models."""
    return Recorded.json({"data": [entry if isinstance(entry, dict) else {"id": entry} for entry in entries]})


@pytest.mark.parametrize(
    "other",
    [
        "text-embedding-3-large", "BAAI/bge-m3", "Qwen/Qwen3-Embedding-8B", "nomic-embed-text", "intfloat/e5-mistral",
        "BAAI/bge-reranker-v2-m3", "jina-reranker-v2", "openai/whisper-large-v3", "tts-1", "gpt-4o-transcribe",
        "omni-moderation-latest", "meta-llama/Llama-Guard-3-8B", "dall-e-3", "flux-1-dev", "stable-diffusion-xl",
        "gte-large", "kokoro-82m", {"id": "m3", "type": "embedding"}, {"id": "m4", "mode": "rerank"},
        {"id": "m5", "task": "feature-extraction"},
    ],
)  # fmt: skip
async def test_no_model_named_takes_the_first_that_answers(other: Any) -> None:
    chat = {"id": "kimi-k2-thinking", "max_model_len": 4096}
    assert await known(listed(other, "*", chat)) == ModelInfo("kimi-k2-thinking", 4096)


@pytest.mark.parametrize(
    "name",
    [
        "moonshotai/Kimi-K2-Thinking", "kimi-k3", "gpt-4o", "deepseek-v3.1", "Qwen/Qwen3-235B-A22B", "stagecraft-7b",
        "llama-3.3-70b-instruct", "mistral-large", "embers-13b-chat", "claude-sonnet-4", "gpt-oss-120b",
        "extractive-researcher",
    ],
)  # fmt: skip
def test_model_that_chats_is_not_taken_for_another_kind(name: str) -> None:
    assert is_answering_model(name)
    assert is_answering_model("bge-m3", {"type": "chat"})
    assert is_answering_model("x", {"type": "model"})


async def test_list_without_a_model_that_chats_is_one_clear_error() -> None:
    with pytest.raises(
        SessionError, match=r"no model that answers questions \(bge-m3, whisper-1\); name one with --model"
    ):
        await known(listed("bge-m3", "whisper-1"))
    assert (await known(listed("bge-m3", "whisper-1"), "whisper-1")).id == "whisper-1"


async def test_gateway_that_lists_a_pattern_offers_what_fits_it() -> None:
    assert await known(listed("openai/*", "bge-m3"), "openai/kimi") == ModelInfo("openai/kimi")
    with pytest.raises(SessionError, match="does not offer"):
        await known(listed("openai/*"), "moonshot/kimi")


async def test_bare_list_of_models_is_read() -> None:
    models = Recorded.json([{"id": "bge", "type": "embedding"}, {"id": "kimi", "type": "chat", "context_length": 8192}])
    assert await known(models) == ModelInfo("kimi", 8192)
