"""The figures that a question asks for: of everybody that it may mean, and of the periods that it names.

Where the question leaves open whose figure, which part or which period is meant, each is returned; none of several is
ever picked as the answer.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from kimi_tui.embedded.asked import Asked, all_stems
from kimi_tui.embedded.asked_periods import AskedPeriods, Span, last_in, parts_of, read_periods
from kimi_tui.embedded.found_figures import FoundFigure
from kimi_tui.embedded.operations import Operation, kind_of_measure, read_operation

MAX_SHOWN = 8
"""Figures of one answer that are shown."""
MAX_PARTS = 12
"""Figures that are added or averaged."""
_ROUNDING = 0.005
"""How much two figures for the same may differ, as a share of the larger."""
_POWERS = {"thousand": 1e3, "million": 1e6, "billion": 1e9}
_BASES = frozenset(("reported", "restated", "as reported"))
_TOTALS = frozenset(("total", "all", "group", "sum", "overall", "gesamt", "insgesamt", "summe", "konzern", "world"))


class CombinedFigure(msgspec.Struct, frozen=True):
    """A sum, an average or a change of several figures of one measure, still to be calculated."""

    kind: str
    """`sum`, `average` or `change`."""
    parts: tuple[FoundFigure, ...]
    """In order of time, else in the order of the source."""
    earlier: int = 1
    """Of a change, how many of the parts make up the earlier figure."""

    @property
    def code(self) -> str:
        """Return the calculation, with the figures as the source writes them."""
        numbers = [one.number for one in self.parts]
        if self.kind == "change":
            old, new = (_added(some) for some in (numbers[: self.earlier], numbers[self.earlier :]))
            base = f"abs({old})" if old.startswith("-") else old
            return f"round(({new} - {old}) / {base} * 100, 1)"
        added = _added(numbers).removeprefix("(").removesuffix(")") if len(numbers) > 1 else numbers[0]
        places = max(len(one.partition(".")[2]) for one in numbers)
        if self.kind == "sum":
            return f"round({added}, {places})" if places else added
        return f"round(({added}) / {len(numbers)}, {max(places, 1) + 1})"


def _added(numbers: list[str]) -> str:
    """Return numbers as a sum in brackets; one alone without them."""
    if len(numbers) == 1:
        return numbers[0]
    return f"({' + '.join(f'({one})' if one.startswith('-') else one for one in numbers)})"


class FigureAnswer(msgspec.Struct, frozen=True):
    """The figures of an answer."""

    figures: tuple[FoundFigure, ...] = ()
    combined: tuple[CombinedFigure, ...] = ()
    """The calculation to make of them."""
    open: tuple[str, ...] = ()
    """Open points of the question: `whose`, `when`; the figures are then those of each, or of the latest period."""
    is_exact: bool = True
    """False when they are only of parts of the period that is asked for."""
    differs: bool = False
    """True when other sources give another figure for the same."""
    score: float = 0.0
    """How well it fits; answers of several documents are compared by it."""


def differ(answers: list[FigureAnswer]) -> bool:
    """Return whether answers of several sources, each with one figure, differ by more than rounding."""
    if len(answers) < 2 or any(len(one.figures) != 1 for one in answers):
        return False
    amounts = [_scaled(one.figures[0]) for one in answers]
    known = [one for one in amounts if one]
    return len(known) == len(amounts) and max(known) - min(known) > _ROUNDING * max(map(abs, known))


def _scaled(one: FoundFigure) -> float | None:
    """Return a figure's amount with its scale."""
    power = next((power for word, power in _POWERS.items() if word in one.unit), 1.0)
    return None if one.amount is None else one.amount * power


