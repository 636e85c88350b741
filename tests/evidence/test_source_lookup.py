"""Sources that are held already."""

import pytest

from kimi_tui.evidence.source_lookup import InMemorySources
from tests.evidence.kit import CASH, INCOME, SOURCES

STORED = InMemorySources(SOURCES, {"S1": INCOME + CASH})


def test_get_returns_the_source_or_none() -> None:
    assert STORED.get("S1") is SOURCES["S1"]
    assert STORED.get("s1") is None
    assert STORED.get("") is None


@pytest.mark.parametrize(
    ("source_id", "label", "count"),
    [("S1", "", len(INCOME + CASH)), ("S1", "p.3", len(CASH)), ("S1", "p.9", 0), ("S2", "", 0), ("S9", "", 0)],
)
def test_cells_are_those_of_a_source_or_of_one_part(source_id: str, label: str, count: int) -> None:
    assert len(STORED.cells(source_id, label)) == count


def test_sources_without_cells_have_none() -> None:
    assert InMemorySources(SOURCES).cells("S1") == ()
