"""A full disk: nothing is lost, everybody is told, and the work goes on when there is room again.

The disk is filled by the operating system's limit on the size of files, for this process alone.
"""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kimi_tui.commands import Steer
from kimi_tui.embedded.script import Repeated, Step
from kimi_tui.events import ObservationRecorded, StepFailed, StepStarted
from kimi_tui.headless import FAILED, follow
from kimi_tui.journal.damage import remove_mark
from kimi_tui.session import DamagedSession, StorageError
from kimi_tui.tools.base import Observation, ToolContext
from tests.engine.kit import ANSWER, LOOK, Change, Held, Scene, Word, call, scene


@contextmanager
def full_disk() -> Iterator[None]:
    """No file can grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def trouble(stage: Scene) -> str:
    """What the engine waits for."""
    found = stage.session.trouble
    return found.told if found else ""


class HeldChange(Held):
    """Changes something when it is let go, and keeps a source of it."""

    read_only = False


async def test_a_call_that_only_reads_runs_again_when_there_is_room(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (Step(calls=(call("held"),)), LOOK, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        with full_disk():
            held.go.set()
            await stage.until(lambda: trouble(stage))
            assert "cannot be written" in trouble(stage)
        assert (await stage.finished()).reason == "answered"
        assert trouble(stage) == ""
        assert len(held.begun) >= 2
        assert len([event for event in stage.events(ObservationRecorded) if event.call_id == "c1"]) == 1


async def test_a_call_with_effects_is_not_run_again(tmp_path: Path) -> None:
    held = HeldChange()
    steps = (Step(calls=(call("held"),)), LOOK, ANSWER)
    async with scene(tmp_path, steps, tools=(held,), approve="all") as stage:
        await stage.until(lambda: held.begun)
        with full_disk():
            held.go.set()
            await stage.until(lambda: trouble(stage))
        await stage.finished()
        observation = stage.calls()[0].observation
        assert observation is not None
        assert "may have taken effect" in observation.text
        assert held.begun == ["alpha"]


async def test_what_a_call_gave_is_kept_until_it_can_be_recorded(tmp_path: Path) -> None:
    class SlowChange(Change):
        """Changes something when it is let go."""

        async def run(self, arguments: Word, context: ToolContext) -> Observation:
            await held.go.wait()
            return await super().run(arguments, context)

    held, change = Held(), SlowChange()
    steps = (Step(calls=(call("change"),)), LOOK, ANSWER)
    async with scene(tmp_path, steps, tools=(change,), approve="all") as stage:
        await stage.until(lambda: stage.calls() and stage.calls()[0].state == "running")
        with full_disk():
            held.go.set()
            await stage.until(lambda: trouble(stage))
        await stage.finished()
        observation = stage.calls()[0].observation
        assert observation is not None
        assert (observation.text, change.done) == ("changed alpha", ["alpha"])


async def test_a_whole_reply_waits_for_room(tmp_path: Path) -> None:
    slow = Step(reasoning=Repeated("thinking ", 60), pace=200, calls=(call("lookup"),))
    async with scene(tmp_path, (slow, ANSWER)) as stage:
        await stage.until(lambda: stage.state.run.thinking)
        with full_disk():
            await stage.until(lambda: trouble(stage))
        assert (await stage.finished()).reason == "answered"
        assert [event.n for event in stage.events(StepStarted)] == [1, 2]
        assert stage.events(StepFailed) == []


async def test_a_command_that_cannot_be_recorded_is_refused_with_the_reason(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (Step(calls=(call("held"),)), LOOK, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        with full_disk():
            receipt = await stage.session.send(Steer("Look at beta."))
        assert not receipt.accepted
        assert "cannot be written" in receipt.reason
        held.go.set()
        await stage.finished()
        assert "beta" not in str(stage.sent[-1])


async def test_with_nobody_there_a_full_disk_ends_the_run(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (Step(calls=(call("held"),)), LOOK, ANSWER), tools=(held,), person=False) as stage:
        await stage.until(lambda: held.begun)
        with full_disk():
            held.go.set()
            assert (await follow(stage.session, lambda entry: None)).code == FAILED
        with pytest.raises(StorageError, match="cannot be written"):
            stage.work.result()


async def test_engine_that_meets_a_damaged_file_ends_with_the_way_to_salvage_it(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (Step(calls=(call("held"),)), LOOK, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        path = stage.session.engine.ledger.journal.path
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("alter table meta rename to other")
            held.go.set()
            with pytest.raises(DamagedSession, match="kimi-tui salvage"):
                await stage.work
            assert trouble(stage) == ""
            connection.execute("alter table other rename to meta")  # for the look at the record that ends a scene
        remove_mark(path)
