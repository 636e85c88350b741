"""The program ends at any moment: nothing that was acknowledged is lost, and the session continues to its memo."""

import asyncio
import random
import sys
from functools import partial
from pathlib import Path

import msgspec
import pytest

from kimi_tui.commands import Approve, Veto
from kimi_tui.embedded.script import RepeatedText, Script, ScriptStep
from kimi_tui.embedded.server import EmbeddedServer
from kimi_tui.events import (
    ApprovalRequested,
    ApprovalResolved,
    Effect,
    StatementJudged,
    StepFailed,
    StepStarted,
    ToolCallStarted,
    TurnFinished,
)
from tests.engine.kit import ANSWER, LOOK, Held, Word, call, check_record, check_sent, entries_of, memo, scene

ROOT = Path(__file__).parents[2]


class HeldChange(Held):
    """Changes something, and takes until it is let go."""

    read_only = False

    def effects(self, arguments: Word) -> tuple[Effect, ...]:
        return (Effect("write", arguments.word),)


async def test_a_started_call_that_only_reads_runs_again(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (ScriptStep(calls=(call("held"),)), LOOK, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        await stage.reopen()
        await stage.until(lambda: len(held.begun) == 2)
        assert [event.attempt for event in stage.events(ToolCallStarted)] == [1, 2]
        held.go.set()
        assert (await stage.finished()).reason == "answered"


def begun_times(held: Held, times: int) -> bool:
    return len(held.begun) == times


async def test_a_call_that_ended_the_program_twice_is_not_run_a_third_time(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (ScriptStep(calls=(call("held"),)), LOOK, ANSWER), tools=(held,)) as stage:
        for times in (1, 2):
            await stage.until(partial(begun_times, held, times))
            await stage.reopen()
        assert (await stage.finished()).reason == "answered"
        observation = stage.calls()[0].observation
        assert observation is not None
        assert observation.status == "interrupted"
        assert held.begun == ["alpha", "alpha"]


@pytest.mark.parametrize("again", [True, False])
async def test_a_started_call_with_effects_is_asked_about(tmp_path: Path, again: bool) -> None:
    held = HeldChange()
    async with scene(tmp_path, (ScriptStep(calls=(call("held"),)), LOOK, ANSWER), tools=(held,)) as stage:
        await stage.waiting()
        await stage.send(Approve("c1"))
        await stage.until(lambda: held.begun)
        await stage.reopen()
        waiting = await stage.waiting()
        assert (waiting[0].rule, len(held.begun)) == ("outcome-unknown", 1)
        held.go.set()
        await stage.send(Approve("c1") if again else Veto("c1", "look at the file first"))
        assert (await stage.finished()).reason == "answered"
        assert len(held.begun) == (2 if again else 1)


@pytest.mark.parametrize("started", [False, True])
async def test_call_with_effects_that_a_crash_ended_is_not_run_again_when_nobody_is_there(
    tmp_path: Path, started: bool
) -> None:
    held = HeldChange()
    async with scene(tmp_path, (ScriptStep(calls=(call("held"),)), LOOK, ANSWER), tools=(held,)) as stage:
        await stage.waiting()
        if started:  # it is open for a second crash, too: a person was asked about it already
            await stage.send(Approve("c1"))
            await stage.until(lambda: held.begun)
            await stage.reopen()
            await stage.waiting()
        stage.person = False
        await stage.reopen()
        assert (await stage.finished()).reason == "answered"
        observation = stage.calls()[0].observation
        assert observation is not None
        assert observation.status == ("interrupted" if started else "denied")
        assert "nobody is there to ask" in observation.text
        assert len(held.begun) == started


async def test_call_that_waited_for_a_person_runs_when_all_is_approved_in_advance(tmp_path: Path) -> None:
    held = HeldChange()
    async with scene(tmp_path, (ScriptStep(calls=(call("held"),)), LOOK, ANSWER), tools=(held,)) as stage:
        await stage.waiting()
        stage.person = False
        stage.settings = msgspec.structs.replace(stage.settings, approve="all")
        held.go.set()
        await stage.reopen()
        assert (await stage.finished()).reason == "answered"
        assert held.begun == ["alpha"]
        assert [event.by for event in stage.events(ApprovalResolved)] == ["rules"]


async def test_half_streamed_thinking_is_kept_and_the_step_is_asked_again(tmp_path: Path) -> None:
    slow = ScriptStep(reasoning=RepeatedText("thinking ", 5_000), pace=200)
    script = Script(steps=(slow, LOOK, ANSWER))
    async with scene(tmp_path, script=script) as stage:
        async for delta in stage.session.deltas():
            if delta.kind == "reasoning":
                break
        await stage.reopen()
        assert (await stage.finished()).reason == "answered"
        failure = stage.events(StepFailed)[0]
        assert failure.kind == "interrupted"
        assert failure.partial_reasoning.startswith("thinking")
        assert 0 < failure.usage.reasoning_tokens <= failure.usage.completion_tokens
        assert [event.n for event in stage.events(StepStarted)] == [1, 1, 2]


async def test_calls_that_were_proposed_and_not_decided_are_settled(tmp_path: Path) -> None:
    held = Held()
    many = ScriptStep(calls=tuple(call("held", f"w{n}") for n in range(9)))
    async with scene(tmp_path, (many, LOOK, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: len(held.begun) == 6)
        held.go.set()
        await stage.reopen()
        assert (await stage.finished()).reason == "answered"


STEPS = [
    ScriptStep(reasoning="Looking {n}.", pace=300, calls=(call("slow", "page {n}"), call("lookup", "word {n}"))),
    ScriptStep(reasoning="Changing {n}.", pace=300, calls=(call("change", "file {n}"),)),
    ScriptStep(
        reasoning="Visiting {n}.", pace=300, calls=(call("visit", "www{n}.example.org"), call("slow", "beta {n}"))
    ),
] * 4


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_session_killed_at_random_points_continues_to_its_memo(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    first = ScriptStep(calls=(call("lookup"),))
    script = Script(steps=(first, *STEPS, ScriptStep(calls=(memo(),))), by="history")
    server = EmbeddedServer(script=script, keep_requests=10_000)
    await server.start()
    folder = tmp_path / "scene"
    try:
        for _ in range(5):
            await killed_after(chance.randint(2, 25), chance.choice([0, 0.001, 0.01, 0.03]), folder, server.base_url)
            check_record(folder)
        reported = await killed_after(10_000, 0, folder, server.base_url)
    finally:
        await server.close()
    check_record(folder)
    entries = entries_of(folder)
    check_sent(entries, [request["messages"] for request in server.requests])
    last = entries[-1].event
    assert isinstance(last, TurnFinished)
    assert last.reason == "answered"
    assert len(reported) == len(entries)
    for event in (entry.event for entry in entries):
        if isinstance(event, ApprovalRequested) and event.rule == "outcome-unknown":
            assert event.why


async def test_judge_killed_again_and_again_judges_each_statement_once(tmp_path: Path) -> None:
    sentences = [f"Nothing {word} is like alpha [S1 p.1]." for word in ("red", "green", "blue")]
    says = ScriptStep(text='{"verdict": "supported", "words": "alpha figure is 25"}', repeat=100)
    script = Script(steps=(ScriptStep(calls=(call("lookup"),)), ScriptStep(calls=(memo(" ".join(sentences)),)), says))
    server = EmbeddedServer(script=script, keep_requests=1_000)
    await server.start()
    folder = tmp_path / "scene"
    try:
        for _ in range(4):
            await killed_after(3, 0.002, folder, server.base_url, "judge")
            check_record(folder)
        await killed_after(10_000, 0, folder, server.base_url, "judge")
    finally:
        await server.close()
    check_record(folder)
    events = [entry.event for entry in entries_of(folder)]
    judged = [event.statement for event in events if isinstance(event, StatementJudged)]
    assert sorted(judged) == sorted(sentence.removesuffix(" [S1 p.1].") + "." for sentence in sentences)
    last = events[-1]
    assert isinstance(last, TurnFinished)
    assert [one["by"] for one in (last.memo or {})["statements"]] == ["judge"] * 3


async def killed_after(lines: int, wait: float, folder: Path, base_url: str, *more: str) -> list[str]:
    """Run the program, kill it so many reported entries and seconds later, and return the report: all of it is kept."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.engine.crashing", str(folder), base_url, *more,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    reported: list[str] = []
    # What is on disk already is reported first, so the count starts behind it.
    known = len(entries_of(folder)) if folder.exists() else 0
    async with asyncio.timeout(60):
        while len(reported) < known + lines and (line := await process.stdout.readline()):
            reported.append(line.decode().strip())
        await asyncio.sleep(wait)
        if process.returncode is None and len(reported) == known + lines:
            process.kill()
        reported += (await process.stdout.read()).decode().split("\n")
        await process.wait()
    whole = [line for line in reported if len(line.rpartition(" ")[2]) == 64]
    on_disk = [f"{entry.seq} {entry.digest}" for entry in entries_of(folder)]
    assert set(whole) <= set(on_disk)
    return whole
