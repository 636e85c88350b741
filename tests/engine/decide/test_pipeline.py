"""The steps of a decision: which one answers, in which order, and that none of them changes anything."""

import ast
import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

import kimi_tui.engine
from kimi_tui.engine.decide.call_view import CallView, Settlement
from kimi_tui.engine.decide.pipeline import STEPS, settle
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import ApprovalRequested, Entry, ObservationRecorded, PolicyDecided
from kimi_tui.policy.rules import Ruling
from kimi_tui.projections.calls import Calls
from kimi_tui.providers.base import ProposedCall
from kimi_tui.tools import TOOLS
from kimi_tui.tools.base import ToolContext, ToolSettings
from kimi_tui.tools.submit_memo import SubmitMemo
from tests.engine.kit import Lookup, Visit

ALLOW = Ruling("allow", "reads-only", "it only reads")
ASK = Ruling("ask", "leaves-the-building", "it sends data", "visit network alpha")
DENY = Ruling("deny", "offline", "this session is offline")
AT = "2026-01-01T00:00:00.000Z"


class NoSources:
    """The session's sources where no call runs: there are none."""


def toolbox() -> Toolbox:
    settings: Any = ToolSettings()
    sources: Any = NoSources()
    return Toolbox((Lookup(), Visit(), SubmitMemo()), ToolContext(settings, sources))


def proposed(*asked: tuple[str, dict[str, Any]]) -> Calls:
    """Calls of one step, as the engine proposes them."""
    calls, tools = Calls(), toolbox()
    for number, (tool, arguments) in enumerate(asked, 1):
        apply(calls, tools.propose(f"c{number}", ProposedCall(tool, "{}", arguments)), number)
    return calls


def apply(calls: Calls, event: Any, seq: int) -> None:
    calls.apply(Entry("s", seq, AT, "main", 1, 1, event, ""))


def view(calls: Calls, call_id: str, ruling: Ruling = ALLOW, **facts: Any) -> CallView:
    given: dict[str, Any] = {"now": "2026-01-01T00:00:30.000Z", "fresh_seconds": 3600.0} | facts
    return CallView(calls.by_id[call_id], calls, toolbox(), ruling, **given)


def rule_of(settlement: Settlement) -> str:
    return next((event.rule for event in settlement.events if isinstance(event, PolicyDecided)), "")


def status_of(settlement: Settlement) -> str:
    return settlement.observation.status if settlement.observation else ""


def test_settle_allowed_call_returns_decision_alone() -> None:
    answer = settle(view(proposed(("lookup", {"word": "alpha"})), "c1"))
    assert answer == Settlement((PolicyDecided("c1", "allow", "reads-only", "it only reads"),))


def test_settle_asked_call_carries_schema_for_person() -> None:
    answer = settle(view(proposed(("visit", {"word": "alpha"})), "c1", ASK))
    request = answer.events[1]
    assert isinstance(request, ApprovalRequested)
    assert request.pattern == "visit network alpha"
    assert request.schema is not None
    assert "word" in request.schema["properties"]
    assert answer.observation is None


def test_settle_denied_call_tells_reason_to_model() -> None:
    answer = settle(view(proposed(("visit", {"word": "alpha"})), "c1", DENY))
    assert rule_of(answer) == "offline"
    assert answer.observation is not None
    assert answer.observation.text == "Denied (offline): this session is offline."


def test_settle_invalid_call_needs_no_ruling() -> None:
    answer = settle(view(proposed(("lookup", {"wrod": "alpha"})), "c1", DENY))
    assert (answer.events, status_of(answer)) == ((), "error")


@pytest.mark.parametrize(
    ("tool", "arguments", "expected"),
    [
        ("lookup", {"word": "alpha"}, ("budget", "denied")),
        ("submit_memo", {"title": "A", "memo": "B"}, ("reads-only", "")),
        ("lookup", {"wrod": "alpha"}, ("", "error")),
    ],
)
def test_settle_with_spent_budget_runs_only_tools_that_help_to_answer(
    tool: str, arguments: dict[str, Any], expected: tuple[str, str]
) -> None:
    answer = settle(view(proposed((tool, arguments)), "c1", exhausted="steps"))
    assert (rule_of(answer), status_of(answer)) == expected


def test_settle_duplicate_waits_for_first_call_then_shares_its_result() -> None:
    calls = proposed(("lookup", {"word": "alpha"}), ("lookup", {"word": "alpha"}))
    assert settle(view(calls, "c2", DENY, exhausted="steps")) == Settlement()
    apply(calls, ObservationRecorded("c1", "ok", "alpha is 25"), 3)
    answer = settle(view(calls, "c2", DENY, exhausted="steps"))
    assert rule_of(answer) == "duplicate"
    assert answer.observation is not None
    assert answer.observation.text.startswith("alpha is 25\n[This call is the same as c1")


def repeated_call(stamp: str) -> Calls:
    """Return a call with a result, and the same call in a later step."""
    calls, tools = proposed(("visit", {"word": "alpha"})), toolbox()
    apply(calls, ObservationRecorded("c1", "ok", "alpha is 25", stamp=stamp), 2)
    event = tools.propose("c2", ProposedCall("visit", "{}", {"word": "alpha"}))
    calls.apply(Entry("s", 3, AT, "main", 1, 2, event, ""))
    return calls


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"stamp": "network"}, "kept-result"),
        ({"stamp": "another"}, "reads-only"),
        ({"stamp": "network", "fresh_seconds": 10.0}, "reads-only"),
        ({"stamp": "network", "ruling": ASK}, "leaves-the-building"),
        ({"stamp": "network", "ruling": DENY}, "offline"),
        ({"stamp": "network", "exhausted": "steps"}, "budget"),
    ],
)
def test_settle_repeated_call_answers_from_cache_only_behind_budget_and_denials(
    facts: dict[str, Any], rule: str
) -> None:
    assert rule_of(settle(view(repeated_call("network"), "c2", **facts))) == rule


def test_settle_loop_is_refused_before_anything_else_is_looked_at() -> None:
    calls, tools = Calls(), toolbox()
    for number in range(1, 5):
        event = tools.propose(f"c{number}", ProposedCall("lookup", "{}", {"word": "alpha"}))
        calls.apply(Entry("s", 2 * number, AT, "main", 1, number, event, ""))
        if number < 4:
            observed = ObservationRecorded(f"c{number}", "ok", "alpha is 25")
            calls.apply(Entry("s", 2 * number + 1, AT, "main", 1, number, observed, ""))
    answer = settle(view(calls, "c4", DENY, exhausted="steps"))
    assert [type(event).__name__ for event in answer.events] == ["LoopSuspected", "PolicyDecided"]
    assert rule_of(answer) == "loop"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_step_changes_nothing_and_awaits_nothing(step: Any) -> None:
    calls = repeated_call("network")
    before = msgspec.json.encode((list(calls.by_id.values()), list(calls.open), calls.refused))
    first, second = (step(view(calls, "c2", ASK, stamp="network")) for _ in range(2))
    assert first == second
    assert not asyncio.iscoroutinefunction(step)
    assert msgspec.json.encode((list(calls.by_id.values()), list(calls.open), calls.refused)) == before


def test_settle_without_answer_leaves_call_open() -> None:
    assert settle(view(proposed(("lookup", {})), "c1"), steps=()) == Settlement()


def test_engine_compares_no_call_with_name_of_tool() -> None:
    names = {tool.name for tool in TOOLS}
    found = [
        f"{path.name}:{node.lineno} {node.value}"
        for path in Path(kimi_tui.engine.__path__[0]).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in names
    ]
    assert found == []
