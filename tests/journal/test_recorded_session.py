"""Replays, and journals of every schema version that must load for ever."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.commands import Steer
from kimi_tui.events import AnyEvent, Entry, QuestionAsked
from kimi_tui.export.verify import verify_session
from kimi_tui.journal.chain import event_type_name, json_line
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.recorded_session import RecordedSession
from kimi_tui.journal.writer import JournalWriter
from tests.story import PAGE, PARTS, SESSION, folded, write_story

GOLDEN = Path(__file__).parents[1] / "data" / "journals" / "v3.sqlite"
"""What this program writes; those of earlier schemas, beside it, differ in words and in how texts are stored."""


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[JournalReader]:
    """The golden journal."""
    opened = JournalReader(Path(shutil.copy(GOLDEN, tmp_path / "v3.sqlite")))
    yield opened
    opened.close()


@pytest.mark.parametrize("path", sorted(GOLDEN.parent.glob("*.sqlite")), ids=lambda path: path.stem)
def test_every_journal_that_is_kept_loads_and_verifies(path: Path, tmp_path: Path) -> None:
    with closing(JournalReader(Path(shutil.copy(path, tmp_path)))) as reader:
        assert [check for check in verify_session(reader) if not check.passed] == []
        assert folded(list(reader.entries())).name == "finished"


def test_the_golden_journal_holds_every_event_and_verifies(reader: JournalReader) -> None:
    kinds = {event_type_name(entry.event) for entry in reader.entries()}
    assert kinds == {kind.__name__ for kind in AnyEvent.__args__}
    assert reader.session == SESSION
    assert [check for check in verify_session(reader) if not check.passed] == []


@pytest.mark.parametrize("name", ["v1.sqlite", "v2.sqlite", "v3.sqlite"])
def test_a_golden_journal_gives_the_state_that_it_gave_when_it_was_made(name: str, tmp_path: Path) -> None:
    with closing(JournalReader(Path(shutil.copy(GOLDEN.with_name(name), tmp_path)))) as reader:
        state = folded(list(reader.entries()))
    assert state.name == "finished"
    assert state.run.questions == ["What was revenue?"]
    assert (state.budget.total_steps, state.budget.total_tokens) == (3, 660)
    assert [call.state for call in state.calls.by_id.values()] == ["done"] * 5
    assert len(state.timeline.blocks) == 31
    assert len(state.context.messages) == 10
    assert state.context.digest == "0e486a9bb374d22a608352479bd4d7df1e2bfd90f87c30dbb6436760a6dcc599"


def test_the_golden_journal_has_its_source(reader: JournalReader) -> None:
    [ref] = reader.sources.refs()
    source = reader.sources.get("S1")
    assert source is not None
    assert source.parts == PARTS
    assert reader.sources.data(ref.digest) == PAGE


def test_the_same_story_is_recorded_in_the_same_entries_today(reader: JournalReader, tmp_path: Path) -> None:
    """A change of this is a change of what journals hold: it needs a schema version of its own."""
    journal = write_story(tmp_path / "today")
    journal.close()
    today = JournalReader(journal.path)
    assert list(today.lines()) == list(reader.lines())
    today.close()


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 400, 401])
def test_entries_are_read_whole_however_many_there_are(tmp_path: Path, count: int) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        journal.append([QuestionAsked(str(number)) for number in range(count)], turn=1, step=0)
        with closing(JournalReader(journal.path)) as reader:
            assert [entry.seq for entry in reader.entries()] == list(range(1, count + 1))
            assert len(list(reader.lines())) == reader.last_seq() == count
            assert [entry.seq for entry in reader.entries(count - 1)] == ([count] if count else [])


async def test_a_replay_shows_every_entry_at_once_and_ends(reader: JournalReader) -> None:
    session = RecordedSession(reader)
    reported = [json_line(entry) async for entry in session.tail()]
    assert reported == list(reader.lines())
    assert [json_line(entry) async for entry in session.tail(5)] == reported[5:]
    assert [delta async for delta in session.deltas()] == []
    assert session.id == SESSION
    assert not session.live


async def test_damaged_session_shows_the_entries_before_the_damage_and_reports_it(tmp_path: Path) -> None:
    path = Path(shutil.copy(GOLDEN, tmp_path / "v3.sqlite"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update entries set at = '1999' where seq = 9")
        connection.execute("update entries set body = '{' where seq = 12")
    with closing(JournalReader(path)) as reader:
        session = RecordedSession(reader, broken=reader.verify_chain())
        assert [entry.seq async for entry in session.tail()] == list(range(1, 9))
        assert [entry.seq async for entry in session.tail(5)] == [6, 7, 8]
        assert [entry.seq async for entry in session.tail(8)] == []
        assert "entry 9" in session.damage
        assert "does not match its digest" in session.damage
        receipt = await session.send(Steer("go on"))
        assert not receipt.accepted
        assert "damaged" in receipt.reason
        assert not session.live


async def test_what_was_read_while_it_was_verified_is_not_read_again_and_is_the_same(tmp_path: Path) -> None:
    path = Path(shutil.copy(GOLDEN, tmp_path / "v3.sqlite"))
    with closing(JournalReader(path)) as reader:
        sound: list[Entry] = []
        assert reader.verify_chain(sound) is None
        assert sound == list(reader.entries())
        assert [entry async for entry in RecordedSession(reader, sound=sound).tail(5)] == sound[5:]
        assert [entry async for entry in RecordedSession(reader, sound=sound[:4]).tail()] == sound
        assert [entry async for entry in RecordedSession(reader, sound=sound[:4]).tail(6)] == sound[6:]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update entries set at = '1999' where seq = 9")
    with closing(JournalReader(path)) as reader:
        before: list[Entry] = []
        session = RecordedSession(reader, broken=reader.verify_chain(before), sound=before)
        assert [entry.seq for entry in before] == list(range(1, 9))
        assert [entry async for entry in session.tail()] == before


async def test_a_session_damaged_from_its_first_entry_shows_nothing_and_says_so(tmp_path: Path) -> None:
    path = Path(shutil.copy(GOLDEN, tmp_path / "v3.sqlite"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("delete from entries where seq = 1")
    with closing(JournalReader(path)) as reader:
        session = RecordedSession(reader, broken=reader.verify_chain())
        assert [entry async for entry in session.tail()] == []
        assert "nothing" in session.damage


async def test_nothing_is_behind_a_recording(reader: JournalReader) -> None:
    session = RecordedSession(reader)
    receipt = await session.send(Steer("go on"))
    assert not receipt.accepted
    assert "kimi-tui resume" in receipt.reason
    assert await session.source("S1") == reader.sources.get("S1")
    assert await session.source("S9") is None
    await session.close()


def make_golden() -> None:
    """Write the golden journal anew: `python -c "from tests.journal.test_recorded_session import *; make_golden()"`."""
    folder = GOLDEN.with_suffix(".folder")
    write_story(folder).close()
    shutil.move(folder / "journal.sqlite", GOLDEN)
    shutil.rmtree(folder)
