"""Find queries and programs that compute with numbers typed into them, so that a result says more than its cells."""

import re
from decimal import Decimal

from kimi_tui.evidence.amounts import Amount
from kimi_tui.evidence.cell_values import equals_rounded
from kimi_tui.evidence.origin_check import CONSTANTS, remove_filters

_TABLE = re.compile(r"\bfrom\s+(?!\()", re.IGNORECASE)
_VALUES = re.compile(r"\bvalues\s*\(|(?<!\w)0x[0-9a-f]+", re.IGNORECASE)
_TEXT = re.compile(r"'(?:[^']|'')*'")
_NUMBER = r"\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?"
_BESIDE = re.compile(rf"[-+*/]\s*(?P<right>{_NUMBER})(?![\w.])|(?<![\w.])(?P<left>{_NUMBER})\s*[-+*/]", re.IGNORECASE)
_TWO = re.compile(rf"(?<![\w.])(?!1(?:\.0)?\s*-){_NUMBER}\s*[-+*/]\s*{_NUMBER}(?![\w.])|\*\s*0(?![\w.])", re.IGNORECASE)
"""Two numbers that are computed with each other, or what is multiplied with nothing."""
_CHOICE = re.compile(
    rf"\b(?:coalesce|ifnull|iif|nullif|max|min)\s*\((?:[^()]|\([^()]*\))*,\s*(?P<other>{_NUMBER})\s*[,)]", re.IGNORECASE
)
_LITERAL = rf"(?:''|[-+]?{_NUMBER}|null)"
_CALL = re.compile(rf"\b(?!in\b|values\b|sum\b|count\b)\w+\s*\(\s*{_LITERAL}(?:\s*,\s*{_LITERAL})*\s*\)", re.IGNORECASE)
"""A function of nothing but what was typed; texts are emptied before."""
_JOINED_DIGITS = re.compile(r"'[^']*\d[^']*'\s*\|\||\|\|\s*'[^']*\d[^']*'")
_COUNTED = re.compile(r"\b(?:count|sum|total)\s*\(", re.IGNORECASE)
_LIMITED = re.compile(r"\b(?:limit|rowid\s*[<=>]+)\s*(?P<number>\d+)", re.IGNORECASE)


def computes_with_typed_numbers(address: str) -> bool:
    """Return whether a query's result may rest on numbers in the query; `address` is `database: SQL`.

    Constants of the calendar, percentages and powers of ten may scale a column; nothing else may take part.
    """
    sql = address.partition(": ")[2] or address
    bare = remove_filters(sql)
    if not _TABLE.search(sql) or _VALUES.search(bare) or _JOINED_DIGITS.search(bare):
        return True
    code = _TEXT.sub("''", bare)
    if _TWO.search(code) or _CALL.search(code):
        return True
    numbers = [match[name] for match in _BESIDE.finditer(code) for name in ("left", "right") if match[name]]
    numbers += [match["other"] for match in _CHOICE.finditer(code)]
    return any(Decimal(number.replace("_", "")) not in CONSTANTS for number in numbers)


def counts_to_typed_limit(amount: Amount, address: str) -> bool:
    """Return whether a figure counts rows up to a limit that was typed into the query."""
    limits = (Decimal(match["number"]) for match in _LIMITED.finditer(address))
    return bool(_COUNTED.search(address)) and any(equals_rounded(amount, limit) for limit in limits)


_NO_DIFFERENCE = re.compile(
    r"\*\s*0(?![\w.])|//|\b(?:if|and|or|not|lambda|while)\b|(?<![\w.])(?P<same>\d[\d.]*)\s*-\s*(?P=same)(?![\w.])"
)
_TERM = re.compile(r"[-+]\s*(?P<factors>\d[\d_.]*(?:\s*\*\s*\d[\d_.]*)+)(?!\s*[*/\w.])")


def hides_its_inputs(code: str) -> bool:
    """Return whether a program may give its result whatever its inputs are: they cancel, or constants are added."""
    if _NO_DIFFERENCE.search(code):
        return True
    terms = (re.split(r"\s*\*\s*", match["factors"].replace("_", "")) for match in _TERM.finditer(code))
    return any(all(factor.strip(".") in _PLAIN for factor in term) for term in terms)


_PLAIN = frozenset(f"{constant:f}" for constant in CONSTANTS)
