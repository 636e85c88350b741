"""The finding of a check: the result, the checker, and the cells it rests on."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from kimi_tui.cells import Cell

Finding = Literal["supported", "contradicted", "not found", "unchecked", "lookup failed"]
"""`supported`: what was looked at stands there and means the same. `contradicted`: the source says something else.
`not found`: it is not in the cited place. `unchecked`: nothing mechanical looked at it, or could decide.
`lookup failed`: the source could not be read."""
FINDINGS: tuple[Finding, ...] = ("supported", "contradicted", "not found", "unchecked", "lookup failed")
"""In the order in which they are counted."""
Checker = Literal["", "cells", "words", "quote", "calculation", "judge", "person"]
"""Who found it: figures compared with cells, figures found in the same words of prose, quotes compared letter by
letter, a calculation traced to its inputs, a model, or a person; empty when nobody looked."""

_ORDER: tuple[Finding, ...] = ("supported", "unchecked", "not found", "lookup failed", "contradicted")


class CellReference(msgspec.Struct, frozen=True, omit_defaults=True):
    """A cell that a finding rests on, as shown to a reader."""

    source: str
    """The source's id."""
    part: str
    """The label of its part."""
    text: str
    """The figure as shown there."""
    row: str = ""
    """Its row."""
    column: str = ""
    """Its column."""
    period: str = ""
    """Its period in words, as far as it is known."""
    start: int = 0
    """Where it stands in the part's text."""
    end: int = 0
    """Behind it."""


class Verdict(msgspec.Struct, frozen=True):
    """The finding on one figure, quote or claim."""

    finding: Finding
    by: Checker = ""
    reason: str = ""
    """Why, in words that let a writer correct it; empty for what is supported."""
    cells: tuple[CellReference, ...] = ()
    """What it rests on, or what stands there instead."""
    fixable: bool = False
    """True when a better citation would let it be checked."""


UNCHECKED = Verdict("unchecked", "", "it holds no figure and no quote that could be looked up")
"""For prose."""


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst verdict of the pieces, with the cells of the supported ones."""
    found = list(verdicts)
    if not found:
        return UNCHECKED
    decisive = max(found, key=lambda verdict: _ORDER.index(verdict.finding))
    if decisive.finding != "supported":
        return decisive
    cells = tuple(dict.fromkeys(cell for verdict in found for cell in verdict.cells))
    return msgspec.structs.replace(decisive, cells=cells)


def severity(finding: Finding) -> int:
    """Return the place of a finding among all, from `supported` at 0 to `contradicted`."""
    return _ORDER.index(finding)


def cell_reference(source: str, cell: Cell) -> CellReference:
    """Return the reference to a cell of a source."""
    return CellReference(source, cell.part, cell.text, cell.row, cell.column, format_period(cell), cell.start, cell.end)


def format_period(cell: Cell) -> str:
    """Return a cell's period for a reader; empty if it is unknown."""
    if cell.period_start and cell.period_end:
        return f"{cell.period_start} to {cell.period_end}"
    return cell.period_end
