"""The answer of the person's program: read strictly, and only ever stricter than the rules unless settings say so."""

import pytest

from kimi_tui.config import ApproveMode
from kimi_tui.config.tree import HookSettings
from kimi_tui.events import HookAnswered, Verdict
from kimi_tui.policy.hook_protocol import HOOK_RULE, HookReply, combine_with_hook, decode_reply
from kimi_tui.policy.rules import Ruling

STRICT, TRUSTED = HookSettings(("guard",)), HookSettings(("guard",), may_allow=True)
RULES: dict[Verdict, Ruling] = {
    "allow": Ruling("allow", "reads-only", "it reads"),
    "ask": Ruling("ask", "leaves-the-building", "it sends", "t network a"),
    "deny": Ruling("deny", "denied-host", "forbidden"),
}


def _combined(
    rules: Verdict, answer: Verdict, settings: HookSettings, approve: ApproveMode = "policy", *, person: bool = True
) -> Ruling:
    answered = HookAnswered("c1", "guard", answer, "a reason", "")
    return combine_with_hook(RULES[rules], answered, settings, approve, person=person)


@pytest.mark.parametrize(
    ("rules", "answer", "settings", "verdict", "rule"),
    [
        ("allow", "allow", STRICT, "allow", "reads-only"),
        ("allow", "ask", STRICT, "ask", HOOK_RULE),
        ("allow", "deny", STRICT, "deny", HOOK_RULE),
        ("ask", "allow", STRICT, "ask", "leaves-the-building"),
        ("ask", "ask", STRICT, "ask", "leaves-the-building"),
        ("ask", "deny", STRICT, "deny", HOOK_RULE),
        ("deny", "allow", STRICT, "deny", "denied-host"),
        ("ask", "allow", TRUSTED, "allow", HOOK_RULE),
        ("deny", "allow", TRUSTED, "deny", "denied-host"),
        ("allow", "deny", TRUSTED, "deny", HOOK_RULE),
    ],
)
def test_combine_with_hook_tightens_and_allows_only_by_the_setting(
    rules: Verdict, answer: Verdict, settings: HookSettings, verdict: Verdict, rule: str
) -> None:
    ruling = _combined(rules, answer, settings)
    assert (ruling.verdict, ruling.rule) == (verdict, rule)


def test_combine_with_hook_shows_its_reason_beside_that_of_the_rules() -> None:
    ruling = _combined("ask", "ask", STRICT)
    assert (ruling.reason, ruling.pattern) == ("it sends; guard answers ask: a reason", "t network a")


@pytest.mark.parametrize(
    ("approve", "person", "verdict"),
    [("all", True, "allow"), ("all", False, "allow"), ("none", True, "deny"), ("policy", False, "deny")],
)
def test_hook_that_asks_is_answered_in_advance_or_refused_without_a_person(
    approve: ApproveMode, person: bool, verdict: Verdict
) -> None:
    assert _combined("allow", "ask", STRICT, approve, person=person).verdict == verdict
    assert _combined("allow", "deny", STRICT, approve, person=person).verdict == "deny"


def test_decode_reply_takes_exactly_one_answer() -> None:
    assert decode_reply(b' {"verdict": "deny", "reason": "no"}\n') == HookReply("deny", "no")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"allow", b"[]", b'{"verdict": "maybe"}', b'{"reason": "no verdict"}', b'{"verdict": "allow", "also": 1}',
        b'{"verdict": "allow"}{"verdict": "deny"}', b'{"verdict": "allow", "version": 2}', b'{"verdict": "\xff"}',
        b'{"verdict": "allow", "reason": 3}', b"\x00",
    ],
)  # fmt: skip
def test_decode_reply_refuses_anything_else(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"its answer"):
        decode_reply(data)
