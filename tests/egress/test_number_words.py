"""Numbers of a text however they are written, and those of ordinary addresses that say nothing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.egress.number_words import decode_numerals, find_numbers


@pytest.mark.parametrize(
    "text",
    [
        "four hundred and twelve",
        "four-hundred-twelve",
        "Four Hundred Twelve",
        "four one two",
        "vierhundertzw\u00f6lf",
        "vier eins zwei",
        "quatre cent douze",
        "CDXII",
        "cdxii",
        "0x19c",
        "19c",
        "0o634",
        "0b110011100",
    ],
)
def test_decode_numerals_gives_decimal_digits(text: str) -> None:
    assert "412" in list(decode_numerals(text))


@pytest.mark.parametrize("text", ["", "ninety nine", "one", "face", "mild", "civil", "mix", "one day", "0xff", "dad"])
def test_decode_numerals_of_small_numbers_and_words_gives_nothing(text: str) -> None:
    assert [number for number in decode_numerals(text) if len(number) < 3] == []
    if text not in ("mild", "civil", "0xff"):
        assert list(decode_numerals(text)) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("412 million", "412 million"),
        ("m412", "412"),
        ("a4b1c2", "412"),
        ("4/1/2", "412"),
        ("4-1-2", "412"),
        ("\u0664\u0661\u0662", "412"),
        ("\uff14\uff11\uff12", "412"),
        ("\u2463\u2460\u2461", "412"),
        ("4.2bn", "4.2bn"),
        ("17k", "17k"),
        ("17.5", "17.5"),
        ("1904 and 1912", "19041912"),
        ("2041 2002", "2041 2002"),
        ("1,234.5", "1,234.5"),
    ],
)
def test_find_numbers_finds_what_says_something(text: str, number: str) -> None:
    assert number in ["".join(str(unicodedata.digit(one, one)) for one in found) for found in find_numbers(text)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "report 2024",
        "2022 2023 2024",
        "2024-05-12",
        "20240512",
        "10-K 2024",
        "Q3 2024",
        "FY25",
        "S&P 500",
        "S%26P 500",
        "IFRS 16",
        "ISO 14001",
        "ISO/IEC 27001",
        "iso-27001",
        "IEC 62443",
        "DAX 40",
        "COVID-19",
        "chapter 7",
        "page 12",
        "%20",
        "no number at all",
    ],
)
def test_find_numbers_of_ordinary_texts_finds_nothing(text: str) -> None:
    assert list(find_numbers(text)) == []


def test_find_numbers_takes_no_other_number_for_a_standard() -> None:
    assert list(find_numbers("ISO 17450"))
    assert list(find_numbers("ISO 270011"))


def test_find_numbers_takes_many_years_for_figures() -> None:
    assert list(find_numbers("2021 2022 2023 2024"))
    assert list(find_numbers("2024 2024 2024 2024")) == []


@given(st.integers(100, 999_999))
def test_find_numbers_gives_every_plain_number(number: int) -> None:
    if not 1980 <= number <= 2040 and not (198001 <= number <= 204012):
        assert str(number) in list(find_numbers(f"word {number} word"))


@given(st.integers(100, 3999))
def test_decode_numerals_reads_hexadecimal_and_octal(number: int) -> None:
    assert str(number) in list(decode_numerals(f"0x{number:x}"))
    assert str(number) in list(decode_numerals(f"0o{number:o}")) or len(f"{number:o}") < 3


@given(st.text(max_size=60))
def test_find_numbers_of_any_text_has_digits(text: str) -> None:
    assert all(any(map(str.isdecimal, number)) for number in find_numbers(text))
