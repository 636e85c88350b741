"""An engine that fails in an unforeseen way says why: on the socket, in the journal, in the log, to every caller."""

import asyncio
from typing import Any

import pytest

from kimi_tui.commands import Resume, Steer
from kimi_tui.engine.loop import Engine
from kimi_tui.events import RunPaused
from kimi_tui.headless import FAILED, follow
from kimi_tui.runner.assembly import open_working_session
from kimi_tui.runner.client import attach
from kimi_tui.runner.host import RunnerHost
from kimi_tui.runner.listener import Listener
from kimi_tui.session import SessionError
from tests.runner.kit import CALCULATE, MEMO, SLOW, Place, is_finished, until


async def fail(engine: Engine) -> None:
    """Fail as an engine does that meets a fault of its own."""
    raise KeyError("a fault")


async def test_engine_that_fails_says_why_on_the_socket_in_the_journal_and_in_the_log(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.serve(SLOW, MEMO)
    workplace = await open_working_session(place.loaded, question="What is twice 12.5?")
    session, log = workplace.session.id, place.home / "runner.log"
    host = RunnerHost(workplace, linger=60)
    serving = asyncio.create_task(host.serve(Listener(place.home, session)))
    await host.listening.wait()
    attached = await attach(place.library.shelf, session)
    assert attached is not None
    monkeypatch.setattr(Engine, "_advance", fail)
    assert (await attached.send(Steer("Go on."))).accepted, "which wakes the engine"
    workplace.session.engine.interrupt()
    with pytest.raises(SessionError, match="KeyError: 'a fault'"):
        await serving
    await workplace.close()
    async for _ in attached.deltas():
        pass
    assert "KeyError: 'a fault'" in attached.engine_failure
    assert str(log) in attached.engine_failure
    receipt = await attached.send(Steer("Again."))
    assert (receipt.accepted, "KeyError: 'a fault'" in receipt.reason) == (False, True)
    assert "Traceback" in log.read_text()
    assert session in log.read_text()
    paused = await until(attached, lambda entry: isinstance(entry.event, RunPaused))
    assert isinstance(paused.event, RunPaused)
    assert (paused.event.by, "KeyError: 'a fault'" in paused.event.why) == ("engine", True)
    await attached.close()


async def test_session_whose_engine_failed_is_paused_and_continues_when_resumed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.serve(CALCULATE, MEMO)
    with monkeypatch.context() as patch:
        patch.setattr(Engine, "_advance", fail)
        workplace = await open_working_session(place.loaded, question="What is twice 12.5?", person=False)
        work = workplace.session.start()
        outcome = await follow(workplace.session, lambda entry: None)
        assert (outcome.code, "KeyError: 'a fault'" in outcome.note) == (FAILED, True)
        assert "runner.log" in outcome.note
        with pytest.raises(SessionError, match="KeyError"):
            await work
        await workplace.close()
    again = await open_working_session(place.loaded, workplace.session.id, person=False)
    assert again.session.engine.ledger.state.run.paused
    assert (await again.session.send(Resume())).accepted
    again.session.start()
    await until(again.session, is_finished)
    await again.close()


async def test_command_that_fails_is_refused_with_the_reason_and_ends_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*given: Any) -> None:
        raise IndexError("no such thing")

    await place.serve(CALCULATE, MEMO)
    workplace = await open_working_session(place.loaded, question="What is twice 12.5?")
    monkeypatch.setattr("kimi_tui.engine.session.handle_command", fault)
    receipt = await workplace.session.send(Steer("Go on."))
    assert not receipt.accepted
    assert "IndexError: no such thing" in receipt.reason
    assert "Traceback" in (place.home / "runner.log").read_text()
    workplace.session.start()
    await until(workplace.session, is_finished)
    await workplace.close()


async def test_watch_over_a_session_that_fails_ends_no_runner_in_silence(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fault(host: RunnerHost) -> None:
        raise OSError("no clock")

    monkeypatch.setattr(RunnerHost, "_until_idle", fault)
    await place.serve(CALCULATE, MEMO)
    workplace = await open_working_session(place.loaded, question="What is twice 12.5?")
    with pytest.raises(OSError, match="no clock"):
        await RunnerHost(workplace, linger=60).serve(Listener(place.home, workplace.session.id))
    await workplace.close()
