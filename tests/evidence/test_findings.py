"""Verdicts: which of several is the worst, and how a cell is shown."""

import itertools

import pytest

from kimi_tui.cells import Cell
from kimi_tui.evidence.findings import (
    FINDINGS,
    UNCHECKED,
    CellReference,
    Verdict,
    cell_reference,
    format_period,
    severity,
    worst_verdict,
)


def test_severity_orders_from_supported_to_contradicted() -> None:
    ordered = sorted(FINDINGS, key=severity)
    assert ordered == ["supported", "unchecked", "not found", "lookup failed", "contradicted"]


def test_worst_verdict_of_none_is_unchecked() -> None:
    assert worst_verdict([]) == UNCHECKED


@pytest.mark.parametrize(("one", "other"), [*itertools.permutations(FINDINGS, 2)])
def test_worst_verdict_is_the_most_severe_in_any_order(one: str, other: str) -> None:
    verdicts = [Verdict(finding) for finding in FINDINGS if finding in (one, other)]
    wanted = max(verdicts, key=lambda verdict: severity(verdict.finding))
    assert worst_verdict(verdicts) == worst_verdict(reversed(verdicts)) == wanted


def test_worst_verdict_of_supported_ones_joins_their_cells_once() -> None:
    a, b = CellReference("S1", "p.1", "5"), CellReference("S1", "p.1", "6")
    verdict = worst_verdict([Verdict("supported", "cells", "", (a, b)), Verdict("supported", "words", "", (b,))])
    assert (verdict.finding, verdict.by, verdict.cells) == ("supported", "cells", (a, b))


def test_worst_verdict_of_a_failure_keeps_its_own_cells_and_reason() -> None:
    a, b = CellReference("S1", "p.1", "5"), CellReference("S1", "p.1", "6")
    failed = Verdict("contradicted", "cells", "why", (b,))
    assert worst_verdict([Verdict("supported", "cells", "", (a,)), failed]) is failed


def test_worst_verdict_of_equal_ones_is_the_first() -> None:
    first, second = Verdict("not found", "", "one"), Verdict("not found", "", "two")
    assert worst_verdict(iter([first, second])) is first


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2024-01-01", "2024-12-31", "2024-01-01 to 2024-12-31"),
        ("", "2024-12-31", "2024-12-31"),
        ("", "2018", "2018"),
        ("2024-01-01", "", ""),
        ("", "", ""),
    ],
)
def test_format_period_in_words(start: str, end: str, words: str) -> None:
    assert format_period(Cell("p.1", 0, 1, "5", "5", "grid", period_start=start, period_end=end)) == words


def test_cell_reference_keeps_place_and_labels() -> None:
    cell = Cell("p.1", 3, 8, "1,234", "1234", "grid", row="Sales", column="2024", period_end="2024-12-31")
    assert cell_reference("S7", cell) == CellReference("S7", "p.1", "1,234", "Sales", "2024", "2024-12-31", 3, 8)
