"""The environment of a drill: a folder with data, sockets and settings, and everything started there.

While a place is open, this process's environment points there, so that whatever it starts stays there; at its end
every process of it is dead, by its number, and the folder is gone.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import msgspec

from kimi_tui.config import LoadedSettings, load_settings
from kimi_tui.embedded.script import Script
from kimi_tui.runner import client
from kimi_tui.runner.library import FolderLibrary
from tools.drill.processes import MARK, RUNNER, kill_all

ROOT = Path(__file__).resolve().parents[2]
DESK = ROOT / "kimi_tui" / "sample_desk"
_SETTINGS = """\
model = "scripted"
desk = "{desk}"
offline = true
max_steps = 100000
base_url = "{base_url}"
judge = "off"
[ui]
bell = false
leave = "background"
"""


class DrillEnvironment:
    """A folder of its own for one drill."""

    SERVER_MODULE: ClassVar[str] = "tools.drill.model_server"
    """The program that plays the model."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="drill-")).resolve()
        """Holds everything and is removed at the end."""
        self.home = self.folder / "home"
        self.base_url = ""
        """Where the scripted model answers, once it does."""
        self.desk: Path = DESK
        """The desk that sessions may read."""
        self._before = dict(os.environ)
        self._runner = client.RUNNER_MODULE
        self._server: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        client.RUNNER_MODULE = RUNNER
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # and clear up on the way
        for name in [name for name in os.environ if name.startswith("KIMI_TUI_")]:
            del os.environ[name]
        for name in ("home", "run", "tmp"):
            (self.folder / name).mkdir(mode=0o700)
        os.environ |= {
            MARK: str(self.folder),
            "KIMI_TUI_HOME": str(self.home),
            "KIMI_TUI_CONFIG": str(self.folder / "config.toml"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "TMPDIR": str(self.folder / "tmp"),
            "TERM": "xterm-256color",
            "PYTHONPATH": str(ROOT),
        }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        client.RUNNER_MODULE = self._runner
        kill_all(self.folder)
        if self._server is not None:
            self._server.communicate()
        os.environ.clear()
        os.environ |= self._before
        shutil.rmtree(self.folder, ignore_errors=True)

    def serve(self, script: Script) -> None:
        """Start the server that plays the model."""
        path = self.folder / "script.json"
        path.write_bytes(msgspec.json.encode(script))
        command = [sys.executable, "-m", self.SERVER_MODULE, str(path)]
        self._server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self._server.stdout is not None
        self.base_url = self._server.stdout.readline().strip()
        self.write_settings()

    def write_settings(self) -> None:
        """Write the settings for whatever is started from now on."""
        settings = _SETTINGS.format(desk=self.desk, base_url=self.base_url)
        (self.folder / "config.toml").write_text(settings)

    def stop_serving(self) -> tuple[int, list[str]]:
        """End the server: how many requests it had, and what was wrong with some of them."""
        assert self._server is not None
        self._server.send_signal(signal.SIGTERM)
        reported, _ = self._server.communicate(timeout=30)
        self._server = None
        seen: dict[str, Any] = json.loads(reported)
        return seen["requests"], seen["problems"]

    @property
    def loaded(self) -> LoadedSettings:
        """The settings that hold here."""
        return load_settings()

    @property
    def library(self) -> FolderLibrary:
        """The library of this data folder."""
        return FolderLibrary(self.loaded)

    def tracebacks(self) -> int:
        """How many tracebacks the runners left in their log."""
        log = self.home / "runner.log"
        return log.read_text(errors="replace").count("Traceback") if log.exists() else 0

    def app(self, *arguments: str) -> list[str]:
        """The command line of the real program."""
        return [sys.executable, "-I", str(ROOT / "tools" / "drill" / "app.py"), *arguments]


def seconds_since(began: float) -> float:
    """Seconds since a moment of the monotonic clock."""
    return time.monotonic() - began


def set_variable(name: str, value: str) -> None:
    """Set a variable for whatever is started from now on; the place's end takes it away."""
    os.environ[name] = value
