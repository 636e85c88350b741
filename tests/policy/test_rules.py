"""The rules as a table: this call, in this session, is allowed, asked or denied."""

import pytest

from kimi_tui.config import ApproveMode, PolicySettings
from kimi_tui.config.tree import DeskQueries
from kimi_tui.events import Effect, Verdict
from kimi_tui.policy.rules import RULES, CallFacts, PolicyState, Ruling, changes_something, decide, digest_policy

READ = Effect("read", "a.pdf")
HOST = Effect("network", "www.example.org")
BASE = Effect("query", "finance.sqlite")
WRITE = Effect("write", "/tmp/x")
SPEND = Effect("spend")
ALLOWING = PolicySettings(allow_hosts=("*.example.org",), allow_databases=("finance.*",))
DENYING = PolicySettings(allow_hosts=("*",), deny_hosts=("*.example.org",))


def ruled(
    *effects: Effect,
    tool: str = "t",
    settings: PolicySettings | None = None,
    standing: tuple[str, ...] = (),
    offline: bool = False,
    approve: ApproveMode = "policy",
    person: bool = True,
    desk_opened: bool = False,
) -> Ruling:
    state = PolicyState(settings or PolicySettings(), standing, offline, approve, person, desk_opened)
    return decide(CallFacts(tool, effects), state)


@pytest.mark.parametrize(
    ("effects", "verdict", "rule"),
    [
        ((), "allow", "reads-only"),
        ((READ,), "allow", "reads-only"),
        ((READ, READ), "allow", "reads-only"),
        ((HOST,), "ask", "leaves-the-building"),
        ((READ, HOST), "ask", "leaves-the-building"),
        ((BASE,), "ask", "desk-queries"),
        ((HOST, BASE), "ask", "leaves-the-building"),
        ((WRITE,), "ask", "changes-something"),
        ((SPEND,), "ask", "changes-something"),
        ((READ, SPEND), "ask", "changes-something"),
    ],
)
def test_without_settings_only_reading_is_free(effects: tuple[Effect, ...], verdict: Verdict, rule: str) -> None:
    ruling = ruled(*effects)
    assert (ruling.verdict, ruling.rule) == (verdict, rule)
    assert ruling.reason


@pytest.mark.parametrize(
    ("effects", "settings", "verdict", "rule"),
    [
        ((HOST,), ALLOWING, "allow", "allowed-target"),
        ((BASE,), ALLOWING, "allow", "allowed-target"),
        ((HOST, BASE, READ), ALLOWING, "allow", "allowed-target"),
        ((Effect("network", "example.org"),), ALLOWING, "ask", "leaves-the-building"),
        ((Effect("network", "www.example.org.evil.net"),), ALLOWING, "ask", "leaves-the-building"),
        ((HOST, Effect("network", "evil.net")), ALLOWING, "ask", "leaves-the-building"),
        ((HOST, WRITE), ALLOWING, "ask", "leaves-the-building"),
        ((Effect("write", "finance.sqlite"),), ALLOWING, "ask", "changes-something"),
        ((Effect("query", "www.example.org"),), ALLOWING, "ask", "desk-queries"),
        ((Effect("network", "finance.sqlite"),), ALLOWING, "ask", "leaves-the-building"),
        ((HOST,), DENYING, "deny", "denied-host"),
        ((Effect("network", "WWW.Example.ORG"),), DENYING, "deny", "denied-host"),
        ((Effect("network", "www.example.org."),), DENYING, "deny", "denied-host"),
        ((Effect("network", "evil.net"), HOST), DENYING, "deny", "denied-host"),
        ((Effect("network", "evil.net"),), DENYING, "allow", "allowed-target"),
        ((Effect("query", "www.example.org"),), DENYING, "ask", "desk-queries"),
    ],
)
def test_settings_allow_and_forbid_targets_of_their_own_kind(
    effects: tuple[Effect, ...], settings: PolicySettings, verdict: Verdict, rule: str
) -> None:
    ruling = ruled(*effects, settings=settings)
    assert (ruling.verdict, ruling.rule) == (verdict, rule)


@pytest.mark.parametrize(
    ("mode", "desk_opened", "effects", "verdict", "rule"),
    [
        ("once", False, (BASE,), "ask", "desk-queries"),
        ("once", True, (BASE,), "allow", "desk-queries"),
        ("once", True, (READ, BASE), "allow", "desk-queries"),
        ("once", True, (BASE, HOST), "ask", "leaves-the-building"),
        ("once", True, (BASE, WRITE), "ask", "new-database"),
        ("once", True, (BASE, SPEND), "ask", "new-database"),
        ("each", False, (BASE,), "ask", "new-database"),
        ("each", True, (BASE,), "ask", "new-database"),
        ("never", False, (BASE,), "allow", "desk-queries"),
        ("never", False, (BASE, WRITE), "ask", "new-database"),
        ("never", False, (HOST,), "ask", "leaves-the-building"),
    ],
)
def test_desk_queries_asks_as_often_as_the_setting_says(
    mode: DeskQueries, desk_opened: bool, effects: tuple[Effect, ...], verdict: Verdict, rule: str
) -> None:
    ruling = ruled(*effects, settings=PolicySettings(desk_queries=mode), desk_opened=desk_opened)
    assert (ruling.verdict, ruling.rule) == (verdict, rule)


