"""Damage in what follows from the rest of a session file ends nothing: it counts as absent, and is made anew."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.events import MessageRecorded, QuestionAsked
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.schema import AUXILIARY_NAMES
from kimi_tui.journal.writer import JOURNAL_NAME, JournalWriter
from kimi_tui.session import DamagedSession
from kimi_tui.sources import Part
from tests.journal.btree import page_size, pages_of

FLIPS = 250
ENTRIES = 300


def write_session(folder: Path) -> Path:
    """A session with entries, sources, an unfinished stream and a summary, at rest."""
    journal = JournalWriter(folder, "s")
    words = random.Random(1)
    journal.append([QuestionAsked("What is nickel worth?")], turn=1, step=0)
    for step in range(1, ENTRIES):
        text = " ".join(f"word{words.randrange(20_000)}" for _ in range(30))
        journal.append([MessageRecorded(text)], turn=1, step=step)
    for number in range(20):
        parts = tuple(Part(f"p.{page}", f"nickel source{number} page{page} " * 30) for page in range(12))
        journal.sources.add(
            kind="page", title="t", address=f"https://a.example/{number}", media_type="text/html",
            data=f"bytes {number}".encode(), parts=parts,
        )  # fmt: skip
    journal.save_inflight(ENTRIES, "half a thought", "half an answer")
    journal.save_summary('{"id": "s"}')
    journal.close()
    return folder / JOURNAL_NAME


def put(folder: Path, data: bytes) -> Path:
    """The bytes as the only session file of a folder."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    path = folder / JOURNAL_NAME
    path.write_bytes(data)
    return path


def go_on(path: Path) -> None:
    """Resume the session as the engine does, and write everything that it writes."""
    journal = JournalWriter(path.parent, "s")
    try:
        journal.inflight()
        journal.clear_inflight()
        journal.append([MessageRecorded("going on about nickel")], turn=1, step=ENTRIES)
        journal.sources.add(
            kind="page", title="t", address="https://b.example/", media_type="text/html",
            data=b"more", parts=(Part("p.1", "more of nickel"),),
        )  # fmt: skip
        journal.save_inflight(ENTRIES + 1, "on", "and on")
        journal.save_summary('{"id": "s"}')
    finally:
        journal.close()


def check_whole(path: Path) -> None:
    """Everything is there, and found."""
    with closing(JournalReader(path)) as reader:
        assert reader.verify_chain() is None
        assert reader.last_seq() == ENTRIES + 1
        assert len(reader.sources.refs()) == 21
        for number in range(1, 21):
            source = reader.sources.get(f"S{number}")
            assert source is not None
            assert len(source.parts) == 12
        assert reader.search("going nickel")


def test_session_with_any_bit_flipped_in_an_auxiliary_table_continues(tmp_path: Path) -> None:
    path = write_session(tmp_path / "sound")
    sound = path.read_bytes()
    size, pages = page_size(sound), pages_of(path, AUXILIARY_NAMES)
    chance = random.Random(2)
    for _ in range(FLIPS):
        page = chance.choice(pages)
        # every second flip hits the head of a page, where structure is
        offset = (page - 1) * size + chance.randrange(64 if chance.random() < 0.5 else size)
        data = bytearray(sound)
        data[offset] ^= 1 << chance.randrange(8)
        damaged = put(tmp_path / "flipped", bytes(data))
        go_on(damaged)
        check_whole(damaged)


@pytest.mark.parametrize("name", AUXILIARY_NAMES)
def test_session_whose_auxiliary_table_is_overwritten_continues(tmp_path: Path, name: str) -> None:
    path = write_session(tmp_path / "sound")
    data = bytearray(path.read_bytes())
    size = page_size(bytes(data))
    for page in pages_of(path, (name,)):
        data[(page - 1) * size : page * size] = b"\xa5" * size
    damaged = put(tmp_path / "damaged", bytes(data))
    with closing(JournalReader(damaged)) as reader:
        assert reader.verify_chain() is None
        reader.inflight()
        reader.summary()
        source = reader.sources.get("S3")
        assert source is not None
        assert len(source.parts) == 12
        assert len(reader.search("source7 nickel", best=False)) == 12
    go_on(damaged)
    check_whole(damaged)
    with closing(JournalReader(damaged)) as reader:
        assert reader.search("going nickel")
        assert reader.structure_fault() == ""  # and the pages of the damaged table are given back


def test_unfinished_stream_that_cannot_be_read_counts_as_absent(tmp_path: Path) -> None:
    path = write_session(tmp_path / "s")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update inflight set text = cast(x'ff80' as text), step = 'x'")
    journal = JournalWriter(path.parent, "s")
    assert journal.inflight() is None
    journal.close()
    with closing(JournalReader(path)) as reader:
        assert reader.inflight() == []


def names_in(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("select name from sqlite_master order by 1")]


def test_rebuild_of_a_file_damaged_elsewhere_changes_nothing(tmp_path: Path) -> None:
    path = write_session(tmp_path / "s")
    data = bytearray(path.read_bytes())
    size = page_size(bytes(data))
    for page in (pages_of(path, ("words",))[-1], pages_of(path, ("entries",))[-1]):
        data[(page - 1) * size : (page - 1) * size + 100] = b"\xa5" * 100
    damaged = put(tmp_path / "damaged", bytes(data))
    before = names_in(damaged)
    with pytest.raises(DamagedSession, match="kimi-tui salvage"):
        go_on(damaged)
    assert before == names_in(damaged)
