"""Searching all sessions, and only some calls of them."""

from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.events import (
    MessageRecorded,
)
from kimi_tui.journal import search
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.search import SessionSearcher
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.session import SearchQuery, SessionError
from tests.journal.searching import recorded


def test_the_session_that_was_written_last_comes_first(tmp_path: Path) -> None:
    shelf = SessionStore(tmp_path)
    names = [recorded(shelf) for _ in range(3)]
    with closing(SessionSearcher(shelf)) as finder:
        hits = finder.search("kumquat")
        assert list(dict.fromkeys(hit.session for hit in hits)) == names[::-1]
        assert len(hits) == 3 * search.MAX_HITS_PER_SESSION
        assert {hit.session for hit in finder.search("kumquat", limit=3)} == {names[-1]}


def test_a_search_sees_what_was_written_deleted_and_put_in_the_place_of_another_since_the_last(tmp_path: Path) -> None:
    shelf = SessionStore(tmp_path)
    first, second = recorded(shelf), recorded(shelf, "quince")
    with closing(SessionSearcher(shelf)) as finder:
        assert {hit.session for hit in finder.search("quince")} == {second}
        with closing(shelf.open_writer(first)) as journal:
            journal.append([MessageRecorded("A quince after all.")], turn=1, step=4)
        assert {hit.session for hit in finder.search("quince")} == {first, second}
        shelf.path(first).rename(shelf.path(second))
        assert {hit.kind for hit in finder.search("quince")} == {"message"}
        shelf.path(second).unlink()
        assert finder.search("quince") == []


def test_a_search_that_is_outdated_ends_and_leaves_the_file_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kimi_tui.journal.reader._CANCEL_CHECK_INSTRUCTIONS", 1)
    shelf = SessionStore(tmp_path)
    with closing(shelf.open_reader(recorded(shelf))) as reader:
        for query in ("kumquat", "tool:read kumquat"):
            with pytest.raises(SessionError):
                reader.search(query, outdated=lambda: True)
            assert reader.search(query, outdated=lambda: False)
        assert len(list(reader.entries())) == reader.last_seq()


def test_more_sessions_than_are_kept_open_are_searched_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_OPEN_FILES", 1)
    shelf = SessionStore(tmp_path)
    names = {recorded(shelf) for _ in range(3)}
    with closing(SessionSearcher(shelf)) as finder:
        for _ in range(2):
            assert {hit.session for hit in finder.search("kumquat")} == names


def test_a_query_without_words_or_filters_is_empty() -> None:
    assert SearchQuery.parse("  ").is_empty
    assert SearchQuery.parse("tool: is:").is_empty
    assert not SearchQuery.parse("step:1").is_empty
    assert SearchQuery.parse("a tool:READ b") == SearchQuery("a b", "read")


def test_rare_word_is_found_in_a_large_library_of_which_no_other_file_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_OPEN_FILES", 3)
    shelf = SessionStore(tmp_path)
    oldest = recorded(shelf, "zirconium")
    others = [recorded(shelf) for _ in range(8)]
    opened: list[Path] = []
    before = JournalReader.__init__

    def note(reader: JournalReader, path: Path) -> None:
        opened.append(path)
        before(reader, path)

    monkeypatch.setattr(JournalReader, "__init__", note)
    finder = SessionSearcher(shelf)
    assert {hit.session for hit in finder.search("zirco")} == {oldest}
    assert opened == [shelf.path(oldest)]
    assert {hit.session for hit in finder.search("kumquat", limit=200)} == set(others)
    finder.close()
