"""The bridge: entries in order and in batches, fragments joined, and never a fragment of what is recorded."""

import asyncio

from textual.message import Message
from textual.message_pump import MessagePump

from kimi_tui import events
from kimi_tui.events import Delta, Usage
from kimi_tui.tui.bridge import BATCH_ENTRIES, FragmentsArrived, SessionBridge, SessionBroken, StateChanged, StreamEnded
from tests.tui.sessions import MemorySession, opened, running_session


class Listener(MessagePump):
    """A screen that only remembers the changes it received."""

    def __init__(self) -> None:
        super().__init__()
        self.reported: list[Message] = []

    def post_message(self, message: Message) -> bool:
        """Remember a message."""
        self.reported.append(message)
        return True


async def until(condition) -> None:
    """Wait until something is so."""
    for _ in range(20_000):
        if condition():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("what the test waits for did not happen")


class Running:
    """A bridge with all its workers."""

    def __init__(self, session: MemorySession) -> None:
        self.listener = Listener()
        self.bridge = SessionBridge(session, self.listener)

    async def __aenter__(self) -> "Running":
        work = (
            self.bridge.collect_entries,
            self.bridge.apply_entries,
            self.bridge.collect_fragments,
            self.bridge.announce_fragments,
        )
        self.tasks = [asyncio.create_task(follow()) for follow in work]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_a_long_history_is_folded_in_batches_and_in_order():
    session = MemorySession()
    session.record(opened(), events.QuestionAsked("Why?"))
    session.record(*(events.SteerReceived(f"note {n}") for n in range(3 * BATCH_ENTRIES)))
    async with Running(session) as running:
        await until(lambda: running.bridge.state.run.seq == len(session.entries))
        recorded = [message for message in running.listener.reported if isinstance(message, StateChanged)]
        assert len(recorded) >= 3
        assert max(len(message.events) for message in recorded) <= BATCH_ENTRIES
        reported = [event for message in recorded for event in message.events]
        assert reported == [entry.event for entry in session.entries]
        assert [index for message in recorded for index in message.changed] == list(range(3 * BATCH_ENTRIES + 1))


async def test_bridge_load_applies_entries_without_message():
    session = MemorySession()
    session.record(opened(), events.QuestionAsked("Why?"))
    session.record(*(events.SteerReceived(f"note {n}") for n in range(3 * BATCH_ENTRIES)))
    running = Running(session)
    await running.bridge.load()
    assert running.bridge.state.run.seq == len(session.entries)
    async with running:
        await session.tell(events.SteerReceived("one more"))
        await until(lambda: running.bridge.state.run.seq == len(session.entries))
        reported = [
            event
            for message in running.listener.reported
            if isinstance(message, StateChanged)
            for event in message.events
        ]
        assert reported == [events.SteerReceived("one more")]


async def test_fragments_are_joined_by_kind_and_announced_by_a_message_that_can_be_replaced():
    session = running_session()
    async with Running(session) as running:
        await until(lambda: running.bridge.state.run.seq == len(session.entries))
        await session.tell(events.StepStarted(3, "", 1))
        await until(lambda: running.bridge.state.run.step == 3)
        session.stream(*(Delta("main", 3, "reasoning", f"{n} ") for n in range(100)))
        session.stream(Delta("main", 3, "state", "one"), Delta("main", 3, "state", "two"))
        session.stream(Delta("main", 3, "call", '{"a"', 0, "read"), Delta("main", 3, "call", ": 1}", 0))
        await until(lambda: any(isinstance(message, FragmentsArrived) for message in running.listener.reported))
        taken = {delta.kind: delta for delta in running.bridge.take_fragments()}
        assert taken["reasoning"].text == "".join(f"{n} " for n in range(100))
        assert taken["state"].text == "two"
        assert (taken["call"].text, taken["call"].tool) == ('{"a": 1}', "read")
        assert running.bridge.take_fragments() == []
        assert FragmentsArrived().can_replace(FragmentsArrived())
        assert not FragmentsArrived().can_replace(StreamEnded())


async def test_bridge_recorded_step_drops_its_fragments():
    session = running_session()
    async with Running(session) as running:
        await session.tell(events.StepStarted(3, "", 1))
        await until(lambda: running.bridge.state.run.step == 3)
        session.stream(Delta("main", 3, "reasoning", "half of it"), Delta("main", 3, "text", "an answer"))
        await until(lambda: any(isinstance(message, FragmentsArrived) for message in running.listener.reported))
        await session.tell(events.ReasoningRecorded("All of it."))
        await until(lambda: running.bridge.state.run.seq == len(session.entries))
        assert [delta.kind for delta in running.bridge.take_fragments()] == ["text"]
        await session.tell(events.StepFinished(Usage(), 1.0, "stop"))
        await until(lambda: not running.bridge.state.run.thinking)
        session.stream(Delta("main", 3, "text", "late"), Delta("main", 4, "text", "next step"))
        await until(lambda: running.bridge._deltas)
        assert [delta.text for delta in running.bridge.take_fragments()] == ["next step"]


async def test_a_step_that_is_tried_again_streams_again():
    session = running_session()
    async with Running(session) as running:
        await session.tell(events.StepStarted(3, "", 1), events.StepFailed("broken", "truncated", 1))
        await session.tell(events.StepStarted(3, "", 1))
        await until(lambda: running.bridge.state.run.seq == len(session.entries))
        session.stream(Delta("main", 3, "text", "again"))
        await until(lambda: running.bridge._deltas)
        assert [delta.text for delta in running.bridge.take_fragments()] == ["again"]


async def test_bridge_end_or_failure_posts_message():
    session = running_session()
    session.problem = "the journal was removed"
    async with Running(session) as running:
        session.stream(None)
        await until(lambda: len(running.listener.reported) == 2)
        kinds = {type(message) for message in running.listener.reported}
        assert kinds == {SessionBroken, StreamEnded}