class FigureChooser:
    """Chooses among the figures of one table and column."""

    def __init__(self, asked: Asked, text: str, names: tuple[str, ...]) -> None:
        """`names` are the names that say whose figures are meant; `text` is all that the person said."""
        self._asked = asked
        self._periods: AskedPeriods = read_periods(text)
        self._operation: Operation = read_operation(text)
        self._names = names

    def choose(self, found: list[FoundFigure], named: list[int]) -> FigureAnswer:
        """Return the figures that are asked for; `named` says how many of the names each figure is of."""
        most = max(named, default=0)
        kept = [one for one, count in zip(found, named, strict=True) if count == most and one.amount is not None]
        kept = self._of_words(kept)
        groups: dict[tuple[str, ...], list[FoundFigure]] = {}
        for one in kept:
            groups.setdefault(one.things, []).append(one)
        picked = {things: self._of_period(figures) for things, figures in _totals_only(groups).items()}
        picked = _without_equal_bases({things: figures for things, figures in picked.items() if figures})
        return self._answer(picked) if picked else FigureAnswer()

    def _of_words(self, found: list[FoundFigure]) -> list[FoundFigure]:
        """Return the figures whose row is named by most words of the question: `Cardiology`."""
        counts = [len(self._asked.met(all_stems(" ".join(one.things)))) for one in found]
        most = max(counts, default=0)
        return [one for one, count in zip(found, counts, strict=True) if count == most]

    def _of_period(self, figures: list[FoundFigure]) -> list[FoundFigure]:
        """Return those of one row's figures that are of the periods asked for, in order of time."""
        dated = {one.span: one for one in reversed(figures) if one.span is not None}
        if not dated:
            return [] if self._periods.spans or self._periods.since else figures[:1]
        spans = sorted(dated)
        wanted: list[Span] = []
        if self._periods.since:
            wanted = [span for span in spans if span.last.year >= self._periods.since]
            wanted = self._yearly(wanted, figures[0])
        for asked in self._periods.spans:
            wanted += self._in_span(asked, spans, figures[0])
        if not self._periods.spans and not self._periods.since:
            wanted = [spans[0], spans[-1]] if self._operation.change else spans[-1:]
            wanted = self._yearly(spans, figures[0]) if self._operation.average or self._operation.total else wanted
        return [dated[span] for span in sorted(set(wanted))]

    def _yearly(self, spans: list[Span], example: FoundFigure) -> list[Span]:
        """Return the last of each year where a stock is followed over years; all of anything else."""
        if kind_of_measure(example.measure, example.unit) != "stock":
            return spans
        return [max(one for one in spans if one.last.year == year) for year in sorted({s.last.year for s in spans})]

    def _in_span(self, asked: Span, spans: list[Span], example: FoundFigure) -> list[Span]:
        """Return the periods of the source for one that is asked for."""
        if asked in spans:
            return [asked]
        kind = kind_of_measure(example.measure, example.unit)
        if asked.days == 1:
            same_end = [one for one in spans if one.last == asked.last]
            return same_end[:1]
        last = last_in(asked, spans)
        if last is None:
            return []
        if self._periods.at_end or kind == "stock" or (last.days == 1 and kind != "rate"):
            if self._asked.fiscal and last.days == 1 and last.last.month <= 2:
                # A business year that ends early in a year may be called either: both are given, with their dates.
                return [last, *(one for one in spans if one.last.year == last.last.year + 1)][:2]
            days_inside = [one for one in spans if asked.first <= one.last <= asked.last]
            return days_inside if kind == "flow" and len(days_inside) > 1 and not self._periods.at_end else [last]
        inside = parts_of(asked, spans) or tuple(one for one in spans if asked.first <= one.last <= asked.last)
        return list(inside)

    def _answer(self, picked: dict[tuple[str, ...], list[FoundFigure]]) -> FigureAnswer:
        combined = [one for figures in picked.values() for one in self._combine(figures)]
        left_open = []
        if len(picked) > 1 and len(picked) > max(len(self._names), 1):
            left_open.append("whose")
        if not self._periods.names_any and not self._operation.change and any(f[0].when for f in picked.values()):
            left_open.append("when")
        added = {one.parts for one in combined if one.kind != "change"}
        shown = [one for figures in picked.values() for one in self._shown(figures)]
        if self._operation.order:
            shown.sort(key=lambda one: -self._operation.order * (one.amount or 0.0))
        exact = bool(added) or all(self._is_exact(figures) for figures in picked.values())
        combined = combined if len(picked) <= MAX_SHOWN else []
        return FigureAnswer(tuple(shown), tuple(combined), tuple(left_open), exact)

    def _is_exact(self, figures: list[FoundFigure]) -> bool:
        """Return whether one row's figures are of the periods asked for, one for each."""
        return not self._periods.spans or self._asked.fiscal or len(figures) <= len(self._periods.spans)

    def _shown(self, figures: list[FoundFigure]) -> list[FoundFigure]:
        """Return the figures of one row that are printed: the first and the last where there are many."""
        few = len(figures) <= (4 if not self._operation.change else 6)
        return figures if few else [figures[0], figures[-1]]

    def _combine(self, figures: list[FoundFigure]) -> Iterable[CombinedFigure]:
        """Yield what is to be calculated from one row's figures."""
        if len(figures) < 2 or (len(figures) > MAX_PARTS and not self._operation.change):
            return
        parts = tuple(figures)
        kind = kind_of_measure(figures[0].measure, figures[0].unit)
        if self._operation.change:
            years = _whole_years(figures) if kind == "flow" else []
            short = any(one.span is not None and one.span.days < 300 for one in figures)
            if len(years) > 1:
                first, last = years[0], years[-1]
                yield CombinedFigure("change", (*first, *last), len(first))
            elif figures[0].amount and kind != "rate" and not (kind == "flow" and short and self._periods.is_range):
                yield CombinedFigure("change", (parts[0], parts[-1]))
        elif self._operation.average or (kind == "rate" and self._is_made_of_parts(figures)):
            yield CombinedFigure("average", parts)
        elif kind == "flow" and (self._operation.total or self._is_made_of_parts(figures)):
            yield CombinedFigure("sum", parts)

    def _is_made_of_parts(self, figures: list[FoundFigure]) -> bool:
        """Return whether these are the parts of the one period that is asked for, none missing."""
        spans = [one.span for one in figures if one.span is not None]
        if len(self._periods.spans) != 1:
            return False
        whole = self._periods.spans[0]
        days = all(span.days == 1 for span in spans)
        months = {(span.last.year, span.last.month) for span in spans}
        return parts_of(whole, spans) == tuple(spans) or (
            days and len(months) == len(spans) == whole.days // 30 and len(spans) in (3, 6, 12)
        )


