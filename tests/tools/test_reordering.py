"""Servers that re-order results: asked by their protocols, and never a reason to have none."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from kimi_tui.config import RetrievalSettings
from kimi_tui.providers import retrieval
from kimi_tui.providers.retrieval import make_reranker
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
