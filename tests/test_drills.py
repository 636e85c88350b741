"""The short form of every drill: each takes seconds, and nothing that may not happen happens."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.drills import DRILLS

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", DRILLS)
def test_nothing_that_may_not_happen_happens_in_a_short_drill(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.drills", name, "--short"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, f"{done.stderr[-3_000:]}\n{done.stdout[-3_000:]}"
    assert f"| {name} |" in done.stdout


def test_an_unknown_drill_is_wrong_usage() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.drills", "dance"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "there is no drill 'dance'; there are: kill, writes" in done.stderr
