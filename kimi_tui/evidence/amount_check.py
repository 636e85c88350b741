"""Compare one figure of a sentence with the cited cells: value, scale, unit, sign, period, row and column.

The digits alone never vouch for a figure. A cell vouches when its row (declared in the citation, or named by the
sentence) and its period agree as well; a cell that only has the digits shows what the figure really is.
"""

import re
from collections.abc import Sequence

import msgspec

from kimi_tui.evidence.amounts import Amount
from kimi_tui.evidence.bounds import STRICT_BOUNDS
from kimi_tui.evidence.cell_periods import period_matches_cell, period_sort_key
from kimi_tui.evidence.cell_table import CellTable, FoundCell, column_words
from kimi_tui.evidence.cell_values import Difference, compare_amount
from kimi_tui.evidence.claims import Claim
from kimi_tui.evidence.findings import CellReference, Verdict, cell_reference
from kimi_tui.evidence.labels import (
    clean_label,
    content_stems,
    find_closest_labels,
    misses_only_qualifiers,
    named_share,
)
from kimi_tui.evidence.measures import contradicts_label
from kimi_tui.evidence.row_mentions import find_mentions, rows_of_amount
from kimi_tui.quantities.text_periods import TextPeriod

_MIN_WORD_SHARE = 0.8
"""The share of a label's words that a sentence must have for a row that it does not name whole."""
_MIN_WORDS = 3
_SAID = r" (?:of|was|were|is|are|came to|amounted to|totall?ed|reached|stood at)\b"
"""What follows the name of a row that a sentence is about."""
_WORDS: dict[Difference, str] = {
    "scale": "has another scale there",
    "scale unknown": "is given there without a scale",
    "unit": "has another unit there",
    "unit unknown": "is given there without a unit",
    "sign": "has the other sign there",
    "sign unknown": "is in brackets there, and it is unclear whether that is meant",
}
_UNSURE: frozenset[Difference] = frozenset({"scale unknown", "sign unknown", "unit unknown"})
CellMatch = tuple[FoundCell, set[Difference]]


def check_declared(
    amount: Amount, claim: Claim, table: CellTable, row: str, period: TextPeriod | None, marker: str
) -> Verdict:
    """Return the verdict on a figure whose citation names its row, and perhaps its period."""
    cells = table.cells_of_row(row)
    if not cells:
        near = "; ".join(f"\u201c{label}\u201d" for label in find_closest_labels(row, table.labels))
        there = f"; the nearest rows are {near}" if near else "; no table was read there"
        return Verdict("not found", "", f"{marker} has no row \u201c{row}\u201d{there}")
    wanted = _of_period(cells, period)
    if not wanted:
        reason = f"the row \u201c{row}\u201d has no figure for {period.text if period else ''}; it has {_shown(cells)}"
        return Verdict("not found", "cells", reason, _references(cells))
    matches = _matches(amount, claim, wanted, table)
    verdict = _decide(amount, matches, wanted)
    spoken = claim.period_of(amount)
    if verdict.finding == "supported" and spoken and not _of_period([one for one, _ in matches], spoken):
        reason = f"the sentence says {spoken.text}, and the figure is that of another period: {_shown(wanted)}"
        return Verdict("contradicted", "cells", reason, _references(wanted))
    if verdict.finding == "contradicted" and period is None:
        return verdict
    if verdict.finding != "supported":
        elsewhere = _matches(amount, claim, [cell for cell in cells if cell not in wanted], table)
        return _other_period(amount, elsewhere, wanted, period) or verdict
    named = table.cells_named_by(claim.row_words)
    if named and _shares_row(named, wanted):
        return _check_pairing(amount, claim, table, verdict, [one for one, _ in matches])
    if named:
        labels = {one.label for one in named}
        words = frozenset(word for label in labels for word in content_stems(label))
        if len(words) > 1:
            return Verdict(
                "unchecked",
                "",
                f"the sentence speaks of \u201c{named[0].label}\u201d ({_shown(_of_period(named, period) or named)}), "
                f"and the citation names the row \u201c{row}\u201d",
                _references(wanted),
            )
    return verdict


def point_to_row(verdict: Verdict, claim: Claim, table: CellTable, period: TextPeriod | None) -> Verdict:
    """Return a refusal with the cells that the sentence's own words name, so that its writer can correct it."""
    named = table.cells_named_by(claim.words)
    if verdict.finding != "not found" or verdict.cells or not named:
        return verdict
    there = _of_period(named, period) or named
    return msgspec.structs.replace(
        verdict, reason=f"{verdict.reason}; there is {_shown(there)}", cells=_references(there)
    )


