"""The record of what left a session: what is written before a call is sent, and the list of all that was."""

import hashlib
import json
from typing import Any

import pytest

from kimi_tui import events
from kimi_tui.egress.ledger import MAX_CARRIED, describe_findings, describe_outgoing, list_sent_data
from kimi_tui.egress.outgoing_data import OriginMark, OutgoingText
from kimi_tui.events import Effect, ToolCallProposed
from kimi_tui.sources import SourceRef
from tests.tui.sessions import MemorySession, opened

HOST = "www.example.org"
DESK = "The board plans to sell the Karrenbruck plant for 412 million in March."
REF = SourceRef("S1", "0" * 64, "T", "a.pdf", "text/plain", "document", "2026-01-01T00:00:00.000Z")


def session(*effects: Effect, **arguments: Any) -> MemorySession:
    found = MemorySession()
    found.record(
        opened(),
        events.QuestionAsked("What happens at Tharnholm?"),
        ToolCallProposed("c1", "read", {}, "{}", effects=(Effect("read", "a.pdf"),)),
        events.ObservationRecorded("c1", "ok", f"[S1] T\n{DESK}", (REF,)),
        ToolCallProposed("c9", "open_page", arguments, "{}", effects=effects or (Effect("network", HOST),)),
    )
    return found


def test_describe_outgoing_of_a_call_that_sends_nothing_is_none() -> None:
    found = session(url="x")
    assert describe_outgoing(found.state.calls.by_id["c1"], found.state) is None


def test_describe_outgoing_names_targets_characters_and_digest() -> None:
    url = f"https://{HOST}/\u00e4"
    arguments = {"url": url, "n": 5}
    found = session(Effect("network", HOST), Effect("network", HOST), Effect("read", "a.pdf"), **arguments)
    found.record(events.PolicyDecided("c9", "allow", "allowed-host"))

    event = describe_outgoing(found.state.calls.by_id["c9"], found.state)
    assert event is not None
    assert (event.targets, event.allowed_by, event.characters) == ((HOST,), "allowed-host", len(url) + 1)
    canonical = json.dumps(arguments, sort_keys=True, ensure_ascii=False)
    assert event.digest == hashlib.sha256(canonical.encode()).hexdigest()
    assert event.carried == ()


def test_describe_outgoing_of_a_lone_surrogate_is_recorded_all_the_same() -> None:
    found = session(url="\ud800")
    event = describe_outgoing(found.state.calls.by_id["c9"], found.state)
    assert event is not None
    assert event.characters == 1


def test_describe_outgoing_carries_a_bounded_number_of_findings() -> None:
    found = session(**{f"q{number}": "sell the Karrenbruck plant" for number in range(MAX_CARRIED + 5)})
    event = describe_outgoing(found.state.calls.by_id["c9"], found.state)
    assert event is not None
    assert event.carried == ("\u201csell the Karrenbruck plant\u201d from S1",) * MAX_CARRIED


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (OutgoingText("q", "abc"), []),
        (OutgoingText("q", "abc", (OriginMark(0, 3, "person"),)), []),
        (OutgoingText("q", "abc", (OriginMark(0, 3, "desk", "S1"),)), ["\u201cabc\u201d from S1"]),
        (
            OutgoingText("q", "YWJj", (OriginMark(0, 4, "desk", "S1", "abc", ("base64", "rot13")),)),
            ["\u201cabc\u201d from S1 (base64, then rot13)"],
        ),
        (OutgoingText("q", "xxxx", (), ((0, 3),)), ["3 characters that look encoded: not readable"]),
        (OutgoingText("q", "a\nb", (OriginMark(0, 3, "desk", "S1"),)), ["\u201ca b\u201d from S1"]),
    ],
)
def test_describe_findings_in_words(item: OutgoingText, words: list[str]) -> None:
    assert describe_findings(item) == words


def test_list_sent_data_has_started_calls_alone() -> None:
    found = session(url="x")
    assert list_sent_data(found.state) == []
    found.record(events.PolicyDecided("c9", "allow", "allowed-host"), events.ToolCallStarted("c9"))

    [row] = list_sent_data(found.state)
    assert (row.call_id, row.tool, row.targets, row.allowed_by, row.attempts) == (
        "c9",
        "open_page",
        (HOST,),
        "allowed-host",
        1,
    )
    assert (row.characters, row.arguments, row.carried) == (1, {"url": "x"}, ())


def test_list_sent_data_keeps_what_was_recorded_before_the_call() -> None:
    found = session(url="sell the Karrenbruck plant")
    found.record(events.ApprovalRequested("c9", "r", "w"), events.ApprovalResolved("c9", "approve"))
    sent = describe_outgoing(found.state.calls.by_id["c9"], found.state)
    assert sent is not None
    found.record(sent, events.ToolCallStarted("c9"))

    [row] = list_sent_data(found.state)
    assert row.allowed_by == "person"
    assert row.carried == ("\u201csell the Karrenbruck plant\u201d from S1",)
