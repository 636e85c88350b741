"""Full-text search: every kind of text is found, hostile queries find or find nothing, damage stays where it is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from kimi_tui.journal.full_text_index import snippet
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.search import SessionSearcher
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.session import SearchHit
from kimi_tui.sources import Part
from tests.story import write_story

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


def found(journal: JournalWriter, query: str) -> list[SearchHit]:
    """Return the entries that a reader finds."""
    with closing(JournalReader(journal.path)) as reader:
        return reader.search(query)


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


def test_search_needs_all_words_in_one_place_and_takes_an_unfinished_last_one(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([QuestionAsked("red kumquat"), QuestionAsked("blue plum")], turn=1, step=0)
        assert [hit.seq for hit in found(journal, "kumquat re")] == [1]
        assert found(journal, "red plum") == []
        assert found(journal, "kumqu red") == []


def test_accents_do_not_hide_a_word(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([QuestionAsked("Über die Wärmepumpe")], turn=1, step=0)
        assert len(found(journal, "uber warmepumpe")) == 1


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("昨年度の営業利益は増加した。", "利益"),
        ("公司的净利润同比增长。", "净利润 增长"),
        ("กำไรสุทธิของบริษัทเพิ่มขึ้น", "สุทธิ"),
        ("Net sales were 1,234.5 million", "1234.5"),
        ("Der Umsatz betrug 1.234,5 Mio.", "1234.5"),
        ("Net sales were 1234567", "1,234,567"),
        ("die \ufb01nanzielle Stra\u00dfe", "finanzielle strasse"),
    ],
)
def test_a_word_is_found_however_it_is_written(tmp_path: Path, text: str, query: str) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([QuestionAsked("x " * 200 + text), QuestionAsked("9,999.9 他 อื่น")], turn=1, step=0)
        parts = (Part("p.1", text),)
        journal.sources.add(kind="page", title="", address="", media_type="text/html", data=b"", parts=parts)
        assert sorted(hit.kind for hit in found(journal, query)) == ["question", "source"]


def test_a_number_of_an_older_session_is_found_as_it_was_indexed(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([QuestionAsked("net sales of 1,234.5 million")], turn=1, step=0)
        with closing(sqlite3.connect(journal.path, isolation_level=None)) as connection:
            connection.execute("insert into words (words) values ('delete-all')")
            connection.execute("insert into words (rowid, text) values (1, 'net sales of 1,234.5 million')")
        assert len(found(journal, "1,234.5 mil")) == 1


def test_a_snippet_begins_at_a_number_in_another_notation() -> None:
    assert "1,234.5" in snippet("x " * 300 + "net sales 1,234.5" + " y" * 300, "1234.5")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story's file at rest."""
    journal = write_story(tmp_path_factory.mktemp("story"))
    journal.close()
    return journal.path


@pytest.mark.parametrize(
    "query",
    [
        *(
            '"',
            "revenue OR",
            "NEAR(a b)",
            "*",
            "text:revenue",
            "(",
            "-",
            "revenue^",
            "\0",
            "\ud800",
            "_",
            "ª",
            "a" * 5000,
        ),
        *("word " * 3000, "' or 1=1 --", "rev*enue", "{a b}", "NOT revenue", "١"),
    ],
)
def test_no_query_is_an_error(story: Path, query: str) -> None:
    with closing(JournalReader(story)) as reader:
        for hit in reader.search(query):
            assert hit.snippet


@settings(max_examples=300)
@given(query=st.text(st.characters(exclude_categories=()), max_size=40))
def test_no_text_is_an_error_as_a_query(story: Path, query: str) -> None:
    with closing(JournalReader(story)) as reader:
        assert isinstance(reader.search(query), list)


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


def test_a_snippet_without_the_word_is_the_beginning() -> None:
    assert snippet("short", "absent") == "short"
    assert snippet("a" * 500, "absent") == "a" * 160 + "…"
    assert snippet("", "x") == ""


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
