"""Amounts in text: value, scale, unit and sign as people write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.evidence.amounts import find_amounts


@pytest.mark.parametrize(
    ("text", "values", "unit", "sign"),
    [
        ("$3,219 million", {"3219000000"}, "USD", 0),
        ("USD 11,1 Mrd", {"11100000000"}, "USD", 0),
        ("EUR512.9m", {"512900000"}, "EUR", 0),
        ("1.234 EUR", {"1.234", "1234"}, "EUR", 0),
        ("1 234,5 kr", {"1234.5"}, "", 0),
        ("Rs 7,92,756 crore", {"7927560000000"}, "INR", 0),
        ("$(777) million", {"777000000"}, "USD", -1),
        ("(969)", {"969"}, "", 0),
        ("-$15,443 million", {"15443000000"}, "USD", -1),
        ("minus $2,418 million", {"2418000000"}, "USD", -1),
        ("a positive $2,731 million", {"2731000000"}, "USD", 1),
        ("46.1%", {"46.1"}, "%", 0),
        ("5 per cent", {"5"}, "%", 0),
        ("eleven percent", {"11"}, "%", 0),
        ("25 basis points", {"25"}, "bp", 0),
        ("1,414 million shares", {"1414000000"}, "shares", 0),
        ("twenty-five million dollars", {"25000000"}, "USD", 0),
        ("doubled", {"2"}, "", 0),
        ("3.2x", {"3.2"}, "", 0),
        ("¥5兆", {"5000000000000"}, "JPY", 0),
        ("0.5 billion euros", {"500000000.0"}, "EUR", 0),
    ],
)
def test_amounts_one_amount_is_read(text: str, values: set[str], unit: str, sign: int) -> None:
    [amount] = find_amounts(f"It was {text} then.")
    assert set(amount.values()) == set(map(Decimal, values))
    assert (amount.unit, amount.sign) == (unit, sign)


@pytest.mark.parametrize(
    "text",
    [
        "in 2024", "at May 31, 2025", "on 2024-12-29", "Q3 2023", "FY25", "2024-25", "see Note 7", "Level 3 inputs",
        "its 10-K", "Item 7", "page 12", "the 1st half", "one of them", "31.12.2024", "S12", "Class A",
    ],
)  # fmt: skip
def test_amounts_dates_and_names_are_none(text: str) -> None:
    assert find_amounts(text) == []


@pytest.mark.parametrize(
    ("text", "noun"),
    [("created 9 new jobs", "jobs"), ("three segments", "segments"), ("1,319 stores", "stores"), ("by 12 in May", "")],
)
def test_amounts_noun_is_what_is_counted(text: str, noun: str) -> None:
    assert find_amounts(text)[0].noun == noun


def test_amounts_pair_shares_its_unit() -> None:
    first, second = find_amounts("between 0.5 and 0.7 million")
    assert (first.power, second.power) == (6, 6)
    assert [amount.unit for amount in find_amounts("10-15%")] == ["%", "%"]


def test_amounts_per_share_is_noted() -> None:
    assert find_amounts("$1.23 per diluted share")[0].per_share


@given(st.text(st.sampled_from("0123456789.,-()$€% mbkMx'\u00a0 aQS"), max_size=80))
def test_amounts_any_text_is_read(text: str) -> None:
    for amount in find_amounts(text):
        assert 0 <= amount.start < amount.end <= len(text)
        assert amount.readings


@pytest.mark.parametrize(
    "text", ["Net income(2)(3) rose", "Letters of credit (4) fell", "for the three months ended", "2017-2019"]
)
def test_amounts_marks_of_notes_and_stretches_are_none(text: str) -> None:
    assert find_amounts(text) == []
