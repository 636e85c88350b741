"""The full text of one session: words in any notation, safe queries, and snippets."""

import sqlite3
from collections.abc import Iterator
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
    SteerReceived,
    ToolCallProposed,
    ToolCallStarted,
    TurnFinished,
)
from kimi_tui.journal.full_text_index import (
    PART_ROW_OFFSET,
    all_texts,
    match_expression,
    matching_rows,
    may_match,
    searchable_text,
    snippet,
)
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.sources import Part
from kimi_tui.storage import Connection, connect, connect_nothing
from tests.journal.searching import found
from tests.story import write_story


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
            "9" * 5000,
            "step:" + "9" * 5000,
            "step:1-" + "9" * 5000,
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


def test_a_snippet_without_the_word_is_the_beginning() -> None:
    assert snippet("short", "absent") == "short"
    assert snippet("a" * 500, "absent") == "a" * 160 + "…"
    assert snippet("", "x") == ""


@pytest.mark.parametrize("before", ["", "a", "İ" * 300, "ß ẞ ﬁ " * 60, "𝒜" * 300, "İSTANBUL " * 40])
def test_snippet_any_signs_before_the_word_holds_the_word(before: str) -> None:
    cut = snippet(f"{before} kumquat and more", "KUMQUAT")

    assert "kumquat" in cut
    assert len(cut) <= 162


@pytest.mark.parametrize("word", ["İSTANBUL", "istanbul"])
def test_snippet_dotted_capital_is_found_in_either_case(word: str) -> None:
    assert "İstanbul" in snippet("x " * 300 + "İstanbul", word)


@given(text=st.text(max_size=400), query=st.text(max_size=20))
def test_snippet_is_always_a_piece_of_the_text(text: str, query: str) -> None:
    cut = snippet(text, query)

    assert cut.removeprefix("…").removesuffix("…") in text or cut in text
    assert len(cut) <= 162


@pytest.mark.parametrize("query", ["", " ", "-", "( )", "\0", "…", '"'])
def test_match_expression_no_word_is_empty(query: str) -> None:
    assert match_expression(query) == ""


def test_match_expression_all_words_are_demanded_and_the_last_is_a_beginning() -> None:
    assert match_expression("net sales") == '("net") AND ("sales"*)'


def test_match_expression_operators_and_quotes_are_words_alone() -> None:
    expression = match_expression('revenue OR "x" NEAR(a')

    assert expression.count(" AND ") == 4
    assert '"or"' in expression.lower()
    assert '""' not in expression


def test_match_expression_more_words_than_are_searched_are_left_out() -> None:
    assert match_expression("word " * 3000) == match_expression("word " * 40)


@pytest.mark.parametrize(
    ("event", "kind", "text"),
    [
        (QuestionAsked("Why?"), "question", "Why?"),
        (SteerReceived("Look there."), "question", "Look there."),
        (ReasoningRecorded("So."), "reasoning", "So."),
        (MessageRecorded("Done."), "message", "Done."),
        (ToolCallProposed("c1", "read", {"é": 1}, "", "Read it"), "call", 'read Read it {"é": 1}'),
        (ObservationRecorded("c1", "ok", "seen"), "observation", "seen"),
        (TurnFinished("answered", {"title": "T", "text": "M"}), "memo", "T\nM"),
        (TurnFinished("answered", {}), "memo", "\n"),
        (TurnFinished("stopped", None), "", ""),
        (ToolCallStarted("c1"), "", ""),
    ],
)
def test_searchable_text_each_event_has_its_kind_and_words(event: AnyEvent, kind: str, text: str) -> None:
    assert searchable_text(event) == (kind, text)


@pytest.fixture
def indexed(tmp_path: Path) -> Iterator[Connection]:
    """The file of two questions and a source of one part, which holds "kumquat" twice."""
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([QuestionAsked("a kumquat"), QuestionAsked("a plum")], turn=1, step=0)
        parts = (Part("p.1", "kumquat pie"),)
        journal.sources.add(kind="page", title="", address="", media_type="text/html", data=b"", parts=parts)
    with closing(connect(journal.path)) as connection:
        yield connection


def test_matching_rows_entries_and_parts_have_rows_of_their_own(indexed: Connection) -> None:
    assert sorted(matching_rows(indexed, "kumquat", 9)) == [1, PART_ROW_OFFSET + 1]
    assert list(matching_rows(indexed, "kumquat", 9, sources=True)) == [PART_ROW_OFFSET + 1]
    assert len(list(matching_rows(indexed, "kumquat", 1, best=False))) == 1
    assert list(matching_rows(indexed, "kumquat", 0)) == []
    assert list(matching_rows(indexed, "-", 9)) == []


@pytest.mark.parametrize(
    ("query", "limit", "rows"),
    [("kumquat", 9, [1, PART_ROW_OFFSET + 1]), ("kumquat", 1, [1]), ("plu", 9, [2]), ("kumquat plum", 9, [])],
)
def test_matching_rows_without_a_usable_index_reads_the_texts(
    indexed: Connection, query: str, limit: int, rows: list[int]
) -> None:
    indexed.execute("drop table words")

    assert list(matching_rows(indexed, query, limit)) == rows


def test_all_texts_an_entry_that_cannot_be_read_is_left_out(indexed: Connection) -> None:
    indexed.execute("update entries set body = '[' where seq = 1")

    assert list(all_texts(indexed)) == [(2, "a plum"), (PART_ROW_OFFSET + 1, "kumquat pie")]


def test_may_match_looks_into_a_file_at_rest_and_passes_one_that_it_cannot_read(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([QuestionAsked("a kumquat")], turn=1, step=0)
    (tmp_path / "garbage").write_bytes(b"garbage " * 1000)
    with closing(connect_nothing()) as connection:
        assert may_match(connection, str(journal.path), match_expression("kum"))
        assert not may_match(connection, str(journal.path), match_expression("plum"))
        assert may_match(connection, str(tmp_path / "garbage"), match_expression("plum"))
        assert may_match(connection, str(tmp_path / "none"), match_expression("plum"))
