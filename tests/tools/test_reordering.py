"""Servers that re-order results: asked by their protocols, and never a reason to have none."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from kimi_tui.config import ConfigError, RetrievalSettings, load_settings
from kimi_tui.providers import retrieval
from kimi_tui.providers.retrieval import Reranker, make_reranker
from kimi_tui.tools.base import Observation, ToolContext, ToolSettings
from kimi_tui.tools.desk.search_documents import SearchDocuments, SearchDocumentsParameters
from tests.tools.kit import MemoryStore, Website, response

TEXTS = {"a.md": "nickel nickel nickel nickel price", "b.md": "nickel price", "c.md": "the nickel price in a long text"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "desk"
    root.mkdir()
    for name, text in TEXTS.items():
        (root / name).write_text(text)
    return root


async def search(root: Path, settings: RetrievalSettings, query: str = "nickel price") -> Observation:
    context = ToolContext(ToolSettings(desk=root, retrieval=settings), MemoryStore(), reorderer=make_reranker(settings))
    try:
        return await SearchDocuments().run(SearchDocumentsParameters(query, 3), context)
    finally:
        await context.close()


def paths(observation: Observation) -> list[str]:
    return [line.rpartition("(")[2].rstrip(")") for line in observation.text.splitlines() if line.startswith("[S")]


def answer(body: object) -> bytes:
    return response(msgspec.json.encode(body), "application/json")


def scores(*values: float) -> bytes:
    return answer({"results": [{"index": place, "relevance_score": value} for place, value in enumerate(values)]})


async def test_the_rerank_server_brings_a_result_forward_and_is_sent_the_key(root: Path) -> None:
    before = paths(await search(root, RetrievalSettings()))
    async with Website({"/v1/rerank": scores(0.1, 0.2, 0.9)}) as site:
        settings = RetrievalSettings(rerank_url=site.url("/v1"), rerank_model="r", api_key="secret")
        observation = await search(root, settings)
        assert b"authorization: bearer secret" in site.requests[0].lower()
    assert sorted(paths(observation)) == sorted(before)
    assert paths(observation)[:2] != before[:2]
    assert "Note" not in observation.text


async def test_scores_as_a_plain_list_are_understood() -> None:
    async with Website({"/v1/rerank": answer([{"index": 1, "score": 2.0}, {"index": 0, "score": 1.0}])}) as site:
        models = Reranker(RetrievalSettings(rerank_url=site.url("/v1")))
        assert await models.rank("q", ["a", "b"]) == ([1, 0], "")
        await models.close()


async def test_embeddings_order_by_cosine_and_are_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval, "BATCH", 4)
    rows = [{"index": n, "embedding": vector} for n, vector in enumerate(([1, 0], [0, 1], [3, 0.1], [0, 0.5]))]
    async with Website({"/v1/embeddings": answer({"data": rows[::-1]})}) as site:
        models = Reranker(RetrievalSettings(embeddings_url=site.url("/v1"), embeddings_model="m"))
        assert await models.rank("q", ["x", "y", "z"]) == ([1, 0, 2], "")
        assert await models.rank("q", ["y", "x"]) == ([0, 1], "")
        assert len(site.requests) == 1
        await models.close()


async def test_vectors_that_came_in_time_serve_the_next_question(monkeypatch: pytest.MonkeyPatch) -> None:
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


async def _never(path: str, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    "reply",
    [
        response(b"no", status=500),
        response(b"not json", "application/json"),
        answer({"results": [{"index": "x"}]}),
        answer({"results": 7}),
        answer({"results": [{"index": 0, "relevance_score": "NaN"}]}),
        b"",
        _never,
    ],
    ids=["an error", "no JSON", "no number", "no list", "no score", "nothing", "silence"],
)
async def test_rerank_hits_failure_keeps_order_with_note(
    root: Path, monkeypatch: pytest.MonkeyPatch, reply: bytes | Callable[[str, asyncio.StreamWriter], Awaitable[None]]
) -> None:
    monkeypatch.setattr(retrieval, "MAX_SECONDS", 0.2)
    before = await search(root, RetrievalSettings())
    async with Website({"/v1/rerank": reply}) as site:
        observation = await search(root, RetrievalSettings(rerank_url=site.url("/v1")))
    lines = observation.text.splitlines()
    assert lines[:-1] == before.text.splitlines()
    assert lines[-1].startswith("Note: these results are in the order of their words alone: http://127.0.0.1:")


@pytest.mark.parametrize(
    "rows",
    [[], [{"index": 0, "embedding": []}] * 3, [{"index": 0, "embedding": [0, 0]}], [{"index": 0, "embedding": [1]}]],
)
async def test_rerank_hits_invalid_vectors_adds_note(rows: list[object]) -> None:
    async with Website({"/v1/embeddings": answer({"data": rows})}) as site:
        models = Reranker(RetrievalSettings(embeddings_url=site.url("/v1")))
        order, problem = await models.rank("q", ["x", "y"])
        assert (order, "makes no sense" in problem) == ([], True)
        await models.close()


async def test_reranker_by_default_sends_no_request() -> None:
    assert make_reranker(RetrievalSettings()) is None


@pytest.mark.parametrize(
    "text", ['rerank_url = "ftp://x"', 'embeddings_url = "http://u:p@x"', "candidates = 1", "candidates = 1000"]
)
def test_a_setting_that_cannot_be_used_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[retrieval]\n{text}\n")
    with pytest.raises(ConfigError, match=r"retrieval\."):
        load_settings({"KIMI_TUI_CONFIG": str(file)})
