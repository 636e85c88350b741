"""The scripted model: exact replies, paces and faults from a file, for tests and benchmarks.

The same script and the same requests always give the same bytes, ids and times of creation aside. A script is a
JSON object, or JSON Lines: one step a line, and one line `{"script": {...}}` for the settings.

    {"by": "count",             which step: "count" requests so far (default) or assistant messages in the "history"
     "pace": 0,                 deltas a second for all steps; 0 at once
     "model": "scripted",       the model id it answers under
     "context_window": 262144,  what /v1/models says and a longer prompt is refused by
     "steps": [
       {"reasoning": "Thinking about {n}.", "calls": [{"name": "search_documents", "arguments": {"query": "{n}"}}],
        "repeat": 300},
       {"reasoning": {"text": "word ", "times": 24000}, "text": "Done.", "split": 0},
       {"text": "Again.", "fault": {"kind": "reset", "at": "text", "times": 1}}],
     "end": {"text": "The script has ended."}}

A step has `reasoning` and `text` (text, or `{"text", "times"}`), `calls` (`name`, `arguments` as an object or as raw
text, `id` to set one, for example the same twice), `usage` (overrides by key), `finish_reason`, `pace`, `split` and
`split_arguments` (characters in a delta; 0 one delta, -1 words), `reasoning_key` (`reasoning_content`, `reasoning`,
`both`, `think` for tags in the content), `index` (false leaves it out of call deltas), `repeat`, and `fault` (see
`wire.Fault`). `{n}` in any text is the step's number from 1. A fault with `times` is played that often, and the
step itself after it; without `times` it belongs to the step. After the last step, `end` is played for ever.
"""

import json
from bisect import bisect_left
from collections import Counter
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal

import msgspec

from kimi_tui.embedded.chat_requests import ChatRequest
from kimi_tui.embedded.reply_chunks import WORD_SIZED, Fault, PlannedCall, PlannedReply, ReasoningKey

MODEL = "scripted"
"""The scripted character's model id."""


class ScriptError(ValueError):
    """A script that cannot be used; the text says which file, what is wrong and where."""


class RepeatedText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text repeated many times."""

    text: str
    times: int


class ScriptedCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One call of a step."""

    name: str
    arguments: dict[str, Any] | str = {}
    """An object, or the raw text that is sent."""
    id: str | None = None
    """None numbers it as the model would: `functions.NAME:N`."""


class ScriptStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reply of a script; see the module for its fields."""

    reasoning: str | RepeatedText = ""
    text: str | RepeatedText = ""
    calls: tuple[ScriptedCall, ...] = ()
    usage: dict[str, Any] | None = None
    finish_reason: str = ""
    pace: float | None = None
    split: int = WORD_SIZED
    split_arguments: int = 16
    reasoning_key: ReasoningKey = "reasoning_content"
    index: bool = True
    repeat: int = 1
    fault: Fault | None = None


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole script; see the module for its fields."""

    steps: tuple[ScriptStep, ...] = ()
    by: Literal["count", "history"] = "count"
    pace: float = 0.0
    model: str = MODEL
    context_window: int = 262_144
    end: ScriptStep = ScriptStep(text="The script has ended.")

    def step(self, number: int) -> ScriptStep:
        """Return the step that is played as number `number`, counted from 1."""
        last = list(accumulate(step.repeat for step in self.steps))
        place = bisect_left(last, number)
        return self.steps[place] if place < len(last) else self.end


def load_script(path: Path) -> Script:
    """Return the script in a file; raises `ScriptError`."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"cannot read the script {path}: {error}") from None
    try:
        return msgspec.convert(_from_lines(text) if path.suffix == ".jsonl" else json.loads(text), Script)
    except (ValueError, msgspec.ValidationError) as error:
        raise ScriptError(f"the script {path} is not valid: {error}") from None


def _from_lines(text: str) -> dict[str, Any]:
    """Return the object that a script in JSON Lines represents."""
    lines = [json.loads(line) for line in text.splitlines() if line.strip()]
    settings = [line["script"] for line in lines if isinstance(line, dict) and "script" in line]
    steps = [line for line in lines if not (isinstance(line, dict) and "script" in line)]
    if len(settings) > 1 or not all(isinstance(setting, dict) for setting in settings):
        raise ValueError('only one line {"script": {...}} may hold settings')
    return {**(settings[0] if settings else {}), "steps": steps}


def _fill_number(value: Any, number: int) -> Any:
    """`value` with `{n}` replaced by the step's number in every text of it."""
    if isinstance(value, str):
        return value.replace("{n}", str(number))
    if isinstance(value, list):
        return [_fill_number(item, number) for item in value]
    if isinstance(value, dict):
        return {_fill_number(key, number): _fill_number(item, number) for key, item in value.items()}
    return value


def _step_text(text: str | RepeatedText, number: int) -> str:
    """Return a step's text unchanged sent."""
    whole = text.text * text.times if isinstance(text, RepeatedText) else text
    return whole.replace("{n}", str(number))


class ScriptedModel:
    """Plays a script once per server, counting the requests."""

    description = "Exact replies from a script. No neural model."

    def __init__(self, script: Script, pace: float | None = None) -> None:
        self._script = script
        self._pace = script.pace if pace is None else pace
        self._played = 0
        self._faults: Counter[int] = Counter()
        self.model = script.model
        self.context_window = script.context_window

    async def reply(self, request: ChatRequest) -> PlannedReply:
        """Return the reply to this request; which step it is depends on the script's `by`."""
        if self._script.by == "history":
            number = 1 + sum(message.role == "assistant" for message in request.messages)
        else:
            number = self._played + 1
        step = self._script.step(number)
        fault = step.fault
        if fault and fault.times and self._faults[number] >= fault.times:
            fault = None
        if fault and fault.times:
            self._faults[number] += 1
        else:
            self._played += 1
        return self._plan(step, number, fault, sum(len(message.calls) for message in request.messages))

    def _plan(self, step: ScriptStep, number: int, fault: Fault | None, calls_before: int) -> PlannedReply:
        """Return a step as a reply, its calls numbered on from those in the request."""
        calls = []
        for place, call in enumerate(step.calls, calls_before):
            name, arguments = _fill_number(call.name, number), _fill_number(call.arguments, number)
            if not isinstance(arguments, str):
                arguments = json.dumps(arguments, ensure_ascii=False)
            calls.append(PlannedCall(call.id or f"functions.{name}:{place}", name, arguments))
        return PlannedReply(
            reasoning=_step_text(step.reasoning, number),
            text=_step_text(step.text, number),
            calls=tuple(calls),
            finish_reason=step.finish_reason,
            usage=step.usage,
            pace=self._pace if step.pace is None else step.pace,
            split=step.split,
            split_arguments=step.split_arguments,
            reasoning_key=step.reasoning_key,
            with_index=step.index,
            fault=fault,
        )
