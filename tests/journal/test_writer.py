"""Writing: what was acknowledged is on the disk, one process writes, and a file that cannot be used says why."""

import os
import random
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from kimi_tui.events import MessageRecorded, ObservationRecorded, QuestionAsked, ReasoningRecorded
from kimi_tui.journal.lock import SessionBusy, WriterLock, lock_holder
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.writer import JOURNAL_NAME, LOCK_NAME, MAX_LOG_BYTES, JournalWriter
from kimi_tui.session import SessionError
from tests.story import Clock, write_story

ROOT = Path(__file__).resolve().parents[2]


COUNTING = """
import sys
from pathlib import Path
from kimi_tui.events import MessageRecorded
from kimi_tui.journal.writer import JournalWriter
journal = JournalWriter(Path(sys.argv[1]), "s")
while True:
    entry = journal.append([MessageRecorded("x" * 5000), MessageRecorded("y")], turn=1, step=1)[-1]
    print(entry.seq, flush=True)
"""


READING = """
import sys
from pathlib import Path
from kimi_tui.journal.reader import JournalReader
print([entry.event.text for entry in JournalReader(Path(sys.argv[1])).entries()])
"""


def python(program: str, *arguments: str) -> "subprocess.Popen[str]":
    """Another process of ours."""
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_an_entry_is_committed_before_append_returns(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([QuestionAsked("one")], turn=1, step=0)
        with python(READING, str(journal.path)) as process:
            reported, _ = process.communicate(timeout=60)
    assert reported == "['one']\n"


def test_entries_are_numbered_without_gaps_over_reopenings(tmp_path: Path) -> None:
    seqs: list[int] = []
    for _ in range(3):
        with closing(JournalWriter(tmp_path, "s")) as journal:
            seqs += [entry.seq for entry in journal.append([QuestionAsked("a"), QuestionAsked("b")], turn=1, step=0)]
    assert seqs == [1, 2, 3, 4, 5, 6]


def test_killing_the_writer_loses_no_acknowledged_entry(tmp_path: Path) -> None:
    acknowledged = 0
    for kill in range(8):
        process = python(COUNTING, str(tmp_path))
        assert process.stdout is not None
        for _ in range(3 + kill):
            acknowledged = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().splitlines(keepends=True)
        process.stdout.close()
        process.wait(timeout=60)
        acknowledged = max([acknowledged, *(int(line) for line in rest if line.endswith("\n"))])
        reader = JournalReader(tmp_path / JOURNAL_NAME)
        assert reader.last_seq() >= acknowledged
        assert reader.last_seq() % 2 == 0, "half of a transaction is in the file"
        assert reader.verify_chain() is None
        reader.close()
    assert acknowledged > 60


def test_a_second_writer_learns_who_has_the_session(tmp_path: Path) -> None:
    process = python(COUNTING, str(tmp_path))
    assert process.stdout is not None
    process.stdout.readline()
    with pytest.raises(SessionBusy, match=f"process {process.pid} is working on session {tmp_path.name}") as busy:
        JournalWriter(tmp_path, "s")
    assert busy.value.pid == process.pid
    assert lock_holder(tmp_path / LOCK_NAME) == process.pid
    process.kill()
    process.stdout.close()
    process.wait(timeout=60)
    assert lock_holder(tmp_path / LOCK_NAME) is None
    JournalWriter(tmp_path, "s").close()


def test_a_holder_that_does_not_tell_its_pid_is_still_a_holder(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / LOCK_NAME)
    (tmp_path / LOCK_NAME).write_text("who?")
    assert lock_holder(tmp_path / LOCK_NAME) == 0
    with pytest.raises(SessionBusy, match="another process") as busy:
        JournalWriter(tmp_path, "s")
    assert busy.value.pid is None
    lock.release()
    lock.release()
    assert lock_holder(tmp_path / LOCK_NAME) is None
    assert lock_holder(tmp_path / "no such file") is None


def test_the_session_and_its_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with closing(JournalWriter(tmp_path / "session", "s")) as journal:
            journal.append([QuestionAsked("a")], turn=1, step=0)
            modes = {path.name: path.stat().st_mode & 0o777 for path in journal.path.parent.iterdir()}
    finally:
        os.umask(before)
    assert (tmp_path / "session").stat().st_mode & 0o777 == 0o700
    assert set(modes.values()) == {0o600}, modes


def test_at_rest_a_session_is_one_file_that_reading_does_not_touch(tmp_path: Path) -> None:
    journal = write_story(tmp_path / "session")
    journal.close()
    before = journal.path.read_bytes()
    reader = JournalReader(journal.path)
    assert len(list(reader.entries())) == reader.last_seq()
    reader.close()
    assert {path.name for path in journal.path.parent.iterdir()} == {JOURNAL_NAME, LOCK_NAME}
    assert journal.path.read_bytes() == before


def test_the_write_ahead_log_stays_small_while_somebody_follows(tmp_path: Path) -> None:
    most, seen, chance = 0, 0, random.Random(1)
    journal = JournalWriter(tmp_path, "s")
    log = journal.path.with_name(f"{JOURNAL_NAME}-wal")
    with closing(JournalReader(journal.path)) as reader:
        for _ in range(80):
            journal.append([ReasoningRecorded(chance.randbytes(180_000).hex())], turn=1, step=1)
            seen += len(list(reader.entries(seen)))
            most = max(most, log.stat().st_size)
    assert seen == 80
    assert journal.path.stat().st_size + most > 12_000_000, "the log was never tried"
    assert most <= 2 * MAX_LOG_BYTES
    journal.close()
    assert not log.exists()


def test_closing_is_safe_twice_and_while_somebody_reads(tmp_path: Path) -> None:
    journal = write_story(tmp_path)
    reader = JournalReader(journal.path)
    entries = reader.entries()
    next(entries)
    journal.close()
    journal.close()
    assert len(list(entries)) == reader.last_seq() - 1
    reader.close()


def test_appending_to_a_closed_journal_says_that_it_cannot_be_written(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "s")
    journal.close()
    with pytest.raises(SessionError, match="cannot be written"):
        journal.append([QuestionAsked("a")], turn=1, step=0)


def test_an_event_that_cannot_be_stored_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        broken = ReasoningRecorded("x", seconds=float("nan"))
        with pytest.raises(msgspec.ValidationError):
            journal.append([QuestionAsked("a"), broken], turn=1, step=0)
        [entry] = journal.append([QuestionAsked("b")], turn=1, step=0)
        assert entry.seq == 1
        reader = JournalReader(journal.path)
        assert [one.event for one in reader.entries()] == [QuestionAsked("b")]
        assert reader.verify_chain() is None
        reader.close()


def test_a_full_disk_is_reported_and_loses_nothing(tmp_path: Path) -> None:
    """A page limit of SQLite's own gives the very error that a full disk gives."""
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([QuestionAsked("a")], turn=1, step=0)
        connection = journal.sources._connection
        pages = connection.execute("pragma page_count").fetchone()[0]
        connection.execute(f"pragma max_page_count = {pages}")
        with pytest.raises(SessionError, match=r"full.*everything recorded so far is kept"):
            journal.append([MessageRecorded("x" * 100_000)], turn=1, step=0)
        with pytest.raises(SessionError, match="full"):
            journal.sources.add(
                kind="page", title="", address="", media_type="text/html", data=os.urandom(100_000), parts=()
            )
        connection.execute("pragma max_page_count = 1000000")
        [entry] = journal.append([MessageRecorded("x" * 100_000)], turn=1, step=0)
        assert entry.seq == 2
        reader = JournalReader(journal.path)
        assert reader.verify_chain() is None
        reader.close()


@pytest.mark.parametrize("text", ["", "\0 nul \0", "\u2028\x1b[2J", "\U0010ffff 🌍", "é" * 1_000_000, "\\\"'"])
def test_any_text_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        [reported] = journal.append([ObservationRecorded("c1", "ok", text)], turn=1, step=1)
        reader = JournalReader(journal.path)
        assert list(reader.entries()) == [reported]
        assert isinstance(reported.event, ObservationRecorded)
        assert reported.event.text == text
        reader.close()


def test_a_lone_surrogate_is_replaced_and_a_number_that_is_none_is_null(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        event = ObservationRecorded("c1", "ok", "a\udc00b", (), {"kind": "table", "\ud800": [float("inf"), "\udfff"]})
        [reported] = journal.append([event], turn=1, step=1)
        journal.save_inflight(1, "\ud800", "")
        assert reported.event == ObservationRecorded(
            "c1", "ok", "a\ufffdb", (), {"kind": "table", "\ufffd": [None, "\ufffd"]}
        )
        inflight = journal.inflight()
        assert inflight is not None
        assert inflight.reasoning == "\ufffd"


def test_an_unfinished_stream_is_kept_until_it_is_cleared(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s", Clock())) as journal:
        assert journal.inflight() is None
        journal.save_inflight(3, "thinking", "sa")
        journal.save_inflight(3, "thinking more", "say")
        kept = journal.inflight()
        reader = JournalReader(journal.path)
        assert reader.inflight() == [kept]
        assert kept is not None
        assert (kept.step, kept.reasoning, kept.text) == (3, "thinking more", "say")
        journal.clear_inflight()
        assert reader.inflight() == []
        reader.close()


def test_the_library_line_is_kept_with_the_entry_that_it_was_made_at(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        reader = JournalReader(journal.path)
        assert reader.summary() is None
        journal.append([QuestionAsked("a")], turn=1, step=0)
        journal.save_summary("{}")
        assert reader.summary() == (1, "{}")
        reader.close()


@pytest.mark.parametrize("place", ["file/session", JOURNAL_NAME])
def test_a_place_that_cannot_be_written_is_reported(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / place
    if place == JOURNAL_NAME:
        folder = tmp_path / "folder"
        (folder / JOURNAL_NAME).mkdir(parents=True)
    with pytest.raises(SessionError, match="cannot be written"):
        JournalWriter(folder, "s")


def test_a_failed_opening_lets_go_of_the_lock(tmp_path: Path) -> None:
    (tmp_path / JOURNAL_NAME).write_bytes(b"garbage " * 1000)
    with pytest.raises(SessionError):
        JournalWriter(tmp_path, "s")
    assert lock_holder(tmp_path / LOCK_NAME) is None
