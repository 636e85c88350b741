"""Common measures of accounts: which one a label is, which ones a text speaks of, and which contradicts a label."""

import pytest

from kimi_tui.evidence.measures import (
    contradicts_label,
    find_measures,
    measure_of_label,
    measures_in,
    words_spoken_of,
)


@pytest.mark.parametrize(
    ("label", "measure"),
    [
        ("NetIncomeLoss", "net income"),
        ("Net income (loss)", "net income"),
        ("NET INCOME", "net income"),
        ("Net sales", "revenue"),
        ("Total net revenues", "revenue"),
        ("GrossProfit", "gross profit"),
        ("Income before income taxes", "income before taxes"),
        ("Cost of revenue", "cost of sales"),
        ("Inventories, net", "inventories"),
        ("Total shareholders\u2019 equity", "equity"),
        ("Sales of securities", ""),
        ("Net income per share", ""),
        ("Operating income margin", ""),
        ("", ""),
        ("Goodwill (1)", "goodwill"),
    ],
)
def test_measure_of_label_is_a_whole_label(label: str, measure: str) -> None:
    assert measure_of_label(label) == measure


@pytest.mark.parametrize(
    ("text", "measures"),
    [
        ("Cost of sales and operating income rose", {"cost of sales", "operating income"}),
        ("Net sales were 5", {"revenue"}),
        ("the bottom line", {"net income"}),
        ("EBIT was 5", {"operating income"}),
        ("EBITDA was 5", set()),
        ("a salesman", set()),
        ("pretax profit", {"income before taxes"}),
        ("", set()),
    ],
)
def test_measures_in_text_are_the_longest_ones(text: str, measures: set[str]) -> None:
    assert measures_in(text) == measures


def test_find_measures_gives_their_places() -> None:
    text = "Gross profit and net income"
    assert [(text[start:end], name) for start, end, name in find_measures(text)] == [
        ("Gross profit", "gross profit"),
        ("net income", "net income"),
    ]


@pytest.mark.parametrize(
    ("text", "label", "other"),
    [
        ("Net income was 5", "Gross profit", "net income"),
        ("The top line was 5", "Net income", "revenue"),
        ("Net income was 5", "Net income", ""),
        ("Net income was 5", "Net income (loss)", ""),
        ("Net income and gross profit were 5", "Goodwill", ""),
        ("It was 5", "Goodwill", ""),
        ("Net income was 5", "Sales of securities", ""),
        ("", "", ""),
    ],
)
def test_contradicts_label_needs_one_other_measure(text: str, label: str, other: str) -> None:
    assert contradicts_label(text, label) == other


@pytest.mark.parametrize(
    ("text", "word"), [("The top line", "revenue"), ("capex", "property"), ("HEADCOUNT", "employee")]
)
def test_words_spoken_of_are_those_of_tables(text: str, word: str) -> None:
    assert word in words_spoken_of(text)


def test_words_spoken_of_plain_text_are_none() -> None:
    assert words_spoken_of("") == words_spoken_of("Acme sold shoes") == frozenset()
