"""Long sessions against the simulated model: they live to their memo, on their question, inside the window."""

import sys
from pathlib import Path

import pytest

from tools.simulate import main
from tools.simulator.context_chart import draw_chart
from tools.simulator.run import SimulationResult, simulate
from tools.simulator.table import format_table
from tools.simulator.workload import Workload


def check(measured: SimulationResult) -> None:
    """Assert what must hold of every long session."""
    assert measured.reached_memo, measured.reason
    assert measured.overflows == 0
    assert measured.orders_seen == 2
    assert measured.whole == len(measured.prompts)
    assert max(prompt.tokens for prompt in measured.prompts) < measured.workload.window
    assert measured.kept_share > 0.99
    assert measured.foldings > 0
    assert measured.mechanical == 0


@pytest.mark.parametrize("calls", [300, 1_000])
async def test_a_long_session_comes_to_its_memo(calls: int) -> None:
    """Sizes and window are a twentieth of the real ones, so that there are as many compactions."""
    check(await simulate(Workload(60, 100, calls, "watermarks", 24_000), apart=False))


async def test_simulator_table_and_chart_show_measurements() -> None:
    measured = await simulate(Workload(60, 100, 60, "hide-all", 24_000), apart=False)
    assert "| hide-all | 60 | 60 + 100 | yes | 0 |" in format_table([measured])
    drawn = draw_chart([measured], "Fill & empty")
    assert drawn.count("<polyline") == 1
    assert "Fill &amp; empty" in drawn


def test_a_folder_that_is_missing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "not" / "yet"
    sizes = ["--calls", "2", "--sizes", "100+100", "--policies", "watermarks"]
    monkeypatch.setattr(sys, "argv", ["simulate", "--home", str(home), *sizes])
    assert main() == 0
    assert home.is_dir()


def test_simulate_unwritable_folder_prints_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file")
    monkeypatch.setattr(sys, "argv", ["simulate", "--home", str(taken)])
    with pytest.raises(SystemExit):
        main()
    assert f"error: --home {taken} cannot be made" in capsys.readouterr().err.splitlines()[-1]
