"""Measure a large library: the start of the app, the list, and the first search for a rare word.

    python -m tools.bench_library [COUNT]

Makes COUNT sessions (2,000 unless said otherwise) of some steps and one source each, then measures the CPU of a whole
app until its list is there, with none and with all of them, each in a process of its own, and a search as `/` does it.
"""

import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from kimi_tui.config import UiSettings, load_settings
from kimi_tui.events import AnyEvent, MessageRecorded, QuestionAsked, StepStarted, TurnFinished
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.summary import make_summary
from kimi_tui.sources import Part

RARE = "zirconium"
WORDS = [
    f"{first}{second}" for first in ("net", "gross", "long", "short", "new") for second in ("debt", "sales", "term")
]
RUNS = 3


def make_sessions(home: Path, count: int) -> None:
    """Fill a data folder; the oldest session alone has the rare word."""
    shelf, chance = SessionStore(home), random.Random(1)
    for number in range(count):
        journal = shelf.create()
        journal._connection.execute("pragma synchronous = off")
        text = " ".join(chance.choices(WORDS, k=200))
        folded = SessionState()
        state = folded.main
        question = f"How did {chance.choice(WORDS)} develop in {number}?"
        events: list[AnyEvent] = [QuestionAsked(question), StepStarted(1, "0" * 64, 5_000)]
        events += [MessageRecorded(f"{RARE if number == 0 else ''} {text}"), TurnFinished("answered")]
        for entry in journal.append(events, turn=1, step=1):
            folded.apply(entry)
        journal.sources.add(
            kind="page", title="A page", address="https://a.example/", media_type="text/html",
            data=text.encode(), parts=tuple(Part(f"p.{page}", text) for page in range(4)),
        )  # fmt: skip
        journal.save_summary(msgspec.json.encode(make_summary(state)).decode())
        journal.close()


async def start_app(count: int) -> float:
    """Start the app on the data folder, wait for its whole list, and return the CPU of all that."""
    from kimi_tui.runner.library import FolderLibrary
    from kimi_tui.tui.app import KimiApp

    app = KimiApp(FolderLibrary(load_settings()), UiSettings(bell=False))
    async with app.run_test(size=(120, 40)) as pilot:
        while len(getattr(app.screen, "sessions", ())) < count:
            await pilot.pause(0.02)
        await pilot.pause()
        return time.process_time()


def cpu_of_start(home: Path, count: int) -> float:
    """The median CPU of a start, in a process of its own."""
    command = (sys.executable, "-m", "tools.bench_library", "--start", str(count))
    environment = os.environ | {"KIMI_TUI_HOME": str(home)}
    runs = [
        float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
        for _ in range(RUNS)
    ]
    return statistics.median(runs)


def first_search(home: Path) -> float:
    """The seconds of a first search for the rare word, in a process of its own."""
    command = (sys.executable, "-m", "tools.bench_library", "--search")
    environment = os.environ | {"KIMI_TUI_HOME": str(home)}
    runs = [
        float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
        for _ in range(RUNS)
    ]
    return statistics.median(runs)


def search_once() -> float:
    """Search once, and return the CPU of it."""
    from kimi_tui.runner.library import FolderLibrary

    library = FolderLibrary(load_settings())
    library.summaries()  # as the app has done by then
    before = time.process_time()
    found = asyncio.run(library.search(RARE))
    assert len(found) == 1, found
    return time.process_time() - before


def main() -> int:
    """Measure, or be one of the measured processes."""
    if sys.argv[1:2] == ["--start"]:
        print(asyncio.run(start_app(int(sys.argv[2]))))
        return 0
    if sys.argv[1:2] == ["--search"]:
        print(search_once())
        return 0
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    with tempfile.TemporaryDirectory(prefix="bench-library-") as folder:
        full, empty = Path(folder) / "full", Path(folder) / "empty"
        make_sessions(full, count)
        first = cpu_of_start(full, count)
        again, none = cpu_of_start(full, count), cpu_of_start(empty, 0)
        print(
            f"start, empty: {none:.2f} s of CPU; with {count:,} sessions: {again:.2f}, {again / none:.2f} times as much"
        )
        print(f"median of the first starts: {first:.2f}")
        print(f"first search for a rare word: {first_search(full):.3f} s of CPU, again {first_search(full):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
