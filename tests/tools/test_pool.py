"""Worker processes: what goes wrong in a child stays there, and no child outlives its engine."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kimi_tui.tools.workers.access import WorkerAccess, allowed_files
from kimi_tui.tools.workers.pool import WorkerError, WorkerPool

MISBEHAVING = """
import ctypes, os, resource, signal, subprocess, sys, time
from kimi_tui.tools.workers.child import RefusalError

def echo(**values): return values
def pid(): return os.getpid()
def surroundings(): return {"environment": dict(os.environ), "folder": os.getcwd(), "files": os.listdir(".")}
def sleep(seconds): time.sleep(seconds)
def spin():
    while True: pass
def leave(code): os._exit(code)
def exit_politely(): sys.exit(3)
def crash(): ctypes.string_at(0)
def eat():
    hoard = []
    while True: hoard.append(bytearray(16 << 20))
def grow(size):
    len(bytearray(size))
def chatter():
    print("noise on stdout", flush=True)
    os.write(1, b"noise on descriptor 1")
    print("noise on stderr", file=sys.stderr, flush=True)
    return "quiet"
def answer(size): return bytes(size)
def refuse(): raise RefusalError("the file is not to my taste")
def stumble(): raise ValueError("x" * 5000)
def limits():
    names = ("RLIMIT_CORE", "RLIMIT_NOFILE", "RLIMIT_FSIZE")
    return {name: resource.getrlimit(getattr(resource, name))[0] for name in names}
def grandchild():
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid
def grandchild_then_sleep(note):
    with open(note, "w") as file: file.write(str(grandchild()))
    time.sleep(600)
"""

ENGINE = """
import asyncio, sys
from kimi_tui.tools.workers.access import WorkerAccess, allowed_files
from kimi_tui.tools.workers.pool import WorkerPool
async def main():
    workers = WorkerPool(package="misbehaving", folders=(sys.argv[1],))
    child = await workers.call("misbehaving:pid", {}, timeout=60)
    found = await workers.call("misbehaving:surroundings", {}, timeout=60)
    print(child, found["folder"], flush=True)
    await work(workers)
"""
BUSY = """
async def work(workers): await workers.call("misbehaving:sleep", {"seconds": 600}, timeout=600)
asyncio.run(main())
"""
IDLE = """
async def work(workers): await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.fixture
async def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkerPool]:
    """Workers that may run the misbehaving functions above."""
    (tmp_path / "misbehaving.py").write_text(MISBEHAVING, encoding="utf-8")
    monkeypatch.setenv("KIMI_TUI_API_KEY", "sk-canary")
    workers = WorkerPool(package="misbehaving", folders=(str(tmp_path),), answer_limit=1 << 20)
    yield workers
    await workers.close()


async def problem(workers: WorkerPool, function: str, timeout: float = 120, **arguments: object) -> WorkerError:
    """The error that a call ends with."""
    with pytest.raises(WorkerError) as caught:
        await workers.call(f"misbehaving:{function}", arguments, timeout=timeout, memory=256 << 20)
    return caught.value


