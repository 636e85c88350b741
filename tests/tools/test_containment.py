"""A worker sees its input and nothing else: each thing is tried in a real one, where the kernel can refuse it."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.tools.workers.access import WorkerAccess, allowed_files
from kimi_tui.tools.workers.landlock import landlock_version
from kimi_tui.tools.workers.pool import WorkerError, WorkerPool

needs_landlock = pytest.mark.skipif(landlock_version() == 0, reason="the kernel has no Landlock")
needs_seccomp = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine not in ("x86_64", "aarch64"), reason="no filter for this machine"
)
INTRUDER = """
import ctypes, os, signal, socket, sqlite3, subprocess, sys, threading

def _tried(act):
    try:
        return f"did: {act()!r}"[:200]
    except BaseException as error:
        return type(error).__name__

def read(path): return _tried(lambda: open(path, "rb").read(64))
def listing(path): return _tried(lambda: os.listdir(path))
def make(path): return _tried(lambda: open(path, "wb").close())
def link(path): return _tried(lambda: (os.symlink(path, "shortcut"), open("shortcut").read(64)))
def unlink(path): return _tried(lambda: os.unlink(path))
def query(path):
    return _tried(lambda: sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute("select * from t").fetchall())
def unix(path): return _tried(lambda: socket.socket(socket.AF_UNIX).connect(path))
def inet(kind): return _tried(lambda: socket.socket(socket.AF_INET, kind))
def start(): return _tried(lambda: subprocess.run([sys.executable, "-c", ""]))
def fork(): return _tried(os.fork)
def end(pid): return _tried(lambda: os.kill(pid, 0))
def attach(pid): return _tried(lambda: _checked(ctypes.CDLL(None, use_errno=True).ptrace(16, pid, 0, 0)))
def peek(pid, address):
    call = ctypes.CDLL(None, use_errno=True).process_vm_readv
    buffer = ctypes.create_string_buffer(8)
    class Piece(ctypes.Structure):
        _fields_ = (("at", ctypes.c_void_p), ("size", ctypes.c_size_t))
    ours, theirs = Piece(ctypes.addressof(buffer), 8), Piece(address, 8)
    return _tried(lambda: _checked(call(pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0)))
def _checked(result):
    if result < 0: raise PermissionError
    return result
def given(descriptors): return [os.pread(one, 64, 0) for one in descriptors]
def library():
    import lzma, xml.dom.minidom, decimal, zoneinfo, tempfile
    with tempfile.NamedTemporaryFile() as file: file.write(b"x")
    return str(decimal.Decimal(1) / 3)[:4]
"""


@pytest.fixture
async def workers(tmp_path: Path) -> AsyncIterator[WorkerPool]:
    """Workers that may run the intruder's functions."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "intruder.py").write_text(INTRUDER, encoding="utf-8")
    pool = WorkerPool(package="intruder", folders=(str(folder),))
    yield pool
    await pool.close()


async def call(workers: WorkerPool, function: str, access: WorkerAccess | None = None, **arguments: object) -> object:
    """Return what the intruder could do in a worker."""
    return await workers.call(f"intruder:{function}", arguments, timeout=120, access=access or WorkerAccess())


