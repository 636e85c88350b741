"""The tool boundary: whatever a tool does, what comes out is one observation of bounded size."""

from pathlib import Path

from kimi_tui.embedded.script import ScriptedCall, Step
from kimi_tui.engine.toolbox import LONGEST_OBSERVATION
from kimi_tui.tools.base import Observation, ToolContext
from tests.engine.kit import ANSWER, LOOK, Held, Lookup, Word, call, scene


class Hasty(Held):
    """Is ended before it is let go."""

    timeout = 0.05


class Wordy(Lookup):
    """Says more than anybody reads, with a character that cannot be stored."""

    name = "wordy"

    async def run(self, arguments: Word, context: ToolContext) -> Observation:
        return Observation("\ud800" + "word " * LONGEST_OBSERVATION)


async def test_a_tool_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    held = Hasty()
    async with scene(tmp_path, (Step(calls=(call("held"),)), LOOK, ANSWER), tools=(held,)) as stage:
        assert (await stage.finished()).reason == "answered"
        observation = stage.calls()[0].observation
        assert observation is not None
        assert (observation.status, held.ended) == ("error", ["alpha"])
        assert "took longer than 0.05 seconds" in observation.text


async def test_an_observation_is_cut_at_its_limit_and_says_so(tmp_path: Path) -> None:
    async with scene(tmp_path, (Step(calls=(call("wordy"),)), LOOK, ANSWER), tools=(Wordy(),)) as stage:
        await stage.finished()
        observation = stage.calls()[0].observation
        assert observation is not None
        assert len(observation.text) < LONGEST_OBSERVATION + 100
        assert observation.text.startswith("\ufffdword")
        assert "Cut here" in observation.text


async def test_an_unknown_tool_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    odd = (ScriptedCall("look_up", {"word": "a"}), ScriptedCall("\x1b[31mred", {}), ScriptedCall("x" * 5_000, "{}"))
    async with scene(tmp_path, (Step(calls=odd), LOOK, ANSWER)) as stage:
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