def is_alive(pid: int) -> bool:
    """Return whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


async def until_gone(pid: int) -> None:
    """Return when a process is gone; fails the test when it stays."""
    for _ in range(6_000):
        if not is_alive(pid):
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"process {pid} is still alive")


async def test_values_and_bytes_travel_both_ways(workers: WorkerPool) -> None:
    values = {"text": "Umsatz\u00e4nderung", "data": bytes(range(256)), "list": [1, 2.5, None, True], "map": {"a": []}}
    assert await workers.call("misbehaving:echo", values, timeout=120) == values


async def test_a_child_is_used_again(workers: WorkerPool) -> None:
    first = await workers.call("misbehaving:pid", {}, timeout=120)
    assert await workers.call("misbehaving:pid", {}, timeout=120) == first


async def test_at_most_two_children_work_side_by_side(workers: WorkerPool) -> None:
    pids = await asyncio.gather(*(workers.call("misbehaving:pid", {}, timeout=120) for _ in range(8)))
    assert 1 <= len(set(pids)) <= 2


async def test_a_child_inherits_no_secret_and_has_a_folder_of_its_own(workers: WorkerPool) -> None:
    found = await workers.call("misbehaving:surroundings", {}, timeout=120)
    assert set(found["environment"]) <= {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TEMP", "MALLOC_ARENA_MAX"}
    assert "sk-canary" not in str(found)
    assert found["files"] == []
    assert Path(found["folder"]) != Path.cwd()
    await workers.close()
    assert not Path(found["folder"]).exists()


async def test_limits_are_set(workers: WorkerPool) -> None:
    limits = await workers.call("misbehaving:limits", {}, timeout=120)
    assert limits == {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": 64, "RLIMIT_FSIZE": 256 << 20}


@pytest.mark.parametrize("function", ["sleep", "spin"])
async def test_a_call_that_takes_too_long_is_killed(workers: WorkerPool, function: str) -> None:
    before = await workers.call("misbehaving:pid", {}, timeout=120)
    arguments = {"seconds": 600} if function == "sleep" else {}
    assert (await problem(workers, function, timeout=0.5, **arguments)).kind == "timeout"
    assert not is_alive(before)
    assert await workers.call("misbehaving:pid", {}, timeout=120) != before


async def test_an_early_exit_is_a_crash(workers: WorkerPool) -> None:
    error = await problem(workers, "leave", code=7)
    assert (error.kind, str(error)) == ("crash", "the worker ended with code 7")


async def test_a_segmentation_fault_is_a_crash(workers: WorkerPool) -> None:
    error = await problem(workers, "crash")
    assert error.kind == "crash"
    assert "SIGSEGV" in str(error)


async def test_sys_exit_of_a_library_is_a_failure(workers: WorkerPool) -> None:
    assert (await problem(workers, "exit_politely")).kind == "failed"


async def test_eating_memory_ends_in_an_error(workers: WorkerPool) -> None:
    error = await problem(workers, "eat")
    assert (error.kind, str(error)) == ("memory", "it needed more than 256 MB of memory")


async def test_a_child_that_grew_large_is_not_used_again(workers: WorkerPool) -> None:
    first = await workers.call("misbehaving:pid", {}, timeout=120)
    await workers.call("misbehaving:grow", {"size": 600 << 20}, timeout=120)
    assert await workers.call("misbehaving:pid", {}, timeout=120) != first


async def test_worker_library_output_does_not_corrupt_reply(
    workers: WorkerPool, capfd: pytest.CaptureFixture[str]
) -> None:
    assert await workers.call("misbehaving:chatter", {}, timeout=120) == "quiet"
    assert await workers.call("misbehaving:echo", {"still": "in step"}, timeout=120) == {"still": "in step"}
    assert capfd.readouterr() == ("", "")


async def test_an_answer_over_the_cap_is_refused(workers: WorkerPool) -> None:
    assert len(await workers.call("misbehaving:answer", {"size": 1 << 19}, timeout=120)) == 1 << 19
    assert (await problem(workers, "answer", size=2 << 20)).kind == "too-large"


async def test_a_refusal_is_passed_on_word_for_word(workers: WorkerPool) -> None:
    assert str(await problem(workers, "refuse")) == "the file is not to my taste"


async def test_an_unexpected_exception_is_named_and_cut(workers: WorkerPool) -> None:
    error = await problem(workers, "stumble")
    assert error.kind == "failed"
    assert str(error).startswith("ValueError: xxx")
    assert len(str(error)) < 600


@pytest.mark.parametrize("function", ["os:system", "misbehavings:pid", "misbehaving:__import__('os')", "misbehaving"])
async def test_only_functions_of_the_package_can_be_called(workers: WorkerPool, function: str) -> None:
    with pytest.raises(ValueError, match="is not in misbehaving"):
        await workers.call(function, {}, timeout=120)


async def test_cancelling_the_caller_kills_the_child(workers: WorkerPool) -> None:
    child = await workers.call("misbehaving:pid", {}, timeout=120)
    call = asyncio.create_task(workers.call("misbehaving:sleep", {"seconds": 600}, timeout=600))
    await asyncio.sleep(0.1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until_gone(child)


async def test_worker_timeout_kills_grandchildren(workers: WorkerPool, tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    access = WorkerAccess(writes=allowed_files(tmp_path.resolve()), program=sys.executable)
    await workers.call("misbehaving:pid", {}, timeout=120, access=access)
    with pytest.raises(WorkerError):
        await workers.call("misbehaving:grandchild_then_sleep", {"note": str(note)}, timeout=3, access=access)
    await until_gone(int(note.read_text()))


async def test_an_idle_child_ends_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "misbehaving.py").write_text(MISBEHAVING, encoding="utf-8")
    workers = WorkerPool(package="misbehaving", folders=(str(tmp_path),), idle_seconds=0.05)
    await until_gone(await workers.call("misbehaving:pid", {}, timeout=120))
    await workers.close()


async def test_worker_pool_end_idle_ends_waiting_children_at_once(workers: WorkerPool) -> None:
    child = await workers.call("misbehaving:pid", {}, timeout=60)
    workers.end_idle()
    await until_gone(child)


async def test_a_child_that_was_killed_while_idle_is_replaced(workers: WorkerPool) -> None:
    child = await workers.call("misbehaving:pid", {}, timeout=120)
    os.kill(child, signal.SIGKILL)
    await until_gone(child)
    assert await workers.call("misbehaving:pid", {}, timeout=120) != child


async def test_request_that_breaks_the_pipe_of_a_dead_child_leaves_no_exception(workers: WorkerPool) -> None:
    child = await workers.call("misbehaving:pid", {}, timeout=120)
    os.kill(child, signal.SIGKILL)
    assert (await problem(workers, "pid", timeout=120, unknown="x" * 4_000_000)).kind == "failed"


async def test_closing_ends_busy_calls_and_takes_no_more(workers: WorkerPool) -> None:
    await workers.call("misbehaving:pid", {}, timeout=120)  # a child is there
    busy = asyncio.create_task(problem(workers, "sleep", timeout=600, seconds=600))
    await asyncio.sleep(0)
    await workers.close()
    assert (await busy).kind == "crash"
    assert "closed" in str(await problem(workers, "pid"))


async def test_closing_while_a_child_starts_ends_the_call(workers: WorkerPool) -> None:
    starting = asyncio.create_task(problem(workers, "sleep", timeout=600, seconds=600))
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await workers.close()
        assert "closed" in str(await starting)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("busy", [False, True])
async def test_killing_the_engine_leaves_no_child(tmp_path: Path, busy: bool) -> None:
    (tmp_path / "misbehaving.py").write_text(MISBEHAVING, encoding="utf-8")
    root = str(Path(__file__).resolve().parents[2])
    engine = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ENGINE + (BUSY if busy else IDLE), tmp_path),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": root},
    )
    assert engine.stdout is not None
    child, folder = (await engine.stdout.readline()).decode().split()
    await asyncio.sleep(0.2)
    assert is_alive(int(child))
    engine.kill()
    await engine.wait()
    await until_gone(int(child))
    assert not Path(folder).exists()


async def test_processor_time_is_limited_apart_from_the_clock(workers: WorkerPool) -> None:
    with pytest.raises(WorkerError) as caught:
        await workers.call("misbehaving:spin", {}, timeout=60, cpu=1)
    assert caught.value.kind == "timeout"
