"""Searching all sessions, and only some calls of them."""

from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.events import (
    Effect,
    MessageRecorded,
    ObservationRecorded,
    QuestionAsked,
    ReasoningRecorded,
    Status,
    ToolCallProposed,
)
from kimi_tui.journal import search
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.search import SessionSearcher
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.session import SearchQuery, SessionError
from kimi_tui.sources import Part


def recorded(shelf: SessionStore, word: str = "kumquat") -> str:
    """A session of three steps: a page that was opened, a document that could not be read, a message."""
    with closing(shelf.create()) as journal:
        journal.append([QuestionAsked(f"Where is the {word}?")], turn=1, step=0)
        calls: list[tuple[str, str, Status]] = [("open_page", "www.sec.gov", "ok"), ("read", "notes.txt", "error")]
        for step, (tool, target, status) in enumerate(calls, 1):
            effects = (Effect("network" if step == 1 else "read", target),)
            proposed = ToolCallProposed(f"c{step}", tool, {"about": word}, "", f"Look at {target}", effects)
            observed = ObservationRecorded(f"c{step}", status, f"a {word}")
            journal.append([ReasoningRecorded(f"The {word} may be there."), proposed, observed], turn=1, step=step)
        journal.append([MessageRecorded(f"No {word} anywhere.")], turn=1, step=3)
        return journal.session


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
