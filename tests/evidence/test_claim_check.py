"""Figures in statements: each kind of sentence that is true passes, each kind that is false does not."""

import pytest

from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.sources import Part
from tests.evidence.kit import SOURCES, YEARS, checked, grid, only, source

SUPPORTED = {
    "scale of the table": "Acme reported net income of $3,219 million for the year ended May 31, 2025 [S1 p.2].",
    "rounded": "Acme's revenues were about $46.3 billion in fiscal 2025 [S1 p.2].",
    "whole dollars": "Acme reported net income of $3,219,000,000 for the year ended May 31, 2025 [S1 p.2].",
    "german": "Acme meldete Revenues von USD 46,3 Mrd im Jahr 2025 [S1 p.2].",
    "other date format": "Net income was $5,700 million for the year ended 2024-05-31 [S1 p.2].",
    "declared row": 'The bottom line was $3,219 million [S1 p.2 "Net income" 2025].',
    "declared row alone": 'The top line was $46,309 million in fiscal 2025 [S1 p.2 "Revenues"].',
    "two periods": "Net income fell from $5,700 million in 2024 to $3,219 million in 2025 [S1 p.2].",
    "outflow in plain words": "Acme paid dividends of $2,300 million in 2025 [S1 p.3].",
    "outflow with a minus": "Purchases of property were -$430 million in fiscal 2025 [S1 p.3].",
    "brackets": "Purchases of property were $(812) million in fiscal 2024 [S1 p.3].",
    "percentage of a table": "The gross margin was 42.7% in fiscal 2025 [S1 p.2].",
    "computed percentage": "Net income fell 43.5 % from May 31, 2024 to May 31, 2025 [S1 p.2].",
    "computed difference": "Revenues were $5,053 million less at May 31, 2025 than at May 31, 2024 [S1 p.2].",
    "calculation with traced inputs": "Net income fell 43.5 % in 2025 [S1 p.2; S3 result].",
    "more specific row": "Total current assets were $23,362 million at May 31, 2025 [S1 p.2].",
    "row of a query": "Acme had assets of $40,321 million on May 31, 2022 [S2 row 1].",
    "figure of prose": "Ad revenue increased 11 percent in 2024 [S1 p.1].",
    "figure of prose in words": "Ad revenue increased by eleven percent in 2024 [S1 p.1].",
    "count in words": "Acme had 3 segments [S1 p.1].",
    "quote": 'Acme writes: "We are subject to taxation in many places" [S1 p.5].',
}
CONTRADICTED = {
    "other year": "Acme reported net income of $5,700 million for the year ended May 31, 2025 [S1 p.2].",
    "other row": "Acme reported net income of $3,702 million in fiscal 2025 [S1 p.2].",
    "wrong scale": "Acme reported net income of $3,219 billion in fiscal 2025 [S1 p.2].",
    "wrong thousand": "Acme reported net income of $3,219 thousand in fiscal 2025 [S1 p.2].",
    "other currency": "Acme reported net income of €3,219 million in fiscal 2025 [S1 p.2].",
    "shares": "Acme reported net income of 3,219 million shares in fiscal 2025 [S1 p.2].",
    "percent of dollars": "Acme reported net income of 3,219 % in fiscal 2025 [S1 p.2].",
    "counted things": "Acme reported total assets of 36,579 stores at May 31, 2025 [S1 p.2].",
    "minus": "Acme reported net income of -$3,219 million in fiscal 2025 [S1 p.2].",
    "loss": "Acme reported a net income loss of $3,219 million in fiscal 2025 [S1 p.2].",
    "positive in brackets": "Purchases of property were a positive $430 million in fiscal 2025 [S1 p.3].",
    "positive": "The net income (loss) of the joint venture was a positive $14 million in fiscal 2025 [S1 p.2].",
    "number": "Acme reported net income of $3,291 million in fiscal 2025 [S1 p.2].",
    "rounding": "Acme's net income was about $3.3 billion in fiscal 2025 [S1 p.2].",
    "direction": "Net income rose from $5,700 million in 2024 to $3,219 million in 2025 [S1 p.2].",
    "direction of one figure": "Net income rose to $3,219 million in 2025 [S1 p.2].",
    "computed the wrong way": "Net income rose 43.5 % from May 31, 2024 to May 31, 2025 [S1 p.2].",
    "computed wrong": "Net income fell 40.0 % from May 31, 2024 to May 31, 2025 [S1 p.2].",
    "difference": "Revenues were $5,153 million less at May 31, 2025 than at May 31, 2024 [S1 p.2].",
    "company": "Globex reported net income of $3,219 million in fiscal 2025 [S1 p.2].",
    "row of a query": "Acme had assets of $40,321 million on February 28, 2023 [S2 row 1].",
    "prose of another year": "Ad revenue increased 28 percent in 2024 [S1 p.1].",
    "declared row, other year": 'The bottom line was $5,700 million [S1 p.2 "Net income" 2025].',
    "declared row, other figure": 'The bottom line was $3,702 million [S1 p.2 "Net income" 2025].',
    "absence": "The report does not mention litigation on BRAND [S1].",
}
NOT_FOUND = {
    "row": 'The bottom line was $3,219 million [S1 p.2 "Comprehensive income" 2025].',
    "year of the row": 'Net income was $3,219 million [S1 p.2 "Net income" 2019].',
    "number in prose": "Acme had 9 segments [S1 p.1].",
    "doubled": "Ad revenue doubled in 2024 [S1 p.1].",
    "typed into a query": "Revenue was 9,900 [S5 row 1].",
    "changed quote": 'Acme writes: "We are subject to taxation in various places" [S1 p.5].',
    "quote joined over sentences": 'Acme writes: "We are subject to … was recorded" [S1 p.5].',
    "day": "The audit ended on May 30, 2025 [S1 p.5].",
}
UNCHECKED = {
    "prose": "Acme expects further litigation [S1 p.5].",
    "negated prose": "Acme recorded impairment in all segments [S1 p.5].",
    "paraphrased row": "Acme earned $3,219 million after tax in fiscal 2025 [S1 p.2].",
    "unknown scale": "Footwear brought $29,143 million in fiscal 2025 [S1 p.4].",
    "superlative": "Net income was the largest ever, $3,219 million in fiscal 2025 [S1 p.2].",
    "whole source": "Acme reported net income of $3,219 million in fiscal 2025 [S1].",
    "more than a quote": (
        'Acme says that the authorities of several countries dispute its accounts because "We are subject to taxation '
        'in many places" [S1 p.5].'
    ),
    "absence that a search confirms": "The report does not mention unicorns [S1].",
}


