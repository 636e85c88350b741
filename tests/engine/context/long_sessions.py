"""Sessions that are too long for their window, for the tests of compaction."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from kimi_tui.embedded.chat_requests import ChatRequest
from kimi_tui.embedded.reply_chunks import PlannedReply
from kimi_tui.embedded.script import RepeatedText, Script, ScriptedModel, ScriptStep
from kimi_tui.events import ContextCompacted
from kimi_tui.tools.base import Observation, ToolContext
from tests.engine.kit import Lookup, Scene, Word, call

WINDOW = 12_000


LONG = RepeatedText("word ", 480)
"""600 tokens of reasoning."""


class Writer(ScriptedModel):
    """The scripted model, which writes a checkpoint when it is asked for one instead of playing its next step."""

    def __init__(self, steps: tuple[ScriptStep, ...], checkpoint: Callable[[int], PlannedReply]) -> None:
        super().__init__(Script(steps=steps, context_window=WINDOW))
        self.asked: list[ChatRequest] = []
        """The requests for a checkpoint."""
        self._checkpoint = checkpoint

    async def reply(self, request: ChatRequest) -> PlannedReply:
        if "folded into a checkpoint" in request.messages[-1].content:
            self.asked.append(request)
            return self._checkpoint(len(self.asked))
        return await super().reply(request)


def found(*findings: tuple[str, str], **more: Any) -> PlannedReply:
    """A usable checkpoint."""
    listed = [{"text": text, "evidence": [evidence]} for text, evidence in findings]
    return PlannedReply(reasoning="I sum up.", text=json.dumps({"findings": listed, **more}))


def looking(count: int) -> tuple[ScriptStep, ...]:
    """So many steps, each with its own word and 600 tokens of reasoning."""
    return tuple(ScriptStep(reasoning=LONG, calls=(call("lookup", f"word{n}"),), split=0) for n in range(count))


class Wide(Lookup):
    """Reads much at once."""

    name: ClassVar[str] = "wide"

    async def run(self, arguments: Word, context: ToolContext) -> Observation:
        observation = await super().run(arguments, context)
        return msgspec.structs.replace(observation, text=f"{observation.text} {'and so on ' * 400}")


def widely(count: int) -> tuple[ScriptStep, ...]:
    """So many steps with 1,000 tokens of result each."""
    return tuple(ScriptStep(calls=(call("wide", f"word{n}"),)) for n in range(count))


def folds(stage: Scene) -> list[ContextCompacted]:
    return [event for event in stage.events(ContextCompacted) if event.kind == "fold"]
