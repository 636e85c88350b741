"""An amount against one cell: the same, the same digits with another meaning, or another number."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.cells import Cell
from kimi_tui.evidence.amounts import Amount, find_amounts
from kimi_tui.evidence.cell_values import cell_value, compare_amount, equals_rounded
from kimi_tui.evidence.claims import Claim


@pytest.mark.parametrize("value", ["", "n/a", "NaN", "Infinity", "1e999999999"])
def test_cell_value_of_no_number_is_none(value: str) -> None:
    read = cell_value(Cell("p.1", 0, 1, value, value, "grid"))

    assert read is None or read.is_finite()


@pytest.mark.parametrize(
    ("said", "unit", "text", "differs"),
    [
        ("5,000 employees", "USD", "5,000", {"unit"}),
        ("5,000 shares", "shares", "5,000", set()),
        ("5,000 shares", "USD", "5,000", {"unit"}),
        ("$5.10 a share", "USD/share", "5.10", set()),
        ("5 %", "USD", "5", {"unit"}),
        ("5 %", "", "5", set()),
        ("5 percentage points", "%", "5", None),
        ("$5 million", "%", "5", None),
    ],
)
def test_compare_amount_tells_other_units(said: str, unit: str, text: str, differs: set[str] | None) -> None:
    [amount] = Claim(f"It was {said} there.").amounts
    there = Cell("p.1", 0, 1, text, text.replace(",", ""), "grid", scale=0, unit=unit, row="Value")

    assert compare_amount(amount, there, frozenset()) == differs


def amount(text: str) -> Amount:
    [found] = find_amounts(f"It was {text} there.")
    return found


def cell(value: str = "3219", **known: Any) -> Cell:
    return msgspec.structs.replace(
        Cell("p.1", 0, 1, value, value, "grid", scale=6, unit="USD", row="Net income"), **known
    )


@pytest.mark.parametrize(
    ("said", "there", "differs"),
    [
        ("$3,219 million", cell(), set()),
        ("$3.2 billion", cell(), set()),
        ("$3,219,000,000", cell(), set()),
        ("3,219", cell(), set()),
        ("$3,219", cell(), {"scale"}),
        ("$3,219 billion", cell(), {"scale"}),
        ("$3,219 million", cell(scale=None), {"scale unknown"}),
        ("$3,220 million", cell(), None),
        ("$5 billion", cell("5"), None),  # one digit is the same by chance
        ("EUR 3,219 million", cell(), {"unit"}),
        ("EUR 3,219 billion", cell(), {"unit", "scale"}),
        ("42.7 %", cell("42.7", unit="%", scale=0), set()),
        ("43 %", cell("42.7", unit="%", scale=0), set()),
        ("42 %", cell("42.7", unit="%", scale=0), None),
        ("doubled", cell("2"), None),
        ("3 percentage points", cell("3", unit="%"), None),
        ("$3,219 million", cell("-3219"), {"sign"}),
        ("-$3,219 million", cell("-3219"), set()),
        ("$(3,219) million", cell("-3219"), set()),
        ("-$3,219 million", cell(), {"sign"}),
        ("a positive $3,219 million", cell("-3219"), {"sign"}),
        ("$430 million", cell("-430", row="Purchases of property"), set()),
        ("$430 million", cell("-430", row="Other"), {"sign unknown"}),
        ("$430 million", cell("-430", row="Other", tagged_sign=1), set()),
        ("-$430 million", cell("430", row="Other", tagged_sign=-1), set()),
        ("$0 million", cell("0"), set()),
        ("$5", cell("n/a"), None),
    ],
)
def test_compare_amount_says_how_a_cell_differs(said: str, there: Cell, differs: set[str] | None) -> None:
    assert compare_amount(amount(said), there, frozenset()) == differs


def test_compare_amount_takes_a_minus_from_the_words() -> None:
    assert compare_amount(amount("$3,219 million"), cell(), frozenset({"loss"})) == {"sign"}
    assert compare_amount(amount("$430 million"), cell("-430", row="Other"), frozenset({"paid"})) == set()


@pytest.mark.parametrize(
    ("said", "exact", "equal"),
    [
        ("3.2", "3.2", True),
        ("3.2", "3.15", True),
        ("3.2", "3.25", True),  # rounded half to even
        ("3.3", "3.25", True),  # rounded half up
        ("3.2", "3.26", False),
        ("3.2", "3.14", False),
        ("3", "3.49", True),
        ("0", "0.5", True),
        ("0", "0.51", False),
        ("3.2", "-3.2", True),
        ("3.20", "3.2", True),
        ("3.20", "3.21", False),
    ],
)
def test_equals_rounded_to_the_digits_that_are_shown(said: str, exact: str, equal: bool) -> None:
    [found] = find_amounts(f"EUR {said}")
    assert equals_rounded(found, Decimal(exact)) is equal


@given(st.decimals(min_value=0, max_value=10**9, places=4), st.integers(0, 3))
def test_equals_rounded_holds_for_every_rounding(exact: Decimal, places: int) -> None:
    shown = round(exact, places) if places else exact.quantize(Decimal(1))
    [found] = find_amounts(f"EUR {shown:,f}")
    assert equals_rounded(found, exact)
