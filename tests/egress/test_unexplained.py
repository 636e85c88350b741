"""Provenance of what a call sends out: what came from the person or the receiver passes, the rest is named."""

import base64

import pytest

from kimi_tui import events
from kimi_tui.egress.ledger import describe_outgoing, list_sent_data
from kimi_tui.egress.unexplained import CallProvenance, trace_call
from kimi_tui.events import Effect, ToolCallProposed
from kimi_tui.sources import SourceKind, SourceRef
from tests.tui.sessions import MemorySession, opened

HOST = "www.example.org"
DESK = "The board plans to sell the Karrenbruck plant for 412 million in March."
FOUND = f"2 results.\n1. Heat pumps\n   https://{HOST}/reports/heat-pumps?id=8821937\n   Demand rose by 7.35 %."


def _ref(source: str, address: str, kind: SourceKind = "document") -> SourceRef:
    return SourceRef(source, "0" * 64, "T", address, "text/plain", kind, "2026-01-01T00:00:00.000Z")


def _network(call_id: str, tool: str, arguments: dict[str, object], host: str = HOST) -> ToolCallProposed:
    return ToolCallProposed(call_id, tool, dict(arguments), "{}", effects=(Effect("network", host),))


def _session(question: str = "What happens at Tharnholm?") -> MemorySession:
    session = MemorySession()
    session.record(
        opened(),
        events.QuestionAsked(question),
        ToolCallProposed("c1", "read", {}, "{}", effects=(Effect("read", "a.pdf"),)),
        events.ObservationRecorded("c1", "ok", f"[S1] T\n{DESK}", (_ref("S1", "a.pdf"),)),
        _network("c2", "web_search", {"query": "heat pumps"}, "search.example.net"),
        events.ObservationRecorded("c2", "ok", FOUND),
    )
    return session


def _trace(session: MemorySession, arguments: dict[str, object], call_id: str = "c9") -> CallProvenance:
    session.record(_network(call_id, "open_page", arguments))
    return trace_call(session.state.calls.by_id[call_id], session.state)


@pytest.mark.parametrize(
    "address",
    [
        f"https://{HOST}/reports/heat-pumps?id=8821937",
        f"https://{HOST}/wiki/Heat_pump",
        f"https://{HOST}/investors/annual-report-2024.pdf",
        "http://127.0.0.1:48213/wiki/Heat_pump",
        f"https://{HOST}:8443/wiki/Heat_pump",
    ],
)
def test_trace_call_explains_found_addresses_and_plain_short_ones(address: str) -> None:
    assert _trace(_session(), {"url": address}) == CallProvenance()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (f"https://{HOST}/?q=Karrenbruck", "words of the desk"),
        (f"https://{HOST}/sell-the-karrenbruck-plant", "words of the desk"),
        (f"https://{HOST}/?q={base64.b64encode(DESK.encode()).decode()}", "base64"),
        (f"https://{HOST}/?q=q7Zk9fXw2LmP0vRtYb3NcJ8hGd5sKe1A", "look encoded"),
        (f"https://{HOST}/?amount=98.213", "a figure that nobody named"),
        (f"https://{HOST}/{'-'.join(['green'] * 40)}", "characters that the model put together"),
    ],
)
def test_trace_call_names_what_nobody_explains(address: str, words: str) -> None:
    assert words in _trace(_session(), {"url": address}).unexplained


def test_trace_call_knows_an_address_of_the_person() -> None:
    session = _session(f"Read https://{HOST}/q?id=q7Zk9fXw2LmP0vRtYb3NcJ8h, please.")
    assert _trace(session, {"url": f"https://{HOST}/q?id=q7Zk9fXw2LmP0vRtYb3NcJ8h"}) == CallProvenance(from_person=True)
    longer = _trace(session, {"url": f"https://{HOST}/q?id=q7Zk9fXw2LmP0vRtYb3NcJ8h&x=Karrenbruck"}, "c10")
    assert not longer.from_person
    assert longer.unexplained


def test_trace_call_adds_up_pieces_over_many_calls() -> None:
    session = _session()
    found = []
    for at, word in enumerate(["sell", "the", "karrenb", "ruck", "plant", "for", "million"]):
        call_id = f"c{20 + at}"
        found.append(_trace(session, {"url": f"https://{HOST}/next/{word}"}, call_id).unexplained)
        session.record(events.ToolCallStarted(call_id), events.ObservationRecorded(call_id, "ok", "Not found."))
    assert found[0] == ""
    assert any("words of the desk, in pieces over" in one for one in found[:5])


def test_trace_call_of_a_reading_has_nothing_to_explain() -> None:
    session = _session()
    assert trace_call(session.state.calls.by_id["c1"], session.state) == CallProvenance()


def test_ledger_lists_what_was_sent_with_its_rule_and_words() -> None:
    session = _session()
    call = _network("c9", "open_page", {"url": f"https://{HOST}/?q=Karrenbruck"})
    session.record(
        call, events.PolicyDecided("c9", "ask", "unexplained-data"), events.ApprovalRequested("c9", "r", "w")
    )
    session.record(events.ApprovalResolved("c9", "approve"))
    sent = describe_outgoing(session.state.calls.by_id["c9"], session.state)
    assert sent is not None
    session.record(sent, events.ToolCallStarted("c9"))
    (row,) = list_sent_data(session.state)
    assert (row.call_id, row.targets, row.allowed_by) == ("c9", (HOST,), "person")
    assert row.carried == ("\u201cKarrenbruck\u201d from S1",)
    assert describe_outgoing(session.state.calls.by_id["c1"], session.state) is None