def check_undeclared(amount: Amount, claim: Claim, table: CellTable, period: TextPeriod | None) -> Verdict | None:
    """Return the verdict on a figure by the row that its sentence names; None when no cell applies."""
    matches = _matches(amount, claim, table.cells, table)
    same = [found for found, different in matches if not different - _UNSURE]
    named = table.cells_named_by(claim.row_words)
    in_row = [match for match in matches if _shares_row([match[0]], named)]
    if in_row:
        found = _check_in_row(amount, in_row, named, claim, period)
        return _check_pairing(amount, claim, table, found, [one for one, different in in_row if not different])
    if amount.bound in STRICT_BOUNDS:
        matches, same = [], []  # any figure of the table may be more than this one
    if same and not named:
        return _check_unnamed_row(amount, matches, claim, period, alone=len(table.labels) == 1)
    if same:
        return _check_other_row(amount, same, named, claim, period)
    if named and (wanted := _of_period(named, period)) and _is_named_well(named, claim):
        meant = _of_kind(amount, wanted)
        return _decide(amount, matches, meant) if meant else None
    return _decide(amount, matches, []) if matches else None


def check_cited_row(amount: Amount, claim: Claim, table: CellTable) -> Verdict | None:
    """Return `contradicted` when the one row that is cited is of another measure than the sentence; else None."""
    found = [one for one, different in _matches(amount, claim, table.cells, table) if not different - _UNSURE]
    labels = {one.label for one in table.cells}
    other = contradicts_label(claim.own, next(iter(labels))) if found and len(labels) == 1 else ""
    if not other:
        return None
    reason = f"{amount.text} is in the row \u201c{found[0].label}\u201d, and the sentence speaks of {other}"
    return Verdict("contradicted", "cells", reason, _references(found))


def _check_pairing(amount: Amount, claim: Claim, table: CellTable, verdict: Verdict, found: list[FoundCell]) -> Verdict:
    """Return a verdict, unless the sentence gives the figure to another of its rows than the one it was `found` in."""
    rows = rows_of_amount(amount, claim.amounts, find_mentions(claim.own, table.labels))
    if verdict.finding != "supported" or not rows or any(one.label in rows for one in found):
        return verdict
    own = [one for one in table.cells if one.label in rows]
    taken = any(
        not different
        for other in claim.amounts
        if other != amount
        for _, different in _matches(other, claim, own, table)
    )
    there = _of_period(own, claim.period_of(amount)) or own
    where = f"is in the row \u201c{found[0].label}\u201d" if found else "is in another row"
    if taken:
        return _verdict_for_other_cell(amount, where, there)
    reason = f"{amount.text} {where}, and the sentence gives it to \u201c{own[0].label}\u201d"
    return Verdict("unchecked", "", reason, verdict.cells, True)


def _check_in_row(
    amount: Amount, matches: list[CellMatch], named: list[FoundCell], claim: Claim, period: TextPeriod | None
) -> Verdict:
    """Check a figure found in the named row: period, column and meaning."""
    wanted = _of_period([found for found, _ in matches], period)
    if not wanted:
        there = _of_period(named, period)
        return _other_period(amount, matches, there, period) or _decide(amount, matches, there)
    of_period = [match for match in matches if match[0] in wanted]
    columns = CellTable(named).column_headers_named_by(named, claim.words)
    if columns and (in_column := [match for match in of_period if match[0].cell.column in columns]) != of_period:
        if not in_column and all(column_words(found.cell) for found, _ in of_period):
            there = [found for found in _of_period(named, period) if found.cell.column in columns]
            if there:
                return _verdict_for_other_cell(
                    amount, f"is in the column \u201c{of_period[0][0].cell.column}\u201d", there
                )
        of_period = in_column or of_period
    verdict = _decide(amount, of_period, _of_period(named, period))
    unknown = period is not None and all(period_matches_cell(period, found.cell) is None for found, _ in of_period)
    if verdict.finding == "supported" and unknown and period is not None:
        return Verdict(
            "unchecked", "", f"the figure is there, but it is unclear whether it is for {period.text}",
            verdict.cells,
        )  # fmt: skip
    return verdict


def _check_unnamed_row(
    amount: Amount, matches: list[CellMatch], claim: Claim, period: TextPeriod | None, *, alone: bool
) -> Verdict:
    """Check a figure whose digits are in a row that the sentence does not fully name, perhaps the only one there."""
    exact = [found for found, different in matches if not different]
    if not exact:
        return _decide(amount, matches, [])
    wanted = _of_period(exact, period)
    if not wanted:
        return Verdict(
            "contradicted",
            "cells",
            f"{amount.text} is there for another period: {_shown(exact)}",
            _references(exact),
        )
    best = max(wanted, key=lambda found: named_share(found.label, claim.row_words))
    words = content_stems(best.label)
    near = named_share(best.label, claim.row_words) >= _MIN_WORD_SHARE and len(words) >= _MIN_WORDS
    near = near or misses_only_qualifiers(best.label, claim.row_words, alone=alone)
    certain = period is None or period_matches_cell(period, best.cell)
    if near and certain:
        return Verdict("supported", "cells", "", _references([best]))
    reason = f"the figure is in the row \u201c{best.label}\u201d, which is not named; name it in the citation"
    return Verdict("unchecked", "", reason, _references(wanted), True)