def _whole_years(figures: list[FoundFigure]) -> list[tuple[FoundFigure, ...]]:
    """Return, of figures of parts of years, those of each year of which no part is missing."""
    years: dict[int, list[FoundFigure]] = {}
    for one in figures:
        if one.span is not None:
            years.setdefault(one.span.last.year, []).append(one)
    whole = {year: Span(date(year, 12, 31), date(year, 1, 1)) for year in years}
    return [
        tuple(of_year)
        for year, of_year in sorted(years.items())
        if len(parts_of(whole[year], [one.span for one in of_year if one.span])) == len(of_year) > 1
    ]


def _totals_only(groups: dict[tuple[str, ...], list[FoundFigure]]) -> dict[tuple[str, ...], list[FoundFigure]]:
    """Return the rows of totals where there are some, else all."""
    totals = {things: figures for things, figures in groups.items() if any(one.lower() in _TOTALS for one in things)}
    return totals or groups


def _without_equal_bases(groups: dict[tuple[str, ...], list[FoundFigure]]) -> dict[tuple[str, ...], list[FoundFigure]]:
    """Return the rows without those that only repeat, on another basis, what a row before them says."""
    seen: set[tuple[object, ...]] = set()
    kept = {}
    for things, figures in groups.items():
        bare = tuple(one for one in things if one.lower() not in _BASES)
        key = (bare, tuple((one.when, one.value) for one in figures))
        if key not in seen or bare == things:
            kept[things] = figures
        seen.add(key)
    return kept
