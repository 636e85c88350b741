"""Searching only some calls of a session."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.events import (
    Effect,
    ObservationRecorded,
    QuestionAsked,
    ToolCallProposed,
)
from kimi_tui.journal.filtered_search import filtered_rows
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.session import SearchQuery
from kimi_tui.sources import Part
from kimi_tui.storage import Connection, connect
from tests.journal.searching import recorded


def test_a_filter_on_calls_lets_the_sources_through_that_they_read(tmp_path: Path) -> None:
    shelf = SessionStore(tmp_path)
    with closing(shelf.create()) as journal:
        journal.append([QuestionAsked("Where is the kumquat?")], turn=1, step=0)
        for number, (tool, target) in enumerate((("open_page", "www.sec.gov"), ("read", "notes.txt")), 1):
            parts = (Part("p.1", f"kumquat {number}"), Part("p.2", "a quince"))
            ref = journal.sources.add(
                kind="page", title=target, address=target, media_type="", data=target.encode(), parts=parts
            )
            proposed = ToolCallProposed(f"c{number}", tool, {}, "", "", (Effect("network", target),))
            journal.append([proposed, ObservationRecorded(f"c{number}", "ok", "", (ref,))], turn=1, step=number)
        session = journal.session
    with closing(shelf.open_reader(session)) as reader:

        def sources(query: str) -> list[str]:
            return [hit.source for hit in reader.search(query) if hit.kind == "source"]

        assert sorted(sources("kumquat")) == sources("is:source step:1-2 kumquat") == ["S1", "S2"]
        assert sources("host:sec.gov kumquat") == sources("step:1 kumquat") == ["S1"]
        assert sources("tool:read kumquat 2") == ["S2"]
        assert sources("tool:read kumquat 1") == sources("step:0 kumquat") == sources("tool:read") == []
        assert {hit.kind for hit in reader.search("is:source kumquat")} == {"source"}
        assert len(reader.search("step:1-2 kumquat", 1)) == 1


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("kumquat", ["call", "call", "message", "observation", "observation", "question", "reasoning", "reasoning"]),
        ("tool:read kumquat", ["call", "observation"]),
        ("tool:page", ["call", "observation"]),
        ("host:sec.gov", ["call", "observation"]),
        ("host:nowhere.example kumquat", []),
        ("is:error", ["observation"]),
        ("is:error tool:open_page", []),
        ("step:3", ["message"]),
        ("step:2-3 kumquat", ["call", "message", "observation", "reasoning"]),
        ("step:x kumquat tool:read", ["call", "observation"]),
        (f"step:3-{'9' * 30} kumquat", ["message"]),
        ("https://kumquat", []),
    ],
)
def test_search_filters_keep_only_matching_entries(tmp_path: Path, query: str, kinds: list[str]) -> None:
    shelf = SessionStore(tmp_path)
    session = recorded(shelf)
    with closing(shelf.open_reader(session)) as reader:
        assert sorted(hit.kind for hit in reader.search(query)) == kinds


@pytest.fixture
def filed(tmp_path: Path) -> Iterator[Connection]:
    """The file of `searching.recorded`: 1 question, then reasoning, call, observation of two steps, and a message."""
    shelf = SessionStore(tmp_path)
    with closing(connect(shelf.path(recorded(shelf)), read_only=True)) as connection:
        yield connection


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (SearchQuery(steps=(0, 0)), [1]),
        (SearchQuery(steps=(1, 1)), [2, 3, 4]),
        (SearchQuery(steps=(2, 1)), []),
        (SearchQuery(steps=(0, 10**30)), [1, 2, 3, 4, 5, 6, 7, 8]),
        (SearchQuery(steps=(10**30, 10**31)), []),
        (SearchQuery(tool="read"), [6, 7]),
        (SearchQuery(tool="page", host="sec.gov"), [3, 4]),
        (SearchQuery(tool="read", host="sec.gov"), []),
        (SearchQuery(errors=True), [7]),
        (SearchQuery(errors=True, tool="open"), []),
        (SearchQuery(words="kumquat", tool="read"), [6, 7]),
        (SearchQuery(words="quince", tool="read"), []),
        (SearchQuery(words="kumquat", steps=(3, 3)), [8]),
        (SearchQuery(steps=(1, 2), sources=True), []),
    ],
)
def test_filtered_rows_pass_every_filter_in_order(filed: Connection, query: SearchQuery, rows: list[int]) -> None:
    assert list(filtered_rows(filed, query, 50)) == rows


@pytest.mark.parametrize("limit", [0, 1, 2, 3])
def test_filtered_rows_limit_takes_the_first(filed: Connection, limit: int) -> None:
    assert list(filtered_rows(filed, SearchQuery(steps=(1, 1)), limit)) == [2, 3, 4][:limit]
