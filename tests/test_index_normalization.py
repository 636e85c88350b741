"""Spellings of one word or number are one in the index."""

import pytest

from kimi_tui.index_normalization import normalize_for_index


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Ελλάδα", "Ελλαδα"),
        ("έτος", "έτοσ"),
        ("ещё", "еще"),
        ("إيرادات", "ايرادات"),
        ("مُحَمَّد", "محمد"),
        ("שָׁלוֹם", "שלום"),
        ("१२३४", "1234"),
        ("١٢٣٤", "1234"),
        ("１，２３４．５", "1234.5"),
        ("12 345,6 and ’", "12345.6 and ’"),
        ("12,34,567", "1234567"),
    ],
)
def test_spellings_of_one_word_are_the_same(written: str, asked: str) -> None:
    assert normalize_for_index(written).split() == normalize_for_index(asked).split()
