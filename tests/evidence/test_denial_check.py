"""Prose against what the cited place says: a denial of it, names that are nowhere, measures that are others."""

import pytest

from kimi_tui.evidence.memo import Citation
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.sources import Part
from tests.evidence.kit import grid, source

ROWS = grid(
    "p.1",
    [("Net Operating Revenues", "47,061"), ("Selling, general and administrative expenses", "14,582"),
     ("Net income", "10,631")],
    (("2024", "2024-01-01", "2024-12-31"),),
)  # fmt: skip
PROSE = (
    "The borrower generally does not require collateral from tenants. Class X units are publicly traded, but Class Y "
    "units are not publicly traded. The group no longer owns any shares of Quillon. In 2023, the group closed its "
    "plant in Ohio; customers such as Globex were told. The lease cannot be terminated without notice."
)
POSTER = "BY NET PROFIT\n`67,845 crore\n\nEXPORTS\n`54,970 crore\nCOMMUNITY\n`1,186 crore\nCSR contribution\n"
PARTS = (Part("p.1", "Income"), Part("p.2", PROSE), Part("p.3", POSTER), Part("p.4", "Fees"), Part("p.5", "Notes"))
FACTS = "header: fact | value | units\nrow 1: GrossProfit | 5371 | USD\nrow 2: AccountsPayableCurrent | 7592000 | USD"
SOURCES = {
    "S1": source("S1", "document", "acme.pdf", PARTS, "Annual report of Acme Widgets"),
    "S2": source("S2", "document", "facts.csv", (Part("rows 1-2", FACTS),), "facts"),
}
FACT_CELLS = grid("rows 1-2", [("GrossProfit", "5371"), ("AccountsPayableCurrent", "7592000")],
                  (("value", "", ""),), scale=0, entity="")  # fmt: skip
STORED = InMemorySources(SOURCES, {"S1": ROWS, "S2": FACT_CELLS})


def only(text: str) -> Citation:
    [cite] = check_memo("", text, STORED).citations
    return cite


@pytest.mark.parametrize(
    "text",
    [
        "The borrower requires collateral from its tenants [S1 p.2].",
        "Class Y units are publicly traded [S1 p.2].",
        "The group still owns shares of Quillon [S1 p.2].",
        "Class X units are not publicly traded [S1 p.2].",
    ],
)
def test_prose_that_says_the_opposite_is_contradicted(text: str) -> None:
    cite = only(text)
    assert (cite.finding, cite.by) == ("contradicted", "words")
    assert "says the opposite" in cite.detail


@pytest.mark.parametrize(
    "text",
    [
        "The borrower asks tenants for no collateral [S1 p.2].",
        "Class X units are publicly traded [S1 p.2].",
        "The group holds no shares of Quillon any more [S1 p.2].",
        "Tenants pay rent to the borrower [S1 p.2].",
        "The lease can be terminated with notice [S1 p.2].",
        "The borrower did not require collateral from tenants in 2019 [S1 p.2].",
    ],
)
def test_prose_that_agrees_or_speaks_of_something_else_stays_unchecked(text: str) -> None:
    assert only(text).finding == "unchecked"


def test_prose_with_a_name_that_is_nowhere_in_the_source_is_not_found() -> None:
    cite = only("The group moves its seat to Nevada [S1 p.2].")
    assert (cite.finding, cite.by) == ("not found", "words")
    assert "\u201cNevada\u201d is nowhere in S1" in cite.detail
    assert only("The group left its plant in Ohio [S1 p.2].").finding == "unchecked"


