"""The guard against loops of any period, near-duplicates included, which lets honest repetition pass."""

import random
from functools import partial
from pathlib import Path

import pytest

from kimi_tui.commands import Resume, Steer, Veto, Withdraw
from kimi_tui.embedded.script import Script, ScriptedCall, ScriptStep
from kimi_tui.engine.decide.loop_guard import MAX_LOOP_CALLS, MAX_REFUSALS, find_loop, min_rounds
from kimi_tui.events import LoopSuspected, ObservationRecorded, RunPaused, StallSuspected, SteerReceived
from kimi_tui.projections.calls import RECENT_CALLS, Calls
from kimi_tui.tools.base import Observation, ToolContext, ToolError
from tests.engine.kit import ANSWER, LOOK, Held, Lookup, Scene, Visit, Word, call, scene


def circling(period: int, rounds: int = 8) -> Script:
    """A model that asks the same few things over and over."""
    return Script(steps=tuple(ScriptStep(calls=(call("lookup", f"word{n}"),)) for n in range(period)) * rounds)


def refused(stage: Scene) -> list[str]:
    """The calls that were refused as a loop."""
    return [one.id for one in stage.calls() if one.rule == "loop"]


class Counting(Lookup):
    """Gives another result each time, and fails the first time for the word `late`."""

    name = "counting"

    def __init__(self) -> None:
        self.times = 0

    async def run(self, arguments: Word, context: ToolContext) -> Observation:
        self.times += 1
        if arguments.word == "late" and self.times < 3:
            raise ToolError("busy", "lookup-failed")
        return Observation(f"look {self.times}", lasting=False)


@pytest.mark.parametrize("period", range(1, MAX_LOOP_CALLS + 1))
async def test_a_loop_is_remarked_on_then_refused_then_paused_for_its_person(tmp_path: Path, period: int) -> None:
    async with scene(tmp_path, script=circling(period)) as stage:
        await stage.until(lambda: stage.state.run.paused)
        events = stage.events(LoopSuspected)
        assert [event.action for event in events] == ["warned", *["refused"] * MAX_REFUSALS, "paused"]
        assert {event.period for event in events} == {period}
        ended = period * min_rounds(period)
        assert events[0].calls == tuple(f"c{n}" for n in range(ended - period + 1, ended + 1))
        assert refused(stage) == [f"c{n}" for n in range(ended + 1, ended + MAX_REFUSALS + 1)]
        assert list(events[-1].calls) == refused(stage)
        assert stage.events(RunPaused)[0].by == "engine"
        reported = [message["content"] for message in stage.sent[-1] if message["role"] == "tool"]
        assert "gave the same results" in reported[ended - 1]
        assert f"(see c{ended - period + 1})" in reported[ended]
        wasted = len(stage.calls()) - period
        assert wasted <= (8 if period <= 5 else 11)


async def test_without_a_person_a_loop_ends_in_a_partial_memo(tmp_path: Path) -> None:
    async with scene(tmp_path, script=circling(2), person=False) as stage:
        ended = await stage.finished()
        assert ended.reason == "failed"
        assert ended.note == "the model went round in circles"
        assert ended.memo is not None
        assert ended.memo["title"].startswith("Partial:")


async def test_paused_loop_continues_when_the_person_steers(tmp_path: Path) -> None:
    """A call refused as a loop may be just what the person wants now."""
    steps = (*circling(1, 6).steps, ScriptStep(calls=(call("lookup", "word0"),)), LOOK, ANSWER)
    async with scene(tmp_path, steps) as stage:
        await stage.until(lambda: stage.state.run.paused)
        await stage.send(Steer("Look that up once more."))
        await stage.send(Resume())
        assert (await stage.finished()).reason == "answered"
        assert stage.calls()[6].rule != "loop"


def paused_times(stage: Scene, times: int) -> bool:
    return len(stage.events(RunPaused)) == times and stage.state.run.paused


async def test_loop_that_continues_after_the_pause_is_paused_again(tmp_path: Path) -> None:
    async with scene(tmp_path, script=circling(1, 30)) as stage:
        for times in (1, 2, 3):
            await stage.until(partial(paused_times, stage, times))
            await stage.send(Resume())
        assert len(refused(stage)) >= 3 * MAX_REFUSALS


