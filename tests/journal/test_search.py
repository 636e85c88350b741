"""Full-text search: every kind of text is found, hostile queries find or find nothing, damage stays where it is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.events import (
    AnyEvent,
    MessageRecorded,
    ObservationRecorded,
    QuestionAsked,
    ReasoningRecorded,
    RunPaused,
    SteerReceived,
    ToolCallProposed,
    TurnFinished,
)
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.search import SessionSearcher
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.sources import Part
from tests.journal.searching import found

TEXTS: list[tuple[AnyEvent, str]] = [
    (QuestionAsked("the kumquat"), "question"),
    (SteerReceived("the kumquat"), "question"),
    (ReasoningRecorded("the kumquat"), "reasoning"),
    (MessageRecorded("the kumquat"), "message"),
    (ToolCallProposed("c1", "read", {"of": "the kumquat"}, ""), "call"),
    (ToolCallProposed("c1", "read", {}, "", "Read the kumquat"), "call"),
    (ObservationRecorded("c1", "ok", "the kumquat"), "observation"),
    (TurnFinished("answered", {"title": "the kumquat", "text": ""}), "memo"),
    (TurnFinished("answered", {"title": "", "text": "the kumquat"}), "memo"),
]


@pytest.mark.parametrize(("event", "kind"), TEXTS)
def test_search_finds_every_kind_of_text_at_its_place(tmp_path: Path, event: AnyEvent, kind: str) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([QuestionAsked("something else"), event], turn=1, step=1)
        [hit] = found(journal, "KUMQUAT the")
        assert (hit.session, hit.seq, hit.kind, hit.source) == ("s", 2, kind, "")
        assert "the kumquat" in hit.snippet


def test_what_has_no_text_is_not_found(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([RunPaused("kumquat", "kumquat"), TurnFinished("stopped", None, "kumquat")], turn=1, step=1)
        assert found(journal, "kumquat") == []


def test_a_source_is_found_with_its_id_and_place(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        parts = (Part("p.1", "nothing"), Part("p.2", "x " * 300 + "the kumquat" + " y" * 300))
        journal.sources.add(kind="page", title="", address="notes.txt", media_type="text/html", data=b"", parts=parts)
        [hit] = found(journal, "kumq")
        assert (hit.kind, hit.seq, hit.source, hit.part, hit.title) == ("source", 0, "S1", "p.2", "notes.txt")
        assert hit.snippet.startswith("…x x")
        assert hit.snippet.index("kumquat") < 40
        assert hit.snippet.endswith("…")
        assert "the kumquat" in hit.snippet
        assert len(hit.snippet) < 180


def test_a_place_whose_text_is_gone_is_left_out(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([QuestionAsked("kumquat")], turn=1, step=0)
        parts = (Part("p.1", "kumquat"),)
        journal.sources.add(kind="page", title="", address="", media_type="text/html", data=b"", parts=parts)
        assert len(found(journal, "kumquat")) == 2
        with closing(sqlite3.connect(journal.path, isolation_level=None)) as connection:
            connection.execute("delete from parts")
            connection.execute("delete from entries")
        assert found(journal, "kumquat") == []


def test_the_limit_holds(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([QuestionAsked("kumquat")] * 20, turn=1, step=0)
        with closing(JournalReader(journal.path)) as reader:
            assert len(reader.search("kumquat", 7)) == 7


def test_a_damaged_session_is_passed_over_in_a_search_of_all(tmp_path: Path) -> None:
    shelf = SessionStore(tmp_path)
    names = []
    for _ in range(4):
        journal = shelf.create()
        journal.append([QuestionAsked("kumquat")], turn=1, step=0)
        names.append(journal.session)
        journal.close()
    shelf.path(names[0]).write_bytes(b"garbage")
    with closing(sqlite3.connect(shelf.path(names[1]), isolation_level=None)) as connection:
        connection.execute("update entries set body = '['")
    with closing(sqlite3.connect(shelf.path(names[2]), isolation_level=None)) as connection:
        connection.execute("delete from entries")
        connection.execute("drop table parts")
    finder = SessionSearcher(shelf)
    assert [hit.session for hit in finder.search("kumquat")] == [names[3]]
    assert [hit.session for hit in finder.search("kumquat", names[3])] == [names[3]]
    assert finder.search("kumquat", names[0]) == []
    assert finder.search("kumquat", "../../etc") == []
    finder.close()
    assert set(shelf.ids()) == set(names)
