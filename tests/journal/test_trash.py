"""The trash: deleted sessions come back whole within their days, and nothing else is touched."""

import os
import time
from pathlib import Path

import pytest

from kimi_tui.journal.trash import KEEP_DAYS, Trash
from kimi_tui.session import NotInTrash, SessionError


def session(home: Path, name: str = "s1", text: str = "journal") -> Path:
    folder = home / "sessions" / name
    folder.mkdir(parents=True)
    (folder / "journal.sqlite").write_text(text)
    return folder


def age(trash: Trash, name: str, days: float) -> None:
    """Let a deleted session be so old."""
    moment = time.time() - days * 86_400
    os.utime(trash.folder / name, (moment, moment))


def test_trash_add_and_restore_brings_the_whole_folder_back(tmp_path: Path) -> None:
    folder, trash = session(tmp_path, "s \u00e9"), Trash(tmp_path)
    (folder / "pictures").mkdir()

    trash.add(folder)
    assert (folder.exists(), trash.ids()) == (False, ["s \u00e9"])
    trash.restore("s \u00e9", tmp_path / "sessions")

    assert sorted(path.name for path in folder.iterdir()) == ["journal.sqlite", "pictures"]
    assert trash.ids() == []


def test_trash_without_a_folder_is_empty(tmp_path: Path) -> None:
    trash = Trash(tmp_path)

    trash.delete_older()
    assert trash.ids() == []
    assert not trash.folder.exists()


def test_trash_ids_list_the_latest_first_whatever_their_own_dates(tmp_path: Path) -> None:
    trash = Trash(tmp_path)
    for days, name in ((3, "a"), (1, "b"), (2, "c")):
        trash.add(session(tmp_path, name))
        age(trash, name, days)
    (trash.folder / "a file").write_text("no session")

    assert trash.ids() == ["b", "c", "a"]


def test_trash_add_old_session_begins_its_days_now(tmp_path: Path) -> None:
    folder, trash = session(tmp_path), Trash(tmp_path)
    os.utime(folder, (0, 0))

    trash.add(folder)
    trash.delete_older()

    assert trash.ids() == ["s1"]


@pytest.mark.parametrize(("days", "kept"), [(0.0, True), (KEEP_DAYS - 0.01, True), (KEEP_DAYS + 0.01, False)])
def test_trash_delete_older_keeps_what_is_within_its_days(tmp_path: Path, days: float, kept: bool) -> None:
    trash = Trash(tmp_path)
    trash.add(session(tmp_path))
    age(trash, "s1", days)

    trash.delete_older()

    assert (trash.ids() == ["s1"]) is kept


def test_trash_add_removes_what_is_too_old(tmp_path: Path) -> None:
    trash = Trash(tmp_path)
    trash.add(session(tmp_path, "old"))
    age(trash, "old", KEEP_DAYS + 1)

    trash.add(session(tmp_path, "new"))

    assert trash.ids() == ["new"]


def test_trash_add_same_id_again_takes_the_place_of_the_first(tmp_path: Path) -> None:
    trash = Trash(tmp_path)
    trash.add(session(tmp_path, text="first"))
    trash.add(session(tmp_path, text="second"))

    trash.restore("s1", tmp_path / "sessions")

    assert (tmp_path / "sessions/s1/journal.sqlite").read_text() == "second"


@pytest.mark.parametrize("name", ["s2", "", ".", "..", "../sessions", "s1/", "s1/..", "/etc", "s1\0"])
def test_trash_restore_other_name_is_not_in_the_trash(tmp_path: Path, name: str) -> None:
    trash = Trash(tmp_path)
    trash.add(session(tmp_path))

    with pytest.raises(NotInTrash, match=f"is not in the trash; it is emptied after {KEEP_DAYS} days"):
        trash.restore(name, tmp_path / "sessions")

    assert trash.ids() == ["s1"]


def test_trash_restore_never_takes_the_place_of_a_session(tmp_path: Path) -> None:
    trash = Trash(tmp_path)
    trash.add(session(tmp_path, text="deleted"))
    session(tmp_path, text="new")

    with pytest.raises(SessionError, match=r"^there is a session s1 already$"):
        trash.restore("s1", tmp_path / "sessions")

    assert (tmp_path / "sessions/s1/journal.sqlite").read_text() == "new"
    assert trash.ids() == ["s1"]


def test_trash_add_session_that_is_gone_is_an_error_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match=r"^session s1 cannot be deleted: No such file or directory$"):
        Trash(tmp_path).add(tmp_path / "sessions" / "s1")


def test_trash_that_cannot_be_made_leaves_the_session(tmp_path: Path) -> None:
    folder = session(tmp_path)
    (tmp_path / "trash").write_text("in the way")

    with pytest.raises(SessionError, match=r"^session s1 cannot be deleted: "):
        Trash(tmp_path).add(folder)

    assert (folder / "journal.sqlite").read_text() == "journal"


def test_trash_restore_into_a_place_that_cannot_be_made_keeps_it(tmp_path: Path) -> None:
    trash = Trash(tmp_path)
    trash.add(session(tmp_path))
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(SessionError, match=r"^session s1 cannot be taken out of the trash: "):
        trash.restore("s1", tmp_path / "file" / "sessions")

    assert trash.ids() == ["s1"]


def test_trash_is_for_its_owner_alone(tmp_path: Path) -> None:
    trash = Trash(tmp_path)
    trash.add(session(tmp_path))

    assert trash.folder.stat().st_mode & 0o077 == 0
