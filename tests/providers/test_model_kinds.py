"""Models that answer questions, and those that do something else."""

from typing import Any

import pytest

from kimi_tui.providers.model_kinds import first_answering_model, is_answering_model, is_offered


@pytest.mark.parametrize(
    "name",
    ["kimi-k2-thinking", "gpt-oss-120b", "qwen3-next-80b", "glm-4.6", "llama-4-scout", "bgem", ""],
)
def test_is_answering_model_by_name(name: str) -> None:
    assert is_answering_model(name)


@pytest.mark.parametrize(
    "name",
    [
        "text-embedding-3-large", "bge-m3", "BAAI/bge-reranker-v2", "whisper-large-v3", "tts-1", "dall-e-3",
        "flux-1-dev", "omni-moderation-latest", "Llama-Guard-4", "granite-guardian-3.2",
        "e5-mistral", "colbert-v2", "parakeet-tdt",
    ],
)  # fmt: skip
def test_is_answering_model_of_other_kinds_is_false(name: str) -> None:
    assert not is_answering_model(name)


@pytest.mark.parametrize(
    ("entry", "answers"),
    [
        (None, True),
        ({}, True),
        ({"type": "embedding"}, False),
        ({"type": "chat"}, True),
        ({"mode": "completion"}, True),
        ({"task": "text-generation"}, True),
        ({"object_type": "model"}, True),
        ({"type": "image"}, False),
        ({"mode": "embedding completion"}, False),
        ({"type": "", "mode": "rerank"}, False),
        ({"type": 5}, True),
    ],
)
def test_is_answering_model_by_what_a_gateway_says(entry: dict[str, Any] | None, answers: bool) -> None:
    assert is_answering_model("kimi-k2", entry) is answers


def test_first_answering_model_passes_others_over() -> None:
    assert first_answering_model(["bge-m3", "kimi-k2", "glm"]) == "kimi-k2"
    assert first_answering_model(["bge-m3"]) == first_answering_model([]) == ""


@pytest.mark.parametrize(
    ("listed", "offered"),
    [
        (["openai/gpt"], True),
        (["openai/*"], True),
        (["*"], True),
        (["open*"], True),
        (["azure/*"], False),
        (["/*"], False),
        (["**"], False),
        (["openai/gp"], False),
        ([], False),
    ],
)
def test_is_offered_by_name_or_pattern(listed: list[str], offered: bool) -> None:
    assert is_offered("openai/gpt", listed) is offered
