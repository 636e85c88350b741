"""A figure that was computed from named cells: do the cells belong to the sentence, and is it their result?

That the program gave this result is recorded, and `verify` runs it again; here its inputs are compared with the words.
"""

from collections.abc import Sequence

from kimi_tui.evidence.amounts import Amount
from kimi_tui.evidence.cell_inputs import NamedInput, in_words
from kimi_tui.evidence.cell_periods import period_matches_cell
from kimi_tui.evidence.cell_table import CellTable, FoundCell
from kimi_tui.evidence.change_check import check_change, is_size_of_change
from kimi_tui.evidence.claims import Claim
from kimi_tui.evidence.findings import CellReference, Verdict, cell_reference
from kimi_tui.evidence.labels import content_stems

_MAX_CITED = 6
_TOO_GENERAL = frozenset(("total", "other", "net", "amount", "value", "all"))
"""Labels of rows that a sentence has in it by chance."""


def check_inputs(amount: Amount, claim: Claim, inputs: Sequence[NamedInput], near: Sequence[FoundCell]) -> Verdict:
    """Return the verdict on a result whose inputs are all cells; `near` are the cells around them."""
    found = [one.found for one in inputs]
    cited = cited_cells(found)
    if is_size_of_change(amount, claim) and (changed := check_change(amount, claim, found)) is not None:
        return changed if changed.finding != "supported" else Verdict("supported", "calculation", "", cited)
    if reason := _other_unit(amount, inputs) or _other_period(amount, claim, inputs):
        return Verdict("contradicted", "calculation", reason, cited)
    if reason := _other_row(claim, found, near):
        return Verdict("unchecked", "calculation", reason, cited)
    return Verdict("supported", "calculation", "", cited)


def cited_cells(found: Sequence[FoundCell]) -> tuple[CellReference, ...]:
    """References to the first of some cells."""
    return tuple(dict.fromkeys(cell_reference(one.source, one.cell) for one in found[:_MAX_CITED]))


def _other_unit(amount: Amount, inputs: Sequence[NamedInput]) -> str:
    """Return the problem with the currency of a figure; empty if there is none."""
    units = {one.found.cell.unit.split("/")[0] for one in inputs if one.found.cell.unit not in ("", "%", "shares")}
    if amount.is_money and units and amount.unit not in units:
        return f"{amount.text} was computed from figures in {', '.join(sorted(units))}"
    return ""


def _other_period(amount: Amount, claim: Claim, inputs: Sequence[NamedInput]) -> str:
    """Return the problem with the period of a figure; empty if there is none."""
    period = claim.period_of(amount)
    if period is None or any(period_matches_cell(period, one.found.cell) is not False for one in inputs):
        return ""
    return f"{amount.text} was computed from figures of another period than {period.text}: {_listed(inputs)}"


def _other_row(claim: Claim, found: Sequence[FoundCell], near: Sequence[FoundCell]) -> str:
    """Why the inputs may be none of what the sentence speaks of; empty if they are."""
    named = {
        one.label for one in CellTable(near).cells_named_by(claim.words) if set(content_stems(one.label)) - _TOO_GENERAL
    }
    if not named or named & {one.label for one in found}:
        return ""
    shown = ", ".join(f"\u201c{label}\u201d" for label in sorted({one.label for one in found})[:3])
    return f"the sentence speaks of \u201c{sorted(named)[0]}\u201d, and it was computed from {shown}"


def _listed(inputs: Sequence[NamedInput]) -> str:
    return "; ".join(f"{one.name} is {in_words(one.found.cell)}" for one in inputs[:3])