async def test_a_paused_loop_is_not_paused_at_once_when_it_is_reopened_and_resumed(tmp_path: Path) -> None:
    async with scene(tmp_path, (*circling(1, 6).steps, LOOK, ANSWER)) as stage:
        await stage.until(lambda: stage.state.run.paused)
        await stage.reopen()
        await stage.send(Resume())
        assert (await stage.finished()).reason == "answered"


async def test_calls_side_by_side_that_come_again_are_a_loop(tmp_path: Path) -> None:
    both = ScriptStep(calls=(call("lookup", "one"), call("lookup", "two")), repeat=6)
    async with scene(tmp_path, (both,), person=False) as stage:
        ended = await stage.finished()
        assert ended.reason == "failed"
        assert stage.events(LoopSuspected)[0].period == 2


@pytest.mark.parametrize(
    "round_of_calls",
    [
        (ScriptedCall("lookup", '{"word": "al'),),
        (ScriptedCall("no_such_tool", {"word": "alpha"}),),
        (call("lookup", "nothing"),),
        (call("lookup", "fault"),),
        (ScriptedCall("lookup", {}), ScriptedCall("lookup", {"word": "alpha"})),
    ],
    ids=["unreadable", "unknown tool", "nothing there", "broken", "default"],
)
async def test_what_fails_or_is_only_written_otherwise_is_a_loop_too(
    tmp_path: Path, round_of_calls: tuple[ScriptedCall, ...]
) -> None:
    steps = tuple(ScriptStep(calls=(one,)) for one in round_of_calls) * 10
    async with scene(tmp_path, steps) as stage:
        await stage.until(lambda: stage.state.run.paused)
        assert len(stage.calls()) <= 8
        assert stage.events(LoopSuspected)[-1].action == "paused"


async def test_paging_is_no_loop(tmp_path: Path) -> None:
    paging = ScriptStep(calls=(ScriptedCall("lookup", {"word": "page {n}"}),), repeat=30)
    async with scene(tmp_path, (paging, LOOK, ScriptStep(text="The page 1 figure is 25 [S1 p.1]."))) as stage:
        assert (await stage.finished()).reason == "answered"
        assert stage.events(LoopSuspected) == []


async def test_asking_what_changes_is_no_loop(tmp_path: Path) -> None:
    polling = ScriptStep(calls=(call("counting", "price"),), repeat=12)
    async with scene(tmp_path, (polling, LOOK, ANSWER), tools=(Counting(),)) as stage:
        assert (await stage.finished()).reason == "answered"
        assert stage.events(LoopSuspected) == []


async def test_trying_again_until_it_works_is_no_loop(tmp_path: Path) -> None:
    trying = ScriptStep(calls=(call("counting", "late"),), repeat=3)
    async with scene(tmp_path, (trying, LOOK, ANSWER), tools=(Counting(),)) as stage:
        assert (await stage.finished()).reason == "answered"
        assert stage.events(LoopSuspected) == []


async def test_asking_the_same_now_and_then_is_no_loop(tmp_path: Path) -> None:
    mixed = [ScriptStep(calls=(call("lookup", word),)) for n in range(6) for word in ("again", f"new{n}")]
    async with scene(tmp_path, (*mixed, LOOK, ScriptStep(text="The again figure is 25 [S1 p.1]."))) as stage:
        assert (await stage.finished()).reason == "answered"
        assert refused(stage) == []


async def test_reading_again_what_was_hidden_is_no_loop(tmp_path: Path) -> None:
    eight = [ScriptStep(calls=(call("lookup", f"word{n}"),)) for n in range(8)]
    async with scene(tmp_path, (*eight * 3, LOOK, ANSWER), context="keep-5") as stage:
        assert (await stage.finished()).reason == "answered"
        assert stage.events(LoopSuspected) == []


