"""The command line run as a program of its own, and a session that it brought to its memo."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Done = subprocess.CompletedProcess[str]
KIMI_TUI = [sys.executable, "-W", "error", "-m", "kimi_tui"]
MEMO = "The double was calculated [S1 result]."
SCRIPT = {
    "by": "history",
    "steps": [
        {"reasoning": "I calculate.", "calls": [{"name": "calculate", "arguments": {"code": "12.5 * 2"}}]},
        {"reasoning": "I know.", "calls": [
            {"name": "submit_memo", "arguments": {"title": "Twice", "memo": f"{MEMO}\n"}},
        ]},
    ],
}  # fmt: skip


def kimi(*arguments: str, stdin: str = "", cwd: Path = ROOT, **environment: str) -> Done:
    """Run the command line to its end."""
    return subprocess.run(
        [*KIMI_TUI, *arguments],
        input=stdin,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@contextmanager
def serving(script: Path) -> Iterator[str]:
    """The base URL of `serve-embedded` playing a script."""
    command = [*KIMI_TUI, "serve-embedded", "--port", "0", "--script", str(script)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[0]
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


def refused(done: Done, code: int, *words: str) -> None:
    """It ended with this code and one line that holds these words."""
    assert "Traceback" not in done.stderr
    assert done.returncode == code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("kimi-tui: ")
    for word in words:
        assert word in lines[0]


class Finished:
    """A session that `run` brought to its memo."""

    def __init__(self, home: Path, base_url: str) -> None:
        self.home = home
        self.memo = home.parent / "memo.md"
        self.done = kimi(
            "run", "What is twice 12.5?", "--base-url", base_url, "--model", "scripted", "--memo", str(self.memo),
            KIMI_TUI_HOME=str(home), KIMI_TUI_API_KEY="sk-very-secret-key-of-this-test", KIMI_TUI_CONFIG="",
        )  # fmt: skip
        self.lines = self.done.stdout.splitlines()
        self.id = str(json.loads(self.lines[0])["session"])

    @property
    def journal(self) -> Path:
        """The session's file."""
        return self.home / "sessions" / self.id / "journal.sqlite"

    def kimi(self, *arguments: str, **more: Any) -> Done:
        """The command line on this session's data folder."""
        return kimi(*arguments, KIMI_TUI_HOME=str(self.home), **more)
