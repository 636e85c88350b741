"""Recompute figures that a sentence makes of several cells: sums, averages, shares, ratios and yearly growth.

The rows are those that the sentence names, or that the citation declares. Where a row or a period is missing, or a row
has several figures for it, nothing is computed and the figure stays unchecked: such figures are in no table.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation, localcontext
from functools import lru_cache
from itertools import islice, product
from typing import NamedTuple

from kimi_tui.evidence.amounts import Amount
from kimi_tui.evidence.cell_periods import period_matches_cell, period_sort_key
from kimi_tui.evidence.cell_table import CellTable, FoundCell
from kimi_tui.evidence.cell_values import agrees_with, cell_value
from kimi_tui.evidence.claims import Claim
from kimi_tui.evidence.findings import Verdict, cell_reference
from kimi_tui.evidence.labels import clean_label
from kimi_tui.evidence.row_mentions import RowMention, cells_of, find_mentions
from kimi_tui.quantities.text_periods import TextPeriod

_GROWTH_RATE = re.compile(
    r"\b(?:compound(?:ed)?|annuali[sz]ed|CAGR)\b|\bper (?:year|annum) on average\b"
    r"|\baverage (?:annual|yearly) (?:growth|rate)|\bon average\b.{0,30}\b(?:a|per|each) year\b",
    re.IGNORECASE,
)
_AVERAGE = re.compile(r"\baverag(?:e|es|ed|ing)\b|\bmean\b", re.IGNORECASE)
_SUM = re.compile(
    r"\b(?:together|combined|sum|in aggregate|aggregat(?:e|ed|ing)|taken together|added up|adds? up|plus|in total"
    r"|a total of|cumulative(?:ly)?)\b",
    re.IGNORECASE,
)
_OF = re.compile(r"\s*(?:of|relative to|in relation to|as a share of)\b", re.IGNORECASE)
_AS_SHARE = re.compile(r"\b(?:as a (?:percentage|share|proportion|percent|%) of|divided by|to)\b", re.IGNORECASE)
_NEAR_CHARS = 12
"""A figure so near behind a row's name is that row's."""
_MAX_AFTER = 200
"""Characters behind a figure that may say what it is a share of."""
_MAX_SUMMANDS = 12
_MAX_CHOICES = 64
Numbers = Sequence[Decimal]


class _Combination(NamedTuple):
    """The cells that a figure is said to be made of, and how."""

    name: str
    """In words: `the sum`."""
    compute: Callable[[Numbers], Decimal]
    operands: list[list[FoundCell]]
    """For each operand the cells that it may be."""
    of_one_period: bool = False
    """True when all operands are of one period."""


class _Reading(NamedTuple):
    """A sentence as far as it says what its figures are made of."""

    mentions: tuple[RowMention, ...]
    text: str
    """Its words with the names of rows blanked."""
    growth: bool
    average: bool
    sum: bool


# Each figure of a sentence asks for the same.
@lru_cache(maxsize=64)
def _read(text: str, labels: frozenset[str]) -> _Reading:
    mentions = find_mentions(text, labels)
    bare = _without(text, mentions)
    forms = (bool(pattern.search(bare)) for pattern in (_GROWTH_RATE, _AVERAGE, _SUM))
    return _Reading(tuple(mentions), bare, *forms)


class CombinedFigure(NamedTuple):
    """The verdict on a figure that is made of several cells."""

    verdict: Verdict
    is_certain: bool
    """True when no single cell can be meant, whatever its digits are."""


def check_combination(
    amount: Amount, claim: Claim, table: CellTable, declared: Sequence[FoundCell], period: TextPeriod | None
) -> CombinedFigure | None:
    """Return the verdict on a figure made of several cells; None for one that is not.

    `declared` are the cells of the row that the citation names.
    """
    said = _read(claim.own, frozenset(table.labels))
    if not (said.growth or said.average or said.sum or amount.kind in ("percent", "multiple")):
        return None
    found = _combination(amount, claim, said, table, declared, period)
    if found is None:
        return None
    is_certain = said.growth or said.average
    if isinstance(found, str):
        reason = f"{amount.text} could not be computed: {found}"
        return CombinedFigure(Verdict("unchecked", "", reason, (), True), is_certain)
    return CombinedFigure(_compare(amount, found), is_certain)


def _combination(
    amount: Amount,
    claim: Claim,
    said: "_Reading",
    table: CellTable,
    declared: Sequence[FoundCell],
    period: TextPeriod | None,
) -> _Combination | str | None:
    """Return what a figure is made of, why that is not known, or None for a figure of one cell."""
    text, mentions = said.text, list(said.mentions)
    if amount.kind == "percent" and said.growth:
        return _growth_rate(claim, _row(table, declared, mentions))
    if amount.kind in ("percent", "multiple") and (pair := _share(amount, text, mentions)) is not None:
        if len(pair) < 2:
            return None if amount.kind == "percent" else "the row that it is compared with is not named"
        cells = [_of_period(cells_of(one, table), period) for one in pair]
        return _Combination("the ratio", _ratio(amount), cells, True)
    if amount.kind not in ("amount", "percent") or (amount.is_count and amount.noun):
        return None
    if said.average:
        return _over_periods("the average", _mean, claim, _row(table, declared, mentions))
    if amount.kind == "amount" and said.sum:
        rows = list(dict.fromkeys(one.label for one in mentions))
        if len(rows) > 1 and (len(claim.amounts) == 1 or amount.start > mentions[-1].end + _NEAR_CHARS):
            cells = [_of_period([one for one in table.cells if one.label == label], period) for label in rows]
            return _Combination("the sum", _sum, cells, True)
        if len(claim.periods) > 1 or not rows:
            return _over_periods("the sum", _sum, claim, _row(table, declared, mentions))
    return None


def _row(table: CellTable, declared: Sequence[FoundCell], mentions: list[RowMention]) -> list[FoundCell]:
    """Return the cells of the one row that is meant; none when it is not clear."""
    if declared:
        return list(declared)
    labels = {one.label for one in mentions}
    return cells_of(mentions[0], table) if len(labels) == 1 else []


def _share(amount: Amount, text: str, mentions: list[RowMention]) -> list[RowMention] | None:
    """Return the rows above and below the line of a share or multiple; None when it is neither."""
    before = [one for one in mentions if one.end <= amount.start]
    behind = [one for one in mentions if one.start >= amount.end]
    after = text[amount.end : min(behind[0].start if behind else len(text), amount.end + _MAX_AFTER)]
    if amount.kind == "percent":
        if _OF.match(after):
            return [*before[-1:], *behind[:1]]
        if len(before) > 1 and _AS_SHARE.search(text[before[-2].end : before[-1].start]):
            return before[-2:]
        return None
    if (
        behind
        and before
        and re.fullmatch(r"\s*(?:the|its|their|as (?:much|large|high|many) as|of|that of|\W)*\s*", after)
    ):
        return [before[-1], behind[0]]
    return None


def _growth_rate(claim: Claim, row: list[FoundCell]) -> _Combination | str:
    ends = _ends(claim, row)
    if isinstance(ends, str):
        return ends
    first, last = ends
    years = int(period_sort_key(last[0].cell)[:4]) - int(period_sort_key(first[0].cell)[:4])
    if years < 1:
        return "its periods are not known"

    def rate(values: Numbers) -> Decimal:
        old, new = values
        with localcontext() as context:
            context.prec = 30
            return ((new / old) ** (Decimal(1) / years) - 1) * 100 if old > 0 and new > 0 else Decimal("NaN")

    return _Combination(f"the growth a year over {years} years", rate, [first, last])


def _over_periods(
    name: str, compute: Callable[[Numbers], Decimal], claim: Claim, row: list[FoundCell]
) -> _Combination | str:
    """Return what is made of one row's figures from the first period named to the last."""
    ends = _ends(claim, row)
    if isinstance(ends, str):
        return ends
    first, last = (period_sort_key(one[0].cell) for one in ends)
    between: dict[str, list[FoundCell]] = {}
    for one in row:
        key = period_sort_key(one.cell)
        if first <= key <= last and one.cell.unit == ends[0][0].cell.unit:
            between.setdefault(key, []).append(one)
    if len(between) > _MAX_SUMMANDS:
        return "it is made of too many figures"
    return _Combination(name, compute, [between[key] for key in sorted(between)])


