"""Figures that a sentence makes of several cells, and comparisons of rows and periods."""

import msgspec
import pytest

from kimi_tui.evidence.findings import Finding
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.sources import Part
from tests.evidence.kit import YEARS, grid, source

THREE = (*YEARS, ("2023", "2022-06-01", "2023-05-31"))
CELLS = grid(
    "p.1",
    [
        ("Net sales", "1,210", "1,100", "1,000"),
        ("Cost of sales", "726", "600", "580"),
        ("Store count growth", "40", "30", "20"),
        ("Net gain (loss) on hedges", "12", "90", "40"),
        ("Average ticket price", "55", "54", "53"),
        ("Tax rate on income", "24.5%", "22.0%", "21.0%"),
    ],
    THREE,
)
STORED = InMemorySources(
    {"S1": source("S1", "document", "acme.html", (Part("p.1", "ACME CORP sells."),))}, {"S1": CELLS}
)


@pytest.mark.parametrize(
    ("sentence", "finding"),
    [
        ("Cost of sales was 60.0 % of net sales in fiscal 2025", "supported"),
        ("Cost of sales was 66.0 % of net sales in fiscal 2025", "contradicted"),
        ("Net sales were 60.0 % of cost of sales in fiscal 2025", "contradicted"),
        ("Cost of sales as a percentage of net sales was 60 % in fiscal 2025", "supported"),
        ("Net sales were 1.67 times cost of sales in fiscal 2025", "supported"),
        ("Net sales were 2.67 times cost of sales in fiscal 2025", "contradicted"),
        ("Net sales and cost of sales together came to $1,936 million in fiscal 2025", "supported"),
        ("Net sales and cost of sales together came to $1,700 million in fiscal 2025", "contradicted"),
        ("Net sales and cost of sales together came to EUR 1,936 million in fiscal 2025", "contradicted"),
        ("Net sales averaged $1,103 million from fiscal 2023 to fiscal 2025", "supported"),
        ("Net sales averaged $1,210 million from fiscal 2023 to fiscal 2025", "contradicted"),
        ("Net sales averaged $1,210 million in fiscal 2025", "unchecked"),
        ("Net sales grew at a compound annual rate of 10.0 % from fiscal 2023 to fiscal 2025", "supported"),
        ("Net sales grew at a compound annual rate of 21.0 % from fiscal 2023 to fiscal 2025", "contradicted"),
        ("Net sales grew at a compound annual rate of 10.0 %", "unchecked"),
        ("The average ticket price was $55 million in fiscal 2025", "supported"),
        ("Net sales exceeded cost of sales in fiscal 2025", "supported"),
        ("Cost of sales exceeded net sales in fiscal 2025", "contradicted"),
        ("At $726 million, cost of sales was higher than net sales ($1,210 million) in fiscal 2025", "contradicted"),
        ("Net sales were $726 million and cost of sales $1,210 million in fiscal 2025", "contradicted"),
        ("Net sales were $1,210 million and cost of sales $726 million in fiscal 2025", "supported"),
        ("Net sales and cost of sales were $1,210 million and $726 million in fiscal 2025, respectively", "supported"),
        (
            "Net sales and cost of sales were $726 million and $1,210 million in fiscal 2025, respectively",
            "contradicted",
        ),
        ("Net sales rose in fiscal 2025", "supported"),
        ("Net sales fell in fiscal 2025", "contradicted"),
        ("Net sales were higher in fiscal 2025 than in fiscal 2024", "supported"),
        ("Net sales rose in fiscal 2025 because of the weather", "unchecked"),
        ("Net sales were $1,210 million in fiscal 2025, compared with $1,100 million a year earlier", "supported"),
        ("Net sales were $1,210 million in fiscal 2025, compared with $1,000 million a year earlier", "contradicted"),
        ("The net gain (loss) on hedges was $12 million in fiscal 2025", "supported"),
        ("The net gain (loss) on hedges fell to $12 million in fiscal 2025", "supported"),
        ("The net gain (loss) on hedges rose to $12 million in fiscal 2025", "contradicted"),
        ("Net sales were $(1,210) million in fiscal 2025", "contradicted"),
        ("The tax rate on income rose by 2.5 percentage points from fiscal 2024 to fiscal 2025", "supported"),
        ("The tax rate on income rose by 3.5 percentage points from fiscal 2024 to fiscal 2025", "contradicted"),
        ("Net sales rose by 10.0 percentage points from fiscal 2024 to fiscal 2025", "contradicted"),
    ],
)
def test_claim_of_several_cells_is_computed_again(sentence: str, finding: Finding) -> None:
    [cite] = check_memo("", f"{sentence} [S1 p.1].", STORED).citations
    assert cite.finding == finding, cite
    assert cite.cells or finding == "unchecked"


def test_refusal_of_a_sum_names_its_summands() -> None:
    sentence = "Net sales and cost of sales together came to $1,700 million in fiscal 2025 [S1 p.1]."
    [cite] = check_memo("", sentence, STORED).citations
    assert "1,210 (Net sales, 2025-05-31)" in cite.detail
    assert "1,936,000,000" in cite.detail


@pytest.mark.parametrize("number", ["$(12) million", "-$12 million", "minus $12 million"])
def test_minus_on_a_gain_or_loss_that_is_a_gain_is_contradicted(number: str) -> None:
    sentence = f"The net gain (loss) on hedges was {number} in fiscal 2025 [S1 p.1]."
    [cite] = check_memo("", sentence, STORED).citations
    assert (cite.finding, "has the other sign there" in cite.detail) == ("contradicted", True)


UNTAGGED = tuple(msgspec.structs.replace(cell, entity="") for cell in CELLS)
LONG = Part("p.1", "ACME CORP sells shoes. " + "It does so in many places and in many ways. " * 600)


@pytest.mark.parametrize(
    ("owner", "part", "finding"),
    [
        ("Acme", LONG, "supported"),
        ("Globex", LONG, "not found"),
        ("Turnover", LONG, "supported"),
        ("Globex", Part("p.1", "It sells shoes."), "unchecked"),
    ],
)
def test_owner_of_untagged_figures_is_looked_for_in_the_document(owner: str, part: Part, finding: Finding) -> None:
    stored = InMemorySources({"S1": source("S1", "document", "report.html", (part,))}, {"S1": UNTAGGED})
    sentence = f"{owner} reported cost of sales of $726 million for the year ended May 31, 2025 [S1 p.1]."
    [cite] = check_memo("", sentence, stored).citations
    assert cite.finding == finding, cite


@pytest.mark.parametrize(("unit", "finding"), [("USD", "contradicted"), ("", "unchecked")])
def test_figure_without_a_currency_takes_that_of_its_source(unit: str, finding: Finding) -> None:
    bare = tuple(msgspec.structs.replace(cell, unit="") for cell in UNTAGGED[:3])
    rest = tuple(msgspec.structs.replace(cell, unit=unit) for cell in UNTAGGED[3:])
    stored = InMemorySources({"S1": source("S1", "document", "acme.html", (LONG,))}, {"S1": (*bare, *rest)})
    [cite] = check_memo("", "Net sales were EUR 1,210 million in fiscal 2025 [S1 p.1].", stored).citations
    assert cite.finding == finding, cite
