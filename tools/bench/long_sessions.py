"""Measurements with long sessions: creating, typing in, opening and searching them."""

import signal
import sqlite3
import time
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from kimi_tui.journal.session_store import SessionStore
from tools.bench.bench_environment import BenchEnvironment
from tools.bench.key_latency import measure_first_key, type_letters
from tools.bench.measurements import Measurement, median_of_runs, percentile
from tools.bench.model_texts import LAST_WORD, QUESTION, reading_script, streaming_script, write_desk
from tools.bench.pseudo_terminal import TimedTerminal
from tools.bench.recorded_sessions import BESIDE, RARE, copy_session, record
from tools.bench.short_rows import PROMPT, Size
from tools.drill.processes import kill, runners

_ESCAPE = "\x1b"


def measure_unattended(size: Size) -> list[Measurement]:
    """So many calls with observations of 2 to 8 KB, as fast as possible."""
    cpu, seconds, grown, disk, ratio = median_of_runs(partial(_unattended, size.calls), size.times)
    name, scale = f"{size.calls} calls unattended", size.calls / 300
    return [
        Measurement(f"{name}: CPU", cpu, "s", 1, max_value=12 * scale, note="start included"),
        Measurement(f"{name}: time", seconds, "s", 1),
        Measurement(f"{name}: memory growth", grown, "MB PSS", 0, max_value=20, note="from the first call to the end"),
        Measurement(f"{name}: on disk", disk, "MB", 1, max_value=4 * scale),
        Measurement(f"{name}: CPU per call, last sixth to first", ratio, "x", 2, max_value=1.1),
    ]


def _unattended(calls: int) -> list[float]:
    with BenchEnvironment() as stage:
        stage.desk = stage.folder / "desk"
        write_desk(stage.desk, calls)
        stage.serve(reading_script(calls))
        began = time.monotonic()
        terminal = stage.open(QUESTION)
        try:
            memory, samples = 0.0, [(0, 0.0)]
            deadline = began + 300
            while samples[-1][0] < calls and time.monotonic() < deadline:
                terminal.pump(0.1)
                samples.append((_observed(stage), stage.cpu()))
                memory = memory or (stage.memory() if samples[-1][0] else 0.0)
            terminal.pump(2.0)
            seconds = time.monotonic() - began - 2.0
            grown = stage.memory() - memory
            cpu = stage.cpu()
        finally:
            terminal.close()
        return [cpu, seconds, grown, _on_disk(stage), _last_to_first(samples, calls)]


def _observed(stage: BenchEnvironment) -> int:
    """How many calls of the newest session have their observation."""
    shelf = SessionStore(stage.home)
    with suppress(sqlite3.Error, IndexError):
        path = shelf.path(shelf.ids()[0])
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            sql = "select count(*) from entries where type = 'ObservationRecorded'"
            return int(connection.execute(sql).fetchone()[0])
    return 0


