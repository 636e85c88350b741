"""Recompute a stated change: its direction, percentage, difference or factor.

A change is computed from the cells of the row that the sentence or the citation names, for the two periods that it
names; with one period, the other is the one before it in the same row.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

from kimi_tui.evidence.amounts import Amount
from kimi_tui.evidence.bounds import STRICT_BOUNDS
from kimi_tui.evidence.cell_periods import period_days, period_matches_cell, period_sort_key
from kimi_tui.evidence.cell_table import FoundCell, column_words
from kimi_tui.evidence.cell_values import agrees_with, cell_value
from kimi_tui.evidence.claims import Claim
from kimi_tui.evidence.findings import CellReference, Verdict, cell_reference
from kimi_tui.evidence.labels import clean_label
from kimi_tui.quantities.text_periods import TextPeriod

_DIFFERENCE = re.compile(
    r"\b(?:by|more|less|higher|lower|increase of|decrease of|rise of|decline of|difference|up|down|gain of|drop of)\b",
    re.IGNORECASE,
)
_REACH = re.compile(r"\b(?:to|reach(?:ed|ing)?|at|was|were|of|from)\s*$", re.IGNORECASE)
_NO_CHANGE = re.compile(
    r"\b(?:average|mean) (?!year|annual|change|growth|increase|decrease)"
    r"|\bas (?:a )?(?:percent(?:age)?|share|proportion) (?:of|to)\b"
    r"|\bexpressed as\b|\bpercent(?:age)? of\b|\bmakes? up\b|\bratio of\b|\bshare of\b",
    re.IGNORECASE,
)
"""A percentage of several periods that is no change between them."""
_FACTOR_SLACK = Decimal("0.05")
"""By how much a factor in words (`doubled`) may be off, as a share of it."""
Pair = tuple[FoundCell, FoundCell]


def is_size_of_change(amount: Amount, claim: Claim) -> bool:
    """Return whether a figure is the size of a change rather than a figure of a table."""
    if amount.kind in ("multiple", "points"):
        return True
    if amount.kind == "percent":
        return (claim.direction != 0 or len(claim.periods) > 1) and not _NO_CHANGE.search(claim.own)
    before = claim.own[max(amount.start - 24, 0) : amount.start]
    behind = claim.own[amount.end : amount.end + 16]
    if _REACH.search(before) and not re.match(r"\s*(?:more|less|higher|lower)\b", behind):
        return bool(
            re.search(r"\b(?:increase|decrease|rise|decline|gain|drop|difference) of\s*$", before, re.IGNORECASE)
        )
    return bool(re.search(r"\bby\s+(?:about\s+|some\s+|around\s+|over\s+)?$", before, re.IGNORECASE)) or bool(
        re.match(r"\s*(?:more|less|higher|lower)\b", behind)
    )


def check_change(amount: Amount, claim: Claim, row: Sequence[FoundCell]) -> Verdict | None:
    """Return the verdict on a change's size and direction, from a row; None without two periods."""
    pairs = find_pairs(row, claim.periods)
    verdicts = [verdict for pair in pairs if (verdict := _check_pair(amount, claim.direction, pair))]
    for verdict in verdicts:
        if verdict.finding == "supported":
            return verdict
    return verdicts[0] if verdicts else None


def check_direction(claim: Claim, row: Sequence[FoundCell]) -> Verdict | None:
    """Return the verdict on a direction alone (`fell to 9,992`); None without two periods or a direction."""
    if not claim.direction:
        return None
    for old, new in find_pairs(row, claim.periods):
        before, after = cell_value(old.cell), cell_value(new.cell)
        if before is None or after is None:
            continue
        change = _size(after, new) - _size(before, old)
        if change and (change > 0) != (claim.direction > 0):
            reason = f"the direction is the other way: {_change_in_words(old, new)}"
            return Verdict("contradicted", "cells", reason, (_cell_reference(old), _cell_reference(new)))
        return Verdict("supported", "cells", "", (_cell_reference(old), _cell_reference(new)))
    return None


def check_stated_direction(claim: Claim, cells: Sequence[CellReference] = ()) -> Verdict | None:
    """Return the verdict on a direction by the sentence's own two figures: `went up to 3 from 5` contradicts itself.

    `cells` are those that the figures were found in, for the reason.
    """
    figures = [amount for amount in claim.amounts if amount.kind == "amount" and not is_size_of_change(amount, claim)]
    if not claim.direction or len(figures) != 2 or figures[0].unit != figures[1].unit:
        return None
    ordered = _order_by_time(claim, figures)
    if ordered is None:
        return None
    old, new = (figure.values()[0] * (figure.sign or 1) for figure in ordered)
    if old == new or (new > old) == (claim.direction > 0):
        return None
    way = "rises" if new > old else "falls"
    reason = f"the direction is the other way: from {ordered[0].text} to {ordered[1].text} it {way}"
    known = tuple(dict.fromkeys(cells))[:2]
    there = "; ".join(f"{one.text} ({', '.join(filter(None, (one.row, one.period or one.column)))})" for one in known)
    return Verdict("contradicted", "words", f"{reason}; there is {there}" if there else reason, known)