@pytest.mark.parametrize("kind", SUPPORTED)
def test_claim_true_sentence_is_supported(kind: str) -> None:
    cite = only(SUPPORTED[kind])
    assert (cite.finding, cite.detail) == ("supported", "")
    assert cite.by


@pytest.mark.parametrize("kind", CONTRADICTED)
def test_claim_false_sentence_is_contradicted(kind: str) -> None:
    cite = only(CONTRADICTED[kind])
    assert cite.finding == "contradicted", cite.detail
    assert cite.detail


@pytest.mark.parametrize("kind", NOT_FOUND)
def test_claim_of_what_is_not_there_is_not_found(kind: str) -> None:
    cite = only(NOT_FOUND[kind])
    assert cite.finding == "not found", cite.detail
    assert cite.detail


@pytest.mark.parametrize("kind", UNCHECKED)
def test_claim_that_nothing_can_check_is_unchecked(kind: str) -> None:
    cite = only(UNCHECKED[kind])
    assert cite.finding == "unchecked", cite.detail


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (CONTRADICTED["other year"], "3,219"),
        (CONTRADICTED["other row"], "3,219 (Net income, 2025-05-31, in millions of USD)"),
        (CONTRADICTED["wrong scale"], "in millions of USD"),
        (CONTRADICTED["minus"], "has the other sign there"),
        (CONTRADICTED["computed wrong"], "-43.5 %"),
        (CONTRADICTED["company"], "a document of ACME CORP"),
        (NOT_FOUND["row"], "the nearest rows are"),
    ],
)
def test_claim_check_wrong_quote_names_exact_text(text: str, shown: str) -> None:
    assert shown in only(text).detail


