"""Messages of a run without a screen while it waits."""

import asyncio
from pathlib import Path

from kimi_tui.embedded.reply_chunks import Fault
from kimi_tui.embedded.script import ScriptStep
from kimi_tui.events import Delta, StepFailed, TurnFinished
from kimi_tui.headless_progress import WaitReporter
from tests.engine.kit import ANSWER, call, scene
from tests.test_headless import entry


async def test_wait_that_a_server_asked_for_is_reported_with_what_is_left(tmp_path: Path) -> None:
    said: list[str] = []
    narrator = WaitReporter(said.append, every=0.1)
    fault = Fault("status", times=1, status=429, headers={"retry-after": "1152"})
    async with scene(tmp_path, (ScriptStep(calls=(call("lookup"),), fault=fault), ANSWER), question="") as stage:
        watching = asyncio.create_task(narrator.watch(stage.session))
        await asyncio.sleep(0)
        await stage.ask()
        await stage.until(lambda: stage.session.engine.thinker.waiting)
        for one in stage.entries():
            narrator.note_entry(one)
        narrator.note_delta(Delta("main", 1, "state", "waiting to try again: The server answered 429."))
        await stage.until(lambda: any(line.endswith(" s left") for line in said))
        watching.cancel()
    reported = next(line for line in said if line.endswith(" s left"))
    assert reported.startswith("waiting to try again: The server answered 429")
    assert ", 1,15" in reported


async def test_state_of_the_engine_reaches_the_narrator(tmp_path: Path) -> None:
    said: list[str] = []
    narrator = WaitReporter(said.append, every=0.05)
    slow = ScriptStep(reasoning="I am thinking about it.", fault=Fault("stall", times=1))
    async with scene(tmp_path, (slow, ANSWER), question="") as stage:
        watching = asyncio.create_task(narrator.watch(stage.session))
        await asyncio.sleep(0)
        await stage.ask()
        await stage.until(lambda: any(line.startswith(("waiting for the model", "the model reasons")) for line in said))
        watching.cancel()


def test_reply_under_way_is_reported_with_its_tokens_and_an_entry_ends_that() -> None:
    said: list[str] = []
    narrator = WaitReporter(said.append, every=0.0)
    narrator.note_delta(Delta("main", 1, "state", "waiting for the model"))
    narrator.note_delta(Delta("main", 1, "reasoning", "Hm\x1b[2J", tokens=12_000))
    narrator.write_line()
    assert said == ["the model reasons, 12,000 tokens, for 0 s"]
    narrator.note_entry(entry(TurnFinished("answered")))
    narrator.write_line()
    assert len(said) == 1
    narrator.note_entry(entry(StepFailed("away", "unreachable", 1, 1800.0, awaited=True)))
    narrator.note_delta(Delta("main", 1, "state", "waiting for the server to come back: away"))
    narrator.write_line()
    assert said[1] == "waiting for the server to come back: away, for 0 s"
