"""Measurements without a long session: start, rest, and streams of every speed."""

import statistics
import time
from collections.abc import Sequence
from functools import partial

import msgspec

from kimi_tui.embedded.reply_chunks import split_text
from tools.bench.bench_environment import BenchEnvironment
from tools.bench.key_latency import measure_first_key, type_letters
from tools.bench.measurements import Measurement, median_of_runs, percentile
from tools.bench.model_server import LONG
from tools.bench.model_texts import LAST_WORD, QUESTION, answer_script, mark_words, stream_only_script, streaming_script
from tools.bench.pseudo_terminal import TimedTerminal

PROMPT = "sk a question"
"""What stands in the empty line; its first letter is under the cursor."""


class Size(msgspec.Struct, frozen=True):
    """The size of the measurements."""

    times: int = 5
    """Runs of which the median is taken."""
    tokens: int = 10_000
    """Of one long reply."""
    rest_seconds: float = 10.0
    calls: int = 300
    """Of a session."""
    blocks: tuple[int, ...] = (300, 3_000, 30_000)
    """Of the sessions in which keys are timed."""
    sessions: int = 100
    """That are searched."""
    keys: int = 200
    """Typed into each session of `blocks`."""


SHORT = Size(times=1, tokens=2_500, rest_seconds=2.0, calls=20, blocks=(300, 1_000), sessions=5, keys=20)
"""As little as shows that everything works."""


def measure_start(size: Size) -> list[Measurement]:
    """CPU until the first key is taken."""

    def ours(minimal: bool) -> list[float]:
        with BenchEnvironment() as stage:
            terminal = stage.open_minimal() if minimal else stage.open()
            try:
                terminal.await_text(PROMPT)
                measure_first_key(terminal)
                return [stage.cpu()]
            finally:
                terminal.close()

    ours(False), ours(True)  # so that everything is compiled and in the system's cache
    [floor] = median_of_runs(partial(ours, True), size.times)
    [app] = median_of_runs(partial(ours, False), size.times)
    note = "times the minimal app's CPU"
    return [
        Measurement("start: CPU until the prompt takes keys", app, "s", floor=floor),
        Measurement("start, against the minimal app", app / floor, "x", 1, max_value=2.0, note=note),
    ]


def measure_rest(size: Size) -> list[Measurement]:
    """Memory and CPU of all processes while nothing happens, at the prompt and in an open session."""

    def at_rest(stage: BenchEnvironment, terminal: TimedTerminal) -> list[float]:
        terminal.pump(8.0)  # a cursor blinks for some seconds after the last key
        memory, before, began = stage.memory(), stage.fine_cpu(), time.monotonic()
        terminal.pump(size.rest_seconds)
        return [memory, (stage.fine_cpu() - before) / (time.monotonic() - began) * 100]

    def prompt(minimal: bool) -> list[float]:
        with BenchEnvironment() as stage:
            terminal = stage.open_minimal() if minimal else stage.open()
            try:
                terminal.await_text(PROMPT)
                return at_rest(stage, terminal)
            finally:
                terminal.close()

    def session() -> list[float]:
        with BenchEnvironment() as stage:
            stage.serve(streaming_script(200, 0.0))
            terminal = stage.open(QUESTION)
            try:
                terminal.await_text("supported", 60)
                return at_rest(stage, terminal)
            finally:
                terminal.close()

    times = min(size.times, 3)
    (memory, cpu), (floor, floor_cpu) = (
        median_of_runs(partial(prompt, False), times),
        median_of_runs(partial(prompt, True), times),
    )
    (inside, inside_cpu) = median_of_runs(session, times)
    note = "app and runner, with the tools' workers"
    return [
        Measurement("idle memory at the prompt, all processes", memory, "MB PSS", 0, floor, max_value=100),
        Measurement("idle CPU at the prompt", cpu, "%", 2, floor_cpu, max_value=0.2),
        Measurement("idle memory in a session that has answered", inside, "MB PSS", 0, max_value=100, note=note),
        Measurement("idle CPU in a session that has answered", inside_cpu, "%", 2, max_value=0.2, note=note),
    ]


