"""Attaching: what a new front end gets at once, and what it refuses to talk to."""

import asyncio
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from kimi_tui.commands import Steer
from kimi_tui.embedded.script import RepeatedText, ScriptStep
from kimi_tui.journal.lock import WriterLock
from kimi_tui.runner.assembly import open_working_session
from kimi_tui.runner.client import attach
from kimi_tui.runner.host import RunnerHost
from kimi_tui.runner.listener import Listener
from kimi_tui.runner.wire import WIRE_VERSION, Hello, socket_path
from kimi_tui.session import Session, SessionError, StorageTrouble
from tests.engine.test_storage import full_disk
from tests.runner.kit import CALCULATE, MEMO, OPEN, Place, is_asked, is_finished, until

OTHER_VERSIONS = [
    msgspec.json.encode(Hello(WIRE_VERSION + 1, "9.9.9")) + b"\n",
    b'{"type":"Advanced","seq":12}\n',
    b"HTTP/1.1 400 Bad Request\r\n",
]


@asynccontextmanager
async def hosted(place: Place, session: str = "") -> AsyncIterator[str]:
    """A session whose runner is in this process."""
    workplace = await open_working_session(place.loaded, session, question="" if session else "What is twice 12.5?")
    host = RunnerHost(workplace, linger=60)
    serving = asyncio.create_task(host.serve(Listener(place.home, workplace.session.id)))
    await host.listening.wait()
    try:
        yield workplace.session.id
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await workplace.close()


async def so(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(3_000):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not become so")


def troubles(*sessions: Session) -> list[StorageTrouble | None]:
    """Return the storage problem that each front end was informed of."""
    return [session.storage_trouble for session in sessions]


async def test_front_end_that_attaches_while_nothing_can_be_written_learns_so_at_once_and_when_it_is_over(
    place: Place,
) -> None:
    thinking = ScriptStep(reasoning=RepeatedText("thinking ", 300), pace=200, calls=CALCULATE.calls)
    await place.serve(thinking, MEMO)
    async with hosted(place) as session:
        early = await attach(place.library.shelf, session)
        assert early is not None
        assert troubles(early) == [None]
        with full_disk():
            await so(lambda: None not in troubles(early))
            late = await attach(place.library.shelf, session)
            assert late is not None
            await so(lambda: None not in troubles(late))
            (reported,) = troubles(late)
            assert reported is not None
            assert "cannot be written" in reported.message
            assert reported.path.endswith(session)
            assert reported.needed_bytes > 0
            assert [line.waits_for_storage for line in place.library.summaries()] == [True]
        await so(lambda: troubles(early, late) == [None, None])
        assert [line.waits_for_storage for line in place.library.summaries()] == [False]
        await early.close()
        await late.close()


async def test_two_front_ends_that_open_a_session_at_once_share_one_runner(place: Place) -> None:
    first = await place.started(OPEN, CALCULATE, MEMO)
    await until(first, is_asked)
    os.kill(place.runner(first.id) or 0, 9)
    await place.ended(first.id)
    await first.close()
    front_ends = await asyncio.gather(*(place.library.open(first.id) for _ in range(4)))
    assert place.runner(first.id)
    for front_end in front_ends:
        await until(front_end, is_asked)
        await front_end.close()


async def test_a_runner_that_is_just_ending_is_waited_for(place: Place) -> None:
    await place.serve(CALCULATE, MEMO)
    async with hosted(place) as session:
        attached = await attach(place.library.shelf, session)
        assert attached is not None
        await until(attached, is_finished)
        await attached.close()
    ending = WriterLock(place.library.shelf.lock_path(session))  # its socket is gone, its lock is not
    asyncio.get_running_loop().call_later(0.2, ending.release)
    again = await place.library.open(session)
    assert place.runner(session)
    await again.close()


@pytest.mark.parametrize("greeting", OTHER_VERSIONS, ids=["newer", "older", "foreign"])
async def test_a_runner_of_another_version_is_refused_in_one_line_and_left_alone(place: Place, greeting: bytes) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await reader.read()
        writer.close()

    await place.serve(CALCULATE, MEMO)
    async with hosted(place) as session:
        pass
    path = socket_path(place.home, session)
    async with await asyncio.start_unix_server(greet, path):
        with pytest.raises(SessionError, match=r"this one .* cannot talk to it.*nothing is lost") as refusal:
            await place.library.open(session)
        assert "\n" not in str(refusal.value)
        assert path.exists()


async def test_what_hangs_up_at_once_is_no_runner(place: Place) -> None:
    await place.serve(CALCULATE, MEMO)
    async with hosted(place) as session:
        pass

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_unix_server(hang_up, socket_path(place.home, session)):
        assert await attach(place.library.shelf, session) is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to another user")
async def test_a_socket_of_another_user_is_refused_in_one_line(place: Place) -> None:
    await place.serve(CALCULATE, MEMO)
    async with hosted(place) as session:
        pass
    path = socket_path(place.home, session)
    with socket.socket(socket.AF_UNIX) as foreign:
        foreign.bind(str(path))
        os.chown(path, 12_345, -1)
        with pytest.raises(SessionError, match="belongs to another user"):
            await place.library.open(session)
    assert path.exists()
    path.unlink()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")
def test_a_socket_folder_of_another_user_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as short:  # a socket's path may not be long
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        folder = Path(short) / f"kimi-tui-{os.getuid()}"
        folder.mkdir(mode=0o700)
        os.chown(folder, 12_345, -1)
        with pytest.raises(SessionError, match="can be entered by others"):
            socket_path(Path(short), "s1")


async def test_a_session_at_work_takes_commands_from_all_who_attached(place: Place) -> None:
    await place.serve(OPEN, CALCULATE, MEMO)
    async with hosted(place) as session:
        one, two = await place.library.open(session), await place.library.open(session)
        await until(one, is_asked)
        assert (await two.send(Steer("Go on."))).accepted
        await one.close()
        await two.close()
