"""The tool boundary: whatever a tool does, what comes out is one observation of bounded size."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kimi_tui.embedded.script import ScriptedCall, ScriptStep
from kimi_tui.engine.toolbox import MAX_OBSERVATION_CHARS, ToolFault, tool_boundary
from kimi_tui.events import Effect
from kimi_tui.tools.base import Observation, ToolContext, ToolError
from tests.engine.kit import ANSWER, LOOK, Held, Lookup, Word, call, scene


class Hasty(Held):
    """Is ended before it is let go."""

    timeout = 0.05


class Wordy(Lookup):
    """Says more than anybody reads, with a character that cannot be stored."""

    name = "wordy"

    async def run(self, arguments: Word, context: ToolContext) -> Observation:
        return Observation("\ud800" + "word " * MAX_OBSERVATION_CHARS)


async def test_a_tool_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    held = Hasty()
    async with scene(tmp_path, (ScriptStep(calls=(call("held"),)), LOOK, ANSWER), tools=(held,)) as stage:
        assert (await stage.finished()).reason == "answered"
        observation = stage.calls()[0].observation
        assert observation is not None
        assert (observation.status, held.ended) == ("error", ["alpha"])
        assert "took longer than 0.05 seconds" in observation.text


async def test_an_observation_is_cut_at_its_limit_and_says_so(tmp_path: Path) -> None:
    async with scene(tmp_path, (ScriptStep(calls=(call("wordy"),)), LOOK, ANSWER), tools=(Wordy(),)) as stage:
        await stage.finished()
        observation = stage.calls()[0].observation
        assert observation is not None
        assert len(observation.text) < MAX_OBSERVATION_CHARS + 100
        assert observation.text.startswith("\ufffdword")
        assert "Cut here" in observation.text


async def test_an_unknown_tool_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    odd = (ScriptedCall("look_up", {"word": "a"}), ScriptedCall("\x1b[31mred", {}), ScriptedCall("x" * 5_000, "{}"))
    async with scene(tmp_path, (ScriptStep(calls=odd), LOOK, ANSWER)) as stage:
        await stage.finished()
        texts = [one.observation.text for one in stage.calls()[:3] if one.observation]
        assert "did you mean lookup?" in texts[0]
        assert all("lookup, submit_memo, update_plan" in text and len(text) < 300 for text in texts)
        assert "\x1b" not in "".join(texts)


async def test_the_schemas_are_the_same_for_the_whole_session(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage:
        await stage.finished()
        await stage.reopen()
        await stage.ask("Again?")
        await stage.until(lambda: stage.state.run.turn == 2 and not stage.state.run.turn_open)
        first, *others = [request["tools"] for request in stage.server.requests]
        assert others
        assert all(tools == first for tools in others)
        assert [tool["function"]["name"] for tool in first] == ["lookup", "submit_memo", "update_plan"]


class Panic(BaseException):
    """An error like those of libraries in Rust that give up: no `Exception`."""


class Speechless(Exception):
    """Cannot say what it is."""

    def __str__(self) -> str:
        raise ValueError("no words")


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"kind": "table"}
    for _ in range(levels):
        value = {"kind": "table", "inner": [value]}
    return value


def endless() -> dict[str, Any]:
    value: dict[str, Any] = {"kind": "table"}
    value["inner"] = value
    return value


def cancelled_inside() -> Observation:
    raise asyncio.CancelledError


def raising(error: BaseException) -> Callable[[], Any]:
    def give() -> Any:
        raise error

    return give


class Odd(Lookup):
    """Gives what no tool may give."""

    name = "odd"

    def __init__(self, give: Callable[[], Any]) -> None:
        self.give = give
        self.runs = 0

    async def run(self, arguments: Word, context: ToolContext) -> Observation:
        self.runs += 1
        given: Observation = self.give()
        return given


def given(*positional: Any, **fields: Any) -> Any:
    """An observation of anything, as an untyped tool would make it."""
    return Observation(*positional, **fields)


ODD: dict[str, Callable[[], Any]] = {
    "a set": lambda: given("x", artifact={"kind": "table", "rows": {object()}}),
    "an object": lambda: given("x", artifact={"kind": "table", "rows": [object()]}),
    "a deep artifact": lambda: given("x", artifact=nested(200)),
    "a very deep artifact": lambda: given("x", artifact=nested(100_000)),
    "an endless artifact": lambda: given("x", artifact=endless()),
    "numbers as keys": lambda: given("x", artifact={1.5: {("a",): 2}}),
    "an artifact that is a list": lambda: given("x", artifact=[1]),
    "a plan without form": lambda: given("x", artifact={"kind": "plan", "steps": 5}),
    "a plan of words": lambda: given("x", artifact={"kind": "plan", "steps": ["a"]}),
    "nothing": lambda: None,
    "text alone": lambda: "x",
    "a text that is none": lambda: given(None),
    "bytes": lambda: given(b"x"),
    "an unknown status": lambda: given("x", status="splendid"),
    "sources that are none": lambda: given("x", sources=("S1",)),
    "leads that are none": lambda: given("x", leads=5),
    "fetched words": lambda: given("x", fetched="many"),
    "a panic": raising(Panic("gone")),
    "an exit": raising(SystemExit(3)),
    "an error without words": raising(Speechless()),
    "a cancellation of its own": cancelled_inside,
    "a group": raising(BaseExceptionGroup("two", [Panic("a"), ValueError("b")])),
}


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("no\nsense"), "ValueError: no sense"),
        (Panic("gone"), "Panic: gone"),
        (SystemExit(3), "SystemExit: 3"),
        (Speechless(), "Speechless: <exception str() failed>"),
    ],
)
def test_tool_boundary_of_an_unexpected_error_raises_a_fault_that_says_it(error: BaseException, text: str) -> None:
    with pytest.raises(ToolFault) as raised, tool_boundary(ToolError):
        raise error
    assert (str(raised.value), raised.value.__cause__) == (text, error)


@pytest.mark.parametrize("error", [ToolError("ask for less"), KeyboardInterrupt()])
def test_tool_boundary_of_an_expected_error_or_an_interrupt_lets_it_pass(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised, tool_boundary(ToolError):
        raise error
    assert raised.value is error


async def test_tool_boundary_of_the_callers_cancellation_lets_it_pass() -> None:
    async def work() -> None:
        with tool_boundary():
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("give", ODD.values(), ids=ODD)
async def test_a_tool_that_gives_what_cannot_be_recorded_is_an_error_of_that_call_and_runs_once(
    tmp_path: Path, give: Callable[[], Any]
) -> None:
    odd = Odd(give)
    async with scene(tmp_path, (ScriptStep(calls=(call("odd"),)), LOOK, ANSWER), tools=(odd,)) as stage:
        assert (await stage.finished()).reason == "answered"
        observation = stage.calls()[0].observation
        assert observation is not None
        assert (observation.status, odd.runs, stage.calls()[0].attempts) == ("error", 1, 1)
        assert "failed unexpectedly" in observation.text


@pytest.mark.parametrize(
    "artifact",
    [{"kind": "table", "rows": [[float("nan"), float("inf")]]}, {"kind": "table", "rows": [["\ud800"]], "\udfff": 1}],
)
async def test_an_artifact_with_numbers_or_letters_that_json_has_not_is_recorded_without_them(
    tmp_path: Path, artifact: dict[str, Any]
) -> None:
    odd = Odd(lambda: Observation("x", artifact=artifact))
    async with scene(tmp_path, (ScriptStep(calls=(call("odd"),)), LOOK, ANSWER), tools=(odd,)) as stage:
        assert (await stage.finished()).reason == "answered"
        observation = stage.calls()[0].observation
        assert observation is not None
        assert observation.status == "ok"
        assert observation.artifact is not None
        assert observation.artifact["rows"] in ([[None, None]], [["\ufffd"]])


class Unpredictable(Lookup):
    """Cannot say what it would touch."""

    name = "unpredictable"

    def effects(self, arguments: Word) -> tuple[Effect, ...]:
        raise ValueError("embedded null byte")


async def test_a_tool_that_cannot_say_what_it_would_touch_is_not_run(tmp_path: Path) -> None:
    steps = (ScriptStep(calls=(call("unpredictable"),)), LOOK, ANSWER)
    async with scene(tmp_path, steps, tools=(Unpredictable(),)) as stage:
        assert (await stage.finished()).reason == "answered"
        observation = stage.calls()[0].observation
        assert observation is not None
        assert observation.status == "error"
        assert "was not run: ValueError: embedded null byte" in observation.text
