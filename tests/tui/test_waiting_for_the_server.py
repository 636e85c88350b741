"""While a model call is tried again, the head line says when, and counts down."""

from datetime import UTC, datetime, timedelta

import pytest

from kimi_tui.events import RunPaused, RunResumed, StepFailed, StepStarted
from kimi_tui.tui.widgets.session_header import describe_activity, format_entry_time
from tests.tui.sessions import MemorySession, running_session


def failed(failure: StepFailed) -> tuple[MemorySession, datetime]:
    """A session whose last model call failed, and when."""
    session = running_session()
    session.record(StepStarted(session.state.run.step + 1, "", 0), failure)
    at = datetime.fromisoformat(session.state.run.last_at)
    return session, at.astimezone(UTC)


@pytest.mark.parametrize(("seconds", "shown"), [(0, "try 3 in 12 s"), (4.6, "try 3 in 7 s"), (60, "try 3 in 0 s")])
def test_the_seconds_to_the_next_try_are_counted_down(seconds: float, shown: str) -> None:
    session, at = failed(StepFailed("Too many requests.", "rate-limited", 2, wait=12.0))
    assert describe_activity(session.state, format_entry_time(at + timedelta(seconds=seconds))) == shown


def test_the_time_that_a_server_is_away_is_counted_up() -> None:
    session, at = failed(StepFailed("Nobody answers.", "unreachable", 1, wait=1800.0, awaited=True))
    assert (
        describe_activity(session.state, format_entry_time(at + timedelta(seconds=75))) == "waiting for the server 1:15"
    )


def test_a_paused_run_does_not_count() -> None:
    session, at = failed(StepFailed("Nobody answers.", "unreachable", 1, wait=1800.0, awaited=True))
    session.record(RunPaused("person"))
    assert "waiting" not in describe_activity(session.state, format_entry_time(at))
    session.record(RunResumed("person"), StepStarted(session.state.run.step, "", 0))
    assert describe_activity(session.state, format_entry_time(at + timedelta(seconds=2))).startswith("thinking")


def test_a_step_that_is_over_is_not_tried_again() -> None:
    session, _ = failed(StepFailed("interrupted by the person", "interrupted", 1))
    assert session.state.run.waits_to_retry is None
