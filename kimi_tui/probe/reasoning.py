"""Whether reasoning comes out, and whether earlier reasoning is read again, and under which name.

What a server reads shows in its own count of the prompt: the same trajectory is counted with the reasoning under
each name, and without. Nothing is inferred from what the engine is called.
"""

import asyncio

import msgspec

from kimi_tui.events import ServerFinding
from kimi_tui.probe.asking import REASONING_KEYS, Asker, Heard, unjudged
from kimi_tui.probe.identity import LLAMACPP, VLLM, Identity
from kimi_tui.probe.mends import mend
from kimi_tui.probe.prompts import REASONING, THINK, TOOL, second_turn
from kimi_tui.providers.markers import K3_END_THINK, K3_THINK

_NAME_OUT, _NAME_IN = "reasoning out", "reasoning in"


class ReadKeys(msgspec.Struct, frozen=True):
    """Which names earlier reasoning is read under."""

    finding: ServerFinding
    """How it is judged."""
    keys: tuple[str, ...] = ()
    """The names; empty when it was not found out, or when it is not read at all."""


def reasoning_out(heard: Heard, identity: Identity) -> ServerFinding:
    """How the reasoning of a first reply came."""
    keys = [key for key in REASONING_KEYS if heard.reasoning.get(key)]
    if len(keys) > 1:
        return ServerFinding(_NAME_OUT, "green", "the same text comes under two names; it is read once")
    if keys:
        return ServerFinding(_NAME_OUT, "green", f"under `{keys[0]}`")
    if any(tag in heard.content for tag in (*THINK, K3_THINK, K3_END_THINK)):
        told = "inside the answer, between the model's tags; kimi-tui takes it out"
        return ServerFinding(_NAME_OUT, "amber", told, mend(_NAME_OUT, identity))
    return ServerFinding(_NAME_OUT, "amber", "none came", mend(_NAME_OUT, identity))


async def reasoning_in(asker: Asker, identity: Identity) -> ReadKeys:
    """Count one trajectory without reasoning and with it under each name; llama.cpp just shows what it would read."""
    if identity.engine == LLAMACPP and (shown := await _by_template(asker)) is not None:
        return ReadKeys(_judged(shown, identity), shown)
    heard = await asyncio.gather(
        *(asker.count(second_turn(keys), tools=[TOOL]) for keys in ((), *((key,) for key in REASONING_KEYS)))
    )
    without, *under = heard
    if without.exchange.status == 400 and "reasoning_content" in without.failed:
        told = "it insists on `reasoning_content`, which is sent"
        return ReadKeys(ServerFinding(_NAME_IN, "green", told), ("reasoning_content",))
    failed = next((one for one in heard if one.failed and (one is without or one.exchange.status != 400)), None)
    if failed is not None:
        return ReadKeys(unjudged(_NAME_IN, failed, "amber", mend("stalled", identity), "not found out"))
    base = without.prompt_tokens
    if base is None or all(one.prompt_tokens is None for one in under):
        told = "not found out, because the server counts no tokens; it is sent under both names"
        return ReadKeys(ServerFinding(_NAME_IN, "amber", told, mend("usage", identity)))
    read = tuple(key for key, one in zip(REASONING_KEYS, under, strict=True) if (one.prompt_tokens or 0) > base)
    return ReadKeys(_judged(read, identity), read)


async def _by_template(asker: Asker) -> tuple[str, ...] | None:
    """The names under which reasoning gets into the prompt; None when the server does not show its prompts."""
    read = []
    for key in REASONING_KEYS:
        body = {"messages": second_turn((key,)), "tools": [TOOL]}
        shown = (await asker.client.post_at_root("/apply-template", body, asker.seconds)).json()
        prompt = shown.get("prompt") if isinstance(shown, dict) else None
        if not isinstance(prompt, str):
            return None
        if REASONING in prompt:
            read.append(key)
    return tuple(read)


def _judged(read: tuple[str, ...], identity: Identity) -> ServerFinding:
    if not read:
        told = (
            "earlier reasoning does not reach the model under any name, and it goes on from less than it was trained to"
        )
        return ServerFinding(_NAME_IN, "red", told, mend(_NAME_IN, identity))
    if len(read) == len(REASONING_KEYS):
        return ServerFinding(_NAME_IN, "green", "read under both names")
    later = "vLLM 0.22 and later read both names" if identity.engine == VLLM else ""
    return ServerFinding(_NAME_IN, "green", f"read under `{read[0]}` alone, and sent there", later)
