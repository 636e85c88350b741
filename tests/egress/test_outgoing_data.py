"""The words of an outgoing call that come from the desk or from the person."""

import base64
from typing import Any

import pytest

from kimi_tui import events
from kimi_tui.egress.outgoing_data import (
    KnownTexts,
    argument_texts,
    collect_known_texts,
    find_hidden,
    mark_text,
    outgoing_texts,
    sends_data,
)
from kimi_tui.events import Effect, EffectKind, ToolCallProposed
from kimi_tui.sources import SourceRef
from tests.tui.sessions import MemorySession, opened

DESK = "The board plans to sell the Karrenbruck plant for 412 million in March."
KNOWN = KnownTexts(("How did the margin of Tharnholm develop in 2024?",), ("S2",), (DESK,))
REF = SourceRef("S1", "0" * 64, "T", "a.pdf", "text/plain", "document", "2026-01-01T00:00:00.000Z")


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ({}, []),
        ({"url": "x"}, [("url", "x")]),
        ({"a": {"b": ["x", {"c": "y"}]}}, [("a.b.0", "x"), ("a.b.1.c", "y")]),
        ({"n": 5, "f": 1.5, "t": True, "none": None}, [("n", "5"), ("f", "1.5")]),
        (["x", "y"], [("0", "x"), ("1", "y")]),
        ("x", [("", "x")]),
        ({"a": ""}, [("a", "")]),
        ({"a": []}, []),
    ],
)
def test_argument_texts_are_all_with_their_paths(value: Any, texts: list[tuple[str, str]]) -> None:
    assert list(argument_texts(value)) == texts


def session(question: str = "What happens at Tharnholm?") -> MemorySession:
    found = MemorySession()
    found.record(
        opened(),
        events.QuestionAsked(question),
        ToolCallProposed("c1", "read", {}, "{}", effects=(Effect("read", "a.pdf"),)),
        events.ObservationRecorded("c1", "ok", f"[S1] T\n{DESK}", (REF,)),
        ToolCallProposed("c2", "read", {}, "{}", effects=(Effect("read", "b.pdf"),)),
        events.ObservationRecorded("c2", "error", "line\nSecret of a failed call"),
        ToolCallProposed("c3", "web", {"query": "x"}, "{}", effects=(Effect("network", "h.example"),)),
        events.ObservationRecorded("c3", "ok", "line\nWords of the network"),
        ToolCallProposed("c4", "calculate", {}, "{}"),
        events.ObservationRecorded("c4", "ok", "only one line"),
    )
    return found


def proposed(found: MemorySession, kind: EffectKind = "network", **arguments: Any) -> ToolCallProposed:
    call = ToolCallProposed("c9", "open_page", arguments, "{}", effects=(Effect(kind, "h.example"),))
    found.record(call)
    return call


@pytest.mark.parametrize(("kind", "sends"), [("network", True), ("write", True), ("spend", True), ("read", False)])
def test_sends_data_by_the_effects_of_a_call(kind: EffectKind, sends: bool) -> None:
    found = session()
    proposed(found, kind, url="x")
    assert sends_data(found.state.calls.by_id["c9"]) is sends
    assert bool(outgoing_texts(found.state.calls.by_id["c9"], found.state)) is sends


def test_collect_known_texts_takes_what_was_read_on_the_desk_before() -> None:
    found = session()
    proposed(found, url="x")
    known = collect_known_texts(found.state.calls.by_id["c9"], found.state)
    assert known.written == ("What happens at Tharnholm?",)
    assert known.sources == ("S1", "c4")
    assert known.read == (DESK, "only one line")


def test_outgoing_texts_marks_words_by_their_origin() -> None:
    found = session()
    proposed(found, url="sell the Karrenbruck plant at Tharnholm", empty="", number=5)
    url, number = outgoing_texts(found.state.calls.by_id["c9"], found.state)
    marks = {(mark.origin, mark.source, url.text[mark.start : mark.end]) for mark in url.marks}
    assert ("desk", "S1", "sell the Karrenbruck plant") in marks
    assert ("person", "", "at Tharnholm") in marks
    assert (number.argument, number.text, number.marks) == ("number", "5", ())


def test_mark_text_says_how_encoded_words_were_hidden() -> None:
    item = mark_text("q", base64.b64encode(b"sell the Karrenbruck plant").decode(), KNOWN)
    [mark] = item.marks
    assert (mark.origin, mark.source, mark.how, mark.decoded) == (
        "desk",
        "S2",
        ("base64",),
        "sell the Karrenbruck plant",
    )
    assert item.opaque == ()


def test_mark_text_prefers_the_person_for_words_that_both_have() -> None:
    known = KnownTexts((DESK,), ("S2",), (DESK,))
    assert {mark.origin for mark in mark_text("q", "sell the Karrenbruck plant", known).marks} == {"person"}


@pytest.mark.parametrize("text", ["", " ", "heat pump market", "https://x.example/wiki/Heat_pump"])
def test_mark_text_of_ordinary_text_marks_nothing(text: str) -> None:
    item = mark_text("q", text, KNOWN)
    assert (item.marks, item.opaque, item.opaque_chars) == ((), (), 0)


def test_mark_text_without_a_desk_names_opaque_text_alone() -> None:
    item = mark_text("q", "q7Zk9fXw2LmP0vRtYb3NcJ8hGd5sKe1A", KnownTexts((), (), ()))
    assert item.marks == ()
    assert item.opaque_chars == len(item.text)


def test_mark_text_is_not_opaque_where_the_person_wrote_it() -> None:
    token = "q7Zk9fXw2LmP0vRtYb3NcJ8hGd5sKe1A"
    assert mark_text("q", token, KnownTexts((f"Open {token}",), (), ())).opaque == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (base64.b64encode(b"Karrenbruck plant").decode(), True),
        ("knalp kcurbnerraK"[::-1], True),
        ("heat pump", False),
        ("", False),
    ],
)
def test_find_hidden_gives_words_of_the_desk_in_a_reading(text: str, found: bool) -> None:
    assert bool(find_hidden(text, KNOWN)) is found


def test_find_hidden_without_a_desk_is_empty() -> None:
    assert find_hidden("Karrenbruck", KnownTexts((), (), ())) == ""
