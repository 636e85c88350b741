"""The list of a large library: sessions at rest are listed without opening them, and never wrongly."""

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from kimi_tui.config import LoadedSettings, load_settings
from kimi_tui.events import QuestionAsked, TurnFinished
from kimi_tui.journal.labels import Label
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.runner.summary_cache import CACHE_NAME
from kimi_tui.session import SessionSummary


@pytest.fixture
def loaded(isolated_home: Path) -> LoadedSettings:
    """The settings of an empty data folder."""
    isolated_home.mkdir()
    return load_settings()


def written(library: FolderLibrary, question: str) -> str:
    """A session at rest with this question."""
    with closing(library.shelf.create()) as journal:
        journal.append([QuestionAsked(question), TurnFinished("answered")], turn=1, step=0)
        return journal.session


def listed(loaded: LoadedSettings) -> dict[str, SessionSummary]:
    """The lines of all sessions, as a fresh process lists them."""
    return {line.id: line for line in FolderLibrary(loaded).summaries()}


def test_sessions_at_rest_are_opened_once_for_all_processes(
    loaded: LoadedSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = FolderLibrary(loaded)
    names = {written(library, f"What of {number}?") for number in range(5)}
    opened: list[Path] = []
    before = JournalReader.__init__

    def note(reader: JournalReader, path: Path) -> None:
        opened.append(path)
        before(reader, path)

    monkeypatch.setattr(JournalReader, "__init__", note)
    first = listed(loaded)
    assert len(opened) >= 5
    opened.clear()
    assert listed(loaded) == first
    assert set(first) == names
    assert opened == []


def test_session_that_was_written_since_is_read_again(loaded: LoadedSettings) -> None:
    library = FolderLibrary(loaded)
    name = written(library, "What of it?")
    assert listed(loaded)[name].state == "finished"
    with closing(library.shelf.open_writer(name)) as journal:
        journal.append([QuestionAsked("And now?")], turn=2, step=0)
        assert listed(loaded)[name].attached
    assert listed(loaded)[name].state == "paused"


def test_label_of_a_session_at_rest_is_always_that_of_now(loaded: LoadedSettings) -> None:
    library = FolderLibrary(loaded)
    name = written(library, "What of it?")
    library.shelf.relabel(name, Label("Debt"))
    listed(loaded)
    library.shelf.relabel(name, Label("Margins", pinned=True))
    assert (listed(loaded)[name].name, listed(loaded)[name].pinned) == ("Margins", True)
    library.shelf.relabel(name, Label())
    assert (listed(loaded)[name].name, listed(loaded)[name].pinned) == ("", False)


def test_deleted_session_is_not_listed_and_leaves_the_cache(loaded: LoadedSettings) -> None:
    library = FolderLibrary(loaded)
    name, other = written(library, "What of it?"), written(library, "What else?")
    listed(loaded)
    library.shelf.move_to_trash(name)
    third = written(library, "And then?")
    assert set(listed(loaded)) == {other, third}
    assert name.encode() not in (library.shelf.home / CACHE_NAME).read_bytes()


@pytest.mark.parametrize("at", [0, 3, 40, -1])
def test_damaged_cache_counts_as_empty(loaded: LoadedSettings, isolated_home: Path, at: int) -> None:
    name = written(FolderLibrary(loaded), "What of it?")
    sound = listed(loaded)
    cache = isolated_home / CACHE_NAME
    data = bytearray(cache.read_bytes())
    data[at] ^= 0x11
    cache.write_bytes(data)
    assert listed(loaded) == sound
    assert sound[name].question == "What of it?"


def test_cache_of_another_version_counts_as_empty(loaded: LoadedSettings, isolated_home: Path) -> None:
    written(FolderLibrary(loaded), "What of it?")
    sound = listed(loaded)
    (isolated_home / CACHE_NAME).write_bytes(msgspec.msgpack.encode([["id"], {}]) + bytes(4))
    assert listed(loaded) == sound


def test_cache_that_cannot_be_written_is_done_without(loaded: LoadedSettings, isolated_home: Path) -> None:
    written(FolderLibrary(loaded), "What of it?")
    (isolated_home / CACHE_NAME).mkdir()
    assert len(listed(loaded)) == 1
    assert len(listed(loaded)) == 1
    assert sorted(path.name for path in isolated_home.iterdir()) == [CACHE_NAME, "sessions"]


def test_damaged_session_is_named_at_each_listing(loaded: LoadedSettings) -> None:
    library = FolderLibrary(loaded)
    name = written(library, "What of it?")
    library.shelf.path(name).write_bytes(b"no session" * 400)
    for _ in range(2):
        assert listed(loaded)[name].state == "damaged"


def test_session_whose_log_was_left_behind_is_read_from_its_log(loaded: LoadedSettings) -> None:
    library = FolderLibrary(loaded)
    name = written(library, "What of it?")
    listed(loaded)
    journal = JournalWriter(library.shelf.path(name).parent, name)
    journal.append([QuestionAsked("And now?")], turn=2, step=0)
    journal._lock.release()  # as when its process is killed
    assert listed(loaded)[name].state == "paused"
    journal.close()
