"""Check whether reasoning is returned, and under which field earlier reasoning is read again.

What a server reads shows in its own count of the prompt: the same trajectory is counted with the reasoning under
each name, and without. Nothing is inferred from what the engine is called.
"""

import asyncio

import msgspec

from kimi_tui.events import ServerFinding
from kimi_tui.probe.probe_client import REASONING_KEYS, ProbeClient, ProbeReply, unjudged_finding
from kimi_tui.probe.prompts import REASONING, THINK, TOOL, second_turn_prompt
from kimi_tui.probe.remedies import find_remedy
from kimi_tui.probe.server_identity import LLAMACPP, VLLM, ServerIdentity
from kimi_tui.providers.markers import K3_END_THINK, K3_THINK

_NAME_OUT, _NAME_IN = "reasoning out", "reasoning in"


class ReasoningKeys(msgspec.Struct, frozen=True):
    """The fields under which earlier reasoning is read."""

    finding: ServerFinding
    """How it is judged."""
    keys: tuple[str, ...] = ()
    """The names; empty when it was not found out, or when it is not read at all."""


def check_reasoning_out(heard: ProbeReply, identity: ServerIdentity) -> ServerFinding:
    """Return how the reasoning of a first reply came."""
    keys = [key for key in REASONING_KEYS if heard.reasoning.get(key)]
    if len(keys) > 1:
        return ServerFinding(_NAME_OUT, "green", "the same text comes under two names; it is read once")
    if keys:
        return ServerFinding(_NAME_OUT, "green", f"under `{keys[0]}`")
    if any(tag in heard.content for tag in (*THINK, K3_THINK, K3_END_THINK)):
        detail = "inside the answer, between the model's tags; kimi-tui takes it out"
        return ServerFinding(_NAME_OUT, "amber", detail, find_remedy(_NAME_OUT, identity))
    return ServerFinding(_NAME_OUT, "amber", "none came", find_remedy(_NAME_OUT, identity))


async def check_reasoning_in(asker: ProbeClient, identity: ServerIdentity) -> ReasoningKeys:
    """Count one trajectory without and with reasoning under each field; llama.cpp shows the rendered prompt instead."""
    if identity.engine == LLAMACPP and (shown := await _keys_in_template(asker)) is not None:
        return ReasoningKeys(_reasoning_in_finding(shown, identity), shown)
    heard = await asyncio.gather(
        *(
            asker.count_tokens(second_turn_prompt(keys), tools=[TOOL])
            for keys in ((), *((key,) for key in REASONING_KEYS))
        )
    )
    without, *under = heard
    if without.exchange.status == 400 and "reasoning_content" in without.failed:
        detail = "it insists on `reasoning_content`, which is sent"
        return ReasoningKeys(ServerFinding(_NAME_IN, "green", detail), ("reasoning_content",))
    failed = next((one for one in heard if one.failed and (one is without or one.exchange.status != 400)), None)
    if failed is not None:
        return ReasoningKeys(
            unjudged_finding(_NAME_IN, failed, "amber", find_remedy("stalled", identity), "not found out")
        )
    base = without.prompt_tokens
    if base is None or all(one.prompt_tokens is None for one in under):
        detail = "not found out, because the server counts no tokens; it is sent under both names"
        return ReasoningKeys(ServerFinding(_NAME_IN, "amber", detail, find_remedy("usage", identity)))
    read = tuple(key for key, one in zip(REASONING_KEYS, under, strict=True) if (one.prompt_tokens or 0) > base)
    return ReasoningKeys(_reasoning_in_finding(read, identity), read)


async def _keys_in_template(asker: ProbeClient) -> tuple[str, ...] | None:
    """Return the fields whose reasoning reaches the prompt; None when the server does not show prompts."""
    read = []
    for key in REASONING_KEYS:
        body = {"messages": second_turn_prompt((key,)), "tools": [TOOL]}
        shown = (await asker.client.post_at_root("/apply-template", body, asker.seconds)).json()
        prompt = shown.get("prompt") if isinstance(shown, dict) else None
        if not isinstance(prompt, str):
            return None
        if REASONING in prompt:
            read.append(key)
    return tuple(read)


def _reasoning_in_finding(read: tuple[str, ...], identity: ServerIdentity) -> ServerFinding:
    if not read:
        detail = (
            "earlier reasoning does not reach the model under any name, and it goes on from less than it was trained to"
        )
        return ServerFinding(_NAME_IN, "red", detail, find_remedy(_NAME_IN, identity))
    if len(read) == len(REASONING_KEYS):
        return ServerFinding(_NAME_IN, "green", "read under both names")
    later = "vLLM 0.22 and later read both names" if identity.engine == VLLM else ""
    return ServerFinding(_NAME_IN, "green", f"read under `{read[0]}` alone, and sent there", later)
