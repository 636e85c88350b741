"""Measure the timeline: mounting, a key, a page, a streamed fragment, by the length of the session.

Runs the widget alone in a headless app of 120x40 and prints a table of medians in CPU milliseconds, so that a cost
that grows with the session is seen at a glance. `python tools/bench_timeline.py [--quick]`.
"""

import argparse
import asyncio
import resource
import statistics
import time
from collections.abc import Awaitable, Callable

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from kimi_tui.events import (
    AnyEvent,
    Delta,
    Entry,
    MessageRecorded,
    ObservationRecorded,
    ReasoningRecorded,
    StepStarted,
    ToolCallProposed,
)
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.tui.timeline.view import TimelineView

SENTENCE = "The filing gives **gross margin** as 41.2 % [S3 p.4], after 38.9 % the year before. "
ROUNDS = 15
"""Measurements of which the median is taken."""
FRAGMENTS_PER_SECOND = 12.5
"""How often coalesced fragments are shown while text streams."""


def make_state(blocks: int, message_size: int) -> TrajectoryState:
    """Return a state of so many blocks: reasoning, calls and messages in equal parts."""
    folded = SessionState()
    state = folded.main
    seq = 0

    def add(event: AnyEvent) -> None:
        nonlocal seq
        seq += 1
        folded.apply(Entry("s", seq, "2026-11-03T10:00:00.000Z", "main", 1, step, event, ""))

    step = 0
    while len(state.timeline.blocks) < blocks:
        step += 1
        add(StepStarted(step, "", 0))
        add(ReasoningRecorded(SENTENCE * 8, 4.0, 300))
        add(ToolCallProposed(f"c{step}", "read", {"source": "S3"}, "", f"Read S3, page {step}"))
        add(ObservationRecorded(f"c{step}", "ok", SENTENCE * 10, duration=0.3))
        paragraph = SENTENCE * 4 + "\n\n- one\n- two\n\n"
        add(MessageRecorded(paragraph * max(message_size // len(paragraph), 1)))
    return state


class BenchApp(App[None]):
    """The widget and nothing else."""

    def __init__(self, state: TrajectoryState) -> None:
        super().__init__()
        self.state = state

    def compose(self) -> ComposeResult:
        """The timeline alone."""
        yield TimelineView(self.state)


async def cpu_cost(action: Callable[[], Awaitable[None]], rounds: int = ROUNDS) -> float:
    """Median CPU milliseconds of an action."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        await action()
        times.append((time.process_time() - began) * 1000)
    return statistics.median(times)


async def measure(state: TrajectoryState) -> list[float]:
    """Mount, key, page, scroll, fragment, percent of a core while streaming, megabytes."""
    app = BenchApp(state)
    began = time.process_time()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        mounted = (time.process_time() - began) * 1000
        view = app.query_one(TimelineView)
        view.focus()
        key = await cpu_cost(lambda: press(pilot, "up"))
        page = await cpu_cost(lambda: press(pilot, "pageup"))

        async def wheel() -> None:
            view.scroll_relative(y=-3, animate=False)
            await pilot.pause()

        scroll = await cpu_cost(wheel)
        view.selection.follow_end()
        await pilot.pause()
        step, shown = state.run.step + 1, 0

        async def fragment() -> None:
            nonlocal shown
            shown += 1
            view.show_delta(Delta("main", step, "text", SENTENCE + ("\n\n" if shown % 6 == 0 else "")))
            await pilot.pause()

        stream = await cpu_cost(fragment, 4 * ROUNDS)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [mounted, key, page, scroll, stream, stream * FRAGMENTS_PER_SECOND / 10, memory]


async def press(pilot: Pilot[None], key: str) -> None:
    """One key and everything it causes."""
    await pilot.press(key)
    await pilot.pause()


def main() -> None:
    """Measure every session and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out the longest session")
    quick = parser.parse_args().quick
    shapes = [(30, 500), (300, 13_000), (2_000, 500), *([] if quick else [(30_000, 500)])]
    columns = ("mount ms", "key ms", "page ms", "scroll ms", "fragment ms", "stream % core", "peak MB")
    print("| blocks x characters | " + " | ".join(columns) + " |")
    print("|---|" + "--:|" * len(columns))
    for blocks, size in shapes:
        figures = asyncio.run(measure(make_state(blocks, size)))
        print(f"| {blocks:,} x {size:,} | " + " | ".join(f"{figure:,.1f}" for figure in figures) + " |")


if __name__ == "__main__":
    main()
