"""Replays: the playhead's clock, and the screen that a person drives with it."""

from functools import partial

import pytest

from kimi_tui import events
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.tui.approval.card import ApprovalCard
from kimi_tui.tui.playhead import MAX_WAIT_SECONDS, SPEEDS, Playhead
from kimi_tui.tui.screens.replay import ReplayScreen
from kimi_tui.tui.widgets.replay_line import ReplayLine
from tests.tui.sessions import MemoryLibrary, MemorySession, finished_session, opened, waiting_session
from tests.tui.stage import Stage, staged
from tests.tui.test_hostile_text import screen_text


def _loaded(session: MemorySession, speed: float = 1.0) -> Playhead:
    head = Playhead(speed)
    for entry in session.entries:
        head.add(entry)
    return head


def _folded(session: MemorySession, count: int) -> TrajectoryState:
    folded = SessionState()
    state = folded.main
    for entry in session.entries[:count]:
        folded.apply(entry)
    return state


def test_entries_are_passed_at_a_multiple_of_their_own_pace():
    head = _loaded(finished_session(), 2.0)
    assert [entry.seq for entry in head.advance(0.0)] == [1]
    assert [entry.seq for entry in head.advance(1.0)] == [2, 3]
    head.toggle()
    assert head.advance(100.0) == []
    head.toggle()
    head.change_speed(1)
    assert head.speed == 4.0
    assert [entry.seq for entry in head.advance(1.0)] == [4, 5, 6, 7]
    assert head.advance(1_000.0)[-1].seq == len(head.recorded_entries)
    assert head.ended


def test_at_no_speed_everything_is_passed_at_once_and_a_later_entry_too():
    session = finished_session()
    head = _loaded(session, 0.0)
    assert len(head.advance(0.0)) == len(session.entries)
    assert not head.playing
    head.add(session.entries[-1])
    assert len(head.advance(0.0)) == 1


def test_playhead_long_wait_is_cut():
    session = MemorySession()
    session.record(opened())
    session.record(events.QuestionAsked("a"), seconds=86_400)
    session.record(events.SteerReceived("b"), seconds=1)
    assert _loaded(session).progress.total == MAX_WAIT_SECONDS


def test_steps_are_sought_in_both_directions():
    head = _loaded(finished_session(), 0.0)
    head.advance(0.0)
    steps = []
    for by in (-1, -1, -1, -1, 1, 1, 1, 1):
        count = head.find_step_end(by)
        if head.seek(count) is None:
            head.seek(count)
        steps.append(head.progress.step)
    assert steps == [2, 1, 0, 0, 1, 2, 2, 2]
    assert head.ended


def test_the_speed_stays_inside_its_range():
    head = Playhead(3.0)
    for by, ends in ((1, SPEEDS[-1]), (-1, SPEEDS[0])):
        for _ in range(20):
            head.change_speed(by)
        assert head.speed == ends


def test_the_reasoning_of_a_step_streams_while_the_step_lasts():
    session = MemorySession()
    session.record(opened(), events.QuestionAsked("Why?"), events.StepStarted(1, "", 1))
    session.record(events.ReasoningRecorded("0123456789" * 10), events.MessageRecorded("said"), seconds=1)
    head = _loaded(session)
    head.advance(2.0)
    assert head.position == 3
    head.advance(0.5)
    streamed = head.new_fragments()
    assert [delta.kind for delta in streamed] == ["reasoning"]
    assert streamed[0].text == ("0123456789" * 10)[: len(streamed[0].text)]
    assert 40 <= len(streamed[0].text) <= 60
    assert head.new_fragments() == []


async def _at_end(stage: Stage) -> ReplayScreen:
    await stage.until(lambda: isinstance(stage.app.screen, ReplayScreen) and stage.app.screen.playhead.ended)
    screen = stage.app.screen
    assert isinstance(screen, ReplayScreen)
    return screen


def _shows_plan(stage: Stage, planned: bool) -> bool:
    return screen_text(stage.app).count("Plan: 3 steps") == planned


async def test_going_back_and_on_gives_the_states_that_the_recording_gives():
    session = finished_session("s2")
    async with staged(MemoryLibrary(session), session_id="s2", replay_speed=0.0) as stage:
        screen = await _at_end(stage)
        seen = set()
        for key in ("left_square_bracket",) * 4 + ("right_square_bracket",) * 2 + ("full_stop",) * 3:
            await stage.press(key)
            await stage.until(lambda: screen.state.run.seq == screen.playhead.position)
            at = screen.playhead.position
            seen.add(at)
            wanted = _folded(session, at)
            planned = "c1" in wanted.calls.by_id
            await stage.until(partial(_shows_plan, stage, planned))
            assert screen.state.run.seq == wanted.run.seq == at
            assert screen.state.budget.total_tokens == wanted.budget.total_tokens
        assert len(seen) >= 4


async def test_a_replay_is_played_held_and_played_again_from_its_beginning():
    async with staged(MemoryLibrary(finished_session("s2")), session_id="s2", replay_speed=0.0) as stage:
        screen = await _at_end(stage)
        await stage.press("plus")
        await stage.press("space")
        await stage.until(lambda: screen.playhead.playing and not screen.playhead.ended)
        assert "2x" in str(stage.app.screen.query_one(ReplayLine).render())
        await stage.press("space")
        assert not screen.playhead.playing


async def test_a_click_on_the_line_goes_to_that_place():
    async with staged(MemoryLibrary(finished_session("s2")), session_id="s2", replay_speed=0.0) as stage:
        screen = await _at_end(stage)
        line = stage.app.screen.query_one(ReplayLine)
        middle = str(line.render()).index("━") + 10
        await stage.pilot.click(line, offset=(middle + line.gutter.left, line.gutter.top))
        await stage.until(lambda: 0 < screen.playhead.position < len(screen.playhead.recorded_entries))


@pytest.mark.parametrize("key", ["y", "e", "a", "n", "Y"])
async def test_a_replay_shows_the_card_without_choices_and_rings_nothing(key):
    async with staged(MemoryLibrary(waiting_session("s1", 2)), session_id="s1", replay_speed=0.0) as stage:
        await _at_end(stage)
        assert "Open https://example.org/notice-3" in screen_text(stage.app)
        assert not stage.find("#approval-choices").display
        await stage.press(key)
        assert stage.app.screen.query_one(ApprovalCard).mode == "decide"
        assert stage.session.commands == []