def _check_other_row(
    amount: Amount, same: list[FoundCell], named: list[FoundCell], claim: Claim, period: TextPeriod | None
) -> Verdict:
    """Check a figure found in a row other than the named one."""
    near = max(named_share(found.label, claim.row_words) for found in same)
    there = _of_period(named, period) or named
    if near >= _MIN_WORD_SHARE or not _is_named_well(named, claim):
        reason = f"the figure is in the row \u201c{same[0].label}\u201d; name the row in the citation"
        return Verdict("unchecked", "", reason, _references(same), True)
    return _verdict_for_other_cell(amount, f"is in the row \u201c{same[0].label}\u201d", there)


def _decide(amount: Amount, matches: Sequence[CellMatch], wanted: list[FoundCell]) -> Verdict:
    """Return the verdict from the cells with the digits, and those that the sentence means."""
    exact = [found for found, different in matches if not different]
    if exact:
        return Verdict("supported", "cells", "", _references(exact[:1]))
    if not matches:
        there = f"it is {_shown(wanted)}" if wanted else "no cell has it"
        return Verdict("contradicted", "cells", f"{amount.text} is not there: {there}", _references(wanted))
    found, different = min(matches, key=lambda match: (len(match[1] - _UNSURE), len(match[1])))
    certain = [one for one in _WORDS if one in different and one not in _UNSURE]
    reason = f"{amount.text} {_WORDS[certain[0] if certain else next(iter(different))]}: {_shown([found])}"
    return Verdict("contradicted" if certain else "unchecked", "cells" if certain else "", reason, _references([found]))


def _other_period(
    amount: Amount, matches: Sequence[CellMatch], wanted: list[FoundCell], period: TextPeriod | None
) -> Verdict | None:
    """Return the verdict when the figure is that of another period; None when it is not there at all."""
    exact = [found for found, different in matches if not different - _UNSURE]
    if not exact or period is None:
        return None
    instead = f"; for {period.text} it is {_shown(wanted)}" if wanted else f"; there is none for {period.text}"
    reason = f"{amount.text} is the figure of another period: {_shown(exact)}{instead}"
    return Verdict("contradicted", "cells", reason, _references(wanted or exact))


def _verdict_for_other_cell(amount: Amount, where: str, there: list[FoundCell]) -> Verdict:
    reason = f"{amount.text} {where}; the row \u201c{there[0].label}\u201d has {_shown(there)}"
    return Verdict("contradicted", "cells", reason, _references(there))


def _matches(amount: Amount, claim: Claim, cells: list[FoundCell], table: CellTable) -> list[CellMatch]:
    found = ((one, compare_amount(amount, one.cell, claim.words, table.currencies)) for one in cells)
    return [(one, different) for one, different in found if different is not None]


def _of_period(cells: list[FoundCell], period: TextPeriod | None) -> list[FoundCell]:
    """Return the cells of a period: those that agree, else those with an unknown period."""
    if period is None:
        return cells
    compared = [(one, period_matches_cell(period, one.cell)) for one in cells]
    return [one for one, same in compared if same] or [one for one, same in compared if same is None]


def _shares_row(cells: list[FoundCell], others: list[FoundCell]) -> bool:
    lines = {one.line for one in others}
    return any(one.line in lines for one in cells)


def _is_named_well(named: list[FoundCell], claim: Claim) -> bool:
    """Return whether the named rows match more than one incidental word of the sentence."""
    subject = frozenset(content_stems(claim.row_label)) if claim.row_label else frozenset()
    labels = {one.label for one in named}
    return any(
        len(set(content_stems(one.label))) > 1 or set(content_stems(one.label)) == set(subject) for one in named
    ) or any(re.search(rf"\b{re.escape(clean_label(label))}{_SAID}", claim.own, re.IGNORECASE) for label in labels)


def _of_kind(amount: Amount, cells: list[FoundCell]) -> list[FoundCell]:
    """Return the cells of a row that the figure may be meant for: a percentage may be computed, a count of anything."""
    if amount.kind not in ("amount", "percent") or amount.noun:
        return []
    return [one for one in cells if (one.cell.unit == "%") == (amount.kind == "percent")]


def _references(cells: Sequence[FoundCell]) -> tuple[CellReference, ...]:
    return tuple(cell_reference(one.source, one.cell) for one in cells[:3])


def _shown(cells: Sequence[FoundCell]) -> str:
    """Cells in words: `3,219 (NET INCOME, 2025-05-31, in millions of USD)`."""
    ordered = sorted(cells, key=lambda one: period_sort_key(one.cell), reverse=True)
    return "; ".join(list(dict.fromkeys(map(_in_words, ordered)))[:3])


def _in_words(found: FoundCell) -> str:
    cell = found.cell
    scale = {2: "hundreds", 3: "thousands", 6: "millions", 9: "billions"}.get(cell.scale or 0, "")
    unit = f"in {scale} of {cell.unit}" if scale and cell.unit else f"in {scale}" if scale else cell.unit
    about = (clean_label(cell.row), cell.period_end or clean_label(cell.column), unit if unit != "%" else "")
    text = cell.text if not (cell.unit == "%" and "%" not in cell.text) else f"{cell.text} %"
    return f"{text} ({', '.join(word for word in about if word)})"