def _on_disk(stage: BenchEnvironment) -> float:
    """Megabytes of all sessions at rest: their runners are ended, so that each log is folded into its file."""
    for runner in runners(stage.folder):
        kill(runner.pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    while runners(stage.folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    shelf = SessionStore(stage.home)
    size = 0
    for session in shelf.ids():
        size += sum(file.stat().st_size for file in shelf.path(session).parent.iterdir())
    return size / 1e6


def _last_to_first(samples: list[tuple[int, float]], calls: int) -> float:
    """CPU per call in the last sixth of the calls over that in the sixth after the first."""

    def at(count: float) -> tuple[int, float]:
        return next((sample for sample in samples if sample[0] >= count), samples[-1])

    def rate(first: tuple[int, float], last: tuple[int, float]) -> float:
        return (last[1] - first[1]) / max(last[0] - first[0], 1)

    early, late = rate(at(calls / 6), at(calls / 3)), rate(at(calls * 5 / 6), samples[-1])
    return late / early if early else 0.0


def measure_keys(size: Size) -> list[Measurement]:
    """Milliseconds from a key to its letter in sessions of every length."""
    found = [(blocks, _keys_in(blocks, size.keys)) for blocks in size.blocks]
    first = found[0][1]
    figures = []
    for blocks, took in found:
        most = None if blocks == found[0][0] else round(max(first * 1.2, first + 1), 1)
        figures.append(Measurement(f"key to paint p95 at block {blocks:,}", took, "ms", 1, max_value=most))
    return figures


def _keys_in(blocks: int, keys: int) -> float:
    """The 95th percentile of keys typed into the line of a session of so many blocks."""
    with BenchEnvironment() as stage:
        stage.serve(streaming_script(200, 0.0))
        session = record(stage.loaded, blocks // 3, blocks_a_step=3, size=1_000)
        terminal = stage.open("resume", session)
        try:
            terminal.await_text(LAST_WORD, 120)
            measure_first_key(terminal)
            terminal.pump(3.0)
            return percentile(type_letters(terminal, keys * 0.14), 0.95)
        finally:
            terminal.close()


def measure_opening(size: Size) -> list[Measurement]:
    """From the start of the program to the end of a recorded session on the screen, with keys taken."""

    def opened(session: bool) -> list[float]:
        with BenchEnvironment() as stage:
            stage.serve(streaming_script(200, 0.0))
            arguments = ("resume", record(stage.loaded, size.calls)) if session else ()
            began = time.monotonic()
            terminal = stage.open(*arguments)
            try:
                terminal.await_text(LAST_WORD if session else PROMPT, 60)
                taken = measure_first_key(terminal)
                cpu = stage.cpu()
                terminal.pump(1.5)
                return [taken - began, cpu, stage.cpu()]
            finally:
                terminal.close()

    opened(True)
    seconds, cpu, later = median_of_runs(partial(opened, True), size.times)
    bare_seconds, bare, bare_later = median_of_runs(partial(opened, False), size.times)
    name = f"open a session of {size.calls} calls"
    return [
        Measurement(f"{name}: until complete and taking keys", seconds, "s", 2, max_value=1.0),
        Measurement(f"{name}: CPU until then, against an empty start", cpu / bare, "x", 2, max_value=1.3),
        Measurement(f"{name}: CPU 1.5 s later, against an empty start", later / bare_later, "x", 2),
        Measurement("an empty start: until it takes keys", bare_seconds, "s", 2),
    ]


def measure_searching(size: Size) -> list[Measurement]:
    """From the last letter typed into the library's search to the first result on the screen."""
    with BenchEnvironment() as stage:
        stage.serve(streaming_script(200, 0.0))
        session = record(stage.loaded, size.calls)
        copy_session(stage.home, session, size.sessions - 1)
        terminal = stage.open()
        try:
            terminal.await_text(PROMPT)
            measure_first_key(terminal)
            terminal.press("\x15")
            terminal.pump(3.0)
            terminal.press(_ESCAPE)
            terminal.pump(0.5)
            terminal.press("/")
            terminal.pump(0.5)
            took = [_search(terminal) for _ in range(max(size.times, 3))]
        finally:
            terminal.close()
        read = sum(path.stat().st_size for path in Path(stage.home).rglob("*.sqlite")) / 1e6
    name = f"search {size.sessions} sessions of {size.calls} calls"
    first, rest = took[0], percentile(took[1:], 0.5)
    note = f"{read:,.0f} MB of sessions"
    return [
        Measurement(f"{name}: first results on the screen, the first search", first, "ms", 0, note=note),
        Measurement(f"{name}: first results on the screen, those after", rest, "ms", 0, max_value=50, note=note),
    ]


def _search(terminal: TimedTerminal) -> float:
    """Milliseconds for one search; the line is empty again after it."""
    for letter in RARE[:-1]:
        terminal.press(letter)
        terminal.pump(0.05)
    terminal.press("\x15")
    terminal.pump(1.0)
    terminal.watch(BESIDE)
    pressed = terminal.press(RARE)
    found = terminal.await_watched(BESIDE, 30)
    terminal.press("\x15")
    terminal.pump(1.5)
    return (found - pressed) * 1000
