"""The hook before a call: what a program of the person's is asked about a call, and what its answer changes.

The program reads one JSON object (`HookRequest`) on its standard input and writes one (`HookReply`) on its standard
output. Its answer can only make the policy's stricter, unless the settings say that it may also allow.
"""

from typing import Any

import msgspec

from kimi_tui.config import ApproveMode
from kimi_tui.config.tree import HookSettings
from kimi_tui.events import Effect, HookAnswered, Verdict
from kimi_tui.policy.rules import Ruling

HOOK_VERSION = 1
"""The version of request and reply."""
HOOK_RULE = "before-call-hook"
"""The rule by which a hook's answer decides."""


class HookRequest(msgspec.Struct, frozen=True):
    """The question about one call, as the program reads it."""

    session: str
    turn: int
    step: int
    call_id: str
    tool: str
    label: str
    """What the tool says this call is."""
    arguments: dict[str, Any]
    """What would run; untrusted."""
    effects: tuple[Effect, ...]
    """What the tool says it touches."""
    read_only: bool
    verdict: Verdict
    """What the rules say."""
    rule: str
    reason: str
    unexplained: str
    """What would leave that neither the person nor the receiver explains; empty if all is explained."""
    edited: bool
    """True when a person changed the arguments."""
    version: int = HOOK_VERSION
    event: str = "before_call"
    """What the program is asked about; one that knows others only should deny."""


class HookReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The program's answer."""

    verdict: Verdict
    reason: str = ""
    """For the person, and after a denial for the model."""
    version: int = HOOK_VERSION


def decode_reply(data: bytes) -> HookReply:
    """Return a program's answer; raises `ValueError` for anything else than exactly one."""
    try:
        reply = msgspec.json.decode(data, type=HookReply)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"its answer is none: {error}") from None
    if reply.version != HOOK_VERSION:
        raise ValueError(f"its answer has version {reply.version}, not {HOOK_VERSION}")
    return reply


def describe_answer(answer: HookAnswered) -> str:
    """Return a program's answer in words, for a person and after a denial for the model."""
    return f"{answer.hook} answers {answer.verdict}" + (f": {answer.reason}" if answer.reason else "")


def combine_with_hook(
    ruling: Ruling, answer: HookAnswered | None, settings: HookSettings, approve: ApproveMode, *, person: bool
) -> Ruling:
    """Return the ruling after a hook's answer; None leaves it unchanged."""
    if answer is None or ruling.verdict == "deny":
        return ruling
    words = describe_answer(answer)
    if answer.verdict == "deny":
        return Ruling("deny", HOOK_RULE, words)
    if answer.verdict == "allow":
        if ruling.verdict == "ask" and settings.may_allow:
            return Ruling("allow", HOOK_RULE, words)
        return ruling
    if ruling.verdict == "ask":
        return msgspec.structs.replace(ruling, reason=f"{ruling.reason}; {words}")
    if approve == "all":
        return Ruling("allow", HOOK_RULE, f"approved in advance (--approve all): {words}")
    if approve == "none" or not person:
        why = "--approve none" if approve == "none" else "nobody is there to ask"
        return Ruling("deny", HOOK_RULE, f"{words}; {why}, so it is refused: go another way")
    return Ruling("ask", HOOK_RULE, words)
