"""The guard against loops of any period, which lets paging through a document pass."""

from functools import partial
from pathlib import Path

import pytest

from kimi_tui.commands import Resume, Steer
from kimi_tui.embedded.script import Script, ScriptedCall, Step
from kimi_tui.events import LoopSuspected, RunPaused
from tests.engine.kit import ANSWER, LOOK, Scene, call, scene


def circling(period: int, rounds: int = 8) -> Script:
    """A model that asks the same few things over and over."""
    return Script(steps=tuple(Step(calls=(call("lookup", f"word{n}"),)) for n in range(period)) * rounds)


def refused(stage: Scene) -> list[str]:
    """The calls that were refused as a loop."""
    return [one.id for one in stage.calls() if one.rule == "loop"]


@pytest.mark.parametrize("period", [1, 2, 3, 4, 5])
async def test_a_loop_is_remarked_on_then_refused_then_paused_for_its_person(tmp_path: Path, period: int) -> None:
    async with scene(tmp_path, script=circling(period)) as stage:
        await stage.until(lambda: stage.state.run.paused)
        warned, paused = stage.events(LoopSuspected)
        assert (warned.period, warned.action) == (period, "warned")
        assert warned.calls == tuple(f"c{n}" for n in range(2 * period + 1, 3 * period + 1))
        assert paused.action == "paused"
        assert refused(stage) == [f"c{n}" for n in range(3 * period + 1, 3 * period + 5)]
        assert list(paused.calls) == refused(stage)
        assert stage.events(RunPaused)[0].by == "engine"
        assert "use that result" in stage.sent[-1][-1]["content"]


async def test_without_a_person_a_loop_ends_in_a_partial_memo(tmp_path: Path) -> None:
    async with scene(tmp_path, script=circling(2), person=False) as stage:
        ended = await stage.finished()
        assert ended.reason == "failed"
        assert ended.note == "the model went round in circles"
        assert ended.memo is not None
        assert ended.memo["title"].startswith("Partial:")


async def test_a_paused_loop_goes_on_when_the_person_steers(tmp_path: Path) -> None:
    steps = (*circling(1, 7).steps, LOOK, ANSWER)
    async with scene(tmp_path, steps) as stage:
        await stage.until(lambda: stage.state.run.paused)
        await stage.send(Steer("Look up alpha."))
        await stage.send(Resume())
        assert (await stage.finished()).reason == "answered"


def paused_times(stage: Scene, times: int) -> bool:
    return len(stage.events(RunPaused)) == times and stage.state.run.paused


async def test_a_loop_that_goes_on_after_the_pause_is_paused_again(tmp_path: Path) -> None:
    async with scene(tmp_path, script=circling(1, 30)) as stage:
        for times in (1, 2, 3):
            await stage.until(partial(paused_times, stage, times))
            await stage.send(Resume())
        assert len(refused(stage)) >= 6


async def test_calls_side_by_side_that_come_again_are_a_loop(tmp_path: Path) -> None:
    both = Step(calls=(call("lookup", "one"), call("lookup", "two")), repeat=6)
    async with scene(tmp_path, (both,), person=False) as stage:
        ended = await stage.finished()
        assert ended.reason == "failed"
        assert stage.events(LoopSuspected)[0].period == 2


async def test_paging_is_no_loop(tmp_path: Path) -> None:
    paging = Step(calls=(ScriptedCall("lookup", {"word": "page {n}"}),), repeat=30)
    async with scene(tmp_path, (paging, LOOK, Step(text="The page 1 figure is 25 [S1 p.1]."))) as stage:
        assert (await stage.finished()).reason == "answered"
        assert stage.events(LoopSuspected) == []


async def test_asking_the_same_now_and_then_is_no_loop(tmp_path: Path) -> None:
    mixed = [Step(calls=(call("lookup", word),)) for n in range(6) for word in ("again", f"new{n}")]
    async with scene(tmp_path, (*mixed, LOOK, Step(text="The again figure is 25 [S1 p.1]."))) as stage:
        assert (await stage.finished()).reason == "answered"
        assert refused(stage) == []
