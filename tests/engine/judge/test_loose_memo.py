"""A memo of no session that is judged: the caps of the settings hold, and nothing is recorded."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from kimi_tui.config import Settings
from kimi_tui.engine.judge.judge import Judge
from kimi_tui.engine.judge.memo_judging import judge_memo
from kimi_tui.events import Usage
from kimi_tui.evidence.memo import CheckedMemo
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.providers.base import (
    ModelInfo,
    ModelReply,
    ModelRequest,
    Provider,
    ProviderError,
    ReplyFragment,
    ServerPresence,
)
from kimi_tui.sources import Part, Source, SourceRef

PASSAGE = "The alpha figure is 25 and the plan of the board was approved in spring."
REF = SourceRef(
    id="S1", digest="0" * 64, title="A report", address="a.txt", media_type="text/plain", kind="document",
    retrieved_at="2026-11-03T09:00:00Z",
)  # fmt: skip
SOURCES = InMemorySources({"S1": Source(REF, (Part("p.1", PASSAGE),))})
SENTENCES = (
    "Directors agreed to the proposal [S1 p.1].",
    "Alpha leads everything else by far [S1 p.1].",
    "Shareholders welcomed this very much [S1 p.1].",
)


class ScriptedModel(Provider):
    """A model that gives the same answer each time, or fails each time."""

    def __init__(self, answer: str) -> None:
        self.asked = 0
        self._answer = answer

    async def models(self) -> tuple[ModelInfo, ...]:
        return ()

    async def generate(
        self, request: ModelRequest, announce: Callable[[ReplyFragment], None], enough: asyncio.Event | None = None
    ) -> ModelReply:
        self.asked += 1
        if not self._answer:
            raise ProviderError("unreachable", "Nobody is there.")
        return ModelReply(reasoning="", text=self._answer, calls=(), usage=Usage(100, 20), finish_reason="stop")

    async def presence(self) -> ServerPresence:
        return "there"

    async def close(self) -> None:
        return


async def judged(answer: str, *sentences: str, **caps: Any) -> tuple[CheckedMemo, int]:
    """A memo with these sentences after it was judged, and how often the model was asked."""
    model = ScriptedModel(answer)
    memo = check_memo("", " ".join(sentences), SOURCES)
    judge = Judge(model, "scripted", seconds=5)
    return await judge_memo(memo, SOURCES, judge, Settings(**caps)), model.asked


SUPPORTED = json.dumps({"verdict": "supported", "words": "the plan of the board was approved"})


async def test_judge_memo_two_answers_that_agree_decide_each_statement() -> None:
    memo, asked = await judged(SUPPORTED, *SENTENCES)
    assert asked == 2 * len(SENTENCES)
    assert [(one.finding, one.by) for one in memo.statements] == [("supported", "judge")] * 3


async def test_judge_memo_the_same_statement_is_asked_about_once() -> None:
    memo, asked = await judged(SUPPORTED, SENTENCES[0], SENTENCES[0])
    assert asked == 2
    assert {one.finding for one in memo.statements} == {"supported"}


async def test_judge_memo_cap_on_statements_leaves_the_others_unchecked() -> None:
    memo, asked = await judged(SUPPORTED, *SENTENCES, judge_statements=1)
    assert asked == 2
    assert [one.finding for one in memo.statements] == ["supported", "unchecked", "unchecked"]
    assert "the cap of 1 judged statements" in memo.statements[-1].reason


async def test_judge_memo_cap_on_tokens_asks_nothing_that_it_cannot_hold() -> None:
    memo, asked = await judged(SUPPORTED, *SENTENCES, judge_tokens=10)
    assert asked == 0
    assert "the cap of 10 tokens" in memo.statements[0].reason


async def test_judge_memo_server_that_is_gone_is_given_up_after_two_statements() -> None:
    memo, asked = await judged("", *SENTENCES)
    assert asked == 2
    assert [one.finding for one in memo.statements] == ["unchecked"] * 3
    assert "no answer about 2 statements in a row" in memo.statements[-1].reason
