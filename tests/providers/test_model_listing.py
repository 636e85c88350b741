"""The models that a server lists, with the context windows that it reports."""

from typing import Any

import pytest

from kimi_tui.providers.base import ModelInfo, ProviderError
from kimi_tui.providers.model_listing import model_entries
from kimi_tui.providers.openai_stream import OpenAIProvider
from tests.providers.replay import Recorded, Replay


@pytest.mark.parametrize(
    ("entry", "window"),
    [
        ({"id": "m", "max_model_len": 16384}, 16384),
        ({"id": "m", "meta": {"n_ctx": 4096, "n_ctx_train": 262144}}, 4096),
        ({"id": "m", "context_length": 8192}, 8192),
        ({"id": "m", "meta": {"n_ctx_train": 262144}}, None),
        ({"id": "m"}, None),
    ],
)
async def test_list_models_gives_the_reported_context_window(entry: dict[str, object], window: int | None) -> None:
    async with Replay(Recorded(), Recorded.json({"object": "list", "data": [entry, "junk"]})) as server:
        provider = OpenAIProvider(server.address)
        assert await provider.models() == (ModelInfo("m", window),)
        await provider.close()
    assert server.asked[0][0].startswith("GET /v1/models ")


async def test_list_models_asks_llama_server_for_the_context_it_was_started_with() -> None:
    # The same document answers both questions; each reads its own part.
    document = {
        "data": [{"id": "m", "owned_by": "llamacpp", "meta": {"n_ctx_train": 262144}}],
        "default_generation_settings": {"n_ctx": 4096},
    }
    async with Replay(Recorded(), Recorded.json(document)) as server:
        provider = OpenAIProvider(server.address)
        assert await provider.models() == (ModelInfo("m", 4096),)
        await provider.close()
    assert [line.split()[1] for line, _, _ in server.asked] == ["/v1/models", "/props"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [({"models": []}, "malformed"), ([], "malformed"), ("hello", "malformed")],
)
async def test_list_models_in_no_known_shape_is_malformed(body: object, kind: str) -> None:
    async with Replay(Recorded(), Recorded.json(body)) as server:
        provider = OpenAIProvider(server.address)
        with pytest.raises(ProviderError) as caught:
            await provider.models()
        await provider.close()
    assert caught.value.kind == kind


async def test_list_models_of_a_web_page_is_malformed() -> None:
    page = Recorded(headers=[("content-type", "text/html")], pieces=[b"<html><title>Sign in</title>"])
    async with Replay(Recorded(), page) as server:
        provider = OpenAIProvider(server.address)
        with pytest.raises(ProviderError, match="Sign in"):
            await provider.models()
        await provider.close()


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"data": [{"id": "a"}, {"id": "b"}]}, ["a", "b"]),
        ([{"id": "a"}], ["a"]),
        ({"data": []}, []),
        ({"data": [{"id": ""}, {"name": "x"}, 5, None, {"id": 7}]}, [7]),
        ({"data": {"id": "a"}}, None),
        ({}, None),
        ([], None),
        (None, None),
        ("x", None),
        (5, None),
    ],
)
def test_model_entries_are_the_named_ones(body: Any, names: list[Any] | None) -> None:
    found = model_entries(body)
    assert (None if found is None else [entry["id"] for entry in found]) == names


@pytest.mark.parametrize("window", [0, -1, "16384", 1.5, None, True])
async def test_list_models_takes_no_window_that_makes_no_sense(window: object) -> None:
    async with Replay(Recorded(), Recorded.json({"data": [{"id": 7, "max_model_len": window}]})) as server:
        provider = OpenAIProvider(server.address)
        assert await provider.models() == (ModelInfo("7", None),)
        await provider.close()


async def test_list_models_says_which_answer_questions() -> None:
    document = Recorded.json({"data": [{"id": "bge-m3"}, {"id": "kimi-k2"}, {"id": "x", "type": "image"}]})
    async with Replay(Recorded(), document) as server:
        provider = OpenAIProvider(server.address)
        assert [(model.id, model.answers) for model in await provider.models()] == [
            ("bge-m3", False),
            ("kimi-k2", True),
            ("x", False),
        ]
        await provider.close()
