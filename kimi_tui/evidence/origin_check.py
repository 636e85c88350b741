"""Where the figures of calculations and queries come from: a number that the model typed itself vouches for nothing."""

import re
from collections.abc import Iterable
from decimal import Decimal

from kimi_tui.evidence.amounts import Amount, amounts_of, readings_of
from kimi_tui.evidence.cell_table import FoundCell
from kimi_tui.evidence.cell_values import equals, worth

_LITERAL = re.compile(r"(?<![\w.])\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")
_STRING = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"\\\n]|\\.)*\"")
_NUMBER_TEXT = re.compile(r"['\"]\s*[-+]?[\d.,\s]*\d\s*['\"]")
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|#[^\n]*", re.DOTALL)
_FREE = re.compile(
    r"\b(?:limit|offset)\s+\d+(?:\s*,\s*\d+)?|\bround\s*\([^()]*(?:\([^()]*\)[^()]*)*,\s*\d+\s*\)"
    r"|(?:[=<>!]=?|<>|\bbetween|\band|\blike|\bin\s*\([^()]*|\bthen\b(?!)|,)\s*\d+(?=\s*(?:and\b|or\b|group\b|order\b|limit\b|\)|$))"
    r"|(?:substr|substring|strftime|printf|format)\s*\([^()]*\)"
    r"|\b(?:group|order)\s+by\s+[\d,\s]+",
    re.IGNORECASE,
)
_WHERE = re.compile(
    r"\b(?:where|having|on)\b.*?(?=\bgroup\s+by\b|\border\s+by\b|\blimit\b|\bunion\b|\bselect\b|\bwhere\b|\)\s*(?:as\b|select\b|,|$)|$)",
    re.IGNORECASE | re.DOTALL,
)
CONSTANTS = frozenset(
    map(
        Decimal,
        ("0", "1", "2", "3", "4", "6", "7", "10", "12", "24", "30", "52", "60", "90", "100", "360", "365", "366"),
    )
) | frozenset(Decimal(10) ** power for power in range(3, 13))
"""Numbers that need no source: of the calendar, percentages, and powers of ten."""


def typed_in_query(sql: str) -> set[Decimal]:
    """The numbers that a statement's result may hold because they stand in the statement itself."""
    text = _COMMENT.sub(" ", sql)
    bare = _WHERE.sub(" ", text)
    strings = {value for found in _NUMBER_TEXT.findall(bare) for value in readings_of(found.strip("'\" -+"))}
    numbers = _FREE.sub(" ", _STRING.sub(" ", bare))
    return (strings | {Decimal(found.replace("_", "")) for found in _LITERAL.findall(numbers)}) - CONSTANTS


def typed_in_calculation(code: str) -> set[Decimal]:
    """The numbers that a calculation was given, constants left out."""
    text = _STRING.sub(" ", _COMMENT.sub(" ", code))
    return {Decimal(found.replace("_", "")) for found in _LITERAL.findall(text)} - CONSTANTS


def typed_in(amount: Amount, sql: str) -> bool:
    """Whether a figure, or what it may have been computed with, was typed into a query."""
    return any(equals(amount, number) or equals(amount, number * 100) for number in typed_in_query(sql))


def trace(numbers: Iterable[Decimal], cells: Iterable[FoundCell]) -> tuple[list[FoundCell], list[Decimal]]:
    """For each number the cell that has it, as shown or scaled, and the numbers that no cell has."""
    known = list(cells)
    found: list[FoundCell] = []
    missing: list[Decimal] = []
    for number in numbers:
        cell = next((one for one in known if _has(one, number)), None)
        if cell is None:
            missing.append(number)
        else:
            found.append(cell)
    return found, missing


def gives(text: str, amount: Amount) -> bool:
    """Whether a figure is the result of a calculation, given its text; a percentage may be given as a fraction."""
    result = text.rpartition("=")[2]
    numbers = [reading for one in amounts_of(result) for reading in one.readings]
    factors = (1, 100) if amount.kind == "percent" else (1, Decimal(10) ** (amount.power or 0))
    return any(equals(amount, number * factor) for number in numbers for factor in factors)


def states(text: str, number: Decimal) -> bool:
    """Whether a number stands in a text, whatever it means there."""
    return any(number in amount.readings or number in amount.values() for amount in amounts_of(text))


def _has(found: FoundCell, number: Decimal) -> bool:
    value = worth(found.cell)
    if value is None:
        return False
    scale = found.cell.scale or 0
    size = abs(value)
    return number in {size.scaleb(scale - shift) for shift in (0, 3, 6, 9)} | {size} or (
        found.cell.unit == "%" and number == size / 100
    )
