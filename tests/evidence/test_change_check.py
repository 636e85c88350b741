"""Changes, rows and columns: what a sentence's figure is compared with, and why it is refused."""

from decimal import Decimal

import msgspec
import pytest

from kimi_tui.cells import Cell
from kimi_tui.evidence.cell_table import FoundCell
from kimi_tui.evidence.cell_values import cell_value, compare_amount
from kimi_tui.evidence.change_check import check_change, check_direction, find_pairs
from kimi_tui.evidence.claims import Claim
from kimi_tui.evidence.findings import Finding, Verdict
from kimi_tui.evidence.memo import Citation
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.origin_check import numbers_in_calculation
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.sources import Part
from tests.evidence.kit import YEARS, grid, only, source

REVENUES = grid("p.1", [("Revenues", "46,309", "51,362")])
ZERO = grid("p.1", [("Revenues", "46,309", "0")])
UNREAD = grid("p.1", [("Revenues", "n/a", "n/a")])


def verdict(sentence: str, cells: tuple[Cell, ...]) -> Verdict | None:
    claim = Claim(sentence)
    return check_change(claim.amounts[0], claim, [FoundCell("S1", one) for one in cells])


def cite(sentence: str, cells: tuple[Cell, ...], text: str = "Words alone") -> Citation:
    stored = InMemorySources({"S1": source("S1", "document", "acme.html", (Part("p.1", text),))}, {"S1": cells})
    [found] = check_memo("", sentence, stored).citations
    return found


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
    ("sentence", "finding", "words"),
    [
        ('Sales were $46,309 million [S1 p.2 "Sales of shoes"].', "not found", "has no row \u201cSales of shoes"),
        ('It was $46,309 million [S1 p.2 "Revenues" 2019].', "not found", "has no figure for 2019"),
        ('It was $46,309 million [S1 p.2 "Revenues" 2024].', "contradicted", "figure of another period"),
        ('It was $46,309 million in 2024 [S1 p.2 "Revenues" 2025].', "contradicted", "the sentence says 2024"),
        ('Net income was $46,309 million in 2025 [S1 p.2 "Revenues"].', "unchecked", "speaks of \u201cNet income"),
        ('It was $46,310 million [S1 p.2 "Revenues"].', "contradicted", "it is 46,309"),
        ('It was $29,143 million [S1 p.4 "Footwear" 2025].', "unchecked", "without a scale"),
        ("Gross profit was $46,309 million in 2025 [S1 p.2].", "contradicted", "is in the row \u201cRevenues"),
        ("The total of it all was $46,309 million in 2024 [S1 p.2].", "contradicted", "for another period"),
        ("The total of it all was $46,309 million in 2025 [S1 p.2].", "unchecked", "which is not named"),
        ("Revenues fell by 12 % [S1 p.2].", "contradicted", "-9.8 %"),
        ("The whole thing fell by 12 % in 2025 [S1 p.2].", "unchecked", "no row of [S1 p.2] is named"),
        ("Net income fell to $3,219 million in 2025 [S1 p.2].", "supported", ""),
        ("Net income rose to $3,219 million in 2025 [S1 p.2].", "contradicted", "goes from 5,700"),
    ],
)
def test_figure_is_refused_with_the_reason_and_the_cell(sentence: str, finding: Finding, words: str) -> None:
    found = only(sentence)

    assert found.finding == finding, found
    assert words in found.detail, found


def test_figure_of_another_column_is_contradicted_with_that_of_the_named_one() -> None:
    columns = (("Americas 2025", "2024-06-01", "2025-05-31"), ("Europe 2025", "2024-06-01", "2025-05-31"))
    row = grid("p.1", [("Net revenues", "512", "734")], columns)

    assert cite("Net revenues in Europe were $734 million in 2025 [S1 p.1].", row).finding == "supported"
    wrong = cite("Net revenues in Europe were $512 million in 2025 [S1 p.1].", row)
    assert wrong.finding == "contradicted"
    assert "is in the column" in wrong.detail
    assert "734" in wrong.detail


def test_figure_without_a_known_period_stays_unchecked() -> None:
    row = tuple(
        msgspec.structs.replace(one, period_start="", period_end="", column="Amount")
        for one in grid("p.1", [("Net revenues", "512", "734")], YEARS)
    )

    found = cite("Net revenues were $512 million in 2025 [S1 p.1].", row)
    assert found.finding == "unchecked"
    assert "unclear whether it is for 2025" in found.detail


def test_text_contradicts_a_figure_whose_cell_does_not_decide() -> None:
    row = grid("p.1", [("Various items", "512", "734")], scale=None, unit="")
    text = "Net revenues were $512 million in 2024."

    found = cite("Net revenues were $512 million in 2025 [S1 p.1].", row, text)
    assert found.finding == "contradicted"
    assert "is said of 2024 there" in found.detail


@pytest.mark.parametrize("value", ["", "n/a", "NaN", "Infinity", "1e999999999"])
def test_cell_value_of_no_number_is_none(value: str) -> None:
    read = cell_value(Cell("p.1", 0, 1, value, value, "grid"))

    assert read is None or read.is_finite()


@pytest.mark.parametrize(
    ("said", "unit", "text", "differs"),
    [
        ("5,000 employees", "USD", "5,000", {"unit"}),
        ("5,000 shares", "shares", "5,000", set()),
        ("5,000 shares", "USD", "5,000", {"unit"}),
        ("$5.10 a share", "USD/share", "5.10", set()),
        ("5 %", "USD", "5", {"unit"}),
        ("5 %", "", "5", set()),
        ("5 percentage points", "%", "5", None),
        ("$5 million", "%", "5", None),
    ],
)
def test_compare_amount_tells_other_units(said: str, unit: str, text: str, differs: set[str] | None) -> None:
    [amount] = Claim(f"It was {said} there.").amounts
    there = Cell("p.1", 0, 1, text, text.replace(",", ""), "grid", scale=0, unit=unit, row="Value")

    assert compare_amount(amount, there, frozenset()) == differs


@pytest.mark.parametrize(
    ("code", "numbers"),
    [
        ("pct_change(5700, 3219) * 100", {5700, 3219}),
        ("0x1F + 7_000", {31, 7000}),
        ("3.5j + 19", {Decimal("3.5"), 19}),
        ("x = '4,711'\nx", {4711}),
        ("'broken + 812", {812}),
        ("(1999 +", {1999}),
        ("12 * 100  # 4711", set()),
    ],
)
def test_numbers_in_calculation_are_all_that_were_typed(code: str, numbers: set[int]) -> None:
    assert numbers_in_calculation(code) == {Decimal(number) for number in numbers}
