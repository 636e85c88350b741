"""Recompute comparisons without a figure: of two rows (`A exceeded B`), and of one row's periods (`A rose in 2024`)."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from kimi_tui.evidence.cell_periods import period_matches_cell
from kimi_tui.evidence.cell_table import CellTable, FoundCell
from kimi_tui.evidence.cell_values import cell_value
from kimi_tui.evidence.change_check import check_direction
from kimi_tui.evidence.claims import Claim
from kimi_tui.evidence.findings import Verdict, cell_reference
from kimi_tui.evidence.labels import clean_label, content_stems, stem
from kimi_tui.evidence.passages import CitedPassage
from kimi_tui.evidence.row_mentions import RowMention, cells_of, find_mentions
from kimi_tui.evidence.vocabulary import DIRECTION_WORDS, EMPTY_WORDS

_MORE = re.compile(
    r"\b(?:exceed(?:s|ed)?|surpass(?:es|ed)?|outstripp?(?:s|ed)|topp(?:s|ed)"
    r"|(?:higher|larger|greater|bigger|more) than|above)\b",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"\b(?:(?:lower|smaller|less) than|fell short of|trail(?:s|ed)|below)\b(?! (?:from|of) )", re.IGNORECASE
)
_BETWEEN = re.compile(
    r"(?:\([^()]*\)|\b(?:was|were|is|are|its|their|the|that of|of|both|far|well|much|slightly|also)\b|\W)*"
)
_EMPTY = frozenset(map(stem, EMPTY_WORDS | DIRECTION_WORDS))


def compare_rows(claim: Claim, passages: Sequence[CitedPassage]) -> Verdict | None:
    """Return the verdict on a sentence that sets one named row against another; None for any other."""
    for passage in passages:
        table = CellTable(passage.cells)
        mentions = find_mentions(claim.own, table.labels)
        for first, second in pairwise(mentions):
            way = _way(claim.own[first.end : second.start])
            if way and (verdict := _compare(way, claim, table, first, second)) is not None:
                return verdict
    return None


def compare_periods(claim: Claim, passages: Sequence[CitedPassage], known: frozenset[str]) -> Verdict | None:
    """Return the verdict on a sentence without figures that says how a row moved; None for any other.

    `known` are words that need no check, as they name the source. A sentence with more words than the row, its periods
    and the direction is never supported.
    """
    if not claim.direction:
        return None
    for passage in passages:
        table = CellTable(passage.cells)
        place = passage.place
        row = table.cells_of_row(place.row) if place.row else _only_row(claim, table)
        found = check_direction(claim, row) if row and claim.periods else None
        if found is None:
            continue
        left = set(content_stems(claim.words_without_figures)) - known - _EMPTY - set(content_stems(row[0].label))
        if found.finding == "supported" and (left or claim.is_negated):
            return Verdict("unchecked", "", "the direction agrees; the other words are not checked", found.cells)
        if found.finding == "contradicted" and claim.is_negated:
            continue
        return found
    return None


def _only_row(claim: Claim, table: CellTable) -> list[FoundCell]:
    """Return the cells of the row that a sentence names, when it names one, with more than one word."""
    mentions = find_mentions(claim.own, table.labels)
    if len({one.label for one in mentions}) != 1 or len(set(content_stems(mentions[0].label))) < 2:
        return []
    return cells_of(mentions[0], table)


def _way(between: str) -> int:
    """Return 1 for more, -1 for less, 0 where the words between two rows compare nothing."""
    for way, pattern in ((1, _MORE), (-1, _LESS)):
        match = pattern.search(between)
        if match and _BETWEEN.fullmatch(between[: match.start()]) and _BETWEEN.fullmatch(between[match.end() :]):
            return way
    return 0


def _compare(way: int, claim: Claim, table: CellTable, first: RowMention, second: RowMention) -> Verdict | None:
    period = claim.periods[0] if claim.periods else None
    pairs = list(_pairs(claim, cells_of(first, table), cells_of(second, table)))
    if period is None or len(pairs) != 1 or claim.is_negated:
        return None
    [(one, other)] = pairs
    sizes = [_size(one), _size(other)]
    if sizes[0] is None or sizes[1] is None or sizes[0] == sizes[1]:
        return None
    references = tuple(cell_reference(each.source, each.cell) for each in (one, other))
    if (sizes[0] > sizes[1]) == (way > 0):
        return Verdict("supported", "cells", "", references)
    shown = " and ".join(f"{each.cell.text} ({clean_label(each.cell.row)})" for each in (one, other))
    return Verdict("contradicted", "cells", f"it is the other way: {shown}", references)


def _pairs(claim: Claim, first: list[FoundCell], second: list[FoundCell]) -> Iterator[tuple[FoundCell, FoundCell]]:
    """Yield the cells of two rows in one unit that are of a period that the sentence names."""
    period = claim.periods[0] if claim.periods else None
    for one in first:
        for other in second:
            same = one.cell.unit == other.cell.unit and one.cell.column == other.cell.column
            if same and (period is None or period_matches_cell(period, one.cell)):
                yield one, other


def _size(found: FoundCell) -> Decimal | None:
    value = cell_value(found.cell)
    return None if value is None else abs(value.scaleb(found.cell.scale or 0))
