"""`kimi-tui run --wait SECONDS`, as a person types it."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.cli.kit import KIMI_TUI, ROOT, SCRIPT, kimi, refused


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize("detach", [False, True])
def test_run_waits_for_a_server_that_comes_later(tmp_path: Path, detach: bool) -> None:
    port, script = free_port(), tmp_path / "script.json"
    script.write_text(json.dumps(SCRIPT))
    more = ["--detach"] if detach else []
    command = [*KIMI_TUI, "run", "What is twice 12.5?", "--base-url", f"http://127.0.0.1:{port}", "--wait", "90", *more]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "KIMI_TUI_HOME": str(tmp_path / "home")}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as run:
        assert run.stderr is not None
        first = run.stderr.readline()
        assert first.startswith("kimi-tui: waiting for the server, at most ")
        assert "no server answers at this address" in first
        serve = [*KIMI_TUI, "serve-embedded", "--port", str(port), "--script", str(script)]
        with subprocess.Popen(serve, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as server:
            output, errors = run.communicate(timeout=120)
            assert run.returncode == 0, errors
            assert "kimi-tui: the server answers after " in errors
            if detach:
                stopped = kimi("stop", output.strip(), KIMI_TUI_HOME=environment["KIMI_TUI_HOME"])
                assert stopped.returncode in (0, 1)
            server.terminate()
    assert output


def test_run_ends_clearly_when_the_server_does_not_come(tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    done = kimi("run", "Why?", "--base-url", address, "--wait", "1", KIMI_TUI_HOME=str(tmp_path))
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert lines[-1].startswith("kimi-tui: the server is not ready after 1 s. The server at ")
    assert not list(tmp_path.glob("sessions/*"))


def test_run_without_wait_says_that_there_is_one(tmp_path: Path) -> None:
    done = kimi("run", "Why?", "--base-url", f"http://127.0.0.1:{free_port()}", KIMI_TUI_HOME=str(tmp_path))
    refused(done, 1, "--wait SECONDS")


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "soon"])
def test_wait_that_is_no_time_is_wrong_usage(tmp_path: Path, seconds: str) -> None:
    done = kimi("run", "Why?", f"--wait={seconds}", KIMI_TUI_HOME=str(tmp_path))
    refused(done, 2, "is no number of seconds")
