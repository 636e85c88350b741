"""The environment of the bench: a drill folder, a server that reports when it sends, and cost measurement."""

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from kimi_tui.embedded.script import Script
from tools.bench.pseudo_terminal import TimedTerminal
from tools.drill.drill_environment import ROOT, DrillEnvironment
from tools.drill.processes import processes

_TICKS = os.sysconf("SC_CLK_TCK")


class BenchEnvironment(DrillEnvironment):
    """A folder, a server, and the processes of one program."""

    SERVER_MODULE: ClassVar[str] = "tools.bench.model_server"

    def __init__(self) -> None:
        super().__init__()
        self.reported: list[dict[str, Any]] = []
        """What the server told of its replies: `event`, `at`, `size`."""
        self._outside: set[int] = set()

    def __enter__(self) -> Self:
        super().__enter__()
        os.environ |= {"PYTHONPATH": str(ROOT), "COLORTERM": "truecolor"}
        for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "LINES", "COLUMNS", "NO_COLOR"):
            os.environ.pop(name, None)  # they make imports slower, or the terminal's size wrong
        self.write_settings()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.kill()
            server.wait()
        super().__exit__(kind, error, trace)

    def clear_desk(self) -> None:
        """Give the program a desk without documents, the reading of which would count among its costs."""
        self.desk = self.folder / "empty"
        self.desk.mkdir()

    def serve(self, script: Script) -> None:
        """Start the server that plays the model, and note what it reports."""
        super().serve(script)
        server = self._server
        assert server is not None
        self._outside.add(server.pid)
        threading.Thread(target=self._listen, args=(server,), daemon=True).start()

    def _listen(self, server: subprocess.Popen[str]) -> None:
        assert server.stdout is not None
        with suppress(ValueError):  # closed at the end
            for line in server.stdout:
                self.reported.append(json.loads(line))

    def event_time(self, event: str, least: int = 0) -> float:
        """Return when the server reported an event of a long enough reply; 0 if it did not."""
        return next(
            (reported["at"] for reported in self.reported if reported["event"] == event and reported["size"] >= least),
            0.0,
        )

    def open(self, *arguments: str) -> TimedTerminal:
        """The real program in a terminal."""
        return TimedTerminal(self.app(*arguments))

    def open_minimal(self, *arguments: str) -> TimedTerminal:
        """The floor in a terminal."""
        return TimedTerminal([sys.executable, "-m", "tools.bench.minimal_app", *arguments])

    def _pids(self) -> list[int]:
        return [one.pid for one in processes(self.folder) if one.pid not in self._outside]

    def cpu(self) -> float:
        """Processor seconds of every process but the server's, those that have ended and were waited for included."""
        total = 0.0
        for pid in self._pids():
            with suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += sum(int(field) for field in fields[11:15]) / _TICKS
        return total

    def fine_cpu(self) -> float:
        """The same of living threads alone, to the microsecond."""
        total = 0
        for pid in self._pids():
            for thread in Path(f"/proc/{pid}/task").iterdir():
                with suppress(OSError):
                    total += int((thread / "schedstat").read_text().split()[0])
        return total / 1e9

    def memory(self) -> float:
        """Megabytes of every process but the server's: the proportional set size, shared pages counted once."""
        total = 0
        for pid in self._pids():
            with suppress(OSError, StopIteration):
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                total += int(next(line for line in rollup if line.startswith("Pss:")).split()[1])
        return total / 1000
