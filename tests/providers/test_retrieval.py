"""Servers that rank texts: asked by their protocols, and whatever they do ends as an order or a reason."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from kimi_tui.config import ConfigError, RetrievalSettings, load_settings
from kimi_tui.providers import retrieval
from kimi_tui.providers.base import ProviderError
from kimi_tui.providers.retrieval import MAX_TEXT_CHARS, Reranker, make_reranker
from tests.providers.replay import Recorded, Replay
from tests.tools.kit import Website, response


def answer(body: object) -> bytes:
    return response(msgspec.json.encode(body), "application/json")


async def ranked(reply: bytes, texts: list[str]) -> tuple[list[int], str]:
    """Return the order that a rerank server's answer gives to texts."""
    async with Website({"/v1/rerank": reply}) as site:
        models = Reranker(RetrievalSettings(rerank_url=site.url("/v1")))
        found = await models.rank("q", texts)
        await models.close()
        return found


@pytest.mark.parametrize("model", ["", "r"])
async def test_rank_asks_with_cut_texts_and_the_model_that_is_set(model: str) -> None:
    async with Replay(Recorded.json([])) as server:
        models = Reranker(RetrievalSettings(rerank_url=server.address, rerank_model=model))
        await models.rank("q", ["x" * 10_000, "y"])
        await models.close()
    asked = {"query": "q", "documents": ["x" * MAX_TEXT_CHARS, "y"], "top_n": 2}
    assert server.asked[0][2] == asked | ({"model": model} if model else {})


@pytest.mark.parametrize(
    ("results", "order"),
    [
        ([], [0, 1, 2]),
        ([{"index": 2, "score": 1}], [2, 0, 1]),
        ([{"index": 9, "score": 1}, {"index": 1, "score": -5}], [1, 0, 2]),
        ([{"index": 0, "score": 1}, {"index": 1, "score": 1}, {"index": 2, "score": 1}], [0, 1, 2]),
        ([{"index": 0, "score": 1}, {"index": 0, "score": 3}, {"index": 1, "score": 2}], [0, 1, 2]),
    ],
)
async def test_rank_orders_by_score_and_leaves_unscored_texts_behind(
    results: list[dict[str, float]], order: list[int]
) -> None:
    assert (await ranked(answer({"results": results}), ["a", "b", "c"])) == (order, "")
    assert (await ranked(answer({"data": results}), ["a", "b", "c"])) == (order, "")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (response(b"no", status=500), "could not be used"),
        (answer({"results": [{"index": "x"}]}), "makes no sense"),
        (answer({"results": [{"score": 1}]}), "makes no sense"),
        (answer({"results": [{"index": 0, "score": None}]}), "makes no sense"),
        (answer({"results": 7}), "makes no sense"),
        (answer("text"), "makes no sense"),
        (answer({"results": [{"index": 0, "score": "inf"}]}), "makes no sense"),
    ],
)
async def test_rank_of_a_bad_answer_says_why_and_names_the_place(reply: bytes, words: str) -> None:
    order, problem = await ranked(reply, ["a"])
    assert order == []
    assert words in problem
    assert problem.startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    "settings",
    [RetrievalSettings(rerank_url="ftp://x"), RetrievalSettings(embeddings_url="http://x", api_key="\u00e4")],
)
def test_make_reranker_with_an_unusable_address_or_key_raises(settings: RetrievalSettings) -> None:
    with pytest.raises(ProviderError):
        make_reranker(settings)


async def test_rank_takes_scores_as_a_plain_list() -> None:
    async with Website({"/v1/rerank": answer([{"index": 1, "score": 2.0}, {"index": 0, "score": 1.0}])}) as site:
        models = Reranker(RetrievalSettings(rerank_url=site.url("/v1")))
        assert await models.rank("q", ["a", "b"]) == ([1, 0], "")
        await models.close()


async def test_rank_by_embeddings_orders_by_cosine_and_asks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval, "BATCH", 4)
    rows = [{"index": n, "embedding": vector} for n, vector in enumerate(([1, 0], [0, 1], [3, 0.1], [0, 0.5]))]
    async with Website({"/v1/embeddings": answer({"data": rows[::-1]})}) as site:
        models = Reranker(RetrievalSettings(embeddings_url=site.url("/v1"), embeddings_model="m"))
        assert await models.rank("q", ["x", "y", "z"]) == ([1, 0, 2], "")
        assert await models.rank("q", ["y", "x"]) == ([0, 1], "")
        assert len(site.requests) == 1
        await models.close()


async def test_rank_uses_the_vectors_that_came_in_time_before(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(path: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)
        writer.write(answer({"data": [{"index": n, "embedding": [1, n]} for n in range(retrieval.BATCH)]}))
        await writer.drain()

    monkeypatch.setattr(retrieval, "MAX_SECONDS", 0.4)
    texts = [str(n) for n in range(4 * retrieval.BATCH - 1)]
    async with Website({"/v1/embeddings": slow}) as site:
        models = Reranker(RetrievalSettings(embeddings_url=site.url("/v1")))
        assert "did not answer" in (await models.rank("q", texts))[1]
        order, problem = await models.rank("q", texts)
        assert (len(order), problem) == (len(texts), "")
        await models.close()


@pytest.mark.parametrize(
    "rows",
    [[], [{"index": 0, "embedding": []}] * 3, [{"index": 0, "embedding": [0, 0]}], [{"index": 0, "embedding": [1]}]],
)
async def test_rank_with_invalid_vectors_says_why(rows: list[object]) -> None:
    async with Website({"/v1/embeddings": answer({"data": rows})}) as site:
        models = Reranker(RetrievalSettings(embeddings_url=site.url("/v1")))
        order, problem = await models.rank("q", ["x", "y"])
        assert (order, "makes no sense" in problem) == ([], True)
        await models.close()


async def test_make_reranker_by_default_makes_none() -> None:
    assert make_reranker(RetrievalSettings()) is None


@pytest.mark.parametrize(
    "text", ['rerank_url = "ftp://x"', 'embeddings_url = "http://u:p@x"', "candidates = 1", "candidates = 1000"]
)
def test_a_setting_that_cannot_be_used_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[retrieval]\n{text}\n")
    with pytest.raises(ConfigError, match=r"retrieval\."):
        load_settings({"KIMI_TUI_CONFIG": str(file)})
