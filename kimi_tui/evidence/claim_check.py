"""Check one claim against the cited places: quotes, figures and changes.

A claim without a figure and without a quote is `unchecked`: nothing here can tell whether prose is true.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from kimi_tui.evidence.absence_check import check_absence
from kimi_tui.evidence.amount_check import check_cited_row, check_declared, check_undeclared, point_to_row
from kimi_tui.evidence.amounts import Amount
from kimi_tui.evidence.calculated_check import check_inputs
from kimi_tui.evidence.cell_inputs import CalculationInputs, calculated
from kimi_tui.evidence.cell_table import CellTable, FoundCell, column_words
from kimi_tui.evidence.cell_values import compare_amount
from kimi_tui.evidence.change_check import check_change, check_direction, check_stated_direction, is_size_of_change
from kimi_tui.evidence.claims import Claim
from kimi_tui.evidence.combined_check import check_combination
from kimi_tui.evidence.comparison_check import compare_periods, compare_rows
from kimi_tui.evidence.denial_check import check_denial
from kimi_tui.evidence.entity_check import check_entity, find_subject, speaks_of
from kimi_tui.evidence.findings import UNCHECKED, Verdict, cell_reference, severity, worst_verdict
from kimi_tui.evidence.labels import content_stems, named_share
from kimi_tui.evidence.name_check import check_names, check_owner
from kimi_tui.evidence.origin_check import (
    contains_number,
    is_result,
    is_typed_in_query,
    numbers_in_calculation,
    trace_to_cells,
)
from kimi_tui.evidence.passages import CitedPassage
from kimi_tui.evidence.prose_check import check_prose
from kimi_tui.evidence.query_origin import computes_with_typed_numbers, counts_to_typed_limit, hides_its_inputs
from kimi_tui.evidence.quotes import remove_quotes
from kimi_tui.evidence.row_mentions import find_mentions
from kimi_tui.evidence.table_claims import MemoTableRow, with_table_context
from kimi_tui.quantities.text_periods import TextPeriod, find_periods

_SUPERLATIVE = re.compile(
    r"\b(?:largest|highest|lowest|smallest|biggest|most of|majority|record (?:high|low)|best|worst|only|first time|"
    r"never before|all-time|fastest|slowest)\b",
    re.IGNORECASE,
)
_ENOUGH_OF_ROW = 0.5
"""The share of a row's words that a sentence must have for an input of a calculation to be the one it speaks of."""
_MAX_UNCHECKED_WORDS = 7
"""More words of its own beside a quote, without periods and names of the source, are not vouched for by the quote."""
_STRETCH = re.compile(
    r"\b(?:for|over|across|during|in) (?:the |all |both |these |those |the last |the past )?\w+ "
    r"(?:year|quarter|month)s?(?: period)?\b",
    re.IGNORECASE,
)
"""How many periods are meant, beside the figure for them."""
_NO_WORD = re.compile(r"[\W_]")
FigureToCheck = tuple[Amount, TextPeriod | None]


