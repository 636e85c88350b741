"""Trace the figures of calculations and queries: a number typed by the model is no evidence."""

import ast
import contextlib
import io
import re
import tokenize
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from kimi_tui.evidence.amounts import Amount, find_amounts, parse_readings
from kimi_tui.evidence.cell_table import FoundCell
from kimi_tui.evidence.cell_values import cell_value, equals_rounded

_LITERAL = re.compile(r"(?<![\w.])\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")
_STRING = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"\\\n]|\\.)*\"")
_NUMBER_TEXT = re.compile(r"['\"]\s*[-+]?[\d.,\s]*\d\s*['\"]")
_POWER = re.compile(r"1(?:_?000)+(?:\.0*)?|1[eE]\d+|\*\*|\b10\b")
"""What a program divides by to give its result in millions."""
_IN_STRING = re.compile(r"\d(?:[\d.,]*\d)?")
_DAY = re.compile(r"\b(?:19|20)\d\d-\d\d(?:-\d\d)?\b")
_HIDING = re.compile(
    r"\b(?:where|having|on|between|limit|offset|group|order|substr\w*|round|printf|format)\b", re.IGNORECASE
)
"""Keywords that hide a number of a statement from the rules below when they stand in quotes."""
_QUOTED_NAME = re.compile(r"`[^`]*`|\[[^\]]*\]")
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
        (*map(str, range(13)), "24", "30", "52", "60", "90", "100", "360", "365", "366"),
    )
) | frozenset(Decimal(10) ** power for power in range(3, 13))
"""Numbers that need no source: of the calendar, percentages, and powers of ten."""


def remove_filters(sql: str) -> str:
    """Return a statement without its conditions, which choose rows and give no figures."""
    return _WHERE.sub(" ", sql)


def numbers_in_query(sql: str) -> set[Decimal]:
    """Return the numbers that a statement's result may hold because they are in the statement itself.

    The statement stands on one line, so that a comment has no end, and a keyword in quotes is none: with either, every
    number in it counts.
    """
    quoted = _STRING.findall(sql) + _QUOTED_NAME.findall(sql)
    if "--" in sql or "/*" in sql or any(map(_HIDING.search, quoted)):
        return {Decimal(found.replace("_", "")) for found in _LITERAL.findall(sql)} - CONSTANTS
    bare = remove_filters(sql)
    strings = {value for found in _NUMBER_TEXT.findall(bare) for value in parse_readings(found.strip("'\" -+"))}
    numbers = _FREE.sub(" ", _STRING.sub(" ", bare))
    return (strings | {Decimal(found.replace("_", "")) for found in _LITERAL.findall(numbers)}) - CONSTANTS


def numbers_in_calculation(code: str) -> set[Decimal]:
    """The numbers that a calculation was given, constants left out; those in its strings too, but not in comments."""
    numbers: set[Decimal] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.NUMBER:
                numbers |= _number(token.string)
            elif token.type not in (tokenize.COMMENT, tokenize.NAME, tokenize.OP):
                numbers |= _numbers_in_string(token.string)
    except (tokenize.TokenError, SyntaxError):
        numbers |= {Decimal(found.replace("_", "")) for found in _LITERAL.findall(code)}
    return numbers - CONSTANTS


def _number(literal: str) -> set[Decimal]:
    """Return the value of a number in a program; empty if it cannot be read."""
    try:
        return (
            {Decimal(int(literal, 0))} if literal[1:2] in "xXoObB" and literal[1:] else {Decimal(literal.rstrip("jJ"))}
        )
    except (InvalidOperation, ValueError):
        return set()


def _numbers_in_string(literal: str) -> set[Decimal]:
    """Return the numbers that a string of a program holds; days left out."""
    text = literal
    with contextlib.suppress(ValueError, SyntaxError, MemoryError):
        text += f" {ast.literal_eval(literal)}" if "\\" in literal else ""
    bare = _DAY.sub(" ", text)
    return {value for found in _IN_STRING.findall(bare) for value in parse_readings(found)}


def is_in_query(number: Decimal, sql: str) -> bool:
    """Return whether a number is anywhere in a query, wherever that is."""
    texts = (found.replace("_", "") for found in _LITERAL.findall(sql))
    return any(Decimal(text) == abs(number) for text in texts)


def is_typed_in_query(amount: Amount, sql: str) -> bool:
    """Return whether a figure, or what it may have been computed with, was typed into a query."""
    return any(
        equals_rounded(amount, number) or equals_rounded(amount, number * 100) for number in numbers_in_query(sql)
    )


def trace_to_cells(numbers: Iterable[Decimal], cells: Iterable[FoundCell]) -> tuple[list[FoundCell], list[Decimal]]:
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


def is_result(text: str, amount: Amount, code: str | None = None) -> bool:
    """Return whether a figure is the result of a calculation; percentages may be fractions.

    With the `code` of one whose inputs have their scales, the result has its own, unless the code divides by one.
    """
    result = text.rpartition("=")[2]
    numbers = [reading for one in find_amounts(result) for reading in one.readings]
    own_scale = code is not None and not _POWER.search(code)
    factors = (1, 100) if amount.kind == "percent" else (1, Decimal(10) ** (0 if own_scale else amount.power or 0))
    return any(equals_rounded(amount, number * factor) for number in numbers for factor in factors)


def contains_number(text: str, number: Decimal) -> bool:
    """Return whether a number is in a text, whatever it means there."""
    return any(number in amount.readings or number in amount.values() for amount in find_amounts(text))


def _has(found: FoundCell, number: Decimal) -> bool:
    value = cell_value(found.cell)
    if value is None:
        return False
    scale = found.cell.scale or 0
    size = abs(value)
    return number in {size.scaleb(scale - shift) for shift in (0, 3, 6, 9)} | {size} or (
        found.cell.unit == "%" and number == size / 100
    )
