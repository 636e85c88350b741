"""The order of the library: groups, views, and searches with filters in them."""

from datetime import timedelta

import msgspec
import pytest

from kimi_tui.session import SessionPreview, SessionSummary
from kimi_tui.tui.screens.library_filter import (
    GROUPS,
    VIEWS,
    LibraryQuery,
    filter_sessions,
    group_sessions,
    parse_library_query,
)
from kimi_tui.tui.screens.library_rows import build_preview_passages
from tests.tui.sessions import START

NOW = START + timedelta(hours=3)


def line(session: str, **changes: object) -> SessionSummary:
    """A line of the library."""
    summary = SessionSummary(
        session, f"Question {session}", "finished", 1, 1, 0.0, START.isoformat(), START.isoformat()
    )
    return msgspec.structs.replace(summary, **changes)


LINES = (
    line("a", state="waiting", desk="/home/x/filings"),
    line("b", updated=(START - timedelta(days=3)).isoformat(), name="The margin"),
    line("c", pinned=True, updated=(START - timedelta(days=300)).isoformat()),
    line("d", state="damaged", updated="", question=""),
)


def shown(view: str, text: str) -> list[str]:
    """The sessions that a view and a search let through."""
    return [summary.id for summary in filter_sessions(LINES, view, parse_library_query(text), NOW)]


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("date", [("Pinned", "c"), ("Today", "a"), ("This week", "b"), ("Some time", "d")]),
        ("state", [("Pinned", "c"), ("Waits for you", "a"), ("Finished", "b"), ("Damaged", "d")]),
        ("desk", [("Pinned", "c"), ("filings", "a"), ("No desk", "bd")]),
        ("", [("Pinned", "c"), ("", "abd")]),
    ],
)
def test_group_sessions_pinned_come_first(by, groups):
    found = [(heading, "".join(summary.id for summary in some)) for heading, some in group_sessions(LINES, by, NOW)]
    assert found == groups
    assert by in GROUPS


def test_a_view_shows_the_sessions_of_its_states():
    assert {view: "".join(shown(view, "")) for view in VIEWS} == {
        "all": "abcd",
        "needs you": "ad",
        "running": "a",
        "finished": "bc",
    }


def test_a_search_takes_words_of_names_and_questions_and_filters():
    assert parse_library_query("Margin state:wait x:y desk:") == LibraryQuery(("margin", "x:y"), (("state", "wait"),))
    assert shown("all", "margin") == ["b"]
    assert shown("all", "question") == ["a", "b", "c"]
    assert shown("all", "state:waits") == ["a"]
    assert shown("all", "desk:filing question") == ["a"]
    assert shown("all", "date:week") == ["b"]


@pytest.mark.parametrize(
    ("findings", "heading"),
    [
        ({"statements": 2, "supported": 1, "unchecked": 1}, "Memo: Debt \u00b7 2 statements: 1 supported, 1 unchecked"),
        ({}, "Memo: Debt"),
    ],
)
def test_look_at_a_session_says_what_was_found_of_its_memo(findings: dict[str, int], heading: str) -> None:
    glance = SessionPreview("a", memo_title="Debt", memo="It fell.", findings=findings)
    assert build_preview_passages(LINES[0], glance, NOW, ascii=False)[-1].heading == heading
