"""Changes: their size and direction, computed from the two cells that they lie between."""

import msgspec
import pytest

from kimi_tui.cells import Cell
from kimi_tui.evidence.cell_table import FoundCell
from kimi_tui.evidence.change_check import (
    check_change,
    check_direction,
    check_stated_direction,
    find_pairs,
    is_size_of_change,
)
from kimi_tui.evidence.claims import Claim
from kimi_tui.evidence.findings import Finding, Verdict
from tests.evidence.kit import grid

REVENUES = grid("p.1", [("Revenues", "46,309", "51,362")])
ZERO = grid("p.1", [("Revenues", "46,309", "0")])
UNREAD = grid("p.1", [("Revenues", "n/a", "n/a")])


def verdict(sentence: str, cells: tuple[Cell, ...]) -> Verdict | None:
    claim = Claim(sentence)
    return check_change(claim.amounts[0], claim, [FoundCell("S1", one) for one in cells])


@pytest.mark.parametrize(
    ("sentence", "cells", "finding", "words"),
    [
        ("Revenues fell by 9.8 % in 2025.", REVENUES, "supported", ""),
        ("Revenues fell by 8.9 % in 2025.", REVENUES, "contradicted", "-9.8 %"),
        ("Revenues rose by 9.8 % in 2025.", REVENUES, "contradicted", "goes from 51,362"),
        ("Revenues fell by $5,053 million in 2025.", REVENUES, "supported", ""),
        ("Revenues fell by $5,503 million in 2025.", REVENUES, "contradicted", "-5,053,000,000"),
        ("Revenues doubled in 2025.", REVENUES, "contradicted", "0.90 times as much"),
    ],
)
def test_check_change_compares_with_both_cells(
    sentence: str, cells: tuple[Cell, ...], finding: Finding, words: str
) -> None:
    found = verdict(sentence, cells)

    assert found is not None
    assert found.finding == finding
    assert words in found.reason
    assert {one.text for one in found.cells} == {"46,309", "51,362"}


@pytest.mark.parametrize("sentence", ["Revenues rose by 5 % in 2025.", "Revenues doubled in 2025."])
@pytest.mark.parametrize("cells", [ZERO, UNREAD, REVENUES[:1], ()])
def test_check_change_without_two_figures_to_divide_decides_nothing(sentence: str, cells: tuple[Cell, ...]) -> None:
    assert verdict(sentence, cells) is None


def test_check_direction_without_a_direction_or_figures_decides_nothing() -> None:
    row = [FoundCell("S1", one) for one in REVENUES]

    assert check_direction(Claim("Revenues were 46,309 in 2025."), row) is None
    assert check_direction(Claim("Revenues fell in 2025."), [FoundCell("S1", one) for one in UNREAD]) is None
    fell = check_direction(Claim("Revenues fell in 2025."), row)
    assert fell is not None
    assert fell.finding == "supported"


def test_find_pairs_takes_the_latest_two_where_no_period_is_named() -> None:
    rows = grid("p.1", [("Revenues", "3", "2")]) + grid("p.1", [("Costs", "9", "8")])
    undated = tuple(msgspec.structs.replace(one, period_end="", column="") for one in REVENUES)

    pairs = find_pairs([FoundCell("S1", one) for one in rows], [])
    assert sorted((old.cell.text, new.cell.text) for old, new in pairs) == [("2", "3"), ("8", "9")]
    assert find_pairs([FoundCell("S1", one) for one in undated], []) == []


@pytest.mark.parametrize(
    ("sentence", "is_change"),
    [
        ("Sales rose by 5 %.", True),
        ("Sales were 5 %.", False),
        ("Sales doubled.", True),
        ("Margins grew 3 percentage points.", True),
        ("Sales rose by $5 million.", True),
        ("Sales rose by about $5 million.", True),
        ("Sales rose to $5 million.", False),
        ("Sales were $5 million more.", True),
        ("An increase of $5 million was seen.", True),
        ("Sales of $5 million were seen.", False),
        ("From 2023 to 2024 it was 5 %.", True),
        ("The average margin of 2023 and 2024 was 5 %.", False),
        ("Debt as a share of equity fell to 5 %.", False),
    ],
)
def test_is_size_of_change_by_the_words_around_a_figure(sentence: str, is_change: bool) -> None:
    claim = Claim(sentence)
    assert is_size_of_change(claim.amounts[0], claim) is is_change


@pytest.mark.parametrize(
    ("sentence", "contradicted"),
    [
        ("Sales went up from $5 million to $3 million.", True),
        ("Sales went up from $3 million to $5 million.", False),
        ("Sales fell to $5 million from $3 million.", True),
        ("Sales fell to $3 million, compared with $5 million.", False),
        ("Sales rose to $3 million in 2024, $5 million in 2023.", True),
        ("Sales fell from $5 million to EUR 3 million.", False),
        ("Sales fell from $5 million to $5 million.", False),
        ("Sales rose: $5 million, $3 million.", False),
        ("Sales rose to $5 million.", False),
        ("Sales were $5 million after $3 million.", False),
    ],
)
def test_check_stated_direction_by_the_two_figures_of_a_sentence(sentence: str, contradicted: bool) -> None:
    found = check_stated_direction(Claim(sentence))
    assert (found is not None) is contradicted
    if found is not None:
        assert (found.finding, found.by) == ("contradicted", "words")
        assert "the other way" in found.reason


def test_find_pairs_of_named_periods_are_the_earliest_and_the_latest() -> None:
    columns = tuple((str(year), f"{year}-01-01", f"{year}-12-31") for year in (2024, 2023, 2022))
    row = [FoundCell("S1", one) for one in grid("p.1", [("Sales", "3", "2", "1")], columns)]

    def pairs(text: str) -> list[tuple[str, str]]:
        return [(old.cell.text, new.cell.text) for old, new in find_pairs(row, Claim(text).periods)]

    assert pairs("from 2022 to 2024") == [("1", "3")]
    assert pairs("in 2024 after 2022 and 2023") == [("1", "3")]
    assert pairs("in 2023") == [("1", "2")]
    assert pairs("in 2022") == []
    assert pairs("in 2019") == []
    assert pairs("from 2019 to 2024") == []
    assert find_pairs([], Claim("in 2024").periods) == []


def test_find_pairs_compares_periods_of_one_length() -> None:
    columns = (("2024", "2024-01-01", "2024-12-31"), ("Q3 2024", "2024-07-01", "2024-09-30"))
    row = [FoundCell("S1", one) for one in grid("p.1", [("Sales", "3", "2")], columns)]
    assert find_pairs(row, Claim("in 2024").periods) == []
