"""The simulated model: steps of set sizes, a checkpoint when it is asked for one, a memo at the end.

It looks at each prompt as a server would and notes what of it had to be read again, and whether the question, the
orders and the plan stand in it word for word.
"""

import json
import re

import msgspec

from kimi_tui.embedded.chat_requests import ChatRequest
from kimi_tui.embedded.reply_chunks import PlannedCall, PlannedReply
from kimi_tui.embedded.usage import common_prefix, count_tokens, render_prompt
from tools.simulator.workload import CHARS_PER_TOKEN, ORDERS, PLAN, QUESTION, Workload, pad_to_tokens, topic_value

MODEL = "simulated"
_CHECKPOINT_ORDER = "folded into a checkpoint"
_FOUND = re.compile(r"^\[(S\d+)\] (Topic \d+ has the value \d+)\.")


class PromptSize(msgspec.Struct, frozen=True):
    """The size of one prompt, in tokens."""

    tokens: int
    shared: int
    """Its beginning that the prompt before had as well."""
    earlier: int
    """All of it but the last reply and what came behind that: what could have been shared."""
    whole: bool
    """True when everything stood in it that must."""
    checkpoint: bool
    """True when it asked for a checkpoint."""

    @property
    def reread(self) -> int:
        """Return the tokens that the server had read before and had to read again."""
        return max(self.earlier - self.shared, 0)


class SimulatedModel:
    """A character of the embedded server."""

    model = MODEL
    description = "Steps of set sizes. No neural model."

    def __init__(self, workload: Workload) -> None:
        self.context_window = workload.window
        self.prompts: list[PromptSize] = []
        """One for each request."""
        self.orders_seen: set[str] = set()
        self._workload = workload
        self._steps = 0
        self._before: tuple[str, ...] = ()

    async def reply(self, request: ChatRequest) -> PlannedReply:
        """The next step, or a checkpoint."""
        asked = request.messages[-1]
        checkpoint = asked.role == "user" and _CHECKPOINT_ORDER in asked.content
        self._note(request, checkpoint)
        if checkpoint:
            return PlannedReply(reasoning=pad_to_tokens("", 200), text=_checkpoint(request), split=0)
        self._steps += 1
        number = sum(len(message.calls) for message in request.messages)
        if self._steps > self._workload.calls:
            return self._answer(number)
        calls: list[tuple[str, dict[str, object]]] = [("look_up", {"topic": self._steps})]
        if self._steps == 1:
            plan = [{"text": text, "state": "open"} for text in PLAN]
            calls.insert(0, ("update_plan", {"steps": plan}))
        reasoning = pad_to_tokens(f"Topic {self._steps} comes next.", self._workload.reasoning)
        return PlannedReply(reasoning=reasoning, calls=_planned(calls, number), split=4_000, split_arguments=0)

    def _answer(self, number: int) -> PlannedReply:
        last = self._workload.calls
        text = f"Topic {last} has the value {topic_value(last)} [S{last} p.1]."
        calls: list[tuple[str, dict[str, object]]] = [
            ("submit_memo", {"title": "The record", "memo": text, "final": True})
        ]
        return PlannedReply(reasoning="That was all.", calls=_planned(calls, number), split=0)

    def _note(self, request: ChatRequest, checkpoint: bool) -> None:
        blocks = render_prompt(request)
        last = max((n for n, message in enumerate(request.messages) if message.role == "assistant"), default=0)
        text = "".join(blocks[1:])
        self.orders_seen |= {order for order in ORDERS if order in text}
        needed = {QUESTION, *self.orders_seen, *(PLAN if self._steps else ())}
        self.prompts.append(
            PromptSize(
                tokens=sum(count_tokens(block) for block in blocks),
                shared=common_prefix(blocks, self._before) // CHARS_PER_TOKEN,
                earlier=sum(len(block) for block in blocks[: last + 1]) // CHARS_PER_TOKEN,
                whole=all(words in text for words in needed),
                checkpoint=checkpoint,
            )
        )
        self._before = blocks if not checkpoint else self._before


def _planned(calls: list[tuple[str, dict[str, object]]], number: int) -> tuple[PlannedCall, ...]:
    return tuple(
        PlannedCall(f"functions.{name}:{place}", name, json.dumps(arguments))
        for place, (name, arguments) in enumerate(calls, number)
    )


def _checkpoint(request: ChatRequest) -> str:
    """Return the facts from the observations that are still shown in full."""
    found = [_FOUND.match(message.content) for message in request.messages if message.role == "tool"]
    findings = [{"text": f"{match[2]}.", "evidence": [f"{match[1]} p.1"]} for match in found if match]
    return json.dumps({"findings": findings, "gaps": ["The topics that follow."], "next_step": "The next topic."})
