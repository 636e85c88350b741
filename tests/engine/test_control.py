"""Steering, pausing, interrupting and stopping at every moment of a turn."""

import asyncio
from pathlib import Path

import pytest

from kimi_tui.commands import (
    AnyCommand,
    AskQuestion,
    Interrupt,
    Pause,
    RaiseBudget,
    Resume,
    Steer,
    Stop,
)
from kimi_tui.embedded.script import RepeatedText, ScriptStep
from kimi_tui.engine.control import MAX_TEXT_CHARS
from kimi_tui.events import ObservationRecorded, RunPaused, StepFailed, StepStarted, ToolCallStarted, TurnFinished
from tests.engine.kit import ANSWER, LOOK, Held, Scene, call, scene

HOLD = ScriptStep(reasoning="I wait for it.", calls=(call("held"),))
SLOW = ScriptStep(reasoning=RepeatedText("thinking ", 5_000), pace=200, calls=(call("lookup"),))


def roles(stage: Scene, request: int) -> list[str]:
    """The roles of one request's messages."""
    return [message["role"] for message in stage.sent[request]]


async def streaming(stage: Scene) -> None:
    """Wait until some reasoning has come."""
    async with asyncio.timeout(60):
        async for delta in stage.session.deltas():
            if delta.kind == "reasoning" and delta.text:
                return


