"""The extractive researcher: a fixed plan and word statistics behind the interface of a model.

It is no neural model and says so in every step. It is stateless: the next step follows from the request's messages
and offered tools alone, so any client, session or recording may go on with it at any point.
"""

import asyncio
import json

from kimi_tui.embedded.chat_requests import ChatRequest
from kimi_tui.embedded.reply_chunks import PlannedCall, PlannedReply
from kimi_tui.embedded.research_plan import MAX_CALLS, PLAN, NextStep, Proposal, decide_next_step
from kimi_tui.embedded.turn_history import TurnHistory, read_turn_history

MODEL = "extractive-researcher"
"""The researcher's model id."""
WORDS_PER_SECOND = 400.0
"""Words a second that it streams at, so that a person can watch."""
DISCLOSURE = (
    "I have no neural model: I follow a fixed plan and rank sentences by the words they share with the question."
)
"""The first line of every reasoning."""


class Researcher:
    """Answers requests as the extractive researcher."""

    model = MODEL
    description = (
        "No neural model: a fixed plan of searches, and quotes ranked by shared words (BM25). "
        "For trying out and testing, not for judgement."
    )
    context_window = 262_144

    def __init__(self, pace: float = WORDS_PER_SECOND) -> None:
        """`pace` is words a second, 0 for no delay."""
        self._pace = pace

    async def reply(self, request: ChatRequest) -> PlannedReply:
        """Return the next step of the turn, worked out in a thread so that other requests go on."""
        return await asyncio.to_thread(plan_reply, request, self._pace)


def plan_reply(request: ChatRequest, pace: float = 0.0) -> PlannedReply:
    """Return the next step of the turn described by a request's messages."""
    trail = read_turn_history(request)
    step = decide_next_step(trail)
    calls = (*_plan_update(trail, step), *step.calls)
    return PlannedReply(
        reasoning=f"{DISCLOSURE}\n{_explain_failures(trail)}{step.why}",
        text=step.text,
        calls=tuple(
            PlannedCall(f"functions.{call.tool}:{number}", call.tool, json.dumps(call.arguments, ensure_ascii=False))
            for number, call in enumerate(calls, trail.calls_sent)
        ),
        pace=pace,
    )


def _plan_update(trail: TurnHistory, step: NextStep) -> tuple[Proposal, ...]:
    """Return an update of the plan when this step is in another stage than the one last noted."""
    if step.stage < 0 or trail.closing or not trail.offers("update_plan") or len(trail.turn) >= MAX_CALLS:
        return ()
    states = ["done" if n < step.stage else "doing" if n == step.stage else "open" for n in range(len(PLAN))]
    arguments = {"steps": [{"text": text, "state": state} for text, state in zip(PLAN, states, strict=True)]}
    noted = [one.arguments for one in trail.turn if one.tool == "update_plan"]
    return () if noted and noted[-1] == arguments else (Proposal("update_plan", arguments),)


def _explain_failures(trail: TurnHistory) -> str:
    """Return what failed in the last step, and the consequence; empty when nothing did."""
    words = {"vetoed": "was vetoed", "denied": "was denied", "error": "failed", "not-found": "found nothing"}
    lines = []
    for tool, outcome in dict.fromkeys((one.tool, one.outcome) for one in trail.last):
        if outcome in words and tool != "submit_memo":
            count = sum(one.tool == tool and one.outcome == outcome for one in trail.last)
            lines.append(f"{tool} {words[outcome]}{f' {count} times' if count > 1 else ''}")
    if not lines:
        return ""
    return f"In the last step {', '.join(lines)}; I do not repeat that, go another way, and the memo will say so. "
