"""The folder of sessions: finding, creating and removing them, and nothing outside it."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.events import QuestionAsked
from kimi_tui.journal.lock import SessionBusy
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.journal.writer import JOURNAL_NAME, JournalWriter
from kimi_tui.session import SessionError

TRICKS = ["", ".", "..", "../..", "/", "/etc", "a/b", "./x", "../sessions", "x\0y", "a/", "last/.."]


@pytest.fixture
def shelf(tmp_path: Path) -> SessionStore:
    """A data folder with two sessions and something that is none of ours."""
    made = SessionStore(tmp_path / "data")
    (tmp_path / "data" / "sessions" / "no-session").mkdir(parents=True)
    (tmp_path / "data" / "keep.txt").write_text("precious")
    for name in ("20261103-aaaaa", "20261103-bbbbb"):
        JournalWriter(made.folder / name, name).close()
    return made


def test_no_session_is_listed_where_there_is_no_folder(tmp_path: Path) -> None:
    shelf = SessionStore(tmp_path / "nowhere")
    assert shelf.ids() == []
    with pytest.raises(SessionError, match="there is no session 'last'"):
        shelf.resolve_id("last")


def test_the_session_written_last_comes_first(shelf: SessionStore) -> None:
    for number, name in enumerate(("20261103-aaaaa", "20261103-bbbbb")):
        os.utime(shelf.path(name), (1000 + number, 1000 + number))
    assert shelf.ids() == ["20261103-bbbbb", "20261103-aaaaa"]
    with closing(shelf.open_writer("20261103-aaaaa")) as journal:
        os.utime(shelf.path("20261103-bbbbb"), (2000, 2000))
        journal.append([QuestionAsked("a")], turn=1, step=0)
        os.utime(shelf.path("20261103-aaaaa"), (1000, 1000))  # what is new is still in the log
        assert shelf.ids()[0] == "20261103-aaaaa"
        assert shelf.resolve_id("last") == "20261103-aaaaa"


@pytest.mark.parametrize("name", ["20261103-aaaaa", "aaaaa", "20261103-a", "a"])
def test_a_session_is_meant_by_its_id_or_an_unambiguous_end_of_it(shelf: SessionStore, name: str) -> None:
    assert shelf.resolve_id(name) == "20261103-aaaaa"


def test_an_ambiguous_beginning_is_reported_with_what_it_may_mean(shelf: SessionStore) -> None:
    with pytest.raises(SessionError, match=r"fits 2 sessions: .*aaaaa"):
        shelf.resolve_id("20261103")


@pytest.mark.parametrize("trick", TRICKS)
def test_no_name_leads_out_of_the_folder(shelf: SessionStore, trick: str) -> None:
    everything = sorted(shelf.home.rglob("*"))
    for ask in (
        shelf.resolve_id,
        shelf.open_reader,
        shelf.open_writer,
        shelf.delete_for_good,
        shelf.holder,
        shelf.path,
        shelf.lock_path,
    ):
        with pytest.raises(SessionError):
            ask(trick)
    assert sorted(shelf.home.rglob("*")) == everything
    assert (shelf.home / "keep.txt").read_text() == "precious"


@pytest.mark.parametrize("name", ["no-session", "unknown"])
def test_what_is_no_session_is_neither_read_nor_deleted(shelf: SessionStore, name: str) -> None:
    for ask in (shelf.resolve_id, shelf.open_reader, shelf.open_writer, shelf.delete_for_good):
        with pytest.raises(SessionError, match="there is no session"):
            ask(name)
    assert (shelf.folder / "no-session").is_dir()


def test_deleting_removes_the_session_alone(shelf: SessionStore) -> None:
    shelf.delete_for_good("20261103-aaaaa")
    assert shelf.ids() == ["20261103-bbbbb"]
    assert not (shelf.folder / "20261103-aaaaa").exists()


def test_a_session_that_is_worked_on_is_not_deleted(shelf: SessionStore) -> None:
    with closing(shelf.open_writer("20261103-aaaaa")):
        assert shelf.holder("20261103-aaaaa") == os.getpid()
        with pytest.raises(SessionBusy):
            shelf.delete_for_good("20261103-aaaaa")
    assert shelf.holder("20261103-aaaaa") is None
    assert "20261103-aaaaa" in shelf.ids()


def test_a_folder_that_is_a_link_is_not_followed_when_deleting(shelf: SessionStore, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    JournalWriter(elsewhere, "other").close()
    (shelf.folder / "linked").symlink_to(elsewhere)
    with pytest.raises(SessionError, match="cannot be deleted"):
        shelf.delete_for_good("linked")
    assert (elsewhere / JOURNAL_NAME).exists()


def test_new_sessions_have_ids_of_their_own(shelf: SessionStore) -> None:
    made = [shelf.create() for _ in range(5)]
    assert len({journal.session for journal in made}) == 5
    for journal in made:
        assert journal.path == shelf.path(journal.session)
        journal.close()
    assert shelf.folder.stat().st_mode & 0o777 in (0o700, 0o755)


def test_a_data_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SessionError, match="KIMI_TUI_HOME"):
        SessionStore(tmp_path / "file").create()


@pytest.mark.parametrize("place", ["data", "data/sessions"])
def test_a_foreign_file_under_the_librarys_name_is_reported_and_left_alone(tmp_path: Path, place: str) -> None:
    foreign = tmp_path / place
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_text("precious")
    shelf = SessionStore(tmp_path / "data")
    for ask in (shelf.ids, shelf.create, lambda: shelf.resolve_id("last")):
        with pytest.raises(SessionError, match=r"Not a directory|File exists"):
            ask()
    assert foreign.read_text() == "precious"


def test_foreign_things_among_the_sessions_are_no_sessions_and_stay(shelf: SessionStore) -> None:
    (shelf.folder / "notes.txt").write_text("precious")
    (shelf.folder / "folder" / JOURNAL_NAME).mkdir(parents=True)
    (shelf.folder / "text").mkdir()
    (shelf.folder / "text" / JOURNAL_NAME).write_text("precious")
    assert "20261103-aaaaa" in shelf.ids()
    for name in ("folder", "text"):
        with pytest.raises(SessionError):
            shelf.open_reader(name)
    assert (shelf.folder / "text" / JOURNAL_NAME).read_text() == "precious"
    assert (shelf.folder / "notes.txt").read_text() == "precious"