async def test_a_steer_during_a_step_enters_after_the_observations(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (HOLD, LOOK, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        await stage.send(Steer("Look at beta."))
        await stage.send(Steer("And at gamma."))
        held.go.set()
        await stage.finished()
        assert roles(stage, 1) == ["system", "user", "assistant", "tool", "user", "user"]
        assert [message["content"] for message in stage.sent[1][-2:]] == ["Look at beta.", "And at gamma."]


async def test_a_steer_during_the_generation_enters_after_that_step(tmp_path: Path) -> None:
    slow = ScriptStep(reasoning=RepeatedText("thinking ", 60), pace=200, calls=(call("lookup"),))
    async with scene(tmp_path, (slow, ANSWER)) as stage:
        await streaming(stage)
        await stage.send(Steer("Look at beta."))
        await stage.finished()
        assert roles(stage, 1) == ["system", "user", "assistant", "tool", "user"]


async def test_pause_holds_before_a_tool_starts(tmp_path: Path) -> None:
    held = Held()
    slow = ScriptStep(reasoning=RepeatedText("thinking ", 60), pace=200, calls=(call("held"),))
    async with scene(tmp_path, (slow, LOOK, ANSWER), tools=(held,)) as stage:
        await streaming(stage)
        await stage.send(Pause())
        await stage.until(lambda: stage.state.calls.open and stage.calls()[0].state == "ready")
        await asyncio.sleep(0.05)
        assert stage.events(ToolCallStarted) == []
        assert stage.calls()[0].state == "ready"
        await stage.send(Resume())
        await stage.until(lambda: held.begun)
        held.go.set()
        assert (await stage.finished()).reason == "answered"


async def test_pause_holds_before_a_step(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (HOLD, LOOK, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        await stage.send(Pause())
        held.go.set()
        await stage.until(lambda: not stage.state.calls.open)
        await stage.until(lambda: stage.state.name == "paused")
        await asyncio.sleep(0.05)
        assert len(stage.events(StepStarted)) == 1
        assert stage.state.name == "paused"
        await stage.send(Steer("Go on like this."))
        await stage.send(Resume())
        await stage.finished()
        assert stage.sent[1][-1]["content"] == "Go on like this."


async def test_a_pause_survives_the_end_of_the_program(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (HOLD, LOOK, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        await stage.send(Pause())
        held.go.set()
        await stage.until(lambda: not stage.state.calls.open)
        await stage.reopen()
        await stage.until(lambda: stage.state.name == "paused")
        await asyncio.sleep(0.05)
        assert stage.state.name == "paused"
        await stage.send(Resume())
        await stage.finished()


async def test_interrupt_ends_the_generation_and_keeps_what_had_come(tmp_path: Path) -> None:
    async with scene(tmp_path, (SLOW, ANSWER)) as stage:
        await streaming(stage)
        await stage.send(Interrupt())
        await stage.until(lambda: stage.state.run.last_failure is not None)
        failure = stage.events(StepFailed)[0]
        assert (failure.kind, failure.wait) == ("interrupted", 0.0)
        assert failure.partial_reasoning.startswith("thinking")
        assert failure.usage.prompt_tokens == stage.state.context.tokens
        assert 0 < failure.usage.reasoning_tokens == failure.usage.completion_tokens
        await stage.until(lambda: stage.server.cancelled_replies == 1)
        assert stage.state.name == "paused"
        await stage.send(Resume())
        await stage.until(lambda: stage.state.run.thinking)
        await stage.send(Stop())
        await stage.finished()
        # It was asked again under the same number.
        assert [event.n for event in stage.events(StepStarted)] == [1, 1]


async def test_interrupt_ends_a_running_tool(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (HOLD, LOOK, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        await stage.send(Interrupt())
        await stage.until(lambda: not stage.state.calls.open)
        assert held.ended == ["alpha"]
        observation = stage.calls()[0].observation
        assert observation is not None
        assert observation.status == "interrupted"
        assert stage.events(RunPaused)[0].by == "person"
        await stage.send(Resume())
        assert (await stage.finished()).reason == "answered"


async def test_interrupt_in_the_moment_a_tool_starts_loses_nothing(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (HOLD, LOOK, ANSWER), tools=(held,)) as stage:
        while not stage.state.calls.open or stage.calls()[0].state != "running":
            await stage.session.engine.ledger.pulse.next_change().wait()
        assert held.begun == []
        await stage.send(Interrupt())
        await stage.until(lambda: not stage.state.calls.open)
        await stage.send(Resume())
        assert (await stage.finished()).reason == "answered"


async def test_stop_ends_the_turn_with_every_call_settled(tmp_path: Path) -> None:
    held = Held(stubborn=True)
    step = ScriptStep(calls=(*(call("held", f"w{n}") for n in range(8)), call("lookup")))
    async with scene(tmp_path, (step, LOOK, ANSWER, LOOK, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: len(held.begun) == 6)
        await stage.send(Stop())
        ended = await stage.finished()
        assert ended.reason == "stopped"
        assert all(one.observation and one.observation.status == "interrupted" for one in stage.calls())
        await stage.until(lambda: len(held.ended) == 6)
        await stage.ask("Again?")
        await stage.until(lambda: len(stage.events(TurnFinished)) == 2)
        assert len(stage.events(ObservationRecorded)) == len(stage.calls())


async def test_stop_during_the_generation_ends_the_turn(tmp_path: Path) -> None:
    async with scene(tmp_path, (SLOW, ANSWER)) as stage:
        await streaming(stage)
        await stage.send(Stop())
        assert (await stage.finished()).reason == "stopped"
        await stage.until(lambda: stage.server.cancelled_replies == 1)
        assert "thinking" in stage.events(StepFailed)[0].partial_reasoning


async def test_stop_while_paused_ends_the_turn(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (HOLD, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        await stage.send(Interrupt())
        await stage.until(lambda: not stage.state.calls.open)
        await stage.send(Stop())
        assert (await stage.finished()).reason == "stopped"
        assert not stage.state.run.paused


async def test_a_stopped_session_takes_another_question(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (HOLD, LOOK, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        await stage.send(Stop())
        await stage.finished()
        await stage.ask("What is alpha now?")
        await stage.until(lambda: len(stage.events(TurnFinished)) == 2)
        assert stage.events(TurnFinished)[1].reason == "answered"
        assert "not finished" in stage.sent[1][3]["content"].lower()


@pytest.mark.parametrize("command", [Pause(), Resume(), Interrupt(), Stop(), Steer("x")])
async def test_without_a_turn_there_is_nothing_to_drive(tmp_path: Path, command: AnyCommand) -> None:
    async with scene(tmp_path, question="") as stage:
        receipt = await stage.session.send(command)
        assert (receipt.accepted, "no turn is running" in receipt.reason) == (False, True)


@pytest.mark.parametrize("text", ["", " \n\t", "x" * (MAX_TEXT_CHARS + 1)], ids=["empty", "blank", "too-long"])
async def test_a_question_that_cannot_be_sent_is_refused(tmp_path: Path, text: str) -> None:
    async with scene(tmp_path, question="") as stage:
        assert not (await stage.session.send(AskQuestion(text))).accepted
        assert stage.state.run.questions == []


async def test_what_has_no_effect_is_refused_with_the_reason(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (HOLD, LOOK, ANSWER), tools=(held,), max_steps=10) as stage:
        await stage.until(lambda: held.begun)
        refused: tuple[AnyCommand, ...] = (Resume(), RaiseBudget("cost", 9), RaiseBudget("steps", 10), Steer(" "))
        for command in refused:
            receipt = await stage.session.send(command)
            assert not receipt.accepted
            assert receipt.reason
        await stage.send(Pause())
        assert not (await stage.session.send(Pause())).accepted
        await stage.send(Resume())
        held.go.set()
        await stage.finished()


async def test_many_interrupts_and_resumes_end_in_the_memo(tmp_path: Path) -> None:
    step = ScriptStep(reasoning=RepeatedText("thinking ", 40), pace=400, calls=(call("lookup"),))
    async with scene(tmp_path, (step, ANSWER), retries=0) as stage:
        for _ in range(8):
            await stage.session.send(Interrupt())
            await asyncio.sleep(0.01)
            await stage.session.send(Resume())
            await asyncio.sleep(0.01)
        await stage.session.send(Resume())
        assert (await stage.finished()).reason == "answered"
