"""A full disk: nothing is lost, every front end is informed, and the work continues when there is room again.

The disk is filled by the operating system's limit on the size of files, for this process alone.
"""

import errno
import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from kimi_tui.commands import Steer
from kimi_tui.embedded.script import RepeatedText, ScriptStep
from kimi_tui.events import ObservationRecorded, StepFailed, StepStarted, ToolCallStarted
from kimi_tui.headless import FAILED, follow
from kimi_tui.journal.recovery.damage_mark import remove_mark
from kimi_tui.journal.session_file import unwritable_error
from kimi_tui.session import DamagedSession, StorageError
from kimi_tui.tools.base import Observation, ToolContext
from tests.engine.kit import ANSWER, LOOK, Change, Held, Lookup, Scene, Word, call, scene


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
    """Return the storage problem that the engine waits for, or an empty text."""
    found = stage.session.storage_trouble
    return found.message if found else ""


class HeldChange(Held):
    """Changes something when it is let go, and keeps a source of it."""

    read_only = False


async def test_a_call_that_only_reads_runs_again_when_there_is_room(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (ScriptStep(calls=(call("held"),)), LOOK, ANSWER), tools=(held,)) as stage:
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
    steps = (ScriptStep(calls=(call("held"),)), LOOK, ANSWER)
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
    steps = (ScriptStep(calls=(call("change"),)), LOOK, ANSWER)
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
    slow = ScriptStep(reasoning=RepeatedText("thinking ", 60), pace=200, calls=(call("lookup"),))
    async with scene(tmp_path, (slow, ANSWER)) as stage:
        await stage.until(lambda: stage.state.run.thinking)
        with full_disk():
            await stage.until(lambda: trouble(stage))
        assert (await stage.finished()).reason == "answered"
        assert [event.n for event in stage.events(StepStarted)] == [1, 2]
        assert stage.events(StepFailed) == []


async def test_a_command_that_cannot_be_recorded_is_refused_with_the_reason(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (ScriptStep(calls=(call("held"),)), LOOK, ANSWER), tools=(held,)) as stage:
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
    async with scene(tmp_path, (ScriptStep(calls=(call("held"),)), LOOK, ANSWER), tools=(held,), person=False) as stage:
        await stage.until(lambda: held.begun)
        with full_disk():
            held.go.set()
            assert (await follow(stage.session, lambda entry: None)).code == FAILED
        with pytest.raises(StorageError, match="cannot be written"):
            stage.work.result()


async def test_engine_that_meets_a_damaged_file_ends_with_the_way_to_salvage_it(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (ScriptStep(calls=(call("held"),)), LOOK, ANSWER), tools=(held,)) as stage:
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


class Unkept(Lookup):
    """Finds something that there is no room for, as long as the disk is nearly full."""

    name: ClassVar[str] = "unkept"

    def __init__(self, failures: int) -> None:
        self.runs: list[float] = []
        self.failures = failures

    async def run(self, arguments: Word, context: ToolContext) -> Observation:
        self.runs.append(time.monotonic())
        if len(self.runs) <= self.failures:
            raise unwritable_error(Path("/nowhere/journal.sqlite"), OSError(errno.ENOSPC, "No space left on device"))
        return await super().run(arguments, context)


class UnkeptChange(Unkept):
    """The same, and changes something."""

    read_only: ClassVar[bool] = False


async def test_a_source_that_cannot_be_kept_is_tried_again_after_a_wait_that_is_reported(tmp_path: Path) -> None:
    unkept = Unkept(1)
    async with scene(tmp_path, (ScriptStep(calls=(call("unkept"),)), LOOK, ANSWER), tools=(unkept,)) as stage:
        await stage.until(lambda: trouble(stage))
        assert "No space left" in trouble(stage)
        assert len(unkept.runs) == 1, "not before the wait"
        assert (await stage.finished()).reason == "answered"
        assert trouble(stage) == ""
        assert unkept.runs[1] - unkept.runs[0] > 0.5
        assert [event.attempt for event in stage.events(ToolCallStarted) if event.call_id == "c1"] == [1, 2]
        observation = stage.calls()[0].observation
        assert observation is not None
        assert observation.status == "ok"


async def test_a_source_that_cannot_be_kept_twice_is_an_error_the_model_reads(tmp_path: Path) -> None:
    unkept = Unkept(1_000)
    async with scene(tmp_path, (ScriptStep(calls=(call("unkept"),)), LOOK, ANSWER), tools=(unkept,)) as stage:
        assert (await stage.finished()).reason == "answered"
        observation = stage.calls()[0].observation
        assert observation is not None
        assert (len(unkept.runs), observation.status) == (2, "error")
        assert "could not be kept: the storage failed" in observation.text
        assert "could not be kept" in str(stage.sent[1])


async def test_a_source_of_a_call_with_effects_that_cannot_be_kept_is_an_error_at_once(tmp_path: Path) -> None:
    unkept = UnkeptChange(1_000)
    steps = (ScriptStep(calls=(call("unkept"),)), LOOK, ANSWER)
    async with scene(tmp_path, steps, tools=(unkept,), approve="all") as stage:
        assert (await stage.finished()).reason == "answered"
        observation = stage.calls()[0].observation
        assert observation is not None
        assert (len(unkept.runs), observation.status) == (1, "error")
        assert "may have taken effect" in observation.text


async def test_with_nobody_there_a_source_that_cannot_be_kept_ends_the_run_with_the_reason(tmp_path: Path) -> None:
    unkept = Unkept(1_000)
    steps = (ScriptStep(calls=(call("unkept"),)), LOOK, ANSWER)
    async with scene(tmp_path, steps, tools=(unkept,), person=False) as stage:
        assert (await follow(stage.session, lambda entry: None)).code == FAILED
        with pytest.raises(StorageError, match="No space left"):
            stage.work.result()
        assert len(unkept.runs) == 1
