"""Where a sentence names rows of a table, and which of them each of its figures belongs to."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from kimi_tui.evidence.amounts import Amount
from kimi_tui.evidence.cell_table import CellTable, FoundCell
from kimi_tui.evidence.labels import clean_label, content_stems
from kimi_tui.evidence.vocabulary import STOP_WORDS

_WORD = re.compile(r"[^\W_]+(?:[&'\u2019.][^\W_]+)*")
_MAX_LABELS = 400
"""Rows of one place that are looked for in a sentence."""


class RowMention(NamedTuple):
    """One row's name in a sentence."""

    start: int
    end: int
    """Behind its last word."""
    label: str


def find_mentions(text: str, labels: Iterable[str]) -> list[RowMention]:
    """Return where a text has all words of a row's name in their order; of names inside one another the longest."""
    return list(_mentions(text, frozenset(labels)))


# Each figure of a sentence asks for the same.
@lru_cache(maxsize=64)
def _mentions(text: str, labels: frozenset[str]) -> tuple[RowMention, ...]:
    words = [
        (stem, match.start(), match.end())
        for match in _WORD.finditer(text)
        if match.group().lower() not in STOP_WORDS
        for stem in content_stems(match.group())
    ]
    places: dict[str, list[int]] = {}
    for at, (stem, _, _) in enumerate(words):
        places.setdefault(stem, []).append(at)
    found: list[RowMention] = []
    for label in sorted(labels)[:_MAX_LABELS]:
        wanted = content_stems(clean_label(label))
        if not wanted or all(map(str.isdigit, wanted)):
            continue
        found += [
            RowMention(words[at][1], words[at + len(wanted) - 1][2], label)
            for at in places.get(wanted[0], ())
            if tuple(stem for stem, _, _ in words[at : at + len(wanted)]) == wanted
        ]
    longest = sorted(found, key=lambda one: (one.start - one.end, one.start))
    kept: list[RowMention] = []
    for one in longest:
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return tuple(sorted(kept))


def rows_of_amount(amount: Amount, amounts: Sequence[Amount], mentions: Sequence[RowMention]) -> set[str]:
    """Return the rows that a figure may be of: the one named last before it, or the one of its number among several.

    `mentions` are in order; no row is returned for a sentence that names fewer than two.
    """
    if len({one.label for one in mentions}) < 2:
        return set()
    before = [one for one in mentions if one.end <= amount.start]
    behind = [one for one in mentions if one.start >= amount.end]
    rows = {before[-1].label} if before else {behind[0].label}
    alike = [one for one in amounts if one.kind == amount.kind]
    if len(alike) == len(mentions) and (mentions[-1].end <= alike[0].start or mentions[0].start >= alike[0].end):
        rows = {mentions[alike.index(amount)].label}
    return rows


def cells_of(mention: RowMention, table: CellTable) -> list[FoundCell]:
    """Return the cells of the row that is named."""
    return [one for one in table.cells if one.label == mention.label]
