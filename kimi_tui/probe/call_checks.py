"""Check tool calls: one, several in one reply, after an observation, and the share of valid calls.

The model's own slips and the server's are not told apart, because a session suffers both alike; what kimi-tui mends
is said, and what it cannot mend is red.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from kimi_tui.events import Grade, ServerFinding
from kimi_tui.probe.probe_client import ProbeClient, ProbeReply, unjudged_finding
from kimi_tui.probe.prompts import (
    THINK,
    TOOL,
    ProbeToolArguments,
    parallel_calls_prompt,
    second_turn_prompt,
    single_call_prompt,
)
from kimi_tui.probe.remedies import find_remedy
from kimi_tui.probe.server_identity import ServerIdentity
from kimi_tui.providers.capabilities import find_capability

_MIN_VALID_SHARE = 0.8
"""Share of valid calls below which a long session fails at every other step."""


class SecondTurnCheck(msgspec.Struct, frozen=True):
    """The check of a reply after an observation."""

    finding: ServerFinding
    """How it is judged."""
    splits_thinking: bool = True
    """False when the reasoning ran over into the answer."""


def check_single_call(heard: ProbeReply, identity: ServerIdentity) -> ServerFinding:
    """Check whether the one requested call arrived."""
    return _arrived("single call", heard, 1, identity)


async def check_parallel_calls(asker: ProbeClient, identity: ServerIdentity) -> ServerFinding:
    """Ask for two calls in one reply."""
    return _arrived("parallel calls", await asker.ask(parallel_calls_prompt(), tools=[TOOL]), 2, identity)


def _arrived(name: str, heard: ProbeReply, wanted: int, identity: ServerIdentity) -> ServerFinding:
    """Return whether as many calls came as were asked for, as calls."""
    if heard.failed:
        return unjudged_finding(name, heard, "red", find_remedy("stalled", identity))
    calls = heard.reply.calls if heard.reply else ()
    if not calls:
        why = f" ({heard.error.message.rstrip('.')})" if heard.error else ""
        grade: Grade = "red" if wanted == 1 else "amber"
        return ServerFinding(
            name, grade, f"the model was asked for {wanted} and none came{why}", find_remedy("calls", identity)
        )
    if heard.calls_on_wire < len(calls):
        detail = "written into the text as markers; kimi-tui takes them out, and marks them as recovered"
        return ServerFinding(name, "amber", detail, find_remedy("calls", identity))
    if len(calls) < wanted:
        return ServerFinding(name, "amber", f"{len(calls)} came of {wanted}: steps take longer, nothing else")
    return ServerFinding(name, "green", f"{len(calls)} came, {heard.exchange.first_byte:.1f} s to the first byte")


async def check_second_turn(
    asker: ProbeClient, identity: ServerIdentity, keys: tuple[str, ...], first: ProbeReply | None = None
) -> SecondTurnCheck:
    """Go on after an observation, where some servers let reasoning run into the answer; `first` is a first reply."""
    heard = await asker.ask(second_turn_prompt(keys), tools=[TOOL])
    name = "second turn"
    if heard.failed:
        return SecondTurnCheck(unjudged_finding(name, heard, "red", find_remedy("stalled", identity)))
    if not leaks_thinking(heard, first):
        return SecondTurnCheck(ServerFinding(name, "green", _apart(heard)))
    if find_capability(
        asker.model
    ).template_switch:  # what passes the tags through would switch this model's thinking off
        detail = "reasoning runs into the answer, and the parser cannot be made to pass on this model's tags"
        return SecondTurnCheck(
            ServerFinding(name, "red", detail, find_remedy("leak, switch", identity)), splits_thinking=False
        )
    workaround = await asker.ask(second_turn_prompt(keys), tools=[TOOL], chat_template_kwargs={"thinking": False})
    if workaround.reply is None or any(tag in workaround.reply.text for tag in THINK):
        detail = "reasoning runs into the answer, and cannot be separated from it"
        return SecondTurnCheck(ServerFinding(name, "red", detail, find_remedy("leak", identity)), splits_thinking=False)
    detail = "reasoning runs into the answer; kimi-tui's workaround was tried and works"
    return SecondTurnCheck(ServerFinding(name, "amber", detail, find_remedy("leak", identity)), splits_thinking=False)


def _apart(heard: ProbeReply) -> str:
    """Return how reasoning and answer were separated."""
    if heard.reasoning:
        return "reasoning and answer come apart"
    return "kimi-tui takes reasoning and answer apart" if THINK[1] in heard.content else "an answer without reasoning"


def leaks_thinking(heard: ProbeReply, first: ProbeReply | None = None) -> bool:
    """Return whether thinking started in the answer and its end marker was lost.

    A reply that was cut, or is not read to its end, may be of a server without a parser: where `first`, a reply
    before any observation, has no tags in its answer, there is one.
    """
    begin, end = THINK
    begun = begin in heard.content and end not in heard.content
    ended = heard.finish_reason not in ("", "length")
    return begun and (ended or first is None or begin not in first.content)


async def check_schema_accuracy(
    asker: ProbeClient, identity: ServerIdentity, first: ProbeReply, calls: int
) -> ServerFinding:
    """Measure the share of `calls` replies, including the first, that hold only valid calls."""
    others = await asyncio.gather(*(asker.ask(single_call_prompt(n), tools=[TOOL]) for n in range(1, calls)))
    replies = [heard for heard in (first, *others) if heard.reply is not None and heard.reply.calls]
    valid = sum(_valid(heard) for heard in replies)
    stalled = [heard for heard in others if heard.exchange.stalled]
    if stalled:
        untried = all(heard.untried for heard in stalled)
        which = next(heard for heard in stalled if heard.untried == untried)
        return unjudged_finding("schema accuracy", which, "amber", find_remedy("stalled", identity), "not found out")
    silent = calls - len(replies)
    without = f"; {silent} of {calls} replies held none" if silent else ""
    if not replies:
        return ServerFinding(
            "schema accuracy", "red", f"no call came in {calls} replies", find_remedy("calls", identity)
        )
    detail = f"{valid} of {len(replies)} replies with calls are valid{without}"
    if valid == len(replies):
        return ServerFinding("schema accuracy", "amber" if silent else "green", detail)
    grade: Grade = "amber" if valid / len(replies) >= _MIN_VALID_SHARE else "red"
    return ServerFinding("schema accuracy", grade, detail, find_remedy("accuracy", identity))


def _valid(heard: ProbeReply) -> bool:
    """Return whether every call of a reply names the tool and obeys its schema to the letter."""
    assert heard.reply is not None
    return all(call.name == "note_figures" and _obeys(call.raw) for call in heard.reply.calls)


def _obeys(raw: str) -> bool:
    try:
        figure = msgspec.json.decode(raw, type=ProbeToolArguments)
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return False
    return figure.unit in ("EUR", "USD")


def has_first_frames(frames: Sequence[bytes]) -> bool:
    """Return whether enough of a stream came to see where its reasoning goes."""
    return sum(len(frame) for frame in frames) > 6_000 or len(frames) > 24
