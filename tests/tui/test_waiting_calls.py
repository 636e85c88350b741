"""The approval card knows which calls wait; tested without an app."""

from kimi_tui import events
from kimi_tui.tui.approval.waiting_calls import WaitingCalls
from tests.tui.sessions import MemorySession, waiting_session


def shown_id(waiting: WaitingCalls) -> str:
    return waiting.shown.id if waiting.shown else ""


def resolve(session: MemorySession, call: str) -> None:
    session.record(events.ApprovalResolved(call, "veto"), events.ObservationRecorded(call, "vetoed", "Vetoed."))


def waiting_for(session: MemorySession) -> WaitingCalls:
    waiting = WaitingCalls()
    assert waiting.update(session.state)
    return waiting


def test_waiting_calls_shown_call_stays_while_it_waits_and_the_first_one_follows_it() -> None:
    session = waiting_session("s1", 3)
    waiting = waiting_for(session)
    assert (shown_id(waiting), waiting.position) == ("c3", "1 of 3")
    assert waiting.show_other(1)
    resolve(session, "c3")
    assert not waiting.update(session.state)
    assert (shown_id(waiting), waiting.position) == ("c4", "1 of 2")
    resolve(session, "c4")
    assert waiting.update(session.state)
    assert (shown_id(waiting), waiting.position) == ("c5", "")


def test_waiting_calls_other_call_wraps_around_and_none_is_shown_of_none() -> None:
    waiting = waiting_for(waiting_session("s1", 2))
    assert waiting.show_other(-1)
    assert shown_id(waiting) == "c4"
    assert waiting.show_other(1)
    assert shown_id(waiting) == "c3"
    assert not WaitingCalls().show_other(1)


def test_waiting_calls_say_whether_the_last_one_was_decided_on_the_card() -> None:
    session = waiting_session("s1", 2)
    waiting = waiting_for(session)
    waiting.mark_decided({"c3"})
    decided_here = []
    for call in ("c3", "c4"):
        resolve(session, call)
        assert waiting.update(session.state)
        decided_here.append(waiting.was_decided_here)
    assert decided_here == [True, False]
    assert waiting.shown is None


def test_waiting_calls_batch_loses_what_waits_no_more_and_gains_nothing() -> None:
    session = waiting_session("s1", 2)
    waiting = waiting_for(session)
    assert waiting.choose_batch()
    resolve(session, "c3")
    waiting.update(session.state)
    assert [call.id for call in waiting.batch] == ["c4"]


def test_waiting_calls_rule_releases_the_other_calls_that_it_covers() -> None:
    waiting = waiting_for(waiting_session("s1", 2))
    call = waiting.shown
    assert call is not None
    assert [other.id for other in waiting.released_by(call, "open_page network example.org")] == ["c4"]
    assert waiting.released_by(call, "open_page network elsewhere.org") == []
