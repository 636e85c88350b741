"""Words that say something of a desk, and words that every report has."""

import pytest

from kimi_tui.egress.common_words import MIN_COMMON_RUN_WORDS, are_telling, common_words, is_common


def test_common_words_are_lower_case_words() -> None:
    words = common_words()
    assert len(words) > 500
    assert all(word == word.lower() and word.strip() == word for word in words)


@pytest.mark.parametrize(
    "word", ["company", "Company", "COMPANIES", "report", "reports", "reported", "the", "abc", "", "412", "a1b2c3"]
)
def test_is_common_of_short_common_and_no_words(word: str) -> None:
    assert is_common(word)


@pytest.mark.parametrize("word", ["Karrenbruck", "KARRENBRUCK", "isbrekka", "\u00d6lwerke"])
def test_is_common_of_names_and_rare_words_is_false(word: str) -> None:
    assert not is_common(word)


@pytest.mark.parametrize(
    ("words", "telling"),
    [
        ([], False),
        (["Karrenbruck"], True),
        (["annual", "report"], False),
        (["annual", "report", "2024"], False),
        (["annual"] * MIN_COMMON_RUN_WORDS, True),
        (["annual"] * (MIN_COMMON_RUN_WORDS - 1), False),
        (["annualReportCompanyMarketShare"], True),
        (["17450"], False),
        (["heatKarrenbruckPump"], True),
    ],
)
def test_are_telling_of_uncommon_words_or_many_together(words: list[str], telling: bool) -> None:
    assert are_telling(words) is telling
    assert are_telling(iter(words)) is telling
