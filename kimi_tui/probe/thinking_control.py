"""Check whether the server can end long thinking, so that the reply is not lost."""

import msgspec

from kimi_tui.events import ServerFinding
from kimi_tui.probe.probe_client import ProbeClient, unjudged_finding
from kimi_tui.probe.prompts import single_call_prompt
from kimi_tui.probe.remedies import adapt_to_family, find_remedy
from kimi_tui.probe.server_identity import LLAMACPP, VLLM, ServerIdentity

_NAME = "thinking cap"
_FIELD = "thinking_token_budget"
_BY_KIMI_TUI = "kimi-tui ends the stream at the cap, and asks again"


class ThinkingControl(msgspec.Struct, frozen=True):
    """How thinking can be limited on this server."""

    finding: ServerFinding
    """What is said of it."""
    budget: bool = False
    """True when a number of tokens given with the request is obeyed."""
    live: bool = False
    """True when it can be told while it streams."""


async def check_thinking_control(asker: ProbeClient, identity: ServerIdentity) -> ThinkingControl:
    """Check whether the server supports the control of its engine."""
    if identity.engine == VLLM:
        return await _check_token_budget(asker, identity)
    if identity.engine == LLAMACPP:
        return await _check_live_control(asker)
    return ThinkingControl(ServerFinding(_NAME, "green", _BY_KIMI_TUI))


async def _check_token_budget(asker: ProbeClient, identity: ServerIdentity) -> ThinkingControl:
    """Send a value of the wrong type: a version that knows the field refuses it."""
    wrong = await asker.count_tokens(single_call_prompt(), **{_FIELD: "many"})
    if wrong.failed and not wrong.exchange.status:
        return ThinkingControl(
            unjudged_finding(_NAME, wrong, "amber", find_remedy("stalled", identity), "not found out")
        )
    if wrong.exchange.status not in (400, 422):
        later = "later versions of vLLM end it themselves"
        return ThinkingControl(ServerFinding(_NAME, "green", _BY_KIMI_TUI, later))
    right = await asker.count_tokens(single_call_prompt(), **{_FIELD: 64})
    if right.exchange.status == 200:
        return ThinkingControl(
            ServerFinding(_NAME, "green", "the server ends thinking at `thinking_token_budget`"), budget=True
        )
    if right.failed and not right.exchange.status:
        return ThinkingControl(
            unjudged_finding(_NAME, right, "amber", find_remedy("stalled", identity), "not found out")
        )
    remedy = adapt_to_family(
        'start vLLM with --reasoning-parser kimi_k2 and --reasoning-config {"reasoning_start_str": "<think>", '
        '"reasoning_end_str": "</think>"}',
        identity,
    )
    return ThinkingControl(
        ServerFinding(_NAME, "amber", f"`thinking_token_budget` is known, but refused; {_BY_KIMI_TUI}", remedy)
    )


async def _check_live_control(asker: ProbeClient) -> ThinkingControl:
    """Check for the control path: a build without it answers that there is no such path."""
    answer = await asker.client.post("/chat/completions/control", {}, asker.seconds)
    if answer.status in (0, 404, 405, 501):
        return ThinkingControl(
            ServerFinding(_NAME, "green", _BY_KIMI_TUI, "later builds of llama-server can end it on request")
        )
    return ThinkingControl(
        ServerFinding(_NAME, "green", "the server ends thinking on request while it streams"), live=True
    )
