"""A server that goes away and comes back, seen through gateways: waited for by time, whatever its health says."""

import itertools
from pathlib import Path

import pytest

from kimi_tui.commands import Resume, Stop
from kimi_tui.embedded.reply_chunks import Fault
from kimi_tui.embedded.script import ScriptStep
from kimi_tui.engine import retry
from kimi_tui.engine.retry import MAX_PAUSE_SECONDS, Outage, backoff_seconds
from kimi_tui.events import RunPaused, StepFailed
from kimi_tui.providers.base import ErrorKind, ProviderError
from tests.engine.gateways import ALWAYS_WELL, BARE, COOLING, LITELLM, NEVER_WELL, ONLY_V1, gateway
from tests.engine.kit import ANSWER, LOOK, call, scene
from tests.engine.test_failures import port_of

MANNERS = {
    "only-v1": ONLY_V1, "always-well": ALWAYS_WELL, "litellm": LITELLM, "cooling": COOLING, "bare": BARE,
    "never-well": NEVER_WELL,
}  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that a test can wait for."""
    monkeypatch.setattr(retry, "FIRST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(retry, "MIN_LOOK_SECONDS", 0.05)


@pytest.mark.parametrize("kind", ["openai", "litellm"])
@pytest.mark.parametrize("manner", MANNERS)
async def test_server_that_restarts_behind_a_gateway_is_waited_for_by_time(
    tmp_path: Path, manner: str, kind: str
) -> None:
    async with (
        scene(tmp_path, (LOOK, LOOK, ANSWER), question="", retries=1) as stage,
        gateway(MANNERS[manner], port_of(stage.server)) as between,
    ):
        await stage.close()
        stage.address, stage.kind = between.address, kind
        await stage.open()
        stage.start()
        port = between.port
        await stage.server.close()
        await stage.ask()
        await stage.until(lambda: len(stage.events(StepFailed)) >= 4)
        failures = stage.events(StepFailed)
        assert all(failure.awaited for failure in failures)
        waits = [failure.wait for failure in failures]
        assert waits == sorted(waits, reverse=True)  # what is left of one wait, which is announced once
        assert waits[0] == (300.0 if manner == "bare" else 1800.0)
        await stage.server.start(port)
        assert (await stage.finished()).reason == "answered"
        assert stage.events(RunPaused) == []


@pytest.mark.parametrize("manner", MANNERS)
async def test_server_that_stays_away_behind_a_gateway_pauses_the_run_when_the_time_is_over(
    tmp_path: Path, manner: str
) -> None:
    async with (
        scene(tmp_path, question="", retries=9, return_seconds=0.4) as stage,
        gateway(MANNERS[manner], port_of(stage.server)) as between,
    ):
        await stage.close()
        stage.address = between.address
        await stage.open()
        stage.start()
        port = between.port
        await stage.server.close()
        await stage.ask()
        await stage.until(lambda: stage.state.run.paused)
        pause = stage.events(RunPaused)[0].why
        assert pause.startswith("The server did not come back within 0.4 seconds. The server answered")
        await stage.server.start(port)
        await stage.send(Resume())
        assert (await stage.finished()).reason == "answered"


async def test_health_that_turns_well_ends_the_wait_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE_SECONDS", 600.0)
    monkeypatch.setattr(retry, "MAX_PAUSE_SECONDS", 600.0)
    monkeypatch.setattr(retry, "_MAX_BLIND_WAIT_SECONDS", 0.05)
    async with (
        scene(tmp_path, question="", retries=1) as stage,
        gateway(ONLY_V1, port_of(stage.server)) as between,
    ):
        await stage.close()
        stage.address = between.address
        await stage.open()
        stage.start()
        await stage.server.close()
        await stage.ask()
        await stage.until(lambda: sum("/v1/models" in line for line in between.asked) >= 2)
        await stage.server.start(between.port)
        assert (await stage.finished()).reason == "answered"
        assert len(stage.events(StepFailed)) == 1


async def test_without_retries_an_outage_is_not_waited_for(tmp_path: Path) -> None:
    async with (
        scene(tmp_path, question="", retries=0) as stage,
        gateway(LITELLM, port_of(stage.server)) as between,
    ):
        await stage.close()
        stage.address = between.address
        await stage.open()
        stage.start()
        await stage.server.close()
        await stage.ask()
        await stage.until(lambda: stage.state.run.paused)
        assert len(stage.events(StepFailed)) == 1
        await stage.send(Stop())
        await stage.finished()


async def test_server_that_asks_to_wait_while_it_loads_is_waited_for_by_time(tmp_path: Path) -> None:
    loading = Fault("status", times=3, status=503, headers={"retry-after": "1"})
    async with scene(
        tmp_path, (ScriptStep(reasoning="I look it up.", calls=(call("lookup"),), fault=loading), ANSWER), retries=1
    ) as stage:
        assert (await stage.finished()).reason == "answered"
        assert [failure.wait for failure in stage.events(StepFailed)] == [1.0] * 3


@pytest.mark.parametrize("kind", ["truncated", "malformed", "rate-limited", "stalled"])
def test_pauses_between_other_tries_double_and_never_overflow(kind: ErrorKind) -> None:
    error = ProviderError(kind, "No.")
    waits = [backoff_seconds(error, attempt) for attempt in (1, 2, 3, 2_000)]
    assert waits == sorted(waits)
    assert waits[-1] <= 75


def test_pauses_of_an_outage_grow_to_between_fifteen_and_thirty_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    outage, error, pauses = Outage(1800), ProviderError("overloaded", "No."), []
    for _ in range(2_000):
        assert outage.note_failure(error)
        pauses.append(outage.next_pause(error))
    assert pauses[0] < 1
    assert all(15 <= pause <= 30 for pause in pauses[10:])
    assert max(later / earlier for earlier, later in itertools.pairwise(pauses[:5])) < 4
    assert MAX_PAUSE_SECONDS <= 30


def test_another_failure_ends_an_outage() -> None:
    outage = Outage(0.0)
    assert outage.note_failure(ProviderError("unreachable", "No."))
    assert not outage.seconds_left
    assert not outage.note_failure(ProviderError("truncated", "No."))
    assert outage.tries == 0
