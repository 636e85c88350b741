"""Drill 10: a long run in which 13 % of the model's calls are broken, in 12 ways, and which comes to its memo.

Open-source servers gave 4.5 to 13 % of such calls per turn in the vendor's own measurement. Each broken call gets
exactly one answer, which the model can act on, and none of them runs; each good one runs once.
"""

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from kimi_tui.commands import AskQuestion
from kimi_tui.config import Settings
from kimi_tui.embedded.script import Script, ScriptedCall, ScriptStep
from kimi_tui.embedded.server import EmbeddedServer
from kimi_tui.events import AnyEvent, ObservationRecorded, ToolCallProposed, ToolCallStarted, TurnFinished
from tools.drill.drill_environment import seconds_since
from tools.drill.in_process_session import InProcessSession
from tools.drill.message_rules import find_problem
from tools.drill.result import DrillResult, summarize_faults

BROKEN_SHARE = 0.13
"""Of the calls that are broken."""
RUN_SECONDS = 600.0
MEMO = ScriptedCall("submit_memo", {"title": "Words", "memo": "The figure of word 1 is 25 [S1 p.1].", "final": True})
_SECTION = "<|tool_calls_section_begin|>{}<|tool_calls_section_end|>"
_WRITTEN = _SECTION.format("<|tool_call_begin|>{}<|tool_call_argument_begin|>{}<|tool_call_end|>")


def good(number: int) -> ScriptedCall:
    """A call that runs."""
    return ScriptedCall("lookup", {"word": f"word {number}"})


def _called(name: str, arguments: dict[str, object] | str) -> ScriptStep:
    return ScriptStep("I look further.", calls=(ScriptedCall(name, arguments),))


def _written(header: str, arguments: str) -> ScriptStep:
    """Return a step whose only call is in its reasoning."""
    return ScriptStep("I write it down. " + _WRITTEN.format(header, arguments), split=0)


def broken(kind: str, number: int) -> ScriptStep:
    """A step with one broken call of a kind."""
    word = f"never {number}"
    whole = json.dumps({"word": word})
    match kind:
        case "unknown tool":
            return _called("look_it_up_for_me", {"word": word})
        case "missing argument":
            return _called("lookup", "{}")
        case "wrong type":
            return _called("lookup", {"word": [number]})
        case "extra argument":
            return _called("lookup", {"word": word, "language": "de"})
        case "not JSON":
            return _called("lookup", f"word={word}")
        case "unterminated JSON":
            return _called("lookup", whole[:-4])
        case "control characters":
            return _called("lookup", whole.replace(": ", ":\x01\x02 "))
        case _:
            return _stranger(kind, number, whole)


def _stranger(kind: str, number: int, whole: str) -> ScriptStep:
    """The kinds that have to do with how a call is sent."""
    match kind:
        case "empty arguments":
            return _called("lookup", "")
        case "duplicate id":
            duplicate = ScriptedCall("lookup", whole[:-4], id="functions.lookup:0")
            return ScriptStep(
                "I look twice.", calls=(duplicate, ScriptedCall("lookup", good(number).arguments, id=duplicate.id))
            )
        case "call in reasoning":
            return _written("functions.lookup:0", whole.replace("word", "wort", 1))
        case "bare numeric id":
            return _written("7", json.dumps({"nobody": number, "takes": "this"}))
        case "string in a string":
            return _called("lookup", json.dumps(json.dumps(whole)))
    raise ValueError(f"there is no kind {kind!r}")


KINDS = (
    "unknown tool", "missing argument", "wrong type", "extra argument", "not JSON", "unterminated JSON",
    "control characters", "empty arguments", "duplicate id", "call in reasoning", "bare numeric id",
    "string in a string",
)  # fmt: skip


def steps(count: int) -> Iterator[tuple[ScriptStep, str]]:
    """So many steps with a call to look a word up, each with the kind of its broken call or nothing."""
    made = 0
    for number in range(1, count + 1):
        if int(number * BROKEN_SHARE) > made:
            kind = KINDS[made % len(KINDS)]
            made += 1
            yield broken(kind, number), kind
        else:
            yield ScriptStep("I look further.", calls=(good(number),)), ""


async def campaign(count: int, folder: Path) -> tuple[list[AnyEvent], list[str], list[str]]:
    """One session: what it recorded, the words that were looked up, and what is wrong with it."""
    script = Script((*(step for step, _ in steps(count)), ScriptStep("It is enough.", calls=(MEMO,))))
    server = EmbeddedServer(script=script, keep_requests=count * 2)
    settings = Settings(base_url=await server.start(), max_steps=count * 2, retries=1)
    async with InProcessSession(folder, settings) as workshop:
        run = workshop.state.run
        await workshop.send(AskQuestion("What are the words?"))
        arrived = await workshop.until(lambda: bool(run.paused or run.reason), RUN_SECONDS)
        wrong = [] if arrived and not run.paused else [f"the run stopped: {run.pause_why or 'it hangs'}"]
        wrong += workshop.faults()
        events, words = workshop.events(), workshop.lookup.words
    wrong += [problem for request in server.requests if (problem := find_problem(request["messages"]))]
    await server.close()
    return events, words, wrong


def judge_calls(count: int, events: list[AnyEvent], words: list[str]) -> tuple[int, list[str]]:
    """How many calls were broken, and what went wrong with any call."""
    expected = [kind for _, kind in steps(count) if kind]
    proposed = [event for event in events if isinstance(event, ToolCallProposed)]
    problems = {event.call_id: event for event in proposed if event.problem}
    answers = Counter(event.call_id for event in events if isinstance(event, ObservationRecorded))
    started = {event.call_id for event in events if isinstance(event, ToolCallStarted)}
    wrong = [] if len(problems) == len(expected) else [f"{len(problems)} of {len(expected)} were seen to be broken"]
    wrong += [f"{answers[event.call_id]} answers to a call" for event in proposed if answers[event.call_id] != 1]
    wrong += ["a broken call ran" for call_id in problems if call_id in started]
    wrong += ["a broken call ran" for word in words if word.startswith("never")]
    wrong += [f"a word was looked up {times} times" for times in Counter(words).values() if times > 1]
    good_ones = count - len(expected) + expected.count("duplicate id")
    wrong += [] if len(words) == good_ones else [f"{len(words)} of {good_ones} good calls ran"]
    finished = [event for event in events if isinstance(event, TurnFinished)]
    wrong += [] if finished and finished[-1].reason == "answered" else ["there is no memo"]
    return len(problems), wrong


def run(count: int, seed: int) -> DrillResult:
    """The drill: one session of so many steps."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        events, words, wrong = asyncio.run(campaign(count, Path(folder)))
    found, misjudged = judge_calls(count, events, words)
    kinds = len({kind for _, kind in steps(count) if kind})
    return DrillResult(
        drill="broken-calls",
        done=f"a run of {count} steps with a call each, {BROKEN_SHARE:.0%} of them broken in {kinds} ways",
        found=f"{found} broken calls answered once, none run; {len(words)} good ones run once; the memo came",
        faults=summarize_faults(wrong + misjudged),
        seconds=seconds_since(began),
    )
