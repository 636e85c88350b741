"""Figures that fill the cells of tables: value, sign, percent, currency and power."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.tools.text.figures import NOTHING, PREFIX, SUFFIX, detect_decimal_commas, parse_figure


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", "5"),
        ("0", "0"),
        ("007", "7"),
        ("1,234", "1234"),
        ("1,234.5", "1234.5"),
        ("1 234", "1234"),
        ("1\u00a0234", "1234"),
        ("1'234", "1234"),
        ("12,34,567", "1234567"),
        ("1.234", "1.234"),
        ("1.234.567", "1234567"),
        (".5", "0.5"),
        ("(567)", "-567"),
        ("$ (567)", "-567"),
        ("-567", "-567"),
        ("\u2212567", "-567"),
        ("\u2013 567", "-567"),
        ("(0)", "0"),
        ("-0.00", "0.00"),
        ("(567", "567"),
        ("12.5%", "12.5"),
        ("12.5 %", "12.5"),
        ("(12.5)%", "-12.5"),
        ("5x", "5"),
        ("25 bps", "25"),
        ("1,234 (1)", "1234"),
        ("1,234(a)", "1234"),
        ("1,234*", "1234"),
        ("1,234\u00b9", "1234"),
        ("1,234 [2]", "1234"),
        ("$5.1 million", "5.1"),
        ("EUR 5", "5"),
        ("5 \u20ac", "5"),
    ],
)
def test_parse_figure_value(text: str, value: str) -> None:
    found = parse_figure(text)
    assert found is not None
    assert found.value == value


@pytest.mark.parametrize(
    ("text", "shown", "percent", "currency", "power"),
    [
        ("1,234 (1)", "1,234", False, "", None),
        ("$(1,234)", "$(1,234)", False, "$", None),
        ("12.5 %", "12.5 %", True, "", None),
        ("5 pp", "5 pp", False, "", None),
        ("US$ 5", "US$ 5", False, "US$", None),
        ("5 \u20ac", "5 \u20ac", False, "\u20ac", None),
        ("$5.1 million", "$5.1 million", False, "$", 6),
        ("$5m", "$5m", False, "$", 6),
        ("5 Mrd", "5 Mrd", False, "", 9),
        ("5 trillion", "5 trillion", False, "", 12),
        ("$5k", "$5k", False, "$", 3),
    ],
)
def test_parse_figure_keeps_what_is_shown_with_it(
    text: str, shown: str, percent: bool, currency: str, power: int | None
) -> None:
    found = parse_figure(text)
    assert found is not None
    assert (found.text, found.percent, found.currency, found.power) == (shown, percent, currency, power)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "n/a",
        "Revenue",
        "5 m",
        "1,23",
        "1,2345",
        "5 apples",
        "2024-05-31",
        "1,234 5",
        "$",
        "()",
        "1.2.3",
        "x" * 100,
    ],
)
def test_parse_figure_of_other_text_is_none(text: str) -> None:
    assert parse_figure(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,5", "1234.5"),
        ("1.234", "1234"),
        ("1,5", "1.5"),
        ("0,5", "0.5"),
        ("1.234.567", "1234567"),
        ("1,234.5", None),
    ],
)
def test_parse_figure_with_a_decimal_comma(text: str, value: str | None) -> None:
    found = parse_figure(text, comma_is_decimal=True)
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    ("texts", "commas"),
    [
        ([], False),
        (["1,234"], False),
        (["1.234"], False),
        (["1.234,5"], True),
        (["12,5", "0,5"], True),
        (["1,234.5"], False),
        (["12.5"], False),
        (["12,5", "1,234.5"], False),
        (["1.234.567"], True),
        (["1,234,567"], False),
        (["words"], False),
    ],
)
def test_detect_decimal_commas_by_what_reads_in_one_way(texts: list[str], commas: bool) -> None:
    assert detect_decimal_commas(texts) is commas
    assert detect_decimal_commas(iter(texts)) is commas


@pytest.mark.parametrize(
    ("text", "nothing"),
    [("-", True), ("\u2014", True), ("--", True), ("$ -", True), ("nil", True), ("- %", True), ("\u2014 (1)", True),
     ("----", False), ("0", False), ("", False), ("n/a", False), ("- 5", False)],
)  # fmt: skip
def test_nothing_is_a_dash_in_place_of_an_amount(text: str, nothing: bool) -> None:
    assert (NOTHING.fullmatch(text) is not None) is nothing


@pytest.mark.parametrize(
    ("text", "is_sign"), [("$", True), ("$(", True), ("(", True), ("-", True), ("5", False), ("x", False)]
)
def test_prefix_is_what_comes_in_a_cell_before_a_figure(text: str, is_sign: bool) -> None:
    assert (PREFIX.fullmatch(text) is not None) is is_sign


@pytest.mark.parametrize(
    ("text", "is_end"), [(")", True), ("%", True), (")%", True), ("(1)", True), ("*", True), ("", True), ("5", False)]
)
def test_suffix_is_what_comes_in_a_cell_behind_a_figure(text: str, is_end: bool) -> None:
    assert (SUFFIX.fullmatch(text) is not None) is is_end


@given(st.integers(0, 10**12), st.booleans())
def test_grouped_figure_reads_back(number: int, negative: bool) -> None:
    found = parse_figure(f"({number:,})" if negative else f"{number:,}")
    assert found is not None
    assert int(found.value) == (-number if negative else number)


@given(st.text(st.sampled_from("0123456789.,-()$%\u2014 '\u00a0kmx*"), max_size=20))
def test_any_figure_has_a_number_and_is_part_of_its_text(text: str) -> None:
    found = parse_figure(text)
    if found is not None:
        float(found.value)
        assert found.text in text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234-", "-1234"),
        ("1’567.–", "1567"),
        ("1,234.-", "1234"),
        ("△567", "-567"),
        ("５６７", "567"),
        ("１，２３４．５", "1234.5"),
        ("٣٬٤٥٦", "3456"),
        ("1,234^1,2", "1234"),
    ],
)
def test_parse_figure_in_the_signs_and_digits_of_other_places(text: str, value: str) -> None:
    found = parse_figure(text)
    assert found is not None
    assert found.value == value


@pytest.mark.parametrize("text", ["1,234 567", "1.234,567.8 9", "1,234 / 567"])
def test_parse_figure_of_two_amounts_is_none(text: str) -> None:
    assert parse_figure(text) is None


def test_numbers_grouped_by_lakh_have_no_decimal_comma() -> None:
    assert not detect_decimal_commas(["12,34,567.50", "1,23,456", "99,999"])
