"""Labels and the trash: what a person calls sessions, and deleting without losing."""

import os
import time
from pathlib import Path

import pytest

from kimi_tui.journal.labels import LABEL_NAME, Label
from kimi_tui.journal.lock import SessionBusy
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.session import SessionError


@pytest.fixture
def shelf(tmp_path: Path) -> SessionStore:
    """A data folder."""
    return SessionStore(tmp_path)


def _made(shelf: SessionStore) -> str:
    journal = shelf.create()
    journal.close()
    return journal.session


def test_a_label_is_kept_and_a_damaged_one_is_none(shelf):
    session = _made(shelf)
    assert shelf.label(session) == Label()
    shelf.relabel(session, Label("The\x1b[31m margin\nquestion", True))
    assert shelf.label(session) == Label("The\u241b[31m margin question", True)
    (shelf.folder / session / LABEL_NAME).write_text("{")
    assert shelf.label(session) == Label()
    with pytest.raises(SessionError, match="there is no session"):
        shelf.relabel("nowhere", Label("x"))


def test_a_deleted_session_comes_back_whole(shelf):
    session = _made(shelf)
    shelf.relabel(session, Label("mine"))
    shelf.move_to_trash(session)
    assert shelf.ids() == []
    assert shelf.trash.ids() == [session]
    shelf.trash.restore(session, shelf.folder)
    assert shelf.ids() == [session]
    assert shelf.label(session).name == "mine"
    with pytest.raises(SessionError, match="not in the trash"):
        shelf.trash.restore(session, shelf.folder)


def test_a_session_at_work_is_not_deleted(shelf):
    journal = shelf.create()
    with pytest.raises(SessionBusy):
        shelf.move_to_trash(journal.session)
    journal.close()
    assert shelf.ids() == [journal.session]


def test_what_was_deleted_long_ago_is_gone_for_good(shelf):
    old, fresh = _made(shelf), _made(shelf)
    shelf.move_to_trash(old)
    long_ago = time.time() - 31 * 86_400
    os.utime(shelf.trash.folder / old, (long_ago, long_ago))
    shelf.move_to_trash(fresh)
    assert shelf.trash.ids() == [fresh]


def test_nothing_outside_the_trash_is_given_back(shelf):
    session = _made(shelf)
    shelf.move_to_trash(session)
    with pytest.raises(SessionError):
        shelf.trash.restore(f"../sessions/{session}", shelf.folder)
