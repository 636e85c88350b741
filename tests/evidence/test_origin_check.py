"""Where the figures of calculations and queries come from: typed by the model, or read from cells."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.evidence.amounts import Amount, find_amounts
from kimi_tui.evidence.cell_table import FoundCell
from kimi_tui.evidence.origin_check import (
    CONSTANTS,
    contains_number,
    is_in_query,
    is_result,
    is_typed_in_query,
    numbers_in_calculation,
    numbers_in_query,
    trace_to_cells,
)
from tests.evidence.kit import INCOME


def amount(text: str) -> Amount:
    [found] = find_amounts(f"It was {text} then.")
    return found


@pytest.mark.parametrize(
    ("sql", "numbers"),
    [
        ("select 9900 as value", {"9900"}),
        ("select '9,900' as value", {"9900"}),
        ("select '9.900' as value", {"9.9", "9900"}),
        ("select sum(x) from data where y > 9900", set()),
        ("select x from data where y > 9900 union select 8800", {"8800"}),
        ("select x from data limit 9900", set()),
        ("select round(x, 17) from data", set()),
        ("select x + 9900 from data", {"9900"}),
        ("select x from data -- where 9900", {"9900"}),
        ("select x /* 1 */ + 9900 from data where y = 8800", {"9900", "8800"}),
        ('select x as "where", 9900 from data', {"9900"}),
        ("select x * 100 / 12 from data", set()),
        ("select 1_234 from data", {"1234"}),
        ("select x from data2024", set()),
        ("", set()),
    ],
)
def test_numbers_in_query_are_those_that_its_result_may_hold(sql: str, numbers: set[str]) -> None:
    assert numbers_in_query(sql) == set(map(Decimal, numbers))


@pytest.mark.parametrize(
    ("code", "numbers"),
    [
        ("pct_change(5700, 3219) * 100", {5700, 3219}),
        ("0x1F + 7_000", {31, 7000}),
        ("0b11111 + 0o37", {31}),
        ("3.5j + 19", {Decimal("3.5"), 19}),
        ("x = '4,711'\nx", {4711}),
        ("'broken + 812", {812}),
        ("(1999 +", {1999}),
        ("12 * 100  # 4711", set()),
        ("'2024-05-31'", set()),
        ("1e3 + 1E6", set()),
        ("'\\x34711'", {4711}),
        ("revenue2024 - 17", {17}),
        ("", set()),
    ],
)
def test_numbers_in_calculation_are_all_that_were_typed(code: str, numbers: set[int]) -> None:
    assert numbers_in_calculation(code) >= {Decimal(number) for number in numbers}
    if "\\x" not in code:
        assert numbers_in_calculation(code) == {Decimal(number) for number in numbers}


@given(st.text(st.sampled_from("1234567890.,_'\"\\xe+-*/ #()\n"), max_size=40))
def test_numbers_in_any_program_are_read_without_error(code: str) -> None:
    assert not numbers_in_calculation(code) & CONSTANTS
    assert not numbers_in_query(code) & CONSTANTS


@pytest.mark.parametrize(
    ("number", "sql", "found"),
    [
        ("9900", "select x where y = 9900", True),
        ("-9900", "select 9900", True),
        ("9900.0", "select 9900", True),
        ("990", "select 9900", False),
        ("9900", "select x9900 from data", False),
        ("1234", "select 1_234", True),
        ("9900", "", False),
    ],
)
def test_is_in_query_anywhere(number: str, sql: str, found: bool) -> None:
    assert is_in_query(Decimal(number), sql) is found


@pytest.mark.parametrize(
    ("said", "sql", "typed"),
    [
        ("$9,900", "select 9900 as value", True),
        ("$9.9 thousand", "select 9900 as value", True),
        ("99 %", "select 0.99 as share", True),
        ("$9,900", "select x from data where id = 9900", False),
        ("$9,900", "select x from data", False),
    ],
)
def test_is_typed_in_query(said: str, sql: str, typed: bool) -> None:
    assert is_typed_in_query(amount(said), sql) is typed


def test_trace_to_cells_gives_the_cell_of_each_number_or_none() -> None:
    cells = [FoundCell("S1", cell) for cell in INCOME]
    numbers = [Decimal(text) for text in ("46309", "46309000000", "46.309", "0.427", "42.7", "14", "7")]

    found, missing = trace_to_cells(numbers, cells)
    assert [one.cell.text for one in found] == ["46,309", "46,309", "46,309", "42.7%", "42.7%", "(14)"]
    assert missing == [Decimal("7")]


def test_trace_to_cells_of_nothing() -> None:
    assert trace_to_cells([], []) == ([], [])
    assert trace_to_cells([Decimal(5)], []) == ([], [Decimal(5)])


@pytest.mark.parametrize(
    ("text", "said", "code", "is_it"),
    [
        ("1 + 1 = 2", "2 stores", None, True),
        ("a / b = 0.4352", "43.5 %", None, True),
        ("a / b = 43.52", "43.5 %", None, True),
        ("a / b = 0.4352", "44.5 %", None, False),
        ("a + b = 262", "$262 million", None, True),
        ("a + b = 262000000", "$262 million", "a + b", True),
        ("a + b = 262", "$262 million", "a + b", False),
        ("(a + b) / 1e6 = 262", "$262 million", "(a + b) / 1e6", True),
        ("a + b = none", "$262 million", None, False),
        ("", "$262 million", None, False),
    ],
)
def test_is_result_of_calculation(text: str, said: str, code: str | None, is_it: bool) -> None:
    assert is_result(text, amount(said), code) is is_it


@pytest.mark.parametrize(
    ("text", "number", "contains"),
    [
        ("Sales were $5 million.", "5", True),
        ("Sales were $5 million.", "5000000", True),
        ("Sales were $5.5 million.", "5", False),
        ("In 2024 it rose.", "2024", False),
        ("", "5", False),
    ],
)
def test_contains_number_of_text(text: str, number: str, contains: bool) -> None:
    assert contains_number(text, Decimal(number)) is contains
