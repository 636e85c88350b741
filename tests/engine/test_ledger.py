"""The ledger: a fact is on disk before it is in the state, and watchers hear of both and of trouble."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.engine.ledger import Ledger
from kimi_tui.events import Delta, MessageRecorded, QuestionAsked, ReasoningRecorded, StatementDecided, TurnFinished
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.projections.state import SessionState
from kimi_tui.session import StorageError, StorageTrouble


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A new session's ledger."""
    journal = JournalWriter(tmp_path, "s")
    yield Ledger(journal, SessionState())
    journal.close()


def steps_on_disk(ledger: Ledger) -> list[tuple[int, int, int]]:
    """Return number, turn and step of every entry."""
    with closing(JournalReader(ledger.journal.path)) as reader:
        return [(entry.seq, entry.turn, entry.step) for entry in reader.entries()]


def summary(ledger: Ledger) -> tuple[int, dict[str, object]] | None:
    with closing(JournalReader(ledger.journal.path)) as reader:
        kept = reader.summary()
        return (kept[0], json.loads(kept[1])) if kept else None


def test_record_puts_events_on_disk_and_into_the_state(ledger: Ledger) -> None:
    ledger.record(QuestionAsked("Why?"), turn=1, step=0)

    assert steps_on_disk(ledger) == [(1, 1, 0)]
    assert ledger.state.run.questions == ["Why?"]


def test_record_without_a_place_belongs_to_the_running_turn_and_step(ledger: Ledger) -> None:
    ledger.record(QuestionAsked("Why?"), turn=1, step=0)
    ledger.record(MessageRecorded("So."), MessageRecorded("And so."))
    ledger.record(MessageRecorded("Elsewhere."), step=7)

    assert steps_on_disk(ledger) == [(1, 1, 0), (2, 1, 0), (3, 1, 0), (4, 1, 7)]


def test_record_nothing_changes_nothing_on_disk(ledger: Ledger) -> None:
    ledger.record()

    assert steps_on_disk(ledger) == []


async def test_record_wakes_waiters_only_after_the_commit(ledger: Ledger) -> None:
    changed = ledger.pulse.next_change()
    assert not changed.is_set()

    ledger.record(QuestionAsked("Why?"), turn=1, step=0)

    assert changed.is_set()
    assert not ledger.pulse.next_change().is_set()


def test_record_that_fails_leaves_the_state_and_the_waiters_alone(ledger: Ledger) -> None:
    ledger.record(QuestionAsked("Why?"), turn=1, step=0)
    changed = ledger.pulse.next_change()
    ledger.journal.close()

    with pytest.raises(StorageError):
        ledger.record(QuestionAsked("And?"), turn=2, step=0)

    assert (ledger.state.run.questions, changed.is_set()) == (["Why?"], False)


@pytest.mark.parametrize(
    ("event", "kept"),
    [
        (QuestionAsked("Why?"), True),
        (TurnFinished("stopped", None), True),
        (StatementDecided(1, 0, "accept", "ann"), True),
        (ReasoningRecorded("So."), False),
    ],
)
def test_record_writes_the_librarys_line_with_what_a_person_sees_there(
    ledger: Ledger, event: QuestionAsked | TurnFinished | StatementDecided | ReasoningRecorded, kept: bool
) -> None:
    ledger.record(event, turn=1, step=0)

    assert (summary(ledger) is not None) is kept


def test_record_end_of_a_turn_clears_the_unfinished_stream(ledger: Ledger) -> None:
    ledger.record(QuestionAsked("Why?"), turn=1, step=0)
    ledger.journal.save_inflight(1, "thinking", "text")
    with closing(JournalReader(ledger.journal.path)) as reader:
        assert len(reader.inflight()) == 1
        ledger.record(TurnFinished("stopped", None))
        assert reader.inflight() == []


async def test_stream_reaches_every_open_feed_and_no_closed_one(ledger: Ledger) -> None:
    first, second, closed = ledger.open_feed(), ledger.open_feed(), ledger.open_feed()
    ledger.close_feed(closed)
    ledger.close_feed(closed)

    ledger.stream("text", "a", index=2, tool="read", tokens=5)

    for feed in (first, second):
        assert await anext(aiter(feed)) == Delta("main", 0, "text", "a", 2, "read", 5)
    assert [delta async for delta in closed] == []


def test_stream_without_watchers_is_lost_in_silence(ledger: Ledger) -> None:
    ledger.stream("state", "waiting")

    assert ledger.open_feed() is not None


async def test_wait_for_storage_impatient_raises_the_error_at_once(tmp_path: Path) -> None:
    with closing(JournalWriter(tmp_path, "s")) as journal:
        ledger = Ledger(journal, SessionState(), patient=False)
    with pytest.raises(StorageError, match="cannot be written"):
        await ledger.record_patiently(QuestionAsked("Why?"))

    assert ledger.trouble is None


async def test_record_patiently_tells_watchers_why_it_waits_and_keeps_trying(ledger: Ledger) -> None:
    feed = ledger.open_feed()
    ledger.journal.close()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await ledger.record_patiently(QuestionAsked("Why?"))

    assert ledger.trouble is not None
    reported = await anext(aiter(feed))
    assert reported.kind == "state"
    assert reported.text == f"waiting for the storage: {ledger.trouble.message}"


async def test_record_that_succeeds_ends_the_trouble(ledger: Ledger) -> None:
    error = StorageError(StorageTrouble("full", "/data", "no room"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await ledger.wait_for_storage(error)
    assert ledger.state.run.questions == []

    await ledger.record_patiently(QuestionAsked("Why?"))

    assert ledger.state.run.questions == ["Why?"]
    assert not ledger.trouble
