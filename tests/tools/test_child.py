"""The child side of a worker: framed messages, which functions may be called, and the folder that it removes."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from kimi_tui.tools.workers.access import WorkerAccess
from kimi_tui.tools.workers.child import (
    FOLDER_PREFIX,
    HEADER_BYTES,
    WorkerReply,
    WorkerRequest,
    WorkerStart,
    frame_message,
    is_allowed,
    remove_own_folder,
)

REQUEST = WorkerRequest("kimi_tui.tools.workers.isolation:nothing", {"x": b"\x00", "y": None}, 5.0, 1 << 20, 100)


@pytest.mark.parametrize("message", [REQUEST, WorkerReply("", {"a": [1, 2.5]}), WorkerStart(WorkerAccess(), 3)])
def test_frame_message_has_its_length_in_front(message: WorkerRequest | WorkerReply | WorkerStart) -> None:
    frame = frame_message(message)
    assert int.from_bytes(frame[:HEADER_BYTES], "big") == len(frame) - HEADER_BYTES
    assert msgspec.msgpack.decode(frame[HEADER_BYTES:], type=type(message)) == message


@pytest.mark.parametrize(
    ("function", "allowed"),
    [
        ("kimi_tui.tools.text.readers:read_bytes", True),
        ("kimi_tui:name", True),
        ("kimi_tui.tools", False),
        ("kimi_tui.tools:", False),
        ("kimi_tui.tools:a.b", False),
        ("kimi_tui_evil.tools:run", False),
        ("os:system", False),
        (":system", False),
        ("kimi_tui.tools:a b", False),
        ("kimi_tui.tools:run:more", False),
        ("", False),
    ],
)
def test_is_allowed_for_functions_of_the_package_alone(function: str, allowed: bool) -> None:
    assert is_allowed(function, "kimi_tui") is allowed


@pytest.mark.parametrize(("name", "stays"), [(f"{FOLDER_PREFIX}x1", False), ("project", True), ("my-kimi-tui", True)])
def test_remove_own_folder_leaves_every_folder_that_no_pool_made(tmp_path: Path, name: str, stays: bool) -> None:
    folder = tmp_path / name
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "file").write_text("x")
    remove_own_folder(folder)
    assert folder.exists() is stays
    assert (folder / "inner" / "file").exists() is stays


@pytest.mark.parametrize(("name", "stays"), [(f"{FOLDER_PREFIX}x1", False), ("project", True)])
def test_serve_ends_when_its_input_closes_and_removes_its_own_folder_alone(
    tmp_path: Path, name: str, stays: bool
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "file").write_text("x")
    code = "from kimi_tui.tools.workers.child import serve; serve('kimi_tui')"
    path = next(one for one in sys.path if (Path(one) / "kimi_tui").is_dir())
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {path!r}); {code}"],
        input=frame_message(WorkerStart(WorkerAccess(), 0)), capture_output=True, timeout=60, check=False, cwd=folder,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert (folder / "file").exists() is stays