class StreamCost(msgspec.Struct):
    """The cost of one long reply."""

    cpu: float
    """Seconds for 10,000 tokens."""
    painted: float
    """Tokens a second from the first byte to the last word on the screen."""
    late: float
    """Seconds from the last byte to the last word on the screen."""
    keys: list[float]
    """Milliseconds of each key that was typed meanwhile."""

    @property
    def numbers(self) -> list[float]:
        """Those of which a median is taken."""
        return [self.cpu, self.painted, self.late]


def run_stream(
    tokens: int, pace: float, *, minimal: bool = False, reasoning: bool = False, keys: bool = False
) -> StreamCost:
    """One long reply at so many tokens a second, 0 for as fast as the socket takes it."""
    with BenchEnvironment() as stage:
        stage.clear_desk()
        stage.serve(
            stream_only_script(tokens, pace) if minimal else streaming_script(tokens, pace, reasoning=reasoning)
        )
        terminal = stage.open_minimal(stage.base_url) if minimal else stage.open(QUESTION)
        try:
            terminal.pump(60, lambda: stage.event_time("resting", LONG))
            terminal.pump(0.5)
            terminal.watch(LAST_WORD)
            cpu = stage.cpu()
            terminal.pump(5, lambda: stage.event_time("began", LONG))
            seconds = tokens / pace if pace else 0.0
            took = type_letters(terminal, seconds, lambda: stage.event_time("ended", LONG)) if keys else []
            # Reasoning is folded as soon as it is whole: its last word may never be seen.
            drawn = (lambda: True) if reasoning else partial(terminal.seen, LAST_WORD)
            terminal.pump(seconds + 90, lambda: stage.event_time("ended", LONG) and drawn())
            began, ended, last = (
                stage.event_time("began", LONG),
                stage.event_time("ended", LONG),
                terminal.seen(LAST_WORD),
            )
            terminal.pump(1.0)
            last = last or (ended if reasoning else 0.0)
            if not last or not ended:
                raise TimeoutError("the last word was never drawn")
            cost = (stage.cpu() - cpu) / tokens * 10_000
            return StreamCost(cost, tokens / (last - began), max(last - ended, 0.0), took)
        finally:
            terminal.close()


def stream_medians(size: Size, pace: float, *, reasoning: bool = False) -> list[float]:
    """Medians of CPU, painted a second and lateness."""
    return median_of_runs(lambda: run_stream(size.tokens, pace, reasoning=reasoning).numbers, size.times)


def baseline_medians(size: Size, pace: float) -> Sequence[float | None]:
    """The same of the minimal app; None where it does not come to an end in a minute and a half."""
    try:
        return median_of_runs(lambda: run_stream(size.tokens, pace, minimal=True).numbers, min(size.times, 3))
    except TimeoutError:
        return (None, None, None)


def at_400(size: Size) -> list[Measurement]:
    """CPU of a stream of 400 tokens a second."""
    cpu, _, _ = stream_medians(size, 400)
    thought, _, _ = stream_medians(size, 400, reasoning=True)
    floor, _, _ = baseline_medians(size, 400)
    note = "eight trajectories of 50 a second are one stream of 400 here"
    return [
        Measurement("400 tokens a second, text: CPU per 10,000", cpu, "s", 2, floor, max_value=6.0, note=note),
        Measurement("400 tokens a second, reasoning: CPU per 10,000", thought, "s", 2, max_value=6.0, note=note),
    ]


def at_2000(size: Size) -> list[Measurement]:
    """A stream of 2,000 tokens a second."""
    cpu, painted, late = stream_medians(size, 2_000)
    floor = baseline_medians(size, 2_000)
    return [
        Measurement("2,000 tokens a second: CPU per 10,000", cpu, "s", 2, floor[0], max_value=2.5),
        Measurement("2,000 tokens a second: painted a second", painted, "", 0, floor[1], min_value=1_880),
        Measurement("2,000 tokens a second: last word after the last byte", late, "s", 2, floor[2], max_value=0.3),
    ]


