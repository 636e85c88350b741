"""The cockpit's bench runs: a short form of it, whose figures nobody judges, and how figures are shown."""

import subprocess
import sys
from pathlib import Path

import pytest

from kimi_tui.embedded.reply_chunks import split_text
from tools.bench.measurements import Measurement, format_table, percentile
from tools.bench.model_texts import LAST_WORD, long_text

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("row", ["start", "open", "search"])
def test_a_row_is_measured(row: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench_cockpit", "--short", "--only", row],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    assert done.stdout.startswith("| measure | value |")
    assert row in done.stdout


def test_a_figure_says_whether_it_reached_what_it_should() -> None:
    reached = [
        Measurement("a", 2.0, max_value=2.0).is_reached,
        Measurement("a", 2.01, max_value=2.0).is_reached,
        Measurement("a", 1_880, min_value=1_880).is_reached,
        Measurement("a", 1_879, digits=0, min_value=1_880).is_reached,
        Measurement("a", 1).is_reached,
    ]
    assert reached == [True, False, True, False, None]


def test_a_table_has_a_line_for_each_figure() -> None:
    lines = format_table([Measurement("start", 0.4321, "s", floor=0.3, max_value=1, note="CPU")]).splitlines()
    assert lines[-1] == "| start | 0.43 s | 0.30 | at most 1 | yes | CPU |"


def test_a_percentile_is_one_of_the_values() -> None:
    assert [percentile([5, 1, 3, 2, 4], share) for share in (0.0, 0.5, 0.95, 1.0)] == [1, 3, 5, 5]


def test_a_long_reply_has_exactly_the_tokens_that_were_asked_for() -> None:
    pieces = list(split_text(long_text(1_234), -1))
    assert len(pieces) == 1_234
    assert pieces[-1].strip() == LAST_WORD
