"""Runners are forked by one process of their front end, which holds nothing of theirs and whose death harms none."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kimi_tui.commands import Stop, Veto
from kimi_tui.runner import runner_start
from kimi_tui.runner.client import RUNNERS
from kimi_tui.runner.runner_start import RunnerStarter
from kimi_tui.runner.wire import Assignment
from kimi_tui.session import Session
from tests.runner.kit import KEY, MEMO, OPEN, Place, is_asked, is_finished, until

NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs /proc")


VENDOR_KEY = "sk-of-a-vendor-in-this-test"


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def not_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def started_by_fork_server(place: Place) -> Session:
    """A session whose runner was forked: the second of two."""
    first = await place.started(OPEN, MEMO)
    await first.close()
    session = await place.library.start("What is thrice 12.5?")
    assert place.runner(session.id)
    return session


@NEEDS_PROC
async def test_runners_of_one_front_end_come_from_one_process_and_share_its_memory(place: Place) -> None:
    alone = await place.started(OPEN, MEMO)
    one, other = [await place.library.start("What is thrice 12.5?") for _ in range(2)]
    server = RUNNERS.server_pid or 0
    first, second = place.runner(one.id) or 0, place.runner(other.id) or 0
    assert len({first, second, server, place.runner(alone.id)}) == 4
    assert {parent(first), parent(second)}.isdisjoint({server, os.getpid()}), "their starters may end"
    assert len({os.getsid(pid) for pid in (first, second, server, 0)}) == 4, "no signal to one reaches another"
    shared = re.search(r"Shared_Dirty:\s+(\d+) kB", Path(f"/proc/{first}/smaps_rollup").read_text())
    assert shared is not None
    assert int(shared[1]) > 4_096
    names = [Path(f"/proc/{pid}/comm").read_text().strip() for pid in (server, first, place.runner(alone.id))]
    assert names == ["kimi-forks", "kimi-runner", "kimi-runner"]
    opened, inherited = [{link.readlink() for link in Path(f"/proc/{pid}/fd").iterdir()} for pid in (first, server)]
    assert opened & inherited <= {Path(os.devnull)}, "nothing of the process that forks is open in its children"
    for session in (alone, one, other):
        await session.close()


def holds(pid: int | None, secret: str) -> bool:
    """Return whether a process has a secret in its memory."""
    folder = Path(f"/proc/{pid}")
    spans = re.findall(r"^(\w+)-(\w+) rw", (folder / "maps").read_text(), re.MULTILINE)
    with (folder / "mem").open("rb") as memory:
        for start, end in spans:
            memory.seek(int(start, 16))
            if secret.encode() in memory.read(int(end, 16) - int(start, 16)):
                return True
    return False


@NEEDS_PROC
async def test_no_process_shows_a_key_and_the_one_that_forks_never_holds_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOONSHOT_API_KEY", VENDOR_KEY)
    session = await started_by_fork_server(place)
    runner = place.runner(session.id)
    for pid in (RUNNERS.server_pid, runner, *place.pids):
        shown = b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("environ", "cmdline"))
        assert KEY.encode() not in shown
        assert VENDOR_KEY.encode() not in shown
    assert (holds(RUNNERS.server_pid, KEY), holds(RUNNERS.server_pid, VENDOR_KEY)) == (False, False)
    assert holds(runner, VENDOR_KEY), "its libraries need the keys of vendors"
    assert Path(f"/proc/{RUNNERS.server_pid}/cwd").readlink() == place.home
    await session.close()


async def test_killed_fork_server_harms_no_runner_and_the_next_start_makes_another(place: Place) -> None:
    session = await started_by_fork_server(place)
    await until(session, is_asked)
    killed = RUNNERS.server_pid or 0
    os.kill(killed, signal.SIGKILL)
    other = await place.library.start("What is thrice 12.5?")
    assert place.runner(other.id)
    assert RUNNERS.server_pid != killed
    assert (await session.send(Veto("c1"))).accepted
    await until(session, is_finished)
    await session.close()
    await other.close()


async def test_runner_alone_has_no_process_beside_it(place: Place) -> None:
    session = await place.started(OPEN, MEMO)
    assert RUNNERS.server_pid is None or not_alive(RUNNERS.server_pid)
    await session.close()


async def test_fork_server_without_requests_ends_and_the_next_start_needs_none(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    starter = RunnerStarter(kept_seconds=3.0)
    monkeypatch.setattr("kimi_tui.runner.client.RUNNERS", starter)
    session = await place.started(OPEN, MEMO)
    other = await place.library.start("What is thrice 12.5?")
    server = starter.server_pid or 0
    await until(session, is_asked)
    for _ in range(600):
        if not_alive(server):
            break
        await asyncio.sleep(0.05)
    assert place.runner(other.id)
    third = await place.library.start("What is four times 12.5?")
    assert starter.server_pid is None
    for opened in (session, other, third):
        await opened.close()


async def test_request_to_a_fork_server_that_just_left_is_made_again(place: Place) -> None:
    session = await started_by_fork_server(place)
    server = RUNNERS.server_pid or 0
    os.kill(server, signal.SIGSTOP)
    starting = asyncio.create_task(place.library.start("What is four times 12.5?"))
    await asyncio.sleep(0.3)
    os.kill(server, signal.SIGKILL)  # with the request unread
    other = await starting
    assert place.runner(other.id)
    assert RUNNERS.server_pid != server
    await session.close()
    await other.close()


async def test_start_in_a_data_folder_that_was_made_anew_works(place: Place) -> None:
    session = await started_by_fork_server(place)
    await session.close()
    server = RUNNERS.server_pid
    place.home.rename(place.home.with_name("moved"))
    other = await place.library.start("What is four times 12.5?")
    assert RUNNERS.server_pid == server
    runner = place.runner(other.id)
    assert runner is not None
    await until(other, is_asked)
    if Path("/proc/self/cwd").exists():
        assert Path(f"/proc/{runner}/cwd").readlink() == place.home
    await other.close()


async def test_closed_fork_server_ends_and_its_runners_go_on(place: Place) -> None:
    session = await started_by_fork_server(place)
    await until(session, is_asked)
    server = RUNNERS.server_pid or 0
    await asyncio.to_thread(RUNNERS.close)
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)
    assert (await session.send(Stop())).accepted
    await until(session, is_finished)
    await session.close()


async def test_changed_variables_reach_the_next_runner(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await started_by_fork_server(place)
    before = RUNNERS.server_pid
    monkeypatch.setenv("LC_MEASUREMENT", "metric")
    others = [await place.library.start("What is thrice 12.5?") for _ in range(2)]
    assert RUNNERS.server_pid != before
    if Path("/proc/self/environ").exists():
        for other in others:
            assert b"LC_MEASUREMENT=metric" in Path(f"/proc/{place.runner(other.id)}/environ").read_bytes()
    for opened in (session, *others):
        await opened.close()


async def test_question_longer_than_a_pipe_reaches_its_runner(place: Place) -> None:
    await place.serve(OPEN, MEMO)
    question = "What is twice 12.5? " + "Consider this. " * 10_000
    for _ in range(2):
        session = await place.library.start(question)
        entry = await until(session, lambda entry: type(entry.event).__name__ == "QuestionAsked")
        assert getattr(entry.event, "text", "") == question.strip()
        await session.close()


@pytest.mark.parametrize(
    ("code", "errors"),
    [
        ("raise SystemExit('the library is missing')", b"the library is missing"),
        (
            "from kimi_tui.runner.fork_server import run_in_forks\nrun_in_forks(lambda: 1 / 0)",
            b"ZeroDivisionError: division by zero",
        ),
    ],
)
def test_start_that_fails_returns_the_errors_of_its_process(
    tmp_path: Path, place: Place, code: str, errors: bytes
) -> None:
    starter = RunnerStarter()
    code = f"import sys\nsys.path.insert(0, {str(Path(__file__).parents[2])!r})\n{code}"
    loaded = place.loaded
    assignment = Assignment(loaded.settings, loaded.origins, "", "")
    for _ in range(2):
        printed, failed = starter.start((sys.executable, "-c", code), assignment, tmp_path).result(60)
        assert (printed, failed.strip().rpartition(b"\n")[2]) == (b"", errors)
    starter.close()


def test_start_by_a_process_that_died_before_it_was_asked_returns_its_errors(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = runner_start._start_process

    def start_and_wait(*given: Any) -> subprocess.Popen[bytes]:
        process = start(*given)
        process.wait()
        return process

    monkeypatch.setattr(runner_start, "_start_process", start_and_wait)
    starter = RunnerStarter()
    assignment = Assignment(place.loaded.settings, place.loaded.origins, "", "")
    for _ in range(2):
        command = (sys.executable, "-c", "raise SystemExit('the library is missing')")
        assert starter.start(command, assignment, tmp_path).result(60) == (b"", b"the library is missing\n")
    starter.close()