@needs_landlock
async def test_worker_reading_a_file_it_was_not_given_is_refused(workers: WorkerPool, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("for nobody")
    for path in (str(secret), "/etc/passwd", str(Path.home() / ".bashrc"), __file__, "/proc/self/maps"):
        assert await call(workers, "read", path=path) in ("PermissionError", "FileNotFoundError"), path
    assert await call(workers, "link", path=str(secret)) == "PermissionError"
    for folder in ("/", str(tmp_path), str(Path.home()), "/proc"):
        assert await call(workers, "listing", path=folder) == "PermissionError", folder


@needs_landlock
async def test_worker_writing_outside_its_folder_is_refused(workers: WorkerPool, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("kept")
    assert await call(workers, "make", path=str(tmp_path / "new")) == "PermissionError"
    assert await call(workers, "make", path=str(kept)) == "PermissionError"
    assert await call(workers, "unlink", path=str(kept)) == "PermissionError"
    assert kept.read_text() == "kept"
    assert await call(workers, "make", path="own") == "did: None"


@needs_landlock
async def test_worker_reading_the_variables_of_its_parent_is_refused(workers: WorkerPool) -> None:
    assert Path(f"/proc/{os.getpid()}/environ").read_bytes()
    for name in ("environ", "cmdline", "mem", "maps"):
        assert await call(workers, "read", path=f"/proc/{os.getpid()}/{name}") == "PermissionError"


@needs_landlock
async def test_worker_with_access_opens_that_file_alone(workers: WorkerPool, tmp_path: Path) -> None:
    for name in ("a.db", "b.db"):
        with closing(sqlite3.connect(tmp_path / name)) as database:
            database.execute("create table t (v)")
            database.execute("insert into t values (7)")
            database.commit()
    first, second = (tmp_path.resolve() / name for name in ("a.db", "b.db"))
    access = WorkerAccess(reads=allowed_files(first))
    assert await call(workers, "query", access, path=str(first)) == "did: [(7,)]"
    assert await call(workers, "query", access, path=str(second)) == "OperationalError"
    assert await call(workers, "make", access, path=str(first)) == "PermissionError"
    other = WorkerAccess(reads=allowed_files(second))
    assert await call(workers, "query", other, path=str(second)) == "did: [(7,)]"
    assert await call(workers, "query", other, path=str(first)) == "OperationalError"


@needs_landlock
async def test_access_to_a_file_that_was_swapped_meanwhile_opens_neither(workers: WorkerPool, tmp_path: Path) -> None:
    allowed, secret = tmp_path.resolve() / "folder" / "file", tmp_path.resolve() / "elsewhere" / "file"
    for path in (allowed, secret):
        path.parent.mkdir()
        path.write_text(path.parent.name)
    access = WorkerAccess(reads=allowed_files(allowed))
    allowed.parent.rename(tmp_path / "away")
    allowed.parent.symlink_to(secret.parent)
    assert await call(workers, "read", access, path=str(allowed)) == "PermissionError"


async def test_open_files_of_a_call_reach_the_worker_in_order(workers: WorkerPool, tmp_path: Path) -> None:
    names = [tmp_path / f"{number}" for number in range(48)]
    for name in names:
        name.write_text(name.name)
    for _ in range(2):  # the second time in the same child
        descriptors = [os.open(name, os.O_RDONLY) for name in names]
        try:
            found = await workers.call("intruder:given", {}, timeout=120, files=descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        assert found == [name.name.encode() for name in names]


async def test_contained_worker_still_imports_libraries_and_makes_temporary_files(workers: WorkerPool) -> None:
    assert await call(workers, "library") == "0.33"


@needs_seccomp
async def test_worker_connecting_to_a_socket_of_the_user_is_refused(workers: WorkerPool, tmp_path: Path) -> None:
    path = str(tmp_path / "agent")
    seen: list[int] = []
    async with await asyncio.start_unix_server(lambda reader, writer: seen.append(1), path):
        assert await call(workers, "unix", path=path) == "PermissionError"
    for kind in (1, 2, 3):
        assert await call(workers, "inet", kind=kind) == "PermissionError"
    assert not seen


@needs_seccomp
async def test_worker_starting_or_touching_a_process_is_refused(workers: WorkerPool) -> None:
    assert await call(workers, "start") == "PermissionError"
    assert await call(workers, "fork") == "PermissionError"
    assert await call(workers, "end", pid=os.getpid()) == "PermissionError"
    assert await call(workers, "attach", pid=os.getpid()) == "PermissionError"
    assert await call(workers, "peek", pid=os.getpid(), address=id(workers)) == "PermissionError"


@needs_seccomp
@needs_landlock
async def test_worker_that_may_start_one_program_starts_no_other(workers: WorkerPool, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o700)
    access = WorkerAccess(program=str(other))
    assert await call(workers, "start", access) == "PermissionError"
    assert await call(workers, "inet", access, kind=1) == "PermissionError"


async def test_call_of_a_worker_with_other_files_gets_another_worker(workers: WorkerPool, tmp_path: Path) -> None:
    file = tmp_path.resolve() / "file"
    file.write_text("x")
    with pytest.raises(WorkerError):
        await workers.call("intruder:missing", {}, timeout=120)
    access = WorkerAccess(reads=allowed_files(file))
    assert await call(workers, "read", access, path=str(file)) == "did: b'x'"
    if landlock_version():
        assert await call(workers, "read", path=str(file)) == "PermissionError"
