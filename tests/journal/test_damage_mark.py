"""Damage that writing meets: it is named as such, offered to salvage, and remembered for the next opening."""

from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.events import MessageRecorded, QuestionAsked
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.recovery.damage_mark import MARK_NAME, mark_damaged, read_damage_mark, remove_mark
from kimi_tui.journal.recovery.salvage import salvage_in_place
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.session import DamagedSession


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A session file whose entries are sound, and which nothing can be added to."""
    folder = tmp_path / "s"
    with closing(JournalWriter(folder, "s")) as journal:
        journal.append([QuestionAsked("one")], turn=1, step=0)
        path = journal.path
    with path.open("r+b") as file:  # the list of free pages, which only a writer looks at
        file.seek(32)
        file.write((1 << 24).to_bytes(4, "big") + (9).to_bytes(4, "big"))
    return path


def fill(path: Path) -> None:
    """Add entries until a page is needed."""
    with closing(JournalWriter(path.parent, "s")) as journal:
        for step in range(50):
            journal.append([MessageRecorded("x" * 200 + str(step))], turn=1, step=step)


def test_journal_append_to_a_damaged_file_offers_salvage(damaged: Path) -> None:
    with pytest.raises(DamagedSession, match="kimi-tui salvage s"):
        fill(damaged)


def test_journal_that_met_damage_is_broken_at_its_end_when_opened_again(damaged: Path) -> None:
    with closing(JournalReader(damaged)) as reader:
        assert reader.verify_chain() is None
    with pytest.raises(DamagedSession):
        fill(damaged)
    with closing(JournalReader(damaged)) as reader:
        broken = reader.verify_chain()
        assert broken is not None
        assert broken.seq == reader.last_seq() + 1
        assert "damaged" in broken.why


def test_salvage_of_a_file_that_takes_nothing_more_keeps_all_and_takes_more(damaged: Path) -> None:
    with pytest.raises(DamagedSession):
        fill(damaged)
    with closing(JournalReader(damaged)) as reader:
        before = reader.last_seq()
    saved, _ = salvage_in_place(damaged)
    assert (saved.kept_entries, saved.lost_entries) == (before, 0)
    with closing(JournalReader(damaged)) as reader:
        assert reader.verify_chain() is None
    fill(damaged)


def test_mark_of_a_damaged_file_does_not_count_for_a_copy_in_its_place(damaged: Path) -> None:
    sound = damaged.parent.parent / "sound"
    with closing(JournalWriter(sound, "s")) as journal:
        journal.append([QuestionAsked("one")], turn=1, step=0)
        copy = journal.path
    with pytest.raises(DamagedSession):
        fill(damaged)
    copy.replace(damaged)
    with closing(JournalReader(damaged)) as reader:
        assert reader.verify_chain() is None


def test_read_damage_mark_gives_the_reason_on_one_line_and_cut(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b"")

    mark_damaged(path, "first\nsecond \x1b[31m\u202e" + "x" * 1000)

    reason = read_damage_mark(path)
    assert reason.startswith("first second ")
    assert len(reason) <= 500
    assert "\x1b" not in reason


def test_read_damage_mark_is_empty_without_one_and_after_it_was_removed(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b"")
    assert read_damage_mark(path) == ""

    mark_damaged(path, "bad")
    assert read_damage_mark(path) == "bad"
    remove_mark(path)
    remove_mark(path)
    assert read_damage_mark(path) == ""


def test_mark_damaged_again_keeps_the_latest_reason(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b"")
    mark_damaged(path, "first")
    mark_damaged(path, "second")

    assert read_damage_mark(path) == "second"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"file": "x", "reason": "r"}', b"\xff", b"{}"])
def test_read_damage_mark_that_is_none_counts_for_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "j"
    path.write_bytes(b"")
    (tmp_path / MARK_NAME).write_bytes(content)

    assert read_damage_mark(path) == ""


def test_mark_damaged_where_nothing_can_be_written_is_silent(tmp_path: Path) -> None:
    missing = tmp_path / "gone" / "j"

    mark_damaged(missing, "bad")
    remove_mark(missing)

    assert read_damage_mark(missing) == ""


def test_read_damage_mark_counts_for_that_file_alone(tmp_path: Path) -> None:
    path, other = tmp_path / "j", tmp_path / "other"
    path.write_bytes(b"")
    other.write_bytes(b"")
    mark_damaged(path, "bad")

    other.replace(path)

    assert read_damage_mark(path) == ""