def test_calculation_without_source_is_computed_from_nothing() -> None:
    cite = only("The value was 999.9 [S4 result].")
    assert cite.finding == "not found"
    assert "999.9" in cite.detail


def test_calculation_with_untraced_input_is_not_supported() -> None:
    cite = only("Net income fell 44.0 % in 2025 [S1 p.2; S6 result].")
    assert cite.finding in ("contradicted", "not found")


def test_table_row_takes_period_and_scale_from_its_heads() -> None:
    table = "| USD m | 2025 | 2024 | source |\n|---|---|---|---|\n| Net income | {} | {} | [S1 p.2] |"
    assert checked(table.format("3,219", "5,700")).citations[0].finding == "supported"
    assert checked(table.format("5,700", "3,219")).citations[0].finding == "contradicted"
    assert checked(table.replace("USD m", "USD bn").format("3,219", "5,700")).citations[0].finding == "contradicted"


def test_claim_rests_on_the_cell_it_was_compared_with() -> None:
    [cell] = only(SUPPORTED["scale of the table"]).cells
    assert (cell.source, cell.part, cell.row, cell.text) == ("S1", "p.2", "Net income", "3,219")


def test_reason_names_a_figure_of_several_tables_once() -> None:
    cells = tuple(
        cell for table in range(1, 5) for cell in grid("p.2", [("Revenues", "46,309", "51,362")], table=table)
    )
    stored = InMemorySources({"S1": SOURCES["S1"]}, {"S1": cells})
    [cite] = check_memo("", 'Revenues were $51,362 million in 2025 [S1 "Revenues" 2025].', stored).citations
    assert cite.finding == "contradicted"
    assert [cite.detail.count(figure) for figure in ("51,362 (", "46,309 (")] == [1, 1]


@pytest.mark.parametrize("verb", ["went up to", "have gone up to", "moved up to", "rose to", "climbed to"])
def test_refusal_of_a_direction_names_both_cells(verb: str) -> None:
    cite = only(f"Revenues {verb} $46,309 million in 2025 from $51,362 million in 2024 [S1 p.2].")

    assert cite.finding == "contradicted"
    assert "46,309 (Revenues," in cite.detail
    assert "51,362 (Revenues," in cite.detail
    assert {cell.text for cell in cite.cells} == {"46,309", "51,362"}


def test_refusal_of_a_wrong_number_in_a_row_with_shares_beside_amounts_names_the_amount() -> None:
    columns = (*YEARS, ("% of sales", "2024-06-01", "2025-05-31"))
    row = grid("p.1", [("Net earnings", "17,105", "16,433", "10.9%")], columns)
    stored = InMemorySources({"S1": source("S1", "document", "hd.html", (Part("p.1", "Earnings"),))}, {"S1": row})

    [cite] = check_memo("", "Net earnings were $17,905 million in fiscal 2025 [S1 p.1].", stored).citations

    assert cite.finding == "contradicted"
    assert "17,105 (Net earnings" in cite.detail
    assert "10.9" not in cite.detail


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("Revenues were $51,362 million in 2025 [S1 p.2].", "46,309 (Revenues, 2025-05-31"),
        ("Gross profit was $3,702 million in 2025 [S1 p.2].", "19,790 (Gross profit, 2025-05-31"),
        ("Revenues were $46,309 billion in 2025 [S1 p.2].", "46,309 (Revenues, 2025-05-31, in millions"),
        ("Revenues were -$46,309 million in 2025 [S1 p.2].", "46,309 (Revenues, 2025-05-31"),
        ("Revenues were EUR 46,309 million in 2025 [S1 p.2].", "46,309 (Revenues, 2025-05-31"),
        ("Total assets stood at 36,759 million dollars in 2025 [S1 p.2].", "36,579 (Total assets, 2025-05-31"),
        ("Twelve dividends were paid in 2025 [S1 p.3].", "(2,300) (Dividends, 2025-05-31"),
    ],
)
def test_refusal_names_the_cell_that_is_right(text: str, cell: str) -> None:
    cite = only(text)

    assert cite.finding in ("contradicted", "not found")
    assert cell in cite.detail
    assert any(one.text == cell.split(" (", maxsplit=1)[0] for one in cite.cells)
