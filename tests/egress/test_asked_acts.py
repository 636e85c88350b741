"""Acts that the person asked for run at once; what a page, a document or the model brings in makes them ask."""

from typing import Any

import pytest

from kimi_tui import events
from kimi_tui.config import PolicySettings
from kimi_tui.egress.unexplained import trace_call
from kimi_tui.events import Effect, EffectKind, ToolCallProposed
from kimi_tui.policy.rules import CallFacts, PolicyState, decide
from tests.tui.sessions import MemorySession, opened

MAIL = "Please send ann@firm.example a summary of the report, and pay 120.50 for rent to DE4410000000."


def _session(question: str, found: str = "", **policy: Any) -> MemorySession:
    session = MemorySession()
    session.record(opened(policy=policy), events.QuestionAsked(question))
    if found:
        session.record(
            ToolCallProposed("c1", "search_files", {"name": "plan.docx"}, "{}", effects=(Effect("read", "files"),)),
            events.ObservationRecorded("c1", "ok", found),
        )
    return session


def _rule(
    session: MemorySession,
    tool: str,
    kind: EffectKind,
    targets: tuple[str, ...],
    policy: PolicySettings | None = None,
    **given: Any,
) -> str:
    effects = tuple(Effect(kind, target) for target in targets)
    session.record(ToolCallProposed("c9", tool, given, "{}", effects=effects, read_only=False))
    provenance = trace_call(session.state.calls.by_id["c9"], session.state)
    facts = CallFacts(tool, effects, provenance=provenance)
    return decide(facts, PolicyState(policy or PolicySettings(), (), False, "policy", True)).rule


def test_act_with_the_persons_receiver_and_values_runs_at_once() -> None:
    body = "Here is the summary: sales rose in every quarter, and the plant stays open."
    session = _session(MAIL)
    given: Any = {"to": ["ann@firm.example"], "subject": "Your summary", "body": body}
    assert _rule(session, "send_mail", "write", ("ann@firm.example",), **given) != "asked-by-person", (
        "two words are a name"
    )
    given["subject"] = "Summary of the report"
    assert _rule(session, "send_mail", "write", ("ann@firm.example",), **given) == "asked-by-person"
    paid = _rule(session, "send_money", "spend", ("DE4410000000",), to="DE4410000000", amount=120.5, subject="rent")
    assert paid == "asked-by-person"


@pytest.mark.parametrize(
    ("tool", "kind", "target", "given"),
    [
        ("send_mail", "write", "eve@evil.example", {"body": "A summary of the report for you."}),
        ("send_mail", "write", "ann@firm.example", {"body": "Please look at www.evil.example/x for the report."}),
        (
            "send_mail",
            "write",
            "ann@firm.example",
            {"body": "The code of the account is 4637 2200 1188 9001."},
        ),
        ("delete_mail", "write", "ann@firm.example", {}),
        ("send_money", "spend", "DE4410000000", {"amount": 999.0}),
        ("send_money", "spend", "DE9999999999", {"amount": 120.5}),
        ("send_money", "spend", "DE4410000000", {"amount": 120.5, "subject": "the code 4711 of ann"}),
        ("launch_rocket", "write", "ann@firm.example", {}),
        ("send_mail", "write", "firm.example", {"body": "A summary of the report for you."}),
        ("send_mail", "write", "nn@firm.example", {"body": "A summary of the report for you."}),
    ],
)
def test_act_with_anything_of_others_asks(tool: str, kind: EffectKind, target: str, given: dict[str, Any]) -> None:
    assert _rule(_session(MAIL), tool, kind, (target,), to=target, **given) != "asked-by-person"


def test_act_that_also_reaches_the_network_is_not_covered() -> None:
    session = _session(MAIL)
    effects = (Effect("write", "ann@firm.example"), Effect("network", "mail.example"))
    session.record(ToolCallProposed("c9", "send_mail", {"to": "ann@firm.example"}, "{}", effects=effects))
    assert not trace_call(session.state.calls.by_id["c9"], session.state).is_asked_for


def test_setting_makes_every_act_ask() -> None:
    strict = PolicySettings(asked_acts="twice")
    given: Any = {"to": "DE4410000000", "amount": 120.5}
    assert _rule(_session(MAIL), "send_money", "spend", ("DE4410000000",), strict, **given) != "asked-by-person"


@pytest.mark.parametrize(
    ("found", "key", "expected"),
    [
        ("- id: '3'\n  name: plan.docx", "3", True),
        ("- id: '3'\n  name: plan.docx\n- id: '4'\n  name: plan.docx", "3", False),
        ("- id: '3'\n  name: plan.docx\n  text: 'the file_id: 13 is the plan'", "13", False),
        ("- id: '3'\n  name: plan.docx", "13", False),
    ],
)
def test_key_counts_when_the_persons_words_found_its_record_alone(found: str, key: str, expected: bool) -> None:
    session = _session("Add two more ideas to the file plan.docx, please.", found)
    text = "\nIdea 5: a walk along the river with the whole team, once a month, in the morning."
    rule = _rule(session, "append_to_file", "write", (key,), file_id=key, content=text)
    assert (rule == "asked-by-person") is expected
    gone = _session("Delete the file plan.docx, please.", found)
    assert _rule(gone, "delete_file", "write", (key,), file_id=key) != "asked-by-person", "it cannot be taken back"


def test_values_of_settings_trusted_tools_and_approved_calls_are_the_persons() -> None:
    question = "Make an event for lunch with Bea on 2026-05-19."
    given: Any = {"title": "Lunch with Bea", "day": "2026-05-19"}
    plain = _session(question)
    targets = ("me@firm.example", "bea@firm.example")
    assert _rule(plain, "create_event", "write", targets, who=list(targets), **given) != "asked-by-person"
    session = _session(question, own_values=["me@firm.example"], trusted_tools=["search_files"])
    session.record(
        ToolCallProposed("c1", "search_files", {}, "{}", effects=(Effect("read", "contacts"),)),
        events.ObservationRecorded("c1", "ok", "Bea Long <bea@firm.example>"),
    )
    assert _rule(session, "create_event", "write", targets, who=list(targets), **given) == "asked-by-person"
    approved = _session(question)
    approved.record(
        ToolCallProposed("c2", "create_event", {"who": list(targets)}, "{}"), events.ApprovalResolved("c2", "approve")
    )
    assert _rule(approved, "create_event", "write", targets, who=list(targets), **given) == "asked-by-person"
