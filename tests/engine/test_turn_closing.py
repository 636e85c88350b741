"""Budgets: the last step that a cap affords is kept for the answer, and what is known is never discarded."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from kimi_tui.commands import RaiseBudget
from kimi_tui.config import Prices
from kimi_tui.embedded.script import RepeatedText, ScriptStep
from kimi_tui.engine.turn_closing import PlainMemo
from kimi_tui.events import BudgetExhausted, BudgetWarned, SteerReceived, StepFinished, StepStarted, TurnFinished
from kimi_tui.journal.sources import SourceStore
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.sources import Part
from kimi_tui.tools.base import Observation, ToolContext
from tests.engine.kit import ANSWER, LOOK, Held, Lookup, Scene, Word, call, memo, scene

BETA = ScriptStep(reasoning="Beta next.", calls=(call("lookup", "beta"),))
GAMMA = ScriptStep(reasoning="Gamma next.", calls=(call("lookup", "gamma"),))


class Fetch(Lookup):
    """Takes 90 bytes from the network."""

    name: ClassVar[str] = "fetch"

    async def run(self, arguments: Word, context: ToolContext) -> Observation:
        return msgspec.structs.replace(await super().run(arguments, context), fetched=90)


def orders(stage: Scene) -> list[str]:
    """Return the instructions that the engine gave the model."""
    return [event.text for event in stage.events(SteerReceived) if event.by == "engine"]


async def test_the_last_step_of_a_cap_is_kept_for_the_answer(tmp_path: Path) -> None:
    async with scene(tmp_path, (LOOK, BETA, ANSWER), max_steps=3) as stage:
        ended = await stage.finished()
        assert (ended.reason, len(stage.events(StepStarted))) == ("budget", 3)
        assert ended.memo is not None
        assert ended.memo["title"] == "Alpha"
        assert [(event.kind, event.spent, event.cap) for event in stage.events(BudgetExhausted)] == [("steps", 2, 3)]
        assert "last step" in stage.sent[2][-1]["content"]
        assert stage.state.memo.partial


@pytest.mark.parametrize("cap", [1, 2, 3, 5])
async def test_a_cap_on_steps_is_never_overshot(tmp_path: Path, cap: int) -> None:
    steps = [ScriptStep(calls=(call("lookup", f"word{n}"),)) for n in range(9)]
    async with scene(tmp_path, steps, max_steps=cap) as stage:
        ended = await stage.finished()
        assert (ended.reason, len(stage.events(StepStarted))) == ("budget", cap)
        assert len(orders(stage)) == 1


async def test_a_step_that_fails_and_is_tried_again_counts_once(tmp_path: Path) -> None:
    from kimi_tui.embedded.reply_chunks import Fault

    busy = Fault("status", times=1, status=503, headers={"retry-after": "0"})
    steps = tuple(ScriptStep(calls=(call("lookup", f"word{n}"),), fault=busy) for n in range(3))
    async with scene(tmp_path, (*steps, ANSWER), max_steps=4) as stage:
        ended = await stage.finished()
        assert ended.reason == "budget"
        assert max(event.n for event in stage.events(StepStarted)) == 4
        assert ended.memo is not None
        assert ended.memo["title"] == "Alpha"


async def test_in_the_closing_step_only_the_answer_is_worked_on(tmp_path: Path) -> None:
    closing = ScriptStep(calls=(call("lookup", "gamma"), memo()))
    async with scene(tmp_path, (LOOK, closing), max_steps=2) as stage:
        ended = await stage.finished()
        gamma = next(one for one in stage.calls() if one.arguments.get("word") == "gamma")
        assert (gamma.rule, gamma.attempts) == ("budget", 0)
        assert ended.memo is not None
        assert ended.memo["title"] == "Alpha"


async def test_without_a_memo_what_was_retrieved_is_written_down_as_partial(tmp_path: Path) -> None:
    async with scene(tmp_path, (LOOK, BETA, GAMMA), max_steps=3) as stage:
        ended = await stage.finished()
        assert ended.reason == "budget"
        assert ended.memo is not None
        assert ended.memo["title"].startswith("Partial: What is alpha?")
        assert "[S1]" in ended.memo["text"]
        assert "What could not be found" in ended.memo["text"]
        assert ended.note == "stopped by the budget of steps"


async def test_a_refused_draft_is_better_than_nothing(tmp_path: Path) -> None:
    draft = ScriptStep(calls=(memo("The alpha figure is 26 [S1 p.1]."),))
    async with scene(tmp_path, (LOOK, draft), max_steps=2) as stage:
        ended = await stage.finished()
        assert ended.memo is not None
        assert ended.memo["title"].startswith("Partial: Alpha")
        assert ended.memo["text"] == "The alpha figure is 26 [S1 p.1]."


async def test_a_plain_answer_in_the_closing_step_is_taken(tmp_path: Path) -> None:
    async with scene(tmp_path, (LOOK, ScriptStep(text="It is 25.")), max_steps=2) as stage:
        ended = await stage.finished()
        assert (ended.reason, len(stage.sent)) == ("budget", 2)
        assert ended.memo is not None
        assert ended.memo["text"] == "It is 25."


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("tokens", {"max_tokens": 3_000}),
        ("cost", {"max_cost": 0.003, "prices": Prices(input=1.0, output=1.0)}),
        ("minutes", {"max_minutes": 0.004}),
        ("working", {"max_working": 0.004}),
        ("bytes", {"max_bytes": 1_000}),
    ],
)
async def test_every_kind_of_cap_ends_the_turn_with_a_memo(tmp_path: Path, kind: str, settings: dict[str, Any]) -> None:
    pace = 100 if kind in ("minutes", "working") else 0
    steps = [ScriptStep(reasoning=f"Step {n}.", calls=(call("fetch", f"word{n}"),), pace=pace) for n in range(200)]
    async with scene(tmp_path, steps, tools=(Fetch(),), **settings) as stage:
        ended = await stage.finished()
        assert ended.reason == "budget"
        assert [event.kind for event in stage.events(BudgetExhausted)] == [kind]
        assert ended.memo is not None
        assert ended.memo["title"].startswith("Partial:")


async def test_a_cap_that_is_raised_while_closing_lets_the_plan_go_on(tmp_path: Path) -> None:
    closing = ScriptStep(reasoning=RepeatedText("thinking ", 40), pace=200, calls=(call("lookup", "beta"),))
    async with scene(tmp_path, (LOOK, closing, GAMMA, ANSWER), max_steps=2) as stage:
        await stage.until(lambda: stage.state.run.exhausted and stage.state.run.thinking)
        await stage.send(RaiseBudget("steps", 10))
        ended = await stage.finished()
        assert (ended.reason, len(stage.events(StepStarted))) == ("answered", 4)
        assert stage.sent[2][-1]["content"].startswith("The budget was raised")
        beta = next(one for one in stage.calls() if one.arguments.get("word") == "beta")
        assert beta.observation is not None
        assert beta.observation.status == "ok"


async def test_raising_another_cap_does_not_lift_the_spent_one(tmp_path: Path) -> None:
    closing = ScriptStep(reasoning=RepeatedText("thinking ", 40), pace=200, calls=(call("lookup", "beta"),))
    async with scene(tmp_path, (LOOK, closing, GAMMA, ANSWER), max_steps=2, max_tokens=900_000) as stage:
        await stage.until(lambda: stage.state.run.exhausted and stage.state.run.thinking)
        await stage.send(RaiseBudget("tokens", 1_000_000))
        ended = await stage.finished()
        assert (ended.reason, len(stage.events(StepStarted))) == ("budget", 2)
        assert len(orders(stage)) == 1


async def test_each_turn_has_its_own_budget(tmp_path: Path) -> None:
    async with scene(tmp_path, (LOOK, ANSWER, BETA, GAMMA, ANSWER), max_steps=3) as stage:
        await stage.finished()
        await stage.ask("And beta?")
        await stage.until(lambda: len(stage.events(TurnFinished)) == 2)
        assert [event.reason for event in stage.events(TurnFinished)] == ["answered", "budget"]
        assert len(stage.events(StepStarted)) == 5


async def test_a_spent_budget_is_still_spent_after_the_end_of_the_program(tmp_path: Path) -> None:
    held = Held()
    closing = ScriptStep(reasoning=RepeatedText("thinking ", 200), pace=100, calls=(memo(),))
    async with scene(tmp_path, (LOOK, closing, ANSWER), tools=(held,), max_steps=2) as stage:
        await stage.until(lambda: stage.state.run.exhausted and stage.state.run.thinking)
        await stage.reopen()
        ended = await stage.finished()
        assert ended.reason == "budget"
        assert max(event.n for event in stage.events(StepStarted)) == 2
        assert len(orders(stage)) == 1


async def test_the_person_is_warned_at_80_and_at_95_percent(tmp_path: Path) -> None:
    steps = [ScriptStep(calls=(call("lookup", f"word{n}"),)) for n in range(60)]
    async with scene(tmp_path, steps, max_steps=40) as stage:
        assert (await stage.finished()).reason == "budget"
        warned = [(event.kind, event.share, event.spent) for event in stage.events(BudgetWarned)]
        assert warned == [("steps", 0.8, 32), ("steps", 0.95, 38)]


async def test_tokens_overshoot_by_no_more_than_one_step(tmp_path: Path) -> None:
    steps = [
        ScriptStep(reasoning=RepeatedText("word ", 100 + n), calls=(call("lookup", f"word{n}"),)) for n in range(60)
    ]
    async with scene(tmp_path, steps, max_tokens=60_000) as stage:
        assert (await stage.finished()).reason == "budget"
        used = [event.usage.prompt_tokens + event.usage.completion_tokens for event in stage.events(StepFinished)]
        assert sum(used) <= 60_000 + max(used)
        assert sum(used[:-1]) <= 60_000


CITED = "The alpha figure is 25 [S1 p.1]."


@pytest.fixture
async def sources(tmp_path: Path) -> AsyncIterator[SourceStore]:
    """One source of one page that tells the alpha figure."""
    journal = JournalWriter(tmp_path, "s")
    parts = (Part("p.1", "the alpha figure is 25"),)
    journal.sources.add(kind="document", title="A", address="a.txt", media_type="text/plain", data=b"a", parts=parts)
    yield journal.sources
    journal.close()


def test_plain_memo_before_the_first_check_is_empty() -> None:
    plain = PlainMemo()

    assert (plain.memo, plain.has_citations, plain.is_checked(0, "")) == ({}, False, False)


async def test_plain_memo_cited_figure_is_checked_like_that_of_a_memo(sources: SourceStore) -> None:
    plain = PlainMemo()

    await plain.check(3, CITED, sources)

    assert plain.has_citations
    assert (plain.memo["kind"], plain.memo["text"]) == ("memo", CITED)
    assert [one["finding"] for one in plain.memo["statements"]] == ["supported"]


@pytest.mark.parametrize("text", ["", "   \n", "No source says so.", "[S1", "\u202e\u4e2d\u6587"])
async def test_plain_memo_text_without_citations_has_none(sources: SourceStore, text: str) -> None:
    plain = PlainMemo()

    await plain.check(1, text, sources)

    assert not plain.has_citations


@pytest.mark.parametrize(("step", "text", "same"), [(1, CITED, True), (2, CITED, False), (1, f"{CITED} ", False)])
async def test_plain_memo_is_checked_tells_this_text_of_this_step(
    sources: SourceStore, step: int, text: str, same: bool
) -> None:
    plain = PlainMemo()
    await plain.check(1, CITED, sources)

    assert plain.is_checked(step, text) is same


async def test_plain_memo_is_the_same_object_until_another_text_is_checked(sources: SourceStore) -> None:
    plain = PlainMemo()
    await plain.check(1, CITED, sources)
    first = plain.memo
    assert plain.memo is first

    await plain.check(2, "It is 26 [S1 p.1].", sources)

    assert plain.memo is not first
    assert not plain.is_checked(1, CITED)
    assert [one["finding"] for one in plain.memo["statements"]] != ["supported"]


async def test_plain_memo_sees_sources_that_came_later(sources: SourceStore) -> None:
    plain = PlainMemo()
    text = "The beta figure is 7 [S2 p.1]."
    await plain.check(1, text, sources)
    before = plain.memo["statements"][0]["finding"]
    parts = (Part("p.1", "the beta figure is 7"),)
    sources.add(kind="document", title="B", address="b.txt", media_type="text/plain", data=b"b", parts=parts)

    await plain.check(1, text, sources)

    assert before != "supported"
    assert plain.memo["statements"][0]["finding"] == "supported"
