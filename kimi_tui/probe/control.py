"""Whether the server itself can end a thinking that has gone on for too long, so that the reply need not be lost."""

import msgspec

from kimi_tui.events import ServerFinding
from kimi_tui.probe.asking import Asker, unjudged
from kimi_tui.probe.identity import LLAMACPP, VLLM, Identity
from kimi_tui.probe.mends import for_family, mend
from kimi_tui.probe.prompts import single

_NAME = "thinking cap"
_FIELD = "thinking_token_budget"
_BY_KIMI_TUI = "kimi-tui ends the stream at the cap, and asks again"


class Control(msgspec.Struct, frozen=True):
    """What can be done about thinking."""

    finding: ServerFinding
    """What is said of it."""
    budget: bool = False
    """Whether a number of tokens given with the request is obeyed."""
    live: bool = False
    """Whether it can be told while it streams."""


async def thinking_control(asker: Asker, identity: Identity) -> Control:
    """Ask whether the server knows its engine's way."""
    if identity.engine == VLLM:
        return await _budget(asker, identity)
    if identity.engine == LLAMACPP:
        return await _live(asker)
    return Control(ServerFinding(_NAME, "green", _BY_KIMI_TUI))


async def _budget(asker: Asker, identity: Identity) -> Control:
    """A version that knows the field refuses a value of the wrong type; one that does not takes anything."""
    wrong = await asker.count(single(), **{_FIELD: "many"})
    if wrong.failed and not wrong.exchange.status:
        return Control(unjudged(_NAME, wrong, "amber", mend("stalled", identity), "not found out"))
    if wrong.exchange.status not in (400, 422):
        later = "later versions of vLLM end it themselves"
        return Control(ServerFinding(_NAME, "green", _BY_KIMI_TUI, later))
    right = await asker.count(single(), **{_FIELD: 64})
    if right.exchange.status == 200:
        return Control(
            ServerFinding(_NAME, "green", "the server ends thinking at `thinking_token_budget`"), budget=True
        )
    if right.failed and not right.exchange.status:
        return Control(unjudged(_NAME, right, "amber", mend("stalled", identity), "not found out"))
    mending = for_family(
        'start vLLM with --reasoning-parser kimi_k2 and --reasoning-config {"reasoning_start_str": "<think>", '
        '"reasoning_end_str": "</think>"}',
        identity,
    )
    return Control(
        ServerFinding(_NAME, "amber", f"`thinking_token_budget` is known, but refused; {_BY_KIMI_TUI}", mending)
    )


async def _live(asker: Asker) -> Control:
    """A build without the control says that there is no such place."""
    answer = await asker.client.post("/chat/completions/control", {}, asker.seconds)
    if answer.status in (0, 404, 405, 501):
        return Control(
            ServerFinding(_NAME, "green", _BY_KIMI_TUI, "later builds of llama-server can be told to end it")
        )
    return Control(ServerFinding(_NAME, "green", "the server is told to end thinking while it streams"), live=True)
