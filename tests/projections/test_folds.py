"""Invariants of every fold, whatever happens in a session: live equals replayed, and the context proves itself."""

import hashlib
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings

from kimi_tui.events import (
    AnyEvent,
    ContextCompacted,
    Entry,
    ObservationWithdrawn,
    StepStarted,
    ToolCallProposed,
)
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.messages import Message
from kimi_tui.projections.budget import Budget
from kimi_tui.projections.calls import Calls
from kimi_tui.projections.clock import Clocks
from kimi_tui.projections.compactions import Compactions
from kimi_tui.projections.context import Context
from kimi_tui.projections.drift import Drift
from kimi_tui.projections.health import Health, Pace
from kimi_tui.projections.idle_steps import IdleSteps
from kimi_tui.projections.judgements import Judgements
from kimi_tui.projections.research_state import MemoState, PlanState, SourcesState
from kimi_tui.projections.run import Run
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.summary import make_summary
from kimi_tui.projections.trajectory import TrajectoryState
from tests.projections.schedules import Session, sessions
from tests.story import folded, write_story

HEARING = (
    Calls, Budget, Clocks, Context, Compactions, SourcesState, PlanState, MemoState, Health, IdleSteps, Drift, Pace,
    Judgements, Run,
)  # fmt: skip
MANY = settings(max_examples=150, deadline=None)


def fields_of(state: TrajectoryState) -> dict[str, object]:
    """Every field of every projection; hash objects as the digest that they give."""
    found: dict[str, object] = {"digest": state.context.digest, "name": state.name}
    for name, projection in vars(state).items():
        found |= {f"{name}.{key}": value for key, value in vars(projection).items() if key != "_hash"}
    return found


def digest_of(messages: tuple[Message, ...], tools_digest: str) -> str:
    """The digest as its docstring defines it, from scratch."""
    lines = b"".join(msgspec.json.encode(message, order="deterministic") + b"\n" for message in messages)
    return hashlib.sha256(lines + tools_digest.encode()).hexdigest()


@MANY
@given(sessions())
def test_live_equals_replayed(session: Session) -> None:
    assert fields_of(folded(session.entries)) == fields_of(session.state)
    assert make_summary(folded(session.entries)) == make_summary(session.state)


@MANY
@given(sessions())
def test_entries_may_be_folded_together(session: Session) -> None:
    state, half = SessionState(), len(session.entries) // 2
    state.apply_all(session.entries[:half])
    state.apply_all(session.entries[half:])
    assert fields_of(state.main) == fields_of(session.state)


@MANY
@given(sessions())
def test_what_a_projection_does_not_hear_would_not_change_it(session: Session) -> None:
    handles_all = SessionState()
    for entry in session.entries:
        for projection in vars(handles_all.main).values():
            projection.apply(entry)
    assert fields_of(handles_all.main) == fields_of(session.state)


@pytest.mark.parametrize("projection", HEARING, ids=lambda projection: projection.__name__)
def test_projection_handler_takes_every_event_of_its_row(projection: Any) -> None:
    assert tuple(projection._HANDLERS) == projection.HANDLES
    assert set(projection.HANDLES) <= set(get_args(AnyEvent))
    taken: dict[Any, set[Any]] = {}
    for kind, handler in projection._HANDLERS.items():
        annotated = get_type_hints(handler)["event"]
        taken[handler] = {annotated, *get_args(annotated)}
        assert kind in taken[handler], f"{handler.__name__} is not made for {kind.__name__}"
    for handler, kinds in taken.items():
        missed = kinds & set(get_args(AnyEvent)) - set(projection.HANDLES)
        assert not missed or kinds > set(get_args(AnyEvent)), f"{handler.__name__} is never given {missed}"


@MANY
@given(sessions())
def test_each_step_was_sent_what_the_entries_before_it_give(session: Session) -> None:
    context = Context()
    for entry in session.entries:
        if isinstance(entry.event, StepStarted):
            assert entry.event.context_digest == digest_of(context.messages, "d")
            assert entry.event.context_digest == context.digest
            check_sendable(context.messages)
        context.apply(entry)
        assert context.tokens >= 0


def check_sendable(messages: tuple[Message, ...]) -> None:
    """Every call is answered right behind its message, in order, under an id of its own."""
    assert messages[0] == Message("system", "Research.")
    waiting: list[tuple[str, str]] = []
    seen: list[str] = []
    for message in messages:
        if message.role == "tool":
            assert waiting, "an observation without a call"
            assert (message.call_id, message.name) == waiting.pop(0)
            continue
        assert not waiting, f"a {message.role} message stands between a call and its observation"
        waiting = [(call.id, call.name) for call in message.calls]
        seen += [call.id for call in message.calls]
        assert (message.role == "assistant") or not message.calls
    assert not waiting
    assert len(set(seen)) == len(seen)
    for number, call_id in enumerate(seen):
        name = call_id.removeprefix("functions.").removesuffix(f":{number}")
        assert call_id == f"functions.{name}:{number}"
        assert name.replace("_", "a").isascii()
        assert name.replace("_", "a").isalnum()
        assert len(name) <= 64


@MANY
@given(sessions())
def test_what_was_sent_is_a_prefix_of_what_is_sent_next(session: Session) -> None:
    """Only a withdrawal or a compaction may change a message that was sent."""
    context = Context()
    sent: tuple[Message, ...] = ()
    for entry in session.entries:
        if isinstance(entry.event, StepStarted):
            assert context.messages[: len(sent)] == sent
            sent = context.messages
        context.apply(entry)
        if isinstance(entry.event, ObservationWithdrawn | ContextCompacted):
            sent = context.messages[: len(sent)]


@MANY
@given(sessions())
def test_every_call_is_done_when_its_turn_is(session: Session) -> None:
    state = session.state
    proposed = [e.event.call_id for e in session.entries if isinstance(e.event, ToolCallProposed)]
    assert list(state.calls.by_id) == proposed
    assert not state.calls.open
    assert all(call.state == "done" for call in state.calls.by_id.values())
    assert [index for index, block in enumerate(state.timeline.blocks) if block.call_id] == list(
        state.timeline.by_call.values()
    )


@settings(max_examples=25, deadline=None)
@given(session=sessions())
def test_a_session_folded_from_disk_is_the_one_that_was_written(
    tmp_path_factory: pytest.TempPathFactory, session: Session
) -> None:
    clock = iter([entry.at for entry in session.entries])
    journal = JournalWriter(tmp_path_factory.mktemp("session"), "s", lambda: next(clock))
    live = SessionState()
    for entry in session.entries:
        for written in journal.append([entry.event], turn=entry.turn, step=entry.step):
            live.apply(written)
    reader = JournalReader(journal.path)
    assert fields_of(folded(list(reader.entries()))) == fields_of(live.main)
    reader.close()
    journal.close()


def test_folding_stops_nowhere_in_the_story(tmp_path: Path) -> None:
    """Every beginning of a session is a session: folding on from it gives the same as folding the whole."""
    journal = write_story(tmp_path)
    reader = JournalReader(journal.path)
    entries: list[Entry] = list(reader.entries())
    for cut in range(len(entries)):
        state = SessionState()
        state.apply_all(entries[:cut])
        for entry in entries[cut:]:
            state.apply(entry)
        assert fields_of(state.main) == fields_of(folded(entries))
    reader.close()
    journal.close()