def test_desk_queries_ask_says_how_far_the_approval_reaches_and_offers_no_rule() -> None:
    ruling = ruled(BASE)
    assert "every query of this desk's files in this session" in ruling.reason
    assert ruling.pattern == ""
    assert ruled(BASE, settings=PolicySettings(desk_queries="each")).pattern == "t query finance.sqlite"


def test_an_offline_session_reaches_no_network_whatever_is_allowed() -> None:
    assert ruled(HOST, settings=ALLOWING, offline=True).rule == "offline"
    assert ruled(Effect("network"), offline=True).verdict == "deny"
    assert ruled(HOST, standing=("t network www.example.org",), offline=True, approve="all").verdict == "deny"
    assert ruled(BASE, offline=True).rule == "desk-queries"


@pytest.mark.parametrize(
    ("standing", "effects", "verdict"),
    [
        (("t network www.example.org",), (HOST,), "allow"),
        (("t network *.example.org",), (HOST, READ), "allow"),
        (("u network www.example.org",), (HOST,), "ask"),
        (("t query www.example.org",), (HOST,), "ask"),
        (("t network www.example.org",), (HOST, BASE), "ask"),
        (("t network www.example.org",), (HOST, SPEND), "ask"),
        (("nonsense", "t network *", "t network www.example.org"), (HOST,), "allow"),
        (("nonsense", "t network *"), (HOST,), "ask"),
    ],
)
def test_a_standing_rule_covers_its_tool_effect_and_target(
    standing: tuple[str, ...], effects: tuple[Effect, ...], verdict: Verdict
) -> None:
    assert ruled(*effects, standing=standing).verdict == verdict


def test_a_call_whose_tool_was_inferred_is_asked_about_whatever_it_touches() -> None:
    state = PolicyState(ALLOWING, ("t network *.example.org",), False, "policy", True)
    for effects in ((), (READ,), (HOST,)):
        ruling = decide(CallFacts("t", effects, inferred=True), state)
        assert (ruling.verdict, ruling.rule, ruling.pattern) == ("ask", "inferred-tool", "")
    nobody = PolicyState(ALLOWING, (), False, "policy", False)
    assert decide(CallFacts("t", (READ,), inferred=True), nobody).verdict == "deny"


def test_a_standing_rule_waives_no_denial() -> None:
    assert ruled(HOST, settings=DENYING, standing=("t network www.example.org",)).rule == "denied-host"


@pytest.mark.parametrize(
    ("approve", "person", "verdict", "words"),
    [
        ("policy", True, "ask", "it sends data to www.example.org"),
        ("policy", False, "deny", "nobody is there to ask"),
        ("all", True, "allow", "approved in advance"),
        ("all", False, "allow", "approved in advance"),
        ("none", True, "deny", "--approve none"),
        ("none", False, "deny", "--approve none"),
    ],
)
def test_a_question_is_answered_by_the_mode_or_the_person(
    approve: ApproveMode, person: bool, verdict: Verdict, words: str
) -> None:
    ruling = ruled(HOST, approve=approve, person=person)
    assert (ruling.verdict, ruling.rule) == (verdict, "leaves-the-building")
    assert words in ruling.reason
    assert bool(ruling.pattern) == (verdict == "ask")


@pytest.mark.parametrize("approve", ["all", "none"])
def test_no_mode_touches_what_is_allowed_or_denied(approve: ApproveMode) -> None:
    assert ruled(READ, approve=approve).verdict == "allow"
    assert ruled(HOST, settings=DENYING, approve=approve).rule == "denied-host"


def test_what_no_rule_covers_is_asked() -> None:
    state = PolicyState(PolicySettings(), (), False, "policy", True)
    asked = Ruling("ask", "no-rule", "no rule covers it", "t network www.example.org")
    assert decide(CallFacts("t", (HOST,)), state, ()) == asked
    assert decide(CallFacts("t", (HOST,)), state, (changes_something,)) == asked


def test_an_ask_offers_the_narrowest_pattern() -> None:
    assert ruled(HOST, READ).pattern == "t network www.example.org"
    assert ruled(HOST, BASE).pattern == ""


def test_digest_distinguishes_policies_and_is_the_same_each_time() -> None:
    digests = [
        digest_policy(settings, approve, rules)
        for settings in (PolicySettings(), ALLOWING, DENYING)
        for approve in ("policy", "all", "none")
        for rules in (RULES, RULES[1:], RULES[::-1])
    ]
    assert len(set(digests)) == len(digests)
    assert digest_policy(PolicySettings(), "policy") == digest_policy(PolicySettings(), "policy", RULES) == digests[0]
    assert len(digests[0]) == 64
