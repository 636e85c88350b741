"""Currencies by their signs, words and codes."""

import re

import pytest

from kimi_tui.quantities.currencies import CODES, SIGN, SIGNS, SYMBOLS, WORDS, currency_code


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ("$", "USD"), ("us$", "USD"), ("U.S.$", "USD"), ("US $", "USD"), ("HK$", "HKD"), ("c$", "CAD"), ("XY$", "USD"),
        ("\u20ac", "EUR"), ("Rs", "INR"), ("rs.", "INR"), ("\u5186", "JPY"), ("eur", "EUR"), ("RMB", "CNY"),
        ("zar", "ZAR"), ("dollars", "USD"), ("U.S. dollars", "USD"), ("Canadian dollars", "CAD"),
        ("Australian dollar", "AUD"), ("TEUR", "EUR"), ("pounds", "GBP"), ("francs", "CHF"), ("renminbi", "CNY"),
        ("", ""), ("  ", ""), ("shares", ""), ("kr", ""), ("%", ""), ("million", ""),
    ],
)  # fmt: skip
def test_currency_code_of_a_name_is_its_code(named: str, code: str) -> None:
    assert currency_code(named) == code


def test_currency_code_of_every_sign_code_and_word_is_a_code() -> None:
    for named in (*SIGNS, *CODES, *WORDS, *(f"{word}s" for word in WORDS)):
        assert re.fullmatch("[A-Z]{3}", currency_code(named)), named
    assert currency_code("RMB") not in CODES - {"CNY"}


def test_sign_pattern_takes_the_longest_sign() -> None:
    for sign in SIGNS:
        found = re.match(SIGN, f"{sign} 5")
        assert found is not None
        assert found.group() == sign
    assert all(currency_code(symbol) for symbol in SYMBOLS)
