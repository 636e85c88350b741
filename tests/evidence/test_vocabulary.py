"""The word lists of the checks: in the form in which words are compared, and not at odds with each other."""

import pytest

from kimi_tui.evidence import vocabulary

LISTS = {name: words for name, words in vars(vocabulary).items() if isinstance(words, frozenset)}


@pytest.mark.parametrize("name", LISTS)
def test_words_are_compared_in_lower_case_and_codes_in_capitals(name: str) -> None:
    words = LISTS[name]
    assert words
    if name == "CURRENCY_CODES":
        assert all(len(word) == 3 and word.isalpha() and word.isupper() for word in words)
    else:
        assert all(word == word.lower() and not word.isspace() for word in words)


def test_results_are_no_losses() -> None:
    assert not vocabulary.RESULTS & vocabulary.LOSSES


def test_lists_are_found() -> None:
    assert {"STOP_WORDS", "OUTFLOWS", "HEADER_WORDS", "ORDINARY_NAMES"} <= set(LISTS)
