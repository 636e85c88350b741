"""The address of a runner is known to every front end, and the error for a runner out of reach is true."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from kimi_tui.journal.lock import SessionBusy
from kimi_tui.runner import library, listener
from kimi_tui.runner.assembly import open_working_session
from kimi_tui.runner.client import attach
from kimi_tui.runner.host import RunnerHost
from kimi_tui.runner.listener import Listener
from kimi_tui.runner.runner_address import RunnerAddress, read_address, write_address
from kimi_tui.runner.wire import MAX_SOCKET_BYTES, socket_path
from tests.cli.kit import kimi, refused
from tests.runner.kit import CALCULATE, KEY, MEMO, OPEN, SLOW, Place, is_asked, until


def environment(place: Place, folder: Path) -> dict[str, Any]:
    """The variables of another login."""
    folder.mkdir(mode=0o700)
    return {
        "KIMI_TUI_BASE_URL": place.server.base_url, "KIMI_TUI_API_KEY": KEY,
        "XDG_RUNTIME_DIR": str(folder), "TMPDIR": str(folder),
    }  # fmt: skip


async def test_runner_is_reached_and_stopped_from_another_login(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await place.started(OPEN, CALCULATE, MEMO)
    await until(session, is_asked)
    other = environment(place, tmp_path / "other")
    with monkeypatch.context() as patch:
        for name, value in other.items():
            patch.setenv(name, value)
        patch.setattr(tempfile, "tempdir", None)
        attached = await attach(place.library.shelf, session.id)
        assert attached is not None
        await until(attached, is_asked)
        await attached.close()
    done = await asyncio.to_thread(lambda: kimi("stop", session.id, **other))
    assert (done.returncode, done.stderr) == (0, "")
    await session.close()


@pytest.mark.parametrize("what", ["socket", "folder", "note", "foreign note"])
async def test_socket_or_note_that_was_removed_is_made_again(
    place: Place, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "CHECK_SECONDS", 0.05)
    own = tempfile.mkdtemp(prefix="kimi-", dir="/tmp")  # what is removed below is this test's alone
    monkeypatch.setenv("XDG_RUNTIME_DIR", own)
    await place.serve(SLOW, MEMO)
    workplace = await open_working_session(place.loaded, question="What is twice 12.5?")
    session, shelf = workplace.session.id, place.library.shelf
    folder = shelf.path(session).parent
    serving = asyncio.create_task(RunnerHost(workplace, linger=60).serve(Listener(place.home, session)))
    try:
        early = None
        while early is None:
            await asyncio.sleep(0.05)
            early = await attach(shelf, session)
        written = read_address(folder)
        assert written is not None
        if what in ("socket", "folder"):
            Path(written.path).unlink()
        if what == "folder":
            assert Path(written.path).is_relative_to(own)
            shutil.rmtree(own)
        if what == "note":
            (folder / "socket").unlink()
        if what == "foreign note":
            (folder / "socket").write_text("[]")
        late = None
        for _ in range(600):
            if read_address(folder) is not None and late is None:
                late = await attach(shelf, session)
            await asyncio.sleep(0.05 if late is None else 0)
        assert late is not None
        async for delta in early.deltas():
            assert delta.kind
            break
        await early.close()
        await late.close()
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await workplace.close()
    assert read_address(folder) is None
    assert not Path(written.path).exists()
    shutil.rmtree(own, ignore_errors=True)


async def test_note_of_a_process_that_is_gone_is_not_believed(place: Place, tmp_path: Path) -> None:
    session = await place.started(OPEN, CALCULATE, MEMO)
    await until(session, is_asked)
    await session.close()
    folder = place.library.shelf.path(session.id).parent
    (folder / "socket").write_text('{"pid":1,"path":"/nowhere"}')
    attached = await attach(place.library.shelf, session.id)
    assert attached is not None
    await attached.close()


async def test_run_in_the_foreground_says_at_once_that_it_takes_no_commands(place: Place) -> None:
    await place.serve(OPEN, CALCULATE, MEMO)
    workplace = await open_working_session(place.loaded, question="What is twice 12.5?")
    session = workplace.session.id
    write_address(place.library.shelf.path(session).parent, None)
    try:
        with pytest.raises(SessionBusy, match="in the foreground") as busy:
            await asyncio.wait_for(place.library.open(session), 5)
        assert f"kill -INT {os.getpid()}" in str(busy.value)
        refused(await asyncio.to_thread(kimi, "stop", session), 1, "in the foreground", "kimi-tui replay")
        refused(await asyncio.to_thread(kimi, "run", "--resume", session), 1, "in the foreground")
    finally:
        await workplace.close()


async def test_process_that_works_and_does_not_answer_is_said_to_work(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "_MAX_ATTACH_SECONDS", 0.2)
    await place.serve(OPEN, CALCULATE, MEMO)
    workplace = await open_working_session(place.loaded, question="What is twice 12.5?")
    try:
        with pytest.raises(SessionBusy, match=f"process {os.getpid()} is working on .* `kill {os.getpid()}` ends it"):
            await place.library.open(workplace.session.id)
    finally:
        await workplace.close()


async def test_nothing_works_is_said_when_nothing_does(place: Place) -> None:
    await place.serve(CALCULATE, MEMO)
    workplace = await open_working_session(place.loaded, question="What is twice 12.5?")
    await workplace.close()
    refused(await asyncio.to_thread(kimi, "stop", workplace.session.id), 1, "no process works on session")


def test_socket_is_made_where_there_is_a_place_with_a_short_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "gone with the login"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("long" * 30)))
    path = socket_path(tmp_path, "s1")
    assert path.parent == Path(f"/tmp/kimi-tui-{os.getuid()}")
    assert len(os.fsencode(path)) <= MAX_SOCKET_BYTES
    monkeypatch.setattr(tempfile, "tempdir", "relative")
    assert socket_path(tmp_path, "s1") == path


def test_what_is_no_note_is_none(tmp_path: Path) -> None:
    for text in ("", "{", '{"pid":"x","path":1}', "\x00" * 100_000):
        (tmp_path / "socket").write_text(text)
        assert read_address(tmp_path) is None
    write_address(tmp_path, Path("/run/x.sock"))
    assert read_address(tmp_path) == RunnerAddress(os.getpid(), "/run/x.sock")
