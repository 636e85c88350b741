"""Figures as tables write them: in which ways they read, and their values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.tools.text.number_forms import NumberForm, parse_number_form, to_decimal


def form(text: str) -> NumberForm:
    found = parse_number_form(text)
    assert found is not None, text
    return found


@pytest.mark.parametrize(
    ("text", "point", "comma", "marked"),
    [
        ("5", True, True, False),
        ("1234", True, True, False),
        ("1,234", True, True, True),
        ("1.234", True, True, True),
        ("1,234.5", True, False, True),
        ("1.234,5", False, True, True),
        ("1,234,567", True, False, True),
        ("1.234.567", False, True, True),
        ("12,34,567", True, False, True),
        ("1 234", True, True, False),
        ("1\u00a0234,5", False, True, True),
        ("1'234.5", True, False, True),
        (".5", True, False, True),
        (",5", False, True, True),
        ("5.", True, False, True),
        ("1e5", True, True, False),
        ("1.5E-3", True, False, True),
        ("0.5", True, False, True),
        ("0,5", False, True, True),
    ],
)
def test_parse_number_form_says_how_it_may_be_read(text: str, point: bool, comma: bool, marked: bool) -> None:
    found = form(text)
    assert (found.point, found.comma, found.is_marked) == (point, comma, marked)


@pytest.mark.parametrize(
    ("text", "signs", "currency", "percent", "negative"),
    [
        ("-5", "-", "", False, True),
        ("\u22125", "\u2212", "", False, True),
        ("+5", "+", "", False, False),
        ("(5)", "(", "", False, True),
        ("5-", "-", "", False, True),
        ("$5", "", "$", False, False),
        ("$ (5)", "(", "$", False, True),
        ("(-5)", "(-", "", False, True),
        ("5 EUR", "", "EUR", False, False),
        ("US$5", "", "US$", False, False),
        ("-$5", "-", "$", False, True),
        ("5%", "", "", True, False),
        ("5 \u2030", "", "", True, False),
    ],
)
def test_parse_number_form_keeps_signs_and_units(
    text: str, signs: str, currency: str, percent: bool, negative: bool
) -> None:
    found = form(text)
    assert (found.signs, found.currency, found.percent, found.is_negative) == (signs, currency, percent, negative)


@pytest.mark.parametrize(
    "text", ["", "-", "$", "(5", "5)", "abc", "5 m", "1,23,4", "1.2.3,4,5", "\u0665", "12a", "5 5", "..", "1e", "0x1F"]
)
def test_parse_number_form_of_other_text_is_none(text: str) -> None:
    assert parse_number_form(text) is None


@pytest.mark.parametrize(
    ("text", "with_point", "with_comma"),
    [
        ("1,234", "1234", "1.234"),
        ("1.234", "1.234", "1234"),
        ("1 234", "1234", "1234"),
        ("(1,234.5)", "-1234.5", "-1.2345"),
        ("5-", "-5", "-5"),
        ("$5", "5", "5"),
        ("1'234.5", "1234.5", "12345"),
        ("1.5e3", "1.5e3", "15e3"),
    ],
)
def test_to_decimal_by_its_mark(text: str, with_point: str, with_comma: str) -> None:
    assert to_decimal(form(text), ".") == to_decimal(form(text), "") == with_point
    assert to_decimal(form(text), ",") == with_comma


@given(st.integers(-(10**12), 10**12), st.sampled_from([",", ".", "'", "\u00a0"]))
def test_grouped_number_reads_back(number: int, group: str) -> None:
    text = f"{number:,}".replace(",", group)
    assert int(to_decimal(form(text), "," if group == "." else ".")) == number


@given(st.text(st.sampled_from("0123456789.,-+()$%eE '\u00a0"), max_size=20))
def test_any_form_that_reads_is_a_number(text: str) -> None:
    found = parse_number_form(text)
    if found is not None:
        assert found.point or found.comma
        float(to_decimal(found, "." if found.point else ","))