class ClaimCheck:
    """The check of one claim."""

    def __init__(
        self,
        claim: Claim,
        passages: Sequence[CitedPassage],
        marker: str,
        row: MemoTableRow | None = None,
        inputs: Mapping[str, CalculationInputs] | None = None,
    ) -> None:
        """`inputs` are the cells that the cited calculations name, by the calculations' ids."""
        self._inputs = inputs or {}
        self._claim = claim
        self._passages = passages
        self._marker = marker
        self._row = row
        self._sources = [one for one in passages if one.source.ref.kind not in ("calculation",)]
        labels = {found.label for one in self._sources if not one.is_too_large for found in one.cells}
        labels |= {one.place.row for one in self._sources if one.place.row}
        claim.row_names = [(one.start, one.end) for one in find_mentions(claim.own, labels)]
        self._calculations = [one for one in passages if one.source.ref.kind == "calculation"]

    def verdict(self) -> Verdict:
        """Return the finding on the claim."""
        claim = self._claim
        cited = [(one.source, one.entity, one.text) for one in self._sources if _is_document(one)]
        entity = check_entity(claim.own, cited)
        if entity is not None and entity.finding == "contradicted":
            return entity
        absent = check_absence(claim.own, [one.source for one in self._sources])
        if absent is not None:
            return absent
        verdicts = [self._check_quote(quote) for quote in claim.quotes]
        verdicts += [self._check_amount(*asked) for asked in self._figures_to_check()]
        if stated := check_stated_direction(claim, [cell for one in verdicts for cell in one.cells]):
            verdicts.append(stated)
        if compared := compare_rows(claim, self._sources):
            verdicts.append(compared)
        if not verdicts:
            return self._check_words()
        if entity is not None and claim.amounts and any(owner for _, owner, _ in cited):
            cells = [found.cell for passage in self._sources for found in passage.cells]
            entity = check_owner(claim.own, cited, cells) or entity
        verdict = worst_verdict([*verdicts, entity] if entity else verdicts)
        if verdict.finding == "unchecked":
            return check_names(claim, self._sources) or verdict
        return self._limit_to_checked_words(verdict)

    def _check_words(self) -> Verdict:
        """Return the verdict on a claim without figures and quotes."""
        claim, names = self._claim, self._names_of_sources
        return (
            self._check_dates()
            or check_names(claim, self._sources)
            or compare_periods(claim, self._sources, names)
            or check_denial(claim, self._sources, names)
            or UNCHECKED
        )

    @cached_property
    def _names_of_sources(self) -> frozenset[str]:
        """Return the words that name the cited sources and their owners."""
        about = (
            f"{one.entity} {one.source.ref.title} {_NO_WORD.sub(' ', one.source.ref.address)}" for one in self._passages
        )
        subject = find_subject(self._claim.own)
        named = subject and any(not one.entity and speaks_of(subject, one.source) for one in self._sources)
        return frozenset(content_stems(" ".join([*about, subject if named else ""])))

    def _figures_to_check(self) -> list[FigureToCheck]:
        """Return the figures to look up, each with its period."""
        claim = self._claim
        if self._row is None:
            return [(amount, claim.period_of(amount)) for amount in self._own_amounts()]
        asked = [with_table_context(amount, self._row, claim.row_label) for amount in claim.amounts]
        return [
            (amount, period or claim.period_of(amount))
            for amount, period in asked
            if amount.start >= self._row.label_end or not amount.is_count
        ]

    def _own_amounts(self) -> list[Amount]:
        """Return the claim's figures without those that are a part of a row's name: `28 nanometers was 12.6 %`."""
        amounts = self._claim.amounts
        if len(amounts) < 2:
            return amounts
        text = self._claim.own.casefold()
        labels = {found.label.casefold() for one in self._sources for found in one.cells}
        named = [one for one in labels if " " in one and any(map(str.isdigit, one))]
        spans = [match.span() for one in named for match in re.finditer(re.escape(one), text)]
        spans += [match.span() for match in _STRETCH.finditer(self._claim.own)]
        return [one for one in amounts if not any(a <= one.start and one.end <= b for a, b in spans)] or amounts

    def _check_quote(self, quote: str) -> Verdict:
        if any(passage.contains_quote(quote) for passage in self._passages):
            return Verdict("supported", "quote")
        shown = " ".join(quote.split())[:80]
        return Verdict(
            "not found",
            "quote",
            f"\u201c{shown}\u201d is not in {self._marker} word for word; quote the exact text",
        )

    def _check_amount(self, amount: Amount, period: TextPeriod | None) -> Verdict:
        """Return the verdict on one figure: the best that the cited places give."""
        calculated = [verdict for one in self._calculations if (verdict := self._check_calculated(amount, one))]
        if calculated:
            return min(calculated, key=lambda verdict: severity(verdict.finding))
        verdicts = [self._check_in_place(amount, period, passage) for passage in self._sources]
        if not verdicts:
            return Verdict("not found", "calculation", f"{amount.text} is not the result of {self._marker}")
        supported = [verdict for verdict in verdicts if verdict.finding == "supported"]
        decided = [verdict for verdict in verdicts if verdict.finding == "contradicted"]
        return (supported or decided or sorted(verdicts, key=lambda verdict: severity(verdict.finding)))[0]

    def _check_in_place(self, amount: Amount, period: TextPeriod | None, passage: CitedPassage) -> Verdict:
        """Return the verdict on a figure from one place."""
        if passage.is_too_large:
            return Verdict(
                "unchecked",
                "",
                f"{passage.source.ref.id} has {len(passage.source.parts)} parts: cite the one that has {amount.text}",
                (),
                True,
            )
        if passage.source.ref.kind == "query" and (typed := _typed_in_query(amount, passage)):
            return typed
        place, table = passage.place, CellTable(passage.cells, passage.currencies)
        if place.period:
            period = next(iter(find_periods(place.period)), period)
        row = table.cells_of_row(place.row) if place.row else table.cells_named_by(self._claim.row_words)
        combined = check_combination(amount, self._claim, table, row if place.row else (), period)
        if combined is not None and (
            combined.verdict.finding == "supported" or (combined.is_certain and not self._calculations)
        ):
            return combined.verdict
        found = self._check_one_row(amount, period, passage, table, row)
        if combined is None or found.finding == "supported":
            return found
        # A cited calculation says how the figure was computed, so that one it did not give is not left open.
        return found if self._calculations and combined.verdict.finding == "unchecked" else combined.verdict

    def _check_one_row(
        self, amount: Amount, period: TextPeriod | None, passage: CitedPassage, table: CellTable, row: list[FoundCell]
    ) -> Verdict:
        """Return the verdict on a figure of one row, unchanged or the size of its change."""
        place = passage.place
        if is_size_of_change(amount, self._claim):
            return self._change(amount, period, passage, table, row)
        stated = self._check_as_stated(amount, period, passage, table)
        if stated.finding in ("supported", "unchecked") and place.unit == "row":
            stated = check_cited_row(amount, self._claim, table) or stated
        if stated.finding == "supported" and stated.by == "cells":
            direction = self._check_direction(row)
            return direction if direction and direction.finding != "supported" else stated
        return stated

    def _change(
        self, amount: Amount, period: TextPeriod | None, passage: CitedPassage, table: CellTable, row: list[FoundCell]
    ) -> Verdict:
        """Return the verdict on the size of a change: computed from the named row, else unchanged stated."""
        changed = check_change(amount, self._claim, row)
        if changed is not None and changed.finding == "supported":
            return changed
        stated = self._check_as_stated(amount, period, passage, table)
        if stated.finding == "supported" or (changed is None and row):
            return stated
        if changed is None and stated.finding == "not found" and table.cells:
            reason = f"{amount.text} could not be computed: no row of {self._marker} is named; name it in the citation"
            return Verdict("unchecked", "", reason, (), True)
        return changed or stated

    def _check_as_stated(
        self, amount: Amount, period: TextPeriod | None, passage: CitedPassage, table: CellTable
    ) -> Verdict:
        """Check a figure as written, against cells or else prose."""
        place = passage.place
        from_cells = (
            check_declared(amount, self._claim, table, place.row, period, self._marker)
            if place.row
            else check_undeclared(amount, self._claim, table, period)
        )
        if from_cells is not None and (from_cells.finding == "supported" or place.row):
            return from_cells
        ignored = self._names_of_sources
        from_prose = check_prose(amount, self._claim, period, passage.text, ignored)
        if from_cells is None or from_prose.finding == "supported":
            return point_to_row(from_prose, self._claim, table, period)
        if from_cells.finding == "unchecked" and from_prose.finding == "contradicted":
            return from_prose
        digits = any(compare_amount(amount, found.cell, self._claim.words) is not None for found in table.cells)
        if from_cells.finding == "contradicted" and _is_in_text(from_prose) and not digits:
            return from_prose  # it stands in the text, and no cell was read for it
        return from_cells

    def _check_direction(self, row: list[FoundCell]) -> Verdict | None:
        """Return the verdict on the direction of a claim whose figure is there; None when it has none."""
        if not self._claim.direction or sum(amount.kind == "amount" for amount in self._claim.amounts) > 1:
            return None
        found = check_direction(self._claim, row)
        return found or Verdict("unchecked", "", "the figure is there; its direction is not checked")

    def _check_calculated(self, amount: Amount, passage: CitedPassage) -> Verdict | None:
        """Return the verdict on a figure that a calculation gave; None when it gave another."""
        claim, code = self._claim, calculated(passage.text, passage.source.ref.address).code
        inputs = self._inputs.get(passage.source.ref.id, CalculationInputs())
        if not is_result(passage.text, amount, code if inputs.named else None):
            return None
        if inputs.problem:
            return Verdict("not found", "calculation", inputs.problem)
        rows = [cell for one in self._sources for cell in self._row_of(one)]
        changed = check_change(amount, claim, rows) if is_size_of_change(amount, claim) and rows else None
        if changed is not None and changed.finding == "supported":
            return Verdict("supported", "calculation", "", changed.cells)
        cells = [cell for one in self._sources for cell in one.cells] or passage.cells
        found, missing = trace_to_cells(numbers_in_calculation(code), [*rows, *cells])
        in_rows = {id(cell) for cell in rows}
        if changed is not None and (missing or all(id(cell) in in_rows for cell in found)):
            return changed
        if missing and all(any(contains_number(one.text, number) for one in self._sources) for number in missing):
            reason = "its inputs are in the cited text, but their meaning there is not checked"
            return Verdict("unchecked", "calculation", reason)
        if missing:
            shown = ", ".join(f"{number:f}" for number in missing[:3])
            return Verdict(
                "not found",
                "calculation",
                f"{amount.text} was computed with {shown}, which no cited place states; cite the rows",
            )
        if inputs.named:
            return check_inputs(amount, claim, inputs.named, inputs.near)
        if not found or hides_its_inputs(code):
            reason = "no input of the calculation could be traced to a source, or its result may not depend on one"
            return Verdict("unchecked", "calculation", reason)
        unnamed = [cell.label for cell in found if id(cell) not in in_rows and not self._speaks_of(cell)]
        if unnamed:
            reason = f"an input is in the row \u201c{unnamed[0]}\u201d, which the sentence does not name"
            return Verdict("unchecked", "calculation", reason)
        return Verdict("supported", "calculation", "", tuple(cell_reference(one.source, one.cell) for one in found[:6]))

    def _speaks_of(self, found: FoundCell) -> bool:
        """Return whether the sentence has half of the words of a cell's row, alone or with its section and column."""
        about = f"{found.label} {found.cell.section} {' '.join(column_words(found.cell))}"
        return any(named_share(label, self._claim.row_words) >= _ENOUGH_OF_ROW for label in (found.label, about))

    def _row_of(self, passage: CitedPassage) -> list[FoundCell]:
        table = CellTable(passage.cells, passage.currencies)
        return (
            table.cells_of_row(passage.place.row) if passage.place.row else table.cells_named_by(self._claim.row_words)
        )

    def _check_dates(self) -> Verdict | None:
        """Return the verdict on days that no cited place has; None when there are none."""
        for period in self._claim.periods:
            if period.kind == "day" and self._sources and not any(_has_day(one, period) for one in self._sources):
                return Verdict("not found", "", f"{period.text} is not in {self._marker}")
        return None

    def _limit_to_checked_words(self, verdict: Verdict) -> Verdict:
        """Return a supported verdict, weakened if the claim says more than was checked."""
        if verdict.finding != "supported":
            return verdict
        own = remove_quotes(self._claim.own)
        words = set(content_stems(self._claim.words_without_figures)) - self._names_of_sources
        if self._claim.quotes and not self._claim.amounts and len(words) > _MAX_UNCHECKED_WORDS:
            return Verdict("unchecked", "quote", "the quoted words are there; the rest of the sentence is not checked")
        superlative = _SUPERLATIVE.search(own)
        if superlative and not self._claim.quotes:
            return Verdict(
                "unchecked",
                "",
                f"the figure is there; \u201c{superlative.group()}\u201d was not checked",
                verdict.cells,
            )
        return verdict


