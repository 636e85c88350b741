"""Bounds in words before a figure, compared with the figure of the row."""

from decimal import Decimal

import pytest

from kimi_tui.evidence.amounts import find_amounts
from kimi_tui.evidence.bounds import Bound, bound_before, is_within
from kimi_tui.evidence.findings import Finding
from tests.evidence.kit import only


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("more than $3 billion", "above"),
        ("in excess of 5,000 stores", "above"),
        ("slightly more than 70 %", "just above"),
        ("no fewer than 40 stores", "at least"),
        ("not more than 40 stores", "at most"),
        ("up to 70 %", "at most"),
        ("went up to 70 %", ""),
        ("just under 5,000 stores", "nearly"),
        ("less than 5 %", "below"),
        ("roughly $3 billion", "about"),
        ("~70 %", "about"),
        ("an increase over $400 million", ""),
        ("it more than doubled", "above"),
        ("it was $3 billion", ""),
    ],
)
def test_find_amounts_reads_the_bound_before_a_figure(text: str, bound: Bound) -> None:
    [amount] = find_amounts(text)
    assert amount.bound == bound


def test_bound_before_a_base_of_comparison_is_none() -> None:
    text = "5 % more than $3 billion"
    assert bound_before(text, text.index("$")) == ""


@pytest.mark.parametrize(
    ("bound", "exact", "expected"),
    [
        ("above", "3.01", True),
        ("above", "3", False),
        ("at least", "3", True),
        ("just above", "3.2", True),
        ("just above", "4", False),
        ("below", "2.9", True),
        ("below", "3", False),
        ("at most", "3", True),
        ("nearly", "2.9", True),
        ("nearly", "2.1", False),
        ("nearly", "3.4", False),
        ("about", "3.1", True),
        ("about", "3.3", False),
        ("", "3", False),
    ],
)
def test_is_within_compares_the_true_size(bound: Bound, exact: str, expected: bool) -> None:
    assert is_within(bound, Decimal(exact), Decimal(3), Decimal("0.1")) is expected


@pytest.mark.parametrize(
    ("sentence", "finding"),
    [
        ("Revenues were more than $46 billion in fiscal 2025 [S1 p.2].", "supported"),
        ("Revenues were more than $47 billion in fiscal 2025 [S1 p.2].", "contradicted"),
        ("Revenues were more than $50 billion in fiscal 2025 [S1 p.2].", "contradicted"),
        ("Revenues were less than $50 billion in fiscal 2025 [S1 p.2].", "supported"),
        ("Revenues were less than $46 billion in fiscal 2025 [S1 p.2].", "contradicted"),
        ("Revenues were nearly $47 billion in fiscal 2025 [S1 p.2].", "supported"),
        ("Revenues were nearly $60 billion in fiscal 2025 [S1 p.2].", "contradicted"),
        ("Revenues were over 46 billion euros in fiscal 2025 [S1 p.2].", "contradicted"),
        ('The top line was over $46 billion [S1 p.2 "Revenues" 2025].', "supported"),
        ('The top line was over $47 billion [S1 p.2 "Revenues" 2025].', "contradicted"),
        ("Net income fell by more than 40 % in fiscal 2025 [S1 p.2].", "supported"),
        ("Net income fell by more than 50 % in fiscal 2025 [S1 p.2].", "contradicted"),
        ("Ad revenue increased by more than 5 % in 2024 [S1 p.1].", "unchecked"),
        ("Something was more than $12 million in fiscal 2025 [S1 p.2].", "unchecked"),
    ],
)
def test_claim_with_a_bound_is_compared_with_its_row(sentence: str, finding: Finding) -> None:
    cite = only(sentence)
    assert cite.finding == finding, cite.detail
