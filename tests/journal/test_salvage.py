"""Copies of sessions: while they are written, and of what is left of damaged ones."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.events import MessageRecorded, ObservationRecorded, QuestionAsked
from kimi_tui.journal.lock import SessionBusy
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.recovery.salvage import backup, salvage, salvage_in_place
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.session import SessionError
from tests.journal.damaging import blind, change, written
from tests.story import keep_cells


def test_a_backup_of_a_session_at_work_is_whole_and_verifies(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path / "s1", "s1")
    journal.append([QuestionAsked("one"), MessageRecorded("two")], turn=1, step=0)
    backup(journal.path, tmp_path / "copy.sqlite")
    journal.append([MessageRecorded("three")], turn=1, step=1)
    journal.close()
    reader = JournalReader(tmp_path / "copy.sqlite")
    assert [entry.seq for entry in reader.entries()] == [1, 2]
    assert reader.verify_chain() is None
    reader.close()


def test_a_backup_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    path = written(tmp_path / "s1")
    with pytest.raises(SessionError, match=r"missing|cannot"):
        backup(path, tmp_path / "missing" / "copy.sqlite")


def test_salvage_makes_a_sound_session_of_the_entries_before_the_damage_and_puts_the_rest_beside_it(
    tmp_path: Path,
) -> None:
    path = written(tmp_path / "s1")
    change(path, "update entries set body = replace(body, 'message 18', 'massage 18') where seq = 20")
    saved = salvage(path, tmp_path / "saved.sqlite")
    assert (saved.kept_entries, saved.later_entries, saved.lost_entries, saved.sources) == (19, 20, 1, 1)
    reader = JournalReader(tmp_path / "saved.sqlite")
    assert reader.verify_chain() is None
    assert reader.sources.get("S1") is not None
    assert reader.search("message")
    reader.close()
    assert len((tmp_path / "saved.rest.jsonl").read_text().splitlines()) == 20


@pytest.mark.parametrize("hidden", [False, True])
def test_cells_are_salvaged_with_their_source(tmp_path: Path, hidden: bool) -> None:
    journal = JournalWriter(tmp_path / "s1", "s1")
    ref = keep_cells(journal)
    journal.append([ObservationRecorded("c1", "ok", "[S1]", sources=(ref,))], turn=1, step=1)
    cells = journal.sources.cells("S1")
    journal.close()
    if hidden:
        blind(journal.path)
    assert salvage(journal.path, tmp_path / "saved.sqlite").sources == 1
    with closing(JournalReader(tmp_path / "saved.sqlite")) as reader:
        assert reader.sources.cells("S1") == cells != ()


def test_a_source_whose_cells_are_lost_is_not_salvaged(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path / "s1", "s1")) as journal:
        journal.append([QuestionAsked("q")], turn=1, step=0)
        ref = keep_cells(journal)
    change(journal.path, "delete from blobs where digest = ?", ref.cells_digest)
    assert salvage(journal.path, tmp_path / "saved.sqlite").sources == 0


def test_an_entry_whose_digest_alone_is_damaged_takes_none_after_it_along(tmp_path: Path) -> None:
    path = written(tmp_path / "s1")
    change(path, "update entries set digest = 'x' || digest where seq = 20")
    saved = salvage(path, tmp_path / "saved.sqlite")
    assert (saved.kept_entries, saved.later_entries, saved.lost_entries) == (19, 20, 1)


def test_after_a_lost_entry_a_row_that_makes_no_line_is_lost_too(tmp_path: Path) -> None:
    path = written(tmp_path / "s1")
    change(path, "delete from entries where seq = 19")
    change(path, "update entries set at = x'00' where seq = 20")
    saved = salvage(path, tmp_path / "saved.sqlite")
    assert (saved.kept_entries, saved.later_entries, saved.lost_entries) == (18, 20, 2)


def test_nothing_follows_from_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "s1")
    change(path, "delete from entries where seq = 1")
    saved = salvage(path, tmp_path / "saved.sqlite")
    assert (saved.kept_entries, saved.later_entries, saved.lost_entries) == (0, 39, 1)


def test_a_salvage_that_cannot_be_written_leaves_no_half_of_one(tmp_path: Path) -> None:
    path = written(tmp_path / "s1")
    change(path, "delete from entries where seq = 20")
    (tmp_path / "saved.rest.jsonl").mkdir()
    with pytest.raises(SessionError, match="cannot be written"):
        salvage(path, tmp_path / "saved.sqlite")
    assert not (tmp_path / "saved.sqlite").exists()


def test_a_salvaged_session_can_be_gone_on_with(tmp_path: Path) -> None:
    path = written(tmp_path / "s1")
    change(path, "delete from entries where seq = 30")
    folder = tmp_path / "s2"
    folder.mkdir()
    assert salvage(path, folder / "journal.sqlite").kept_entries == 29
    journal = JournalWriter(folder, "s1")
    assert journal.append([MessageRecorded("on")], turn=1, step=40)[0].seq == 30
    journal.close()


@pytest.mark.parametrize("open_log", [False, True])
def test_what_is_sound_takes_the_place_of_the_damaged_file_which_is_kept_unchanged(
    tmp_path: Path, open_log: bool
) -> None:
    path = written(tmp_path / "s1")
    with closing(sqlite3.connect(path)) as connection:
        if open_log:  # as a killed writer leaves it
            connection.execute("pragma journal_mode = wal")
        with connection:
            connection.execute("delete from entries where seq = 30")
        files = {file.name: file.read_bytes() for file in path.parent.glob("journal.sqlite*")}
    if open_log:
        for name, data in files.items():
            (path.parent / name).write_bytes(data)
    saved, kept = salvage_in_place(path)
    assert (saved.kept_entries, saved.later_entries, saved.lost_entries) == (29, 10, 1)
    assert kept.read_bytes() == files["journal.sqlite"]
    if open_log:
        assert kept.with_name(f"{kept.name}-wal").read_bytes() == files["journal.sqlite-wal"]
    assert path.stat().st_mode & 0o777 == 0o600
    with closing(JournalReader(path)) as reader:
        assert reader.verify_chain() is None
        assert reader.last_seq() == 29
    change(path, "delete from entries where seq = 20")
    assert salvage_in_place(path)[1] != kept


def test_salvage_of_a_session_with_nothing_sound_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "s1")
    change(path, "update entries set at = '1999' where seq = 1")
    before = path.read_bytes()
    with pytest.raises(SessionError, match="damaged from its first entry"):
        salvage_in_place(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.glob("*.sqlite")] == ["journal.sqlite"]


def test_a_session_that_is_worked_on_is_not_salvaged_in_its_place(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path / "s1", "s1")) as journal, pytest.raises(SessionBusy):
        salvage_in_place(journal.path)


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    path = written(tmp_path / "s1")
    with pytest.raises(SessionError, match="already"):
        salvage(path, path)


def test_random_damage_never_raises_anything_but_a_clear_error(tmp_path: Path) -> None:
    path = written(tmp_path / "s1")
    sound = path.read_bytes()
    chance = random.Random(7)
    for number in range(60):
        bent = bytearray(sound)
        bent[chance.randrange(100, len(bent))] ^= 1 << chance.randrange(8)
        copy = tmp_path / f"bent-{number}.sqlite"
        copy.write_bytes(bent)
        try:
            saved = salvage(copy, tmp_path / f"saved-{number}.sqlite")
        except SessionError:
            continue
        assert saved.kept_entries + saved.later_entries + saved.lost_entries <= 41