def _ends(claim: Claim, row: list[FoundCell]) -> tuple[list[FoundCell], list[FoundCell]] | str:
    """Return the figures of the first and the last period that a sentence names, or why there are none."""
    if not row:
        return "no row, or more than one, is named; name it in the citation"
    periods = sorted(claim.periods, key=lambda one: (one.year, one.number, one.day.isoformat() if one.day else ""))
    if len({(one.year, one.number, one.day) for one in periods}) < 2:
        return "its periods are not named"
    first, last = (_of_period(row, period) for period in (periods[0], periods[-1]))
    return (first, last) if first and last else "the row has no figures for its periods"


def _compare(amount: Amount, found: _Combination) -> Verdict:
    """Return the verdict on a figure by what it is made of; every choice of cells is tried."""
    tried = list(islice(product(*found.operands), _MAX_CHOICES + 1))
    choices = [one for one in tried if not found.of_one_period or len({_when(cell) for cell in one}) == 1]
    if not choices or len(tried) > _MAX_CHOICES:
        reason = f"{amount.text} could not be computed: a row has no figure, or several, for its period"
        return Verdict("unchecked", "", reason, (), True)
    shown = ""
    units = {one.cell.unit for operand in found.operands for one in operand if one.cell.unit}
    for chosen in choices:
        values = [_value(one) for one in chosen]
        if any(value is None for value in values) or len({one.cell.scale is None for one in chosen}) > 1:
            continue
        try:
            result = found.compute([value for value in values if value is not None])
        except (InvalidOperation, ZeroDivisionError):
            continue
        if result.is_nan():
            continue
        cells = tuple(cell_reference(one.source, one.cell) for one in chosen[:6])
        if amount.is_money and units and {unit.split("/")[0] for unit in units} != {amount.unit}:
            return Verdict("contradicted", "cells", f"{amount.text} would be in {', '.join(sorted(units))}", cells)
        if agrees_with(amount, result) and not (amount.kind == "percent" and amount.sign * result < 0):
            return Verdict("supported", "cells", "", cells)
        there = "; ".join(f"{one.cell.text} ({clean_label(one.cell.row)}, {_when(one)})" for one in chosen[:4])
        shown = shown or f"{amount.text} is not {found.name} of {there}, which is {_in_words(result)}"
    if len(choices) > 1 or not shown:
        return Verdict("unchecked", "", shown or f"{amount.text} could not be computed", ())
    references = tuple(cell_reference(one.source, one.cell) for one in choices[0][:6])
    return Verdict("contradicted", "cells", shown, references)


def _of_period(cells: list[FoundCell], period: TextPeriod | None) -> list[FoundCell]:
    wanted = [one for one in cells if period is None or period_matches_cell(period, one.cell)]
    return list({(one.cell.value, one.cell.scale, one.cell.period_end): one for one in reversed(wanted)}.values())


def _value(found: FoundCell) -> Decimal | None:
    value = cell_value(found.cell)
    return None if value is None else value.scaleb(found.cell.scale or 0)


def _ratio(amount: Amount) -> Callable[[Numbers], Decimal]:
    factor = 100 if amount.kind == "percent" else 1
    return lambda values: values[0] / values[1] * factor


def _mean(values: Numbers) -> Decimal:
    return _sum(values) / len(values)


def _sum(values: Numbers) -> Decimal:
    return sum(values, Decimal(0))


def _when(found: FoundCell) -> str:
    return found.cell.period_end or found.cell.column


def _in_words(number: Decimal) -> str:
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.2f}"


def _without(text: str, mentions: list[RowMention]) -> str:
    """Return a text with the names of rows blanked, so that their words are not taken for the sentence's own."""
    letters = list(text)
    for one in mentions:
        letters[one.start : one.end] = " " * (one.end - one.start)
    return "".join(letters)