def _typed_in_query(amount: Amount, passage: CitedPassage) -> Verdict | None:
    """Return the verdict on a figure that a query may have from its own numbers; None for one of its tables."""
    sql = passage.source.ref.address
    if is_typed_in_query(amount, sql) or counts_to_typed_limit(amount, sql):
        return Verdict("not found", "cells", f"{amount.text} was typed into the query itself: computed from nothing")
    if not computes_with_typed_numbers(sql):
        return None
    reason = f"{passage.source.ref.id} computes with numbers that were typed into the query"
    alone = " | " not in passage.text.partition("\n")[0]
    return (
        Verdict("not found", "cells", f"{reason}: computed from nothing") if alone else Verdict("unchecked", "", reason)
    )


def _is_in_text(from_prose: Verdict) -> bool:
    """Return whether a figure is in the text, whatever it means there."""
    return from_prose.finding == "unchecked" and not from_prose.fixable


def _is_document(passage: CitedPassage) -> bool:
    return passage.source.ref.kind in ("document", "page")


def _has_day(passage: CitedPassage, period: TextPeriod) -> bool:
    """Return whether a passage contains a day, in its text or as the period of a cell."""
    day = period.day.isoformat() if period.day else ""
    if any(day in (found.cell.period_end, found.cell.period_start) for found in passage.cells):
        return True
    return day in passage.text or any(
        one.day == period.day or (not one.day and one.year == period.year) for one in find_periods(passage.text)
    )
