"""Damage that writing meets: it is named as such, offered to salvage, and remembered for the next opening."""

from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.events import MessageRecorded, QuestionAsked
from kimi_tui.journal.reader import JournalReader
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
