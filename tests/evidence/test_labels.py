"""Labels of rows and words of sentences: stems, synonyms, and which rows a sentence names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.evidence.labels import (
    clean_label,
    content_stems,
    find_closest_labels,
    find_named_labels,
    has_synonym,
    misses_only_qualifiers,
    named_share,
    same_but_for_kind,
    same_label,
    stem,
)


@pytest.mark.parametrize(
    ("label", "clean"),
    [
        ("Net sales", "Net sales"),
        ("  Net\n sales: ", "Net sales"),
        ("Net sales (1)", "Net sales"),
        ("Net sales (a) (2)", "Net sales"),
        ("Net sales*", "Net sales"),
        ("Net sales\u2020", "Net sales"),
        ("Net sales [3]", "Net sales"),
        ("Net sales (Note 7)", "Net sales"),
        ("Net sales ....", "Net sales"),
        ("| Net sales |", "Net sales"),
        ("Net income (loss)", "Net income (loss)"),
        ("Sales (in 2024)", "Sales (in 2024)"),
        ("", ""),
        ("(1)", ""),
    ],
)
def test_clean_label_has_no_marks(label: str, clean: str) -> None:
    assert clean_label(label) == clean
    assert clean_label(clean) == clean


@pytest.mark.parametrize(
    ("word", "root"),
    [
        ("sales", "sale"),
        ("companies", "company"),
        ("losses", "loss"),
        ("taxes", "tax"),
        ("branches", "branch"),
        ("loss", "loss"),
        ("basis", "basis"),
        ("status", "status"),
        ("acme's", "acme"),
        ("gas", "gas"),
        ("us", "us"),
        ("", ""),
    ],
)
def test_stem_leaves_the_plural_out(word: str, root: str) -> None:
    assert stem(word) == root


@pytest.mark.parametrize(
    ("text", "stems"),
    [
        ("The net sales of the company", ("net", "sale", "company")),
        ("R&D", ("research", "development")),
        ("r & d expenses", ("research", "development", "expense")),
        ("SG&A", ("selling", "general", "administrative")),
        ("PP&E", ("property", "plant", "equipment")),
        ("CostOfRevenue", ("cost", "revenue")),
        ("net_sales", ("net", "sale")),
        ("long-term debt", ("long", "term", "debt")),
        ("Stockholders\u2019 equity", ("shareholder", "equity")),
        ("\ufb01nance", ("finance",)),
        ("U.S. 2024", ("u.s", "2024")),
        ("", ()),
        ("the of and", ()),
    ],
)
def test_content_stems_of_text(text: str, stems: tuple[str, ...]) -> None:
    assert content_stems(text) == stems


@given(st.text(max_size=40))
def test_content_stems_of_any_text_do_not_depend_on_case(text: str) -> None:
    assert all(content_stems(text))
    if text.isascii() and not any(map(str.isupper, text)):
        assert content_stems(text.capitalize()) == content_stems(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Net sales", "NET SALES (1):", True),
        ("Net sales", "Net sale", True),
        ("Stockholders' equity", "Shareholders\u2019 equity", True),
        ("R&D", "Research and development", True),
        ("Net sales", "Sales, net", False),
        ("The", "the", True),
        ("2024", "2024", True),
        ("-", "\u2014", False),
        ("", "", True),
        ("", "Sales", False),
    ],
)
def test_same_label_is_symmetric(one: str, other: str, same: bool) -> None:
    assert same_label(one, other) is same
    assert same_label(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Research and development", "Research and development expenses", True),
        ("Research expenses", "Research", False),
        ("Net sales", "Net sales", True),
        ("Net sales", "Net sales growth", False),
    ],
)
def test_same_but_for_kind_leaves_expenses_out(one: str, other: str, same: bool) -> None:
    assert same_but_for_kind(one, other) is same
    assert same_but_for_kind(other, one) is same


@pytest.mark.parametrize(
    ("label", "sentence", "alone", "misses"),
    [
        ("Total current assets", "assets were total", True, True),
        ("Total current assets", "assets were total", False, False),
        ("Research and development expenses", "research and development", False, True),
        ("Net sales", "net", True, False),
        ("Net sales", "net sales", True, True),
        ("", "net sales", True, False),
    ],
)
def test_misses_only_qualifiers(label: str, sentence: str, alone: bool, misses: bool) -> None:
    assert misses_only_qualifiers(label, frozenset(content_stems(sentence)), alone=alone) is misses


@pytest.mark.parametrize(
    ("label", "sentence", "share"),
    [
        ("Net sales", "net sales", 1.0),
        ("Net sales", "net", 0.5),
        ("Net sales", "", 0.0),
        ("", "net", 0.0),
        ("(1)", "", 0.0),
    ],
)
def test_named_share_of_label(label: str, sentence: str, share: float) -> None:
    assert named_share(label, frozenset(content_stems(sentence))) == share


@pytest.mark.parametrize(
    ("labels", "sentence", "named"),
    [
        (["Net income", "Income"], "net income rose", {"Net income"}),
        (["Total assets", "Total current assets"], "the total current assets", {"Total current assets"}),
        (["Net sales", "Costs"], "net sales and costs", {"Net sales", "Costs"}),
        (["2024", "Net sales"], "net sales in 2024", {"Net sales"}),
        (["Net sales", "NET SALES"], "net sales", {"Net sales", "NET SALES"}),
        (["", "the"], "the", set()),
        ([], "net sales", set()),
    ],
)
def test_find_named_labels_takes_the_most_specific(labels: list[str], sentence: str, named: set[str]) -> None:
    assert find_named_labels(labels, frozenset(content_stems(sentence))) == named


@pytest.mark.parametrize(
    ("wanted", "nearest"),
    [
        ("Net sale", "Net sales"),
        ("net SALES", "Net sales"),
        ("Costs of sales", "Cost of sales"),
        ("Income taxes", "Taxes on income"),
    ],
)
def test_find_closest_labels_begins_with_the_nearest(wanted: str, nearest: str) -> None:
    labels = ["Net sales", "Cost of sales", "Taxes on income", "Goodwill"]
    found = find_closest_labels(wanted, labels)
    assert found[0] == nearest
    assert len(found) == len(set(found)) == 3


def test_find_closest_labels_of_few_or_none() -> None:
    assert find_closest_labels("Sales", []) == []
    assert find_closest_labels("Sales", ["Goodwill"]) == ["Goodwill"]
    assert find_closest_labels("Sales", ["Goodwill", "Sales"], 1) == ["Sales"]


@pytest.mark.parametrize(
    ("word", "known"), [("research", True), ("shareholder", True), ("weather", False), ("", False)]
)
def test_has_synonym_of_stem(word: str, known: bool) -> None:
    assert has_synonym(word) is known
