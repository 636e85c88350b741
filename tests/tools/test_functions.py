"""Functions of finance and statistics: known values, edges and errors."""

import pytest

from kimi_tui.tools.calculation import functions as _finance


def test_the_finance_functions_agree_with_known_values() -> None:
    assert _finance.npv(0.08, [-1000, 300, 400, 500]) == pytest.approx(17.6295, abs=1e-3)
    assert _finance.irr([-1000, 300, 400, 500]) == pytest.approx(0.0889634, abs=1e-6)
    assert _finance.irr([-100, 10]) == pytest.approx(-0.9)
    assert _finance.irr([-1, 500]) == pytest.approx(499)
    assert _finance.npv(_finance.irr([100, -60, -60]), [100, -60, -60]) == pytest.approx(0, abs=1e-6)
    assert _finance.cagr(100, 200, 10) == pytest.approx(0.0717735)
    assert _finance.pct_change(-50, -40) == pytest.approx(0.2)
    assert _finance.pmt(0.05 / 12, 360, 200_000) == pytest.approx(1073.64, abs=0.01)
    assert _finance.pmt(0, 10, 100) == 10
    assert _finance.mean([1, 2, 4]) == pytest.approx(7 / 3)
    assert _finance.weighted_mean([1, 3], [3, 1]) == 1.5
    assert _finance.median([3, 1, 2]) == 2
    assert _finance.median([4, 1, 3, 2]) == 2.5
    assert _finance.quantile([1, 2, 3, 4, 5], 0.9) == pytest.approx(4.6)
    assert _finance.variance([2, 4, 4, 4, 5, 5, 7, 9]) == pytest.approx(32 / 7)
    assert _finance.stdev([1, 2, 3]) == 1
    assert _finance.correlation([1, 2, 3], [2, 4, 6]) == pytest.approx(1)
