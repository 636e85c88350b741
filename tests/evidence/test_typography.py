"""Typography that makes no difference to a quote, and letters that do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.evidence.typography import is_quoted_in, normalize_typography


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the  word\n here", "the word here"),
        ("“it’s”", '"it\'s"'),
        ("a – b — c", "a-b-c"),
        ("reve-\nnue", "revenue"),
        ("long-\nterm", "long-term"),
        ("über-\nörtlich", "überörtlich"),
        ("reve\u00ad\nnue re\u00advenue", "revenue revenue"),
        ("ﬁnancial oﬃce", "financial office"),
        ("**bold** _and_ `code`", "bold and code"),
        ("zero\u200bwidth\u2060", "zerowidth"),
        ("a | b", "a b"),
        ("５１２", "512"),
        ("cost\u00a0of", "cost of"),
    ],
)
def test_normalize_typography_variants_are_equal(one: str, other: str) -> None:
    assert normalize_typography(one) == normalize_typography(other)


@pytest.mark.parametrize(
    ("one", "other"), [("10-12", "1012"), ("Revenue", "revenue"), ("512.7", "5127"), ("a b", "ab"), ("−5", "5")]
)
def test_normalize_typography_other_letters_differ(one: str, other: str) -> None:
    assert normalize_typography(one) != normalize_typography(other)


def test_the_items_of_a_list_are_words_of_their_own() -> None:
    for mark in ("-", "\u2013", "\u2014"):
        passage = normalize_typography(
            f"12.2 Definitions\n{mark} EBIT: operating profit before tax\n {mark} `Net` debt: bonds"
        )
        for quote in ("EBIT: operating profit before tax", "12.2 Definitions", "Net debt: bonds"):
            assert is_quoted_in(quote, passage), (mark, quote)
        assert not is_quoted_in("BIT: operating profit", passage)


@given(st.text(max_size=60))
def test_folding_twice_changes_little_and_breaks_nothing(text: str) -> None:
    assert normalize_typography(normalize_typography(text)) == normalize_typography(
        normalize_typography(normalize_typography(text))
    )


@pytest.mark.parametrize(
    ("quote", "inside"),
    [
        ("rose to 12.5 million", True),
        ("rose to 12", False),
        ("rose to 12.5", True),
        ("ose to 12.5", False),
        ("It rose ... million", True),
        ("million ... It rose", False),
        ("It rose (…) 12.5", True),
        ("2.5 million", False),
        ("It rose to 12.5 million!", True),
    ],
)
def test_contains_quote_inside_word_is_false(quote: str, inside: bool) -> None:
    assert is_quoted_in(quote, normalize_typography("It rose to 12.5 million.")) == inside
