"""A session whose calls a program of the person's is asked about: recorded, shown, and never passed by."""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kimi_tui.commands import Approve, Stop
from kimi_tui.config import PolicySettings
from kimi_tui.config.tree import HookSettings
from kimi_tui.embedded.script import ScriptStep
from kimi_tui.events import HookAnswered, ObservationRecorded, PolicyDecided, ToolCallStarted
from kimi_tui.policy.hook_protocol import HOOK_RULE
from tests.engine.kit import ANSWER, LOOK, Change, Visit, call, scene

GUARD = """
import json, sys
call = json.load(sys.stdin)
with open(sys.argv[1], "a") as log:
    log.write(json.dumps(call) + "\\n")
word = call["arguments"].get("word", "")
verdict = {"secret": "deny", "new": "ask"}.get(word, "allow")
print(json.dumps({"verdict": verdict, "reason": f"about {word}"}))
"""


def _guard(folder: Path, code: str = GUARD, **more: Any) -> PolicySettings:
    command = (sys.executable, "-I", "-S", "-c", code, str(folder / "asked.jsonl"))
    return PolicySettings(hooks=HookSettings(command, **more))


def _asked(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "asked.jsonl").read_text().splitlines()]


def _step(*words: str, tool: str = "lookup") -> ScriptStep:
    return ScriptStep(calls=tuple(call(tool, word) for word in words))


async def test_every_call_is_asked_about_and_answers_are_recorded_before_decisions(tmp_path: Path) -> None:
    async with scene(tmp_path, (_step("alpha", "secret"), ANSWER), policy=_guard(tmp_path)) as stage:
        await stage.finished()
        answers = {event.call_id: event for event in stage.events(HookAnswered)}
        assert [answers[one].verdict for one in ("c1", "c2", "c3")] == ["allow", "deny", "allow"]
        order = [type(entry.event) for entry in stage.entries() if getattr(entry.event, "call_id", "") == "c2"]
        assert order.index(HookAnswered) < order.index(PolicyDecided)
        denied = next(event for event in stage.events(ObservationRecorded) if event.call_id == "c2")
        assert denied.status == "denied"
        assert "about secret" in denied.text
        assert [one["tool"] for one in _asked(tmp_path)].count("lookup") == 2
        assert "c2" not in [event.call_id for event in stage.events(ToolCallStarted)]


async def test_call_that_the_program_asks_about_waits_and_says_why(tmp_path: Path) -> None:
    async with scene(tmp_path, (_step("new"), ANSWER), policy=_guard(tmp_path)) as stage:
        (waiting,) = await stage.waiting()
        assert (waiting.rule, waiting.pattern) == (HOOK_RULE, "")
        assert "about new" in waiting.reason
        await stage.send(Approve(waiting.id))
        await stage.finished()


async def test_edited_call_is_asked_about_again_and_does_not_run_against_the_answer(tmp_path: Path) -> None:
    change = Change()
    async with scene(
        tmp_path, (_step("plain", tool="change"), ANSWER), tools=(change,), policy=_guard(tmp_path)
    ) as stage:
        (waiting,) = await stage.waiting()
        await stage.send(Approve(waiting.id, {"word": "secret"}))
        await stage.finished()
        assert change.done == []
        assert [event.verdict for event in stage.events(HookAnswered)][:2] == ["allow", "deny"]
        assert _asked(tmp_path)[1]["edited"] is True


async def test_call_that_waited_before_there_was_a_program_is_asked_about_before_it_starts(tmp_path: Path) -> None:
    change = Change()
    async with scene(tmp_path, (_step("secret", tool="change"), ANSWER), tools=(change,)) as stage:
        (waiting,) = await stage.waiting()
        stage.settings = msgspec.structs.replace(stage.settings, policy=_guard(tmp_path))
        await stage.reopen()
        await stage.send(Approve(waiting.id))
        await stage.finished()
        assert change.done == []


@pytest.mark.parametrize("code", ["raise SystemExit(1)", "print('nonsense')"])
async def test_broken_program_lets_no_call_run(tmp_path: Path, code: str) -> None:
    async with scene(tmp_path, (LOOK, LOOK, LOOK), max_steps=2, policy=_guard(tmp_path, code)) as stage:
        await stage.finished()
        assert stage.events(ToolCallStarted) == []
        assert all(event.verdict == "deny" and event.problem for event in stage.events(HookAnswered))


async def test_program_may_allow_what_the_rules_ask_about_when_the_settings_say_so(tmp_path: Path) -> None:
    steps = (_step("www.example.org", tool="visit"), ANSWER)
    policy = _guard(tmp_path, may_allow=True)
    async with scene(tmp_path, steps, tools=(Visit(),), policy=policy) as stage:
        await stage.finished()
        assert stage.events(PolicyDecided)[0].rule == HOOK_RULE


async def test_turn_can_be_stopped_while_the_program_thinks(tmp_path: Path) -> None:
    mark = tmp_path / "begun"
    policy = _guard(tmp_path, f"open({str(mark)!r}, 'w').close(); import time; time.sleep(60)", seconds=50.0)
    async with scene(tmp_path, (LOOK, ANSWER), policy=policy) as stage:
        await stage.until(mark.exists)
        await stage.send(Stop())
        assert (await stage.finished()).reason == "stopped"
        assert stage.events(HookAnswered) == []