def test_figure_of_somebody_whom_the_source_only_mentions_is_not_found() -> None:
    cite = only('Globex reported net income of $10,631 million in 2024 [S1 p.1 "Net income" 2024].')
    assert cite.finding == "not found"
    assert "Globex" in cite.detail
    assert (
        only('Acme reported net income of $10,631 million in 2024 [S1 p.1 "Net income" 2024].').finding == "supported"
    )


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("Acme's top line was $47.1 billion in 2024 [S1 p.1].", "supported"),
        ("Acme's bottom line was $10.6 billion in 2024 [S1 p.1].", "supported"),
        ("Net profit was $10.6 billion in 2024 [S1 p.1].", "supported"),
        ("SG&A at Acme was $14.6 billion in 2024 [S1 p.1].", "supported"),
        ("Acme's bottom line was $14.6 billion in 2024 [S1 p.1].", "contradicted"),
        ('It was $14,582 million [S1 p.1 "Selling, general and administrative" 2024].', "supported"),
        ("Accounts payable were $7.592 million [S2 row 2].", "supported"),
        ("Gross profit was $5,371 [S2 row 1].", "supported"),
        ("Net income was $5,371 [S2 row 1].", "contradicted"),
        ("Acme reported a net profit of 67,845 crore [S1 p.3].", "supported"),
        ("Acme reported a net profit of 1,186 crore [S1 p.3].", "contradicted"),
        ("Acme spent 1,186 crore on villages [S1 p.3].", "unchecked"),
    ],
)
def test_figure_under_a_name_that_people_use_is_checked_against_its_row(text: str, finding: str) -> None:
    cite = only(text)
    assert cite.finding == finding, cite.detail


def test_quote_beside_a_long_title_and_a_period_is_supported() -> None:
    text = (
        "In its Annual report of Acme Widgets for the fiscal year ended December 31, 2024, page 2, Acme writes that "
        '"Class X units are publicly traded" [S1 p.2].'
    )
    assert only(text).finding == "supported"
    more = text.replace("writes that", "writes to regulators, banks, brokers, lawyers, rivals, unions and courts that")
    assert only(more).finding == "unchecked"


RATES = grid(
    "p.4",
    [("Gross margin", "15.5%", "11.6%"), ("28 nanometers and under", "12.6%", "13.9%"), ("Tax fees", "3,943", "4,304"),
     ("Amounts for contracts within one year", "18.3", "15.5")],
)  # fmt: skip
RATE_SOURCES = {
    "S1": source("S1", "document", "acme.pdf", PARTS, "Annual report of Acme"),
    "S2": source("S2", "calculation", "(15.5 + 11.6) / 2", (Part("result", "13.55"),)),
}


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("Gross margin rose 3.9 % from fiscal 2024 to fiscal 2025 [S1 p.4].", "supported"),
        ("Gross margin rose 33.6 % from fiscal 2024 to fiscal 2025 [S1 p.4].", "supported"),
        ("Gross margin fell 3.9 % from fiscal 2024 to fiscal 2025 [S1 p.4].", "contradicted"),
        ("Gross margin rose 4.9 % from fiscal 2024 to fiscal 2025 [S1 p.4].", "contradicted"),
        ("The average gross margin of fiscal 2024 and fiscal 2025 was 13.55 % [S1 p.4; S2 result].", "supported"),
        ("The average gross margin of fiscal 2024 and fiscal 2025 was 14.55 % [S1 p.4; S2 result].", "contradicted"),
        ('In fiscal 2025, 28 nanometers and under was 12.6 % [S1 p.4 "28 nanometers and under" 2025].', "supported"),
        ('In fiscal 2025, 28 nanometers and under was 28 % [S1 p.4 "28 nanometers and under" 2025].', "contradicted"),
        ("The increase / (decrease) of tax fees from fiscal 2024 to fiscal 2025 was -8.39 % [S1 p.4].", "supported"),
        ("The increase of tax fees from fiscal 2024 to fiscal 2025 was 8.39 % [S1 p.4].", "contradicted"),
        ("Amounts for contracts within one year rose 18.06 % from fiscal 2024 to fiscal 2025 [S1 p.4].", "supported"),
    ],
)  # fmt: skip
def test_share_average_and_change_in_points_are_distinguished(text: str, finding: str) -> None:
    [cite] = check_memo("", text, InMemorySources(RATE_SOURCES, {"S1": RATES})).citations
    assert cite.finding == finding, cite.detail