async def test_asking_again_what_was_withdrawn_is_no_loop(tmp_path: Path) -> None:
    held = Held()
    steps = (*circling(1, 3).steps, ScriptStep(calls=(call("held"),)), *circling(1, 2).steps, LOOK, ANSWER)
    async with scene(tmp_path, steps, tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        for call_id in ("c1", "c2", "c3"):
            await stage.send(Withdraw(call_id))
        held.go.set()
        assert (await stage.finished()).reason == "answered"
        assert refused(stage) == []


async def test_the_same_call_twice_in_a_step_is_made_once(tmp_path: Path) -> None:
    held = Held()
    twice = ScriptStep(calls=(call("held"), call("held"), call("held", "beta")))
    async with scene(tmp_path, (twice, LOOK, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: len(held.begun) == 2)
        held.go.set()
        await stage.finished()
        assert held.begun == ["alpha", "beta"]
        first, second, _ = stage.calls()[:3]
        assert first.observation is not None
        assert second.observation is not None
        assert second.observation.cached
        assert second.observation.cached_from == "c1"
        assert second.observation.text.startswith(first.observation.text)
        assert second.observation.sources == first.observation.sources


async def test_a_person_is_asked_once_for_the_same_call_twice_in_a_step(tmp_path: Path) -> None:
    twice = ScriptStep(calls=(call("visit"), call("visit")))
    async with scene(tmp_path, (twice, LOOK, ANSWER), tools=(Visit(),)) as stage:
        [waiting] = await stage.waiting()
        await stage.send(Veto(waiting.id, "not there"))
        await stage.finished()
        statuses = [one.observation.status for one in stage.calls()[:2] if one.observation]
        assert statuses == ["vetoed", "vetoed"]


def idle(count: int) -> tuple[ScriptStep, ...]:
    """Steps that each ask for something else that is not there."""
    return tuple(ScriptStep(calls=(call("empty", f"word{n}"),)) for n in range(count))


class Empty(Lookup):
    """Never finds anything."""

    name = "empty"

    async def run(self, arguments: Word, context: ToolContext) -> Observation:
        raise ToolError(f"there is no {arguments.word}", "not-found")


async def test_a_run_that_brings_nothing_new_is_warned_then_paused(tmp_path: Path) -> None:
    async with scene(tmp_path, (LOOK, *idle(40)), tools=(Empty(),), stall_steps=6) as stage:
        await stage.until(lambda: stage.state.run.paused)
        assert [(event.steps, event.action) for event in stage.events(StallSuspected)] == [(6, "told"), (9, "paused")]
        [reported] = [event for event in stage.events(SteerReceived) if event.by == "engine"]
        assert "Nothing new has come of your last 6 steps" in reported.text
        assert stage.sent[7][-1] == {"role": "user", "content": reported.text}


async def test_without_a_person_a_stall_ends_in_a_partial_memo(tmp_path: Path) -> None:
    async with scene(tmp_path, (LOOK, *idle(40)), tools=(Empty(),), stall_steps=4, person=False) as stage:
        ended = await stage.finished()
        assert (ended.reason, ended.note) == ("failed", "the last steps brought nothing new")
        assert ended.memo is not None


async def test_a_new_source_ends_a_stall(tmp_path: Path) -> None:
    steps = (*idle(6), LOOK, *idle(5), ScriptStep(calls=(call("lookup", "beta"),)), ANSWER)
    async with scene(tmp_path, steps, tools=(Empty(),), stall_steps=6) as stage:
        assert (await stage.finished()).reason == "answered"
        assert [event.action for event in stage.events(StallSuspected)] == ["told"]


async def test_stall_that_is_resumed_counts_anew(tmp_path: Path) -> None:
    async with scene(tmp_path, idle(60), tools=(Empty(),), stall_steps=4) as stage:
        await stage.until(lambda: stage.state.run.paused)
        await stage.send(Resume())
        await stage.until(partial(paused_times, stage, 2))
        assert [event.steps for event in stage.events(StallSuspected)] == [4, 6, 4, 6]


async def test_no_stall_is_looked_for_when_the_setting_is_0(tmp_path: Path) -> None:
    async with scene(tmp_path, (*idle(30), LOOK, ANSWER), tools=(Empty(),), stall_steps=0) as stage:
        assert (await stage.finished()).reason == "answered"
        assert stage.events(StallSuspected) == []


def test_the_guard_looks_at_no_more_calls_after_a_thousand() -> None:
    assert RECENT_CALLS >= MAX_LOOP_CALLS * 2
    assert Calls().recent.maxlen == RECENT_CALLS


@pytest.mark.parametrize("seed", range(2))
async def test_a_random_walk_that_brings_news_is_never_stopped(tmp_path: Path, seed: int) -> None:
    """One new word in four among old ones, in any order: no round is ever complete."""
    chance = random.Random(seed)
    words = [f"new{n}" if n % 4 == 0 else f"old{chance.randrange(6)}" for n in range(80)]
    steps = [ScriptStep(calls=(call("lookup", word),)) for word in words]
    async with scene(tmp_path, (*steps, LOOK, ANSWER)) as stage:
        assert (await stage.finished()).reason == "answered"
        assert refused(stage) == []
        assert find_loop(stage.state.calls) == []
        assert len(stage.events(ObservationRecorded)) == 82
