"""Calls looked at together: characters to one site, and the desk in pieces."""

import pytest

from kimi_tui import events
from kimi_tui.egress.earlier_calls import (
    MAX_COMPOSED_CHARS_PER_SITE,
    find_problems_with_earlier,
    site_of,
    without_host,
)
from kimi_tui.egress.outgoing_data import collect_known_texts
from kimi_tui.events import Effect, ToolCallProposed
from kimi_tui.sources import SourceRef
from tests.tui.sessions import MemorySession, opened

DESK = "The covenant was waived by the Hollenbeck lenders for 17,450 thousand."
REF = SourceRef("S1", "0" * 64, "T", "a.pdf", "text/plain", "document", "2026-01-01T00:00:00.000Z")


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("example.org", "example.org"),
        ("www.example.org", "example.org"),
        ("A.B.Example.ORG.", "example.org"),
        ("www.example.co.uk", "example.co.uk"),
        ("example.co.uk", "example.co.uk"),
        ("www.example.com.au", "example.com.au"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("", ""),
    ],
)
def test_site_of_host_is_what_one_owner_has(host: str, site: str) -> None:
    assert site_of(host) == site


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("https://a.example/b/c?d", "b/c?d"),
        ("https://a.example", ""),
        ("https://a.example/", ""),
        ("a query with :// in it", "a query with :// in it"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_without_host_leaves_the_path_and_query(text: str, rest: str) -> None:
    assert without_host(text) == rest


def session() -> MemorySession:
    found = MemorySession()
    found.record(
        opened(),
        events.QuestionAsked("What happens at Tharnholm?"),
        ToolCallProposed("c1", "read", {}, "{}", effects=(Effect("read", "a.pdf"),)),
        events.ObservationRecorded("c1", "ok", f"[S1] T\n{DESK}", (REF,)),
    )
    return found


def send(found: MemorySession, call_id: str, host: str, text: str, *, approved: bool = False) -> list[str]:
    """Propose a call, return its problems together with earlier ones, and run it."""
    found.record(ToolCallProposed(call_id, "send", {"q": text}, "{}", effects=(Effect("network", host),)))
    call = found.state.calls.by_id[call_id]
    known = collect_known_texts(call, found.state)
    problems = list(find_problems_with_earlier(call, [text], found.state, known, lambda text: text.startswith("known")))
    if approved:
        found.record(events.ApprovalRequested(call_id, "r", "w"), events.ApprovalResolved(call_id, "approve"))
    found.record(events.ToolCallStarted(call_id), events.ObservationRecorded(call_id, "ok", "Not found."))
    return problems


def send_all(found: MemorySession, texts: list[str], host: str = "h.example.org") -> list[list[str]]:
    return [send(found, f"x{number}", host.format(number), text) for number, text in enumerate(texts)]


def test_find_problems_with_earlier_of_a_first_call_is_none() -> None:
    assert send(session(), "x1", "h.example.org", "word " * 1000) == []


@pytest.mark.parametrize(
    "texts",
    [
        ["Hollen", "beck len", "ders"],
        ["17", "45", "0"],
        ["covenant was", "waived by the", "Hollenbeck lenders"],
        [f"https://h.example.org/wiki/{word}" for word in ("covenant", "was", "waived", "by", "lenders")],
    ],
)
def test_find_problems_with_earlier_finds_the_desk_in_pieces(texts: list[str]) -> None:
    found = send_all(session(), texts)
    assert found[0] == []
    assert any("words of the desk, in pieces over several calls" in one for one in found[-1] + found[-2])


def test_find_problems_with_earlier_finds_pieces_over_several_sites() -> None:
    found = send_all(session(), ["covenant was", "waived by the", "Hollenbeck lenders"], "h.example{}.org")
    assert any(found)


def test_find_problems_with_earlier_adds_up_characters_to_one_site() -> None:
    text = "green hills and blue lakes " * 20
    found = send_all(session(), [f"{number} {text} {number * 7}" for number in range(6)])
    assert found[0] == []
    assert any("characters in" in problem for problems in found for problem in problems)


def test_find_problems_with_earlier_leaves_what_is_explained_out() -> None:
    text = "known hills and blue lakes " * 20
    assert not any(send_all(session(), [f"{text}{number}" for number in range(6)]))
    assert len(text) * 6 > MAX_COMPOSED_CHARS_PER_SITE


def test_find_problems_with_earlier_starts_again_after_an_approval() -> None:
    found, text = session(), "green hills and blue lakes " * 25
    assert send(found, "x1", "h.example.org", f"1 {text}") == []
    assert send(found, "x2", "h.example.org", "2 " + "red roofs and old walls " * 60, approved=True) != []
    assert send(found, "x3", "h.example.org", f"3 {text}") == []


def test_find_problems_with_earlier_lets_pages_be_turned() -> None:
    assert not any(send_all(session(), [f"https://h.example.org/list?page={number}" for number in range(1, 20)]))
