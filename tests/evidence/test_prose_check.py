"""Figures in the prose of a page, and figures of calculations: what vouches for them and what does not."""

import pytest

from kimi_tui.evidence.findings import Finding
from kimi_tui.evidence.memo import Citation
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.sources import Part
from tests.evidence.kit import CASH, INCOME, SOURCES, grid, source

TEXT = """Sales in Ohio were $512 million in 2024. Acme opened 12 stores in Ohio and 7 stores in Texas in 2024.

Ad revenue increased 11% in 2024. No plant was closed after the loss of $40 million. Margins grew 3 percentage points.

| Region | Sales |
| --- | --- |
| North | 734 |

Costs came to EUR 90 million, and the count of visitors to 5,000. The order was worth 250 million in 2023.
"""
STORED = InMemorySources(
    SOURCES
    | {
        "S1": source("S1", "document", "acme.html", (Part("p.1", TEXT), Part("p.2", "Income"), Part("p.3", "Cash"))),
        "S7": source("S7", "calculation", "512 - 250", (Part("result", "512 - 250 = 262"),)),
        "S8": source("S8", "calculation", "46309 + 3219", (Part("result", "46309 + 3219 = 49528"),)),
        "S9": source("S9", "calculation", "1 + 1", (Part("result", "1 + 1 = 2"),)),
        "S10": source("S10", "calculation", "46309 - 3702", (Part("result", "46309 - 3702 = 42607"),)),
    },
    {"S1": INCOME + CASH + grid("p.1", [("Visitors", "5,100", "4,900")], scale=0, unit="", table=9)},
)


def cite(sentence: str) -> Citation:
    [found] = check_memo("", sentence, STORED).citations
    return found


@pytest.mark.parametrize(
    ("sentence", "finding", "words"),
    [
        ("Sales in Ohio were $512 million in 2024 [S1 p.1].", "supported", ""),
        ("Sales in Ohio were $512 million in 2023 [S1 p.1].", "contradicted", "is said of 2024 there"),
        ("Sales in Ohio were EUR 512 million in 2024 [S1 p.1].", "not found", "is not there"),
        ("Sales in Iowa were $512 million in 2024 [S1 p.1].", "not found", "is nowhere in S1"),
        ("Acme opened 12 stores in Ohio in 2024 [S1 p.1].", "unchecked", "about the same thing"),
        ("Acme opened 12 stores in Texas in 2024 [S1 p.1].", "unchecked", "about the same thing"),
        ("Ad revenue fell 11% in 2024 [S1 p.1].", "contradicted", "the other way"),
        ("A plant was closed after the loss of $40 million [S1 p.1].", "unchecked", "denies something"),
        ("Margins grew 3% in that year [S1 p.1].", "unchecked", "could not be computed"),
        ("Sales in the North were 734 [S1 p.1].", "unchecked", "in a table there"),
        ("The order was worth 250 million in 2019 [S1 p.1].", "contradicted", "is said of 2023"),
        ("There were $5,000 for visitors [S1 p.1].", "unchecked", "about the same thing"),
    ],
)
def test_figure_of_prose(sentence: str, finding: Finding, words: str) -> None:
    found = cite(sentence)

    assert found.finding == finding, found
    assert words in found.detail, found


@pytest.mark.parametrize(
    ("sentence", "finding", "words"),
    [
        ("The difference was 262 million [S1 p.1; S7 result].", "unchecked", "meaning there is not checked"),
        ("The difference was 262 million [S1 p.2; S7 result].", "not found", "which no cited place states"),
        ("It came to 2 plants [S1 p.2; S9 result].", "unchecked", "could be traced to a source"),
        ("Both add up to 49,528 in 2025 [S1 p.2; S8 result].", "unchecked", "does not name"),
        ("Revenues and net income add up to 49,528 in 2025 [S1 p.2; S8 result].", "supported", ""),
        ("Revenues less operating income are 42,607 [S1 p.2; S10 result].", "supported", ""),
        ("Revenues less operating income are 42,706 [S1 p.2; S10 result].", "contradicted", "is not there"),
        ("It was computed as 42,706 [S10 result].", "not found", "is not the result"),
    ],
)
def test_figure_of_a_calculation(sentence: str, finding: Finding, words: str) -> None:
    found = cite(sentence)

    assert found.finding == finding, found
    assert words in found.detail, found


def test_day_that_the_place_does_not_have_is_not_found() -> None:
    assert cite("The deal was signed on May 4, 2019 [S1 p.1].").finding == "not found"
    assert cite("The year ended on May 31, 2025 [S1 p.2].").finding == "unchecked"
