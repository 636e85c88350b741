"""The runner process: started, attached to, left, killed; the session is never lost and its secrets stay inside."""

import asyncio
import os
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from kimi_tui.commands import Interrupt, Resume, Stop, Veto
from kimi_tui.config import load_settings
from kimi_tui.embedded.script import RepeatedText, ScriptedCall, ScriptStep
from kimi_tui.events import ObservationRecorded, StepFailed, TurnFinished
from kimi_tui.journal.lock import SessionBusy
from kimi_tui.runner.assembly import open_working_session
from kimi_tui.runner.client import RUNNER_ENDED, attach
from kimi_tui.runner.host import RunnerHost
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.runner.listener import Listener
from kimi_tui.runner.wire import socket_path
from kimi_tui.session import SessionError
from tests.runner.kit import CALCULATE, KEY, MEMO, OPEN, ROOT, SLOW, Place, is_asked, is_finished, raw, until

CLIENT = """
import asyncio, sys
from kimi_tui.config import load_settings
from kimi_tui.runner.library import FolderLibrary

async def main(base_url, stay):
    library = FolderLibrary(load_settings(flags={"base_url": base_url, "model": "scripted"}))
    session = await library.start("What is twice 12.5?")
    print(session.id, flush=True)
    await asyncio.sleep(float(stay))
    await session.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_session_is_worked_on_in_a_process_of_its_own(place: Place) -> None:
    session = await place.started(CALCULATE, MEMO)
    assert place.runner(session.id) not in (None, os.getpid())
    ended = await until(session, is_finished)
    assert isinstance(ended.event, TurnFinished)
    assert ended.event.reason == "answered"
    source = await session.source("S1")
    assert source is not None
    assert source.ref.kind == "calculation"
    await session.close()


async def test_two_front_ends_see_the_same_and_the_first_answer_wins(place: Place) -> None:
    one = await place.started(OPEN, CALCULATE, MEMO)
    two = await place.library.open(one.id)
    assert place.runner(one.id) is not None
    await until(one, is_asked)
    await until(two, is_asked)
    receipts = await asyncio.gather(one.send(Veto("c1", "no")), two.send(Veto("c1", "never")))
    assert sorted(receipt.accepted for receipt in receipts) == [False, True]
    first, second = await until(one, is_finished), await until(two, is_finished)
    assert first == second
    await one.close()
    await two.close()


async def test_fragments_reach_an_attached_front_end(place: Place) -> None:
    session = await place.started(SLOW, MEMO)
    text = ""
    async with asyncio.timeout(60):
        async for delta in session.deltas():
            text += delta.text if delta.kind == "reasoning" else ""
            if len(text) > 50:
                break
    assert "thinking thinking" in text, "from wherever it was attached"
    assert (await session.send(Stop())).accepted
    await until(session, is_finished)
    await session.close()


async def test_the_socket_is_for_its_owner_alone(place: Place) -> None:
    session = await place.started(OPEN)
    path = socket_path(place.home, session.id)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    await session.close()


async def test_a_socket_folder_that_others_can_enter_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        (Path(folder) / f"kimi-tui-{os.getuid()}").mkdir(mode=0o755)
        (Path(folder) / f"kimi-tui-{os.getuid()}").chmod(0o755)
        with pytest.raises(SessionError, match="can be entered by others"):
            await place.started(CALCULATE, MEMO)


async def test_a_socket_that_nobody_listens_to_is_replaced(place: Place) -> None:
    session = await place.started(OPEN, CALCULATE, MEMO)
    await until(session, is_asked)
    await session.close()
    pid = place.runner(session.id)
    assert pid
    os.kill(pid, signal.SIGKILL)
    await place.ended(session.id)
    assert socket_path(place.home, session.id).exists()
    again = await place.library.open(session.id)
    assert place.runner(session.id) != pid
    assert (await again.send(Veto("c1"))).accepted
    await until(again, is_finished)
    await again.close()


@pytest.mark.parametrize(
    "garbage",
    [b"garbage\n", b"\xff\0\n", b'{"number":1}\n', b'{"number":1,"command":{"command":"Rule"}}\n', b"[" * 9_000_000],
    ids=["words", "bytes", "half", "unknown", "flood"],
)  # fmt: skip
async def test_garbage_on_the_socket_ends_that_connection_alone(place: Place, garbage: bytes) -> None:
    session = await place.started(OPEN, CALCULATE, MEMO)
    with raw(place, session.id) as connection:

        def talk() -> None:
            with suppress(OSError):
                connection.sendall(garbage)
            with suppress(OSError):
                while connection.recv(65_536):
                    pass

        await asyncio.to_thread(talk)
    await until(session, is_asked)
    assert (await session.send(Veto("c1"))).accepted
    await until(session, is_finished)
    await session.close()


async def test_a_front_end_that_does_not_read_holds_nobody_up(place: Place) -> None:
    flood = ScriptStep(text=RepeatedText("thinking hard ", 20_000), calls=CALCULATE.calls)
    await place.serve(OPEN, flood, MEMO)
    session = await place.library.start("What is twice 12.5?")
    with raw(place, session.id):
        await until(session, is_asked)
        assert (await session.send(Veto("c1"))).accepted
        await until(session, is_finished)
    await session.close()


@pytest.mark.parametrize("killed", [True, False])
async def test_the_runner_outlives_its_front_end(place: Place, killed: bool) -> None:
    await place.serve(OPEN, CALCULATE, MEMO)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CLIENT, place.server.base_url, "60" if killed else "0",
        cwd=ROOT, env=os.environ | {"KIMI_TUI_API_KEY": KEY}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    session = (await process.stdout.readline()).decode().strip()
    if killed:
        process.kill()
    assert await process.wait() == (-signal.SIGKILL if killed else 0)
    assert place.runner(session) is not None
    attached = await attach(place.library.shelf, session)
    assert attached is not None
    await until(attached, is_asked)
    assert (await attached.send(Veto("c1"))).accepted
    await until(attached, is_finished)
    await attached.close()


async def test_a_runner_that_is_asked_to_end_leaves_the_session_in_order(place: Place) -> None:
    session = await place.started(SLOW, MEMO)
    async for delta in session.deltas():
        if delta.kind == "reasoning":
            break
    pid = place.runner(session.id)
    assert pid
    os.kill(pid, signal.SIGTERM)
    await place.ended(session.id)
    assert [delta async for delta in session.deltas()] == []
    assert (await session.send(Resume())).reason == RUNNER_ENDED
    await session.close()
    assert not socket_path(place.home, session.id).exists()
    (row,) = place.library.summaries()
    assert (row.state, row.attached) == ("paused", False)
    again = await place.library.open(session.id)
    assert place.runner(session.id) != pid
    failed = await until(again, lambda entry: isinstance(entry.event, StepFailed))
    assert isinstance(failed.event, StepFailed)
    assert failed.event.partial_reasoning.startswith("thinking")
    assert (await again.send(Interrupt())).accepted
    assert (await again.send(Stop())).accepted
    await until(again, is_finished)
    await again.close()


async def test_runner_without_work_and_front_ends_ends(place: Place) -> None:
    await place.serve(CALCULATE, MEMO)
    workplace = await open_working_session(place.loaded, question="What is twice 12.5?")
    path = socket_path(place.home, workplace.session.id)
    try:
        serving = asyncio.create_task(
            RunnerHost(workplace, linger=0.1).serve(Listener(place.home, workplace.session.id))
        )
        async with asyncio.timeout(60):
            await serving
        assert not path.exists()
        assert workplace.session.engine.ledger.state.name == "finished"
    finally:
        await workplace.close()


async def test_a_runner_waits_as_long_as_somebody_is_attached(place: Place) -> None:
    await place.serve(CALCULATE, MEMO)
    workplace = await open_working_session(place.loaded, question="What is twice 12.5?")
    session = workplace.session.id
    host = RunnerHost(workplace, linger=0.1)
    serving = asyncio.create_task(host.serve(Listener(place.home, session)))
    try:
        await host.listening.wait()
        attached = await attach(place.library.shelf, session)
        assert attached is not None
        await until(attached, is_finished)
        await asyncio.sleep(0.3)
        assert not serving.done()
        await attached.close()
        async with asyncio.timeout(60):
            await serving
    finally:
        await workplace.close()


async def test_a_session_that_somebody_works_on_is_refused_in_one_line(place: Place) -> None:
    await place.serve(OPEN, CALCULATE, MEMO)
    workplace = await open_working_session(place.loaded, question="What is twice 12.5?")
    try:
        with pytest.raises(SessionBusy, match=f"process {os.getpid()} is working on session"):
            await place.library.open(workplace.session.id)
        with pytest.raises(SessionBusy, match=f"process {os.getpid()} is working on session"):
            await open_working_session(place.loaded, workplace.session.id)
    finally:
        await workplace.close()


async def test_runner_that_cannot_start_says_why(place: Place) -> None:
    await place.serve(CALCULATE)
    wrong = load_settings(os.environ, {"base_url": place.server.base_url, "model": "kimi-k3", "api_key": KEY})
    with pytest.raises(SessionError, match="does not offer the model 'kimi-k3'"):
        await FolderLibrary(wrong).start("What?")
    with pytest.raises(SessionError, match="there is no session"):
        await place.library.open("20200101-zzzzz")
    assert place.library.shelf.ids() == []


async def test_a_session_that_is_worked_on_cannot_be_deleted(place: Place) -> None:
    session = await place.started(OPEN, CALCULATE, MEMO)
    await until(session, is_asked)
    with pytest.raises(SessionBusy):
        await place.library.delete(session.id)
    assert (await session.send(Veto("c1"))).accepted
    await until(session, is_finished)
    await session.close()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
async def test_the_key_is_on_no_command_line_and_in_no_file(place: Place) -> None:
    session = await place.started(CALCULATE, OPEN, MEMO)
    await until(session, is_asked)
    pid = place.runner(session.id)
    assert KEY.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
    # The children that parse what came from outside do not inherit it either.
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            if f"PPid:\t{pid}\n" in status.read_text():
                assert KEY.encode() not in (status.parent / "environ").read_bytes()
                assert KEY.encode() not in (status.parent / "cmdline").read_bytes()
    assert (await session.send(Veto("c2"))).accepted
    await until(session, is_finished)
    await session.close()
    assert all(KEY.encode() not in path.read_bytes() for path in place.home.rglob("*") if path.is_file())


async def test_a_running_tool_is_interrupted_through_the_runner(place: Place) -> None:
    endless = ScriptStep(calls=(ScriptedCall("calculate", {"code": "n = 0\nwhile True:\n    n = n + 1"}),))
    session = await place.started(endless, CALCULATE, MEMO)
    await until(session, lambda entry: type(entry.event).__name__ == "ToolCallStarted")
    assert (await session.send(Interrupt())).accepted
    seen = await until(session, lambda entry: isinstance(entry.event, ObservationRecorded))
    assert isinstance(seen.event, ObservationRecorded)
    assert seen.event.status == "interrupted"
    assert (await session.send(Resume())).accepted
    await until(session, is_finished)
    await session.close()
