"""The meaning of a decision before it is made: the last call like it, what a rule would have run, what leaves."""

import pytest

from kimi_tui import events
from kimi_tui.egress.outgoing_data import OutgoingText, outgoing_texts
from kimi_tui.events import Effect, ToolCallProposed
from kimi_tui.projections.calls import Call
from kimi_tui.projections.earlier_calls import covered_calls, earlier_calls, last_of_tool, released
from kimi_tui.sources import SourceRef
from tests.tui.asking import asking_session
from tests.tui.sessions import MemorySession, opened


def _call(session: MemorySession, call_id: str) -> Call:
    return session.state.calls.by_id[call_id]


def test_the_last_call_like_another_is_the_latest_of_its_tool_before_it():
    session = asking_session()
    calls = session.state.calls
    before = last_of_tool(calls, _call(session, "c5"))
    assert before is not None
    assert before.id == "c4"
    assert last_of_tool(calls, _call(session, "c4")) is None


def test_a_rule_is_shown_by_the_earlier_calls_that_it_covers():
    session = asking_session()
    call = _call(session, "c5")
    found = covered_calls(session.state.calls, call, "web_search network search.example.org")
    assert [other.id for other in found] == ["c4"]
    assert [other.id for other in earlier_calls(session.state.calls, call)] == ["c1", "c2", "c3", "c4"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("web_search", "is not a standing rule"),
        ("web_search network *", "every target"),
        ("open_page network search.example.org", "does not cover the call itself"),
    ],
)
def test_a_line_that_is_no_rule_for_the_call_is_reported_in_words(rule, words):
    session = asking_session()
    with pytest.raises(ValueError, match=words):
        covered_calls(session.state.calls, _call(session, "c5"), rule)


def _marked(found: tuple[OutgoingText, ...]) -> list[tuple[str, str, str]]:
    return [(item.text[mark.start : mark.end], mark.origin, mark.source) for item in found for mark in item.marks]


def test_words_of_the_desk_and_of_the_person_are_found_in_what_leaves():
    session = asking_session()
    found = outgoing_texts(_call(session, "c5"), session.state)
    assert [(item.argument, item.text) for item in found] == [
        ("query", "Tharnholm operating margin 2024 Corvanne rebate of 17,450 thousand"),
        ("limit", "5"),
    ]
    assert _marked(found) == [
        ("Tharnholm operating margin", "person", ""),
        ("2024", "person", ""),
        ("Corvanne", "desk", "S2"),
        ("rebate of 17,450 thousand", "desk", "S2"),
    ]


def test_a_call_that_stays_inside_lets_nothing_leave():
    session = asking_session()
    assert outgoing_texts(_call(session, "c3"), session.state) == ()


def _reading(text: str, arguments: dict[str, object]) -> tuple[OutgoingText, ...]:
    """Return the data that leaves with a call after a reading of `text`."""
    session = MemorySession()
    ref = SourceRef("S7", "0" * 64, "T", "a.pdf", "application/pdf", "document", "2026-01-01T00:00:00.000Z")
    session.record(
        opened(),
        events.QuestionAsked("What is it?"),
        ToolCallProposed("c1", "read", {}, "{}", effects=(Effect("read", "a.pdf"),)),
        events.ObservationRecorded("c1", "ok", f"[S7] T\n{text}", (ref,)),
        ToolCallProposed("c2", "open_page", dict(arguments), "{}", effects=(Effect("network", "a.example"),)),
    )
    return outgoing_texts(session.state.calls.by_id["c2"], session.state)


def test_words_hidden_in_an_address_are_found():
    found = _reading("The margin was 41.27% at Corvanne.", {"url": "https://a.example/?d=41.27&n=%43orvanne"})
    assert _marked(found) == [("41.27", "desk", "S7"), ("%43orvanne", "desk", "S7")]


def test_common_words_are_no_finding_but_a_run_of_them_is():
    text = "the order backlog rose again in the year"
    assert _marked(_reading(text, {"query": "backlog order"})) == []
    assert _marked(_reading(text, {"query": "why order backlog rose"})) == [("order backlog rose", "desk", "S7")]


def test_texts_inside_lists_and_objects_leave_too():
    found = _reading("x", {"filters": [{"value": "a"}, 5], "deep": True, "none": None})
    assert [(item.argument, item.text) for item in found] == [("filters.0.value", "a"), ("filters.1", "5")]


def test_released_calls_are_those_that_wait_and_that_the_rule_covers():
    session = asking_session()
    call = _call(session, "c5")
    waiting = [other.id for other in session.state.calls.waiting if other.id != "c5"]
    found = released(session.state.calls, call, "web_search network search.example.org")
    assert {other.id for other in found} <= set(waiting)
    assert all(other.tool == "web_search" for other in found)
    assert released(session.state.calls, call, "web_search") == []
    assert released(session.state.calls, call, "open_page network search.example.org") == []
