"""One figure against the cited cells: which row, period and column vouch for it, and why others do not."""

import msgspec
import pytest

from kimi_tui.cells import Cell
from kimi_tui.evidence.amount_check import check_cited_row, check_declared, check_undeclared, point_to_row
from kimi_tui.evidence.cell_table import CellTable, FoundCell
from kimi_tui.evidence.claims import Claim
from kimi_tui.evidence.findings import Finding, Verdict
from kimi_tui.evidence.memo import Citation
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.quantities.text_periods import find_periods
from kimi_tui.sources import Part
from tests.evidence.kit import INCOME, YEARS, grid, only, source


def cite(sentence: str, cells: tuple[Cell, ...], text: str = "Words alone") -> Citation:
    stored = InMemorySources({"S1": source("S1", "document", "acme.html", (Part("p.1", text),))}, {"S1": cells})
    [found] = check_memo("", sentence, stored).citations
    return found


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


def table(*cells: Cell) -> CellTable:
    return CellTable(FoundCell("S1", cell) for cell in cells)


def undeclared(sentence: str, cells: tuple[Cell, ...] = INCOME) -> Verdict | None:
    claim = Claim(sentence)
    return check_undeclared(claim.amounts[0], claim, table(*cells), claim.period_of(claim.amounts[0]))


def test_check_undeclared_supports_with_the_cell_of_the_named_row_and_period() -> None:
    found = undeclared("Net income was $5,700 million in 2024.")
    assert found is not None
    assert (found.finding, found.by, found.reason) == ("supported", "cells", "")
    assert [(cell.row, cell.text, cell.source) for cell in found.cells] == [("Net income", "5,700", "S1")]


@pytest.mark.parametrize("sentence", ["It was $77 million in 2024.", "Seven stores were opened in 2024."])
def test_check_undeclared_of_digits_and_rows_that_no_cell_has_is_none(sentence: str) -> None:
    assert undeclared(sentence) is None
    assert undeclared(sentence, ()) is None


def test_check_undeclared_prefers_a_figure_of_the_right_period_over_digits_elsewhere() -> None:
    cells = INCOME + grid("p.9", [("Other income", "5,700", "9")], table=9)
    found = undeclared("Net income was $5,700 million in 2025.", cells)
    assert found is not None
    assert found.finding == "contradicted"
    assert "another period" in found.reason


def declared(sentence: str, row: str, period: str = "", cells: tuple[Cell, ...] = INCOME) -> Verdict:
    claim = Claim(sentence)
    wanted = find_periods(period)[0] if period else None
    return check_declared(claim.amounts[0], claim, table(*cells), row, wanted, "[S1 p.2]")


@pytest.mark.parametrize(
    ("sentence", "row", "period", "finding", "words"),
    [
        ("It was $3,219 million.", "Net income", "2025", "supported", ""),
        ("It was $3,219 million.", "net income", "2025", "supported", ""),
        ("It was $3.2 billion.", "Net income", "2025", "supported", ""),
        ("It was $3,219 million.", "Net income", "2024", "contradicted", "another period"),
        ("It was $3,218 million.", "Net income", "2025", "contradicted", "it is 3,219"),
        ("It was $3,219 billion.", "Net income", "2025", "contradicted", "has another scale"),
        ("It was EUR 3,219 million.", "Net income", "2025", "contradicted", "has another unit"),
        ("It was -$3,219 million.", "Net income", "2025", "contradicted", "has the other sign"),
        ("It was $3,219 million.", "Rents", "2025", "not found", "the nearest rows are"),
        ("It was $3,219 million.", "Net income", "2019", "not found", "has no figure for 2019"),
    ],
)
def test_check_declared_compares_with_the_named_row(
    sentence: str, row: str, period: str, finding: Finding, words: str
) -> None:
    found = declared(sentence, row, period)
    assert found.finding == finding, found
    assert words in found.reason


def test_check_declared_without_any_table_says_that_none_was_read() -> None:
    assert (
        declared("It was 5.", "Sales", cells=()).reason
        == "[S1 p.2] has no row \u201cSales\u201d; no table was read there"
    )


def test_point_to_row_adds_what_the_sentence_names() -> None:
    refused = Verdict("not found", "", "the figure 7 is not there")
    claim = Claim("Net income was $7 million in 2025.")

    pointed = point_to_row(refused, claim, table(*INCOME), find_periods("2025")[0])
    assert pointed.reason.startswith("the figure 7 is not there; there is 3,219 (Net income, 2025-05-31")
    assert [cell.text for cell in pointed.cells] == ["3,219"]


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (Verdict("unchecked", "", "why"), "Net income was $7 million."),
        (Verdict("supported", "cells"), "Net income was $7 million."),
        (Verdict("not found", "", "why"), "It was $7 million."),
    ],
)
def test_point_to_row_leaves_other_verdicts_and_sentences(verdict: Verdict, sentence: str) -> None:
    assert point_to_row(verdict, Claim(sentence), table(*INCOME), None) is verdict


@pytest.mark.parametrize(
    ("sentence", "contradicted"),
    [
        ("Gross profit was $3,219 million in 2025.", True),
        ("Net income was $3,219 million in 2025.", False),
        ("It was $3,219 million in 2025.", False),
        ("Gross profit was $7 million in 2025.", False),
    ],
)
def test_check_cited_row_is_contradicted_by_another_measure_alone(sentence: str, contradicted: bool) -> None:
    claim = Claim(sentence)
    row = table(*grid("p.2", [("Net income", "3,219", "5,700")]))
    found = check_cited_row(claim.amounts[0], claim, row)
    assert (found is not None and found.finding == "contradicted") is contradicted


def test_check_cited_row_of_several_rows_says_nothing() -> None:
    claim = Claim("Gross profit was $3,219 million in 2025.")
    assert check_cited_row(claim.amounts[0], claim, table(*INCOME)) is None