def find_pairs(row: Sequence[FoundCell], periods: Sequence[TextPeriod]) -> list[Pair]:
    """Return the earlier and the later cell of a change, for each row and column that has both."""
    distinct = {(period.year, period.kind, period.number, period.day): period for period in periods}
    ordered = sorted(distinct.values(), key=lambda one: (one.year, one.number, one.day.isoformat() if one.day else ""))
    lines: dict[object, list[FoundCell]] = {}
    for one in row:
        lines.setdefault((one.line, column_words(one.cell), one.cell.unit), []).append(one)
    return [pair for cells in lines.values() if (pair := _pair(cells, ordered))]


def _pair(cells: list[FoundCell], periods: list[TextPeriod]) -> Pair | None:
    """Return the two cells of one row and kind that a change lies between."""
    dated = sorted((one for one in cells if period_sort_key(one.cell)), key=lambda one: period_sort_key(one.cell))
    if len(periods) > 1:
        old = next((one for one in dated if period_matches_cell(periods[0], one.cell)), None)
        new = next((one for one in dated if period_matches_cell(periods[-1], one.cell)), None)
        return (old, new) if old and new and old is not new else None
    if periods:
        new = next((one for one in dated if period_matches_cell(periods[0], one.cell)), None)
    else:
        new = dated[-1] if dated else None
    if new is None:
        return None
    same = [one for one in dated if abs(period_days(one.cell) - period_days(new.cell)) < 20]
    before = [one for one in same if period_sort_key(one.cell) < period_sort_key(new.cell)]
    return (before[-1], new) if before else None


def _check_pair(amount: Amount, direction: int, pair: Pair) -> Verdict | None:
    """Return the verdict from one pair of cells."""
    old, new = pair
    before, after = cell_value(old.cell), cell_value(new.cell)
    if before is None or after is None:
        return None
    before, after = _size(before, old), _size(after, new)
    change = _amount_of_change(amount, before, after)
    if change is None:
        return None
    size, shown = change
    if _is_of_size(amount, direction, size) or _is_in_points(amount, direction, pair):
        return Verdict("supported", "cells", "", (_cell_reference(old), _cell_reference(new)))
    reason = f"{amount.text} is not the change: {_change_in_words(old, new)}, which is {shown}"
    return Verdict("contradicted", "cells", reason, (_cell_reference(old), _cell_reference(new)))


def _is_of_size(amount: Amount, direction: int, size: Decimal) -> bool:
    """Return whether a figure is a change, by its size and by the sentence's direction or its own minus."""
    agrees = not direction or not size or (size > 0) == (direction > 0) or amount.kind == "multiple"
    return (agrees or amount.sign < 0 > size) and _fits(amount, size)


def _is_in_points(amount: Amount, direction: int, pair: Pair) -> bool:
    """Return whether a percentage is the difference of two percentages: many write `%` for points."""
    before, after = (cell_value(one.cell) for one in pair)
    shown = amount.kind == "percent" and all(one.cell.unit == "%" for one in pair)
    return shown and before is not None and after is not None and _is_of_size(amount, direction, after - before)


def _amount_of_change(amount: Amount, before: Decimal, after: Decimal) -> tuple[Decimal, str] | None:
    """Return the change in the terms of a figure, and in words."""
    if amount.kind == "percent":
        if not before:
            return None
        percent = (after - before) / abs(before) * 100
        return percent, f"{percent:+.1f} %"
    if amount.kind == "multiple":
        if not before:
            return None
        factor = after / before
        return factor, f"{factor:.2f} times as much"
    difference = after - before
    return difference, f"{int(difference):+,}" if difference == int(difference) else f"{difference:+,f}"


def _fits(amount: Amount, size: Decimal) -> bool:
    if amount.kind == "multiple" and amount.bound not in STRICT_BOUNDS:
        return abs(abs(size) - amount.readings[0]) <= amount.readings[0] * _FACTOR_SLACK
    return agrees_with(amount, size)


def _size(value: Decimal, found: FoundCell) -> Decimal:
    """Return a cell's worth, scaled; outflows in brackets grow as their size grows."""
    scaled = value.scaleb(found.cell.scale or 0)
    return abs(scaled) if scaled < 0 and found.cell.tagged_sign > 0 else scaled


def _order_by_time(claim: Claim, figures: list[Amount]) -> tuple[Amount, Amount] | None:
    """Two figures as earlier and later, by their periods, else by `from ... to ...` and `... after ...`."""
    first, second = figures
    periods = (claim.period_of(first), claim.period_of(second))
    between = claim.own[first.end : second.start]
    if periods[0] and periods[1] and periods[0] != periods[1]:
        keys = [(one.year, one.number, one.day.isoformat() if one.day else "") for one in periods if one]
        return (first, second) if keys[0] < keys[1] else (second, first)
    if re.search(r"\bto\b", between) and re.search(r"\bfrom\b", claim.own[: first.start]):
        return first, second
    if re.search(r"\b(?:after|from|compared (?:with|to)|versus|against)\b", between):
        return second, first
    return None


def _cell_reference(found: FoundCell) -> CellReference:
    return cell_reference(found.source, found.cell)


def _change_in_words(old: FoundCell, new: FoundCell) -> str:
    label = clean_label(new.cell.row)
    before, after = (one.cell.period_end or one.cell.column for one in (old, new))
    return f"\u201c{label}\u201d goes from {old.cell.text} ({before}) to {new.cell.text} ({after})"
