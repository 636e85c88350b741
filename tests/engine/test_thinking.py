"""Thinking that goes on too long: ended by its cap or by the person, and the model is asked to act, within bounds."""

import asyncio
from pathlib import Path

from kimi_tui.commands import Act, Resume
from kimi_tui.embedded.script import RepeatedText, Script, ScriptStep
from kimi_tui.engine.thinking import STOP_THINKING_PROMPT
from kimi_tui.events import Effort, ReasoningRecorded, RunPaused, SteerReceived, StepFailed, StepStarted, TurnFinished
from tests.engine.kit import ANSWER, LOOK, Scene, call, scene
from tests.engine.test_control import SLOW, streaming

LONG = ScriptStep(reasoning=RepeatedText("thinking ", 400), calls=(call("lookup"),))
"""About 900 tokens of reasoning."""


def roles(stage: Scene, request: int) -> list[str]:
    """The roles of one request's messages."""
    return [message["role"] for message in stage.sent[request]]


async def failed(stage: Scene, times: int) -> None:
    """Wait until so many model calls have failed."""
    await stage.until(lambda: len(stage.events(StepFailed)) >= times)


async def test_thinking_is_ended_at_its_cap_and_the_model_is_asked_to_act(tmp_path: Path) -> None:
    async with scene(tmp_path, (LOOK, LONG, LOOK, ANSWER), max_reasoning=300) as stage:
        assert (await stage.finished()).reason == "answered"
        failure = stage.events(StepFailed)[0]
        assert (failure.kind, failure.wait) == ("capped", 0.0)
        assert failure.partial_reasoning.startswith("thinking thinking")
        assert failure.usage.completion_tokens >= 300
        assert stage.state.budget.tokens > sum(one.usage.completion_tokens for one in stage.events(StepFailed))
        assert stage.events(TurnFinished)[0].effort == Effort("desk", 3, 1, 1)
        assert [event.text for event in stage.events(SteerReceived)] == [STOP_THINKING_PROMPT]
        assert [event.n for event in stage.events(StepStarted)] == [1, 2, 2, 3]
        assert stage.events(RunPaused) == []


async def test_the_history_stays_valid_when_thinking_was_ended(tmp_path: Path) -> None:
    async with scene(tmp_path, (LOOK, LONG, LOOK, ANSWER), max_reasoning=300) as stage:
        await stage.finished()
        assert roles(stage, 2) == ["system", "user", "assistant", "tool", "user"]
        assert roles(stage, 3) == [*roles(stage, 2), "assistant", "tool"]
        assert "thinking thinking" not in str(stage.sent[3])


async def test_thinking_that_is_ended_twice_pauses_for_the_person_with_advice(tmp_path: Path) -> None:
    async with scene(tmp_path, (LOOK, LONG, LONG, LOOK, ANSWER), max_reasoning=300) as stage:
        await stage.until(lambda: stage.state.run.paused)
        assert [event.kind for event in stage.events(StepFailed)] == ["capped", "capped"]
        assert len(stage.events(SteerReceived)) == 1
        assert "raise the cap on reasoning" in stage.events(RunPaused)[0].why
        await stage.send(Resume())
        assert (await stage.finished()).reason == "answered"


async def test_a_model_that_can_is_asked_to_do_without_thinking_the_third_time(tmp_path: Path) -> None:
    script = Script(steps=(LOOK, LONG, LONG, LOOK, ANSWER), model="kimi-k2.6")
    async with scene(tmp_path, script=script, max_reasoning=300) as stage:
        assert (await stage.finished()).reason == "answered"
        assert [event.kind for event in stage.events(StepFailed)] == ["capped", "capped"]
        without = [request.get("chat_template_kwargs") == {"thinking": False} for request in stage.server.requests]
        assert without == [False, False, False, True, False]


async def test_thinking_that_eats_the_servers_allowance_is_answered_in_the_same_way(tmp_path: Path) -> None:
    cut = ScriptStep(reasoning="I think, and think.", finish_reason="length")
    async with scene(tmp_path, (LOOK, cut, LOOK, ANSWER)) as stage:
        assert (await stage.finished()).reason == "answered"
        assert [event.kind for event in stage.events(StepFailed)] == ["capped"]
        assert [event.text for event in stage.events(SteerReceived)] == [STOP_THINKING_PROMPT]


async def test_each_step_has_its_own_bound(tmp_path: Path) -> None:
    async with scene(tmp_path, (LONG, LOOK, LONG, LOOK, ANSWER), max_reasoning=300) as stage:
        assert (await stage.finished()).reason == "answered"
        assert [event.kind for event in stage.events(StepFailed)] == ["capped", "capped"]
        assert stage.events(RunPaused) == []


async def test_thinking_below_its_cap_is_left_alone(tmp_path: Path) -> None:
    async with scene(tmp_path, (LONG, ANSWER), max_reasoning=1_000) as stage:
        await stage.finished()
        assert stage.events(StepFailed) == []
        assert len(stage.events(ReasoningRecorded)) == 2


async def test_a_person_can_end_the_thinking(tmp_path: Path) -> None:
    async with scene(tmp_path, (SLOW, LOOK, ANSWER)) as stage:
        await streaming(stage)
        await stage.send(Act())
        assert (await stage.finished()).reason == "answered"
        failure = stage.events(StepFailed)[0]
        assert failure.kind == "capped"
        assert "person" in failure.error
        assert [event.text for event in stage.events(SteerReceived)] == [STOP_THINKING_PROMPT]


async def test_a_person_may_say_so_again(tmp_path: Path) -> None:
    async with scene(tmp_path, (SLOW, SLOW, SLOW, LOOK, ANSWER)) as stage:
        for failures in (1, 2, 3):
            await streaming(stage)
            await stage.send(Act())
            await failed(stage, failures)
        assert (await stage.finished()).reason == "answered"
        assert len(stage.events(SteerReceived)) == 1
        assert stage.events(RunPaused) == []


async def test_there_is_nothing_to_end_when_the_model_does_not_think(tmp_path: Path) -> None:
    async with scene(tmp_path, question="") as stage:
        assert (await stage.session.send(Act())).reason == "no turn is running"
    answering = ScriptStep(text=RepeatedText("word ", 5_000), pace=200)
    async with scene(tmp_path / "other", (answering,)) as stage:
        async with asyncio.timeout(60):
            async for delta in stage.session.deltas():
                if delta.kind == "text":
                    break
        assert (await stage.session.send(Act())).reason == "the model is not thinking now"