def measure_unpaced(size: Size) -> list[Measurement]:
    """A stream as fast as the socket takes it."""
    cpu, painted, late = stream_medians(size, 0)
    floor = baseline_medians(size, 0)
    return [
        Measurement("as fast as the socket takes it: painted a second", painted, "", 0, floor[1], min_value=8_000),
        Measurement("as fast as the socket takes it: CPU per 10,000", cpu, "s", 2, floor[0]),
        Measurement("as fast as the socket takes it: last word after the last byte", late, "s", 2, floor[2]),
    ]


class ReadingCost(msgspec.Struct):
    """How soon the words of a reply became visible, and the CPU cost."""

    word: float
    """Median milliseconds from a word's last byte to the word on the screen."""
    late: float
    """Seconds from the last word's byte to the last word on the screen."""
    written: float
    """Kilobytes that were written to the terminal."""
    cpu: float
    """Seconds for 10,000 tokens."""

    @property
    def numbers(self) -> list[float]:
        """Those of which a median is taken."""
        return [self.word, self.late, self.written, self.cpu]


ENDING_EVENTS = 1
"""Events that come at the server's pace after the last word before the counts, at which a client hangs up."""


def watch_reply(tokens: int, pace: float) -> ReadingCost:
    """A reply that is the answer, at so many tokens a second: when each of some words was seen."""
    text, marks = mark_words(tokens)
    with BenchEnvironment() as stage:
        stage.clear_desk()
        stage.serve(answer_script(text, pace))
        terminal = stage.open(QUESTION)
        try:
            terminal.pump(60, lambda: stage.event_time("resting", len(text)))
            terminal.pump(0.5)
            terminal.watch(LAST_WORD, *marks)
            cpu, written = stage.cpu(), terminal.total
            terminal.pump(tokens / pace + 30, lambda: stage.event_time("ended", len(text)) and terminal.seen(LAST_WORD))
            cpu, written = stage.cpu() - cpu, terminal.total - written
            last = stage.event_time("ended", len(text)) - (ENDING_EVENTS + 1) / pace
            if not terminal.seen(LAST_WORD):
                raise TimeoutError("the last word was never drawn")
            count = len(list(split_text(text, -1)))
            took = [
                terminal.seen(mark) - (last - (count - 1 - number) / pace)
                for mark, number in marks.items()
                if terminal.seen(mark)
            ]
            late = max(terminal.seen(LAST_WORD) - last, 0.0)
            return ReadingCost(statistics.median(took) * 1_000, late, written / 1_000, cpu / tokens * 10_000)
        finally:
            terminal.close()


def measure_reading_pace(size: Size) -> list[Measurement]:
    """A reply at the pace of a large model on one machine, and at that of a fast one."""
    word, late, written, cpu = median_of_runs(lambda: watch_reply(450, 45).numbers, size.times)
    fast_word, fast_late, _, fast_cpu = median_of_runs(lambda: watch_reply(2_500, 400).numbers, size.times)
    return [
        Measurement("45 tokens a second: from a word's last byte to the screen", word, "ms", 0, max_value=30),
        Measurement("45 tokens a second: last word after its last byte", late, "s", 2, max_value=0.1),
        Measurement("45 tokens a second: written for 450 tokens", written, "KB", 0, max_value=150),
        Measurement("45 tokens a second: CPU per 10,000", cpu, "s", 1, max_value=15),
        Measurement("400 tokens a second: from a word's last byte to the screen", fast_word, "ms", 0, max_value=40),
        Measurement("400 tokens a second: last word after its last byte", fast_late, "s", 2, max_value=0.2),
        Measurement("400 tokens a second, the answer: CPU per 10,000", fast_cpu, "s", 2),
    ]


def keys(size: Size) -> list[Measurement]:
    """Milliseconds from a key to its letter while 400 tokens a second stream."""

    def typed(minimal: bool) -> list[float]:
        runs = range(max(size.times * 3 // 5, 1))
        return [took for _ in runs for took in run_stream(size.tokens, 400, minimal=minimal, keys=True).keys]

    ours, floor = typed(False), typed(True)
    note = f"{len(ours)} keys"
    return [
        Measurement(
            f"key to paint at 400 a second, {name}",
            percentile(ours, share),
            "ms",
            0,
            percentile(floor, share),
            max_value=most,
            note=note,
        )
        for name, share, most in (("p50", 0.5, 8), ("p95", 0.95, 20), ("p99", 0.99, 40))
    ]
