"""Figures that were computed from named cells: what supports them, and which inputs are found wanting."""

import pytest

from kimi_tui.evidence.findings import Finding
from kimi_tui.evidence.memo_check import check_memo
from tests.evidence.calculations import STORED


@pytest.mark.parametrize(
    ("sentence", "finding", "words"),
    [
        ("Revenues less operating income came to $42,607 million in 2025 [S11].", "supported", ""),
        ("Revenues less operating income came to EUR 42,607 million in 2025 [S11].", "contradicted", "in USD"),
        ("Revenues less operating income came to $42,607 million in 2019 [S11].", "contradicted", "another period"),
        ("Total assets less dividends came to $42,607 million in 2025 [S11].", "unchecked", "the sentence speaks of"),
        ("Revenues fell 9.84% from 2024 to 2025 [S12].", "supported", ""),
        ("Revenues rose 9.84% from 2024 to 2025 [S12].", "contradicted", ""),
        ("The operating margin was 7.99% in 2025 [S14].", "supported", ""),
        ("Twice the revenue was 2 million in 2025 [S13].", "not found", "calculate again"),
    ],
)
def test_check_inputs_compares_the_sentence_with_the_named_cells(sentence: str, finding: Finding, words: str) -> None:
    [found] = check_memo("", sentence, STORED).citations
    assert found.finding == finding, found
    assert words in found.detail
