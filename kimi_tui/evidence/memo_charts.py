"""Charts of a memo's tables: drawn from the cells that their rows cite, and from nothing else.

A chart has one axis from zero. What cannot be drawn is named with its reason: rows without a supporting cell are left
out, figures without one are missing, and a table whose figures have several units has no chart.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from kimi_tui.cells import Cell
from kimi_tui.evidence.cell_periods import period_sort_key
from kimi_tui.evidence.cell_values import cell_value
from kimi_tui.evidence.cited_tables import CitedFigure, CitedTable, read_cited_tables
from kimi_tui.evidence.findings import format_period
from kimi_tui.evidence.memo import CheckedMemo
from kimi_tui.evidence.source_lookup import SourceLookup
from kimi_tui.text import count_noun, one_line

MAX_BARS = 400
"""Bars of one chart; rows behind them are left out."""
MAX_NAME_CHARS, MAX_HEAD_CHARS = 80, 40
MAX_NAMED_UNITS = 4
SCALE_NAMES = {
    0: "", 2: "hundreds", 3: "thousands", 5: "lakhs", 6: "millions", 7: "crores", 9: "billions", 12: "trillions",
}  # fmt: skip
_COLUMN_LEVELS = "\u203a"


class ChartBar(msgspec.Struct, frozen=True):
    """One bar."""

    name: str
    """The period or column of its cell; empty where the series has one bar; untrusted."""
    text: str
    """The figure as its source shows it, with its scale where those differ; untrusted. Empty for a missing one."""
    share: float
    """Its length as a share of the axis, from -1 to 1."""
    place: str
    """The source and part of its cell; untrusted."""
    problem: str = ""
    """Why it is missing; empty for a bar."""


class ChartSeries(msgspec.Struct, frozen=True):
    """The bars of one row."""

    name: str
    """The row of its cells; untrusted."""
    bars: tuple[ChartBar, ...]


class MemoChart(msgspec.Struct, frozen=True):
    """The chart of one table."""

    start: int
    """Where its table begins in the memo's text."""
    end: int
    """Behind the table."""
    unit: str = ""
    """`USD, millions`; untrusted."""
    low: float = 0.0
    """The lower end of the axis, as a share of the longest bar: 0 or below."""
    high: float = 0.0
    """The upper end: 0 or above."""
    series: tuple[ChartSeries, ...] = ()
    """In the order of the memo."""
    left_out: tuple[str, ...] = ()
    """A sentence on each row that is not drawn; untrusted."""
    cited: int = 0
    """How many of its figures rest on a cited cell, whether drawn or not."""
    refusal: str = ""
    """Why there is no chart, and what would make one; empty for a chart."""

    @property
    def is_worth_printing(self) -> bool:
        """Return whether an export shows it: a comparison of two figures, or why they cannot be compared."""
        return self.cited > 1

    @property
    def bars(self) -> int:
        """Return how many bars it has, missing ones included."""
        return sum(len(one.bars) for one in self.series)


class _Point(NamedTuple):
    """A figure of the table that rests on a cell."""

    source: str
    cell: Cell
    value: Decimal


class _Gap(NamedTuple):
    """A place of the table without such a figure."""

    problem: str


_Spots = Sequence[_Point | _Gap]
_NameOf = Callable[[_Point], str]
_NOTHING = (
    "No figure of this table rests on a cited cell, and a chart is drawn from cited cells alone. Citations that name "
    "the page and the row of each figure would give it one."
)


def draw_memo_charts(memo: CheckedMemo, sources: SourceLookup) -> tuple[MemoChart, ...]:
    """Return a chart for each table with figures; raises `SessionError` when a source cannot be read."""
    return tuple(_draw_chart(table) for table in read_cited_tables(memo, sources))


def _draw_chart(table: CitedTable) -> MemoChart:
    left_out = [f"{_named(row.label)} is left out: {row.problem}." for row in table.rows if row.problem]
    rows, beyond = _read_rows(table)
    left_out += beyond
    points = [point for spots in rows for point in _points(spots)]
    refusal = _refuse_units(points) if points else _NOTHING
    if refusal:
        about = (tuple(left_out), len(points), refusal)
        return MemoChart(table.start, table.end, "", 0.0, 0.0, (), *about)
    scales = {_scale(point.cell) for point in points}
    longest = max(abs(point.value) for point in points) or Decimal(1)
    shares = [float(point.value / longest) for point in points]
    return MemoChart(
        table.start,
        table.end,
        _unit_words(points[0].cell, scales),
        min(0.0, *shares),
        max(0.0, *shares),
        _arrange(rows, longest, with_scale=len(scales) > 1),
        tuple(left_out),
        len(points),
    )


def _points(spots: _Spots) -> list[_Point]:
    return [spot for spot in spots if isinstance(spot, _Point)]


def _named(words: str) -> str:
    return one_line(words, MAX_NAME_CHARS) or "A row without a name"


def _read_rows(table: CitedTable) -> tuple[list[_Spots], list[str]]:
    """Return the rows to draw over the columns that have a figure, and a sentence on those that are too many."""
    width = max((len(row.figures) for row in table.rows), default=0)
    full = [[*row.figures, *[None] * (width - len(row.figures))] for row in table.rows]
    columns = [number for number in range(width) if any((one := row[number]) and one.cell for row in full)]
    rows: list[_Spots] = []
    problems: list[str] = []
    beyond = 0
    for row, figures in zip(table.rows, full, strict=True):
        if row.problem:
            continue
        if len(rows) * len(columns) >= MAX_BARS:
            beyond += 1
            continue
        rows.append([_spot(figures[number]) for number in columns])
    if beyond:
        problems.append(f"{count_noun(beyond, 'further row')} left out: a chart has at most {MAX_BARS} bars.")
    return rows, problems


def _spot(figure: CitedFigure | None) -> _Point | _Gap:
    if figure is None:
        return _Gap("the table has no figure")
    value = cell_value(figure.cell) if figure.cell else None
    if figure.cell is None or value is None:
        return _Gap(f"no cited cell has {one_line(figure.text, 40)}")
    return _Point(figure.source, figure.cell, value.scaleb(_scale(figure.cell) or 0))


def _scale(cell: Cell) -> int | None:
    """Return the power of ten that a value is drawn with: that of a percentage is 0, since its digits are shown."""
    return 0 if cell.unit == "%" else cell.scale


def _refuse_units(points: Sequence[_Point]) -> str:
    """Return why figures cannot have one axis; empty when they can."""
    by_unit: dict[str, str] = {}
    by_scale: dict[bool, str] = {}
    for point in points:
        row = _named(point.cell.row or point.cell.column)
        by_unit.setdefault(_unit_of(point.cell), row)
        by_scale.setdefault(_scale(point.cell) is None, row)
    if len(by_unit) > 1:
        named = "; ".join(f"{unit or 'no known unit'}: {row}" for unit, row in list(by_unit.items())[:MAX_NAMED_UNITS])
        return (
            f"The cited figures have different units ({named}), and one axis cannot show them. "
            "A table whose figures have one unit gets a chart."
        )
    if len(by_scale) > 1:
        return (
            f"The source does not say whether the figures of {by_scale[True]} are in thousands or millions, and it "
            f"does for {by_scale[False]}: on one axis the bars could be wrong by a factor of a thousand."
        )
    return ""


def _unit_of(cell: Cell) -> str:
    return one_line(cell.unit, 24)


def _unit_words(cell: Cell, scales: set[int | None]) -> str:
    """`USD, millions`: the unit of the figures, and their scale where it is the same."""
    scale = next(iter(scales)) if len(scales) == 1 else 0
    known = "scale not stated" if scale is None else SCALE_NAMES.get(scale, f"times 10^{scale}")
    return ", ".join(word for word in (_unit_of(cell) or "unit not stated", known) if word)


def _arrange(rows: list[_Spots], longest: Decimal, *, with_scale: bool) -> tuple[ChartSeries, ...]:
    """Return the series: a row of the source each, over its periods; turned where the memo has periods as rows."""
    turned: list[_Spots] = list(zip(*rows, strict=True))
    same_row = len({_row_name(point) for spots in rows for point in _points(spots)}) == 1
    if (same_row or not _share_names(rows, _row_name)) and len(rows) > 1 and _share_names(turned, _row_name):
        rows = turned
    columns: list[_Spots] = list(zip(*rows, strict=True))
    if len(columns) < 2 or not _share_names(rows, _row_name) or not _are_columns(columns):
        flat: list[_Spots] = [(point,) for spots in rows for point in _points(spots)]
        names = _distinct_names(flat, with_column=True)
        return tuple(
            ChartSeries(name, (_bar("", point, longest, with_scale=with_scale),))
            for name, (point,) in zip(names, flat, strict=True)
        )
    order = _by_period(columns)
    heads = _heads([columns[number] for number in order])
    return tuple(
        ChartSeries(
            name,
            tuple(
                _bar(head, spots[number], longest, with_scale=with_scale)
                for head, number in zip(heads, order, strict=True)
            ),
        )
        for name, spots in zip(_distinct_names(rows, with_column=False), rows, strict=True)
    )


def _share_names(groups: Iterable[_Spots], name: _NameOf) -> bool:
    """Return whether the cells of each group have the same name, and one at all."""
    named = [{name(point) for point in _points(group)} for group in groups]
    return all(len(names) == 1 and next(iter(names)) for names in named)


def _are_columns(columns: Sequence[_Spots]) -> bool:
    """Return whether the cells of each column have the same head or period."""
    return all(_share_names([one], _column_name) or _share_names([one], _period_key) for one in columns)


def _row_name(point: _Point) -> str:
    return one_line(point.cell.row, MAX_NAME_CHARS)


def _column_name(point: _Point) -> str:
    """Return the last line of a cell's column head; its dates where it has none."""
    head = point.cell.column.rpartition(_COLUMN_LEVELS)[2].strip()
    return one_line(head or format_period(point.cell), MAX_HEAD_CHARS)


def _period_key(point: _Point) -> str:
    return period_sort_key(point.cell)


def _heads(columns: Sequence[_Spots]) -> list[str]:
    """Return a name for each column: its head, with its dates where heads are the same."""
    firsts = [_points(column)[0] for column in columns]
    heads = [_column_name(point) for point in firsts]
    if len(set(heads)) < len(heads):
        heads = [f"{head} ({format_period(point.cell)})" for head, point in zip(heads, firsts, strict=True)]
    return [one_line(head, MAX_HEAD_CHARS) for head in heads]


def _by_period(columns: Sequence[_Spots]) -> list[int]:
    """Return the order of columns: from early to late where all periods are known and differ, else as in the memo."""
    keys = [_period_key(_points(column)[0]) for column in columns]
    known = all(keys) and len(set(keys)) == len(keys)
    return sorted(range(len(columns)), key=keys.__getitem__) if known else list(range(len(columns)))


def _distinct_names(rows: Sequence[_Spots], *, with_column: bool) -> list[str]:
    """Return a name for each series: its row, and as much of column, section, source as tells it from the others."""
    firsts = [_points(spots)[0] for spots in rows]
    parts = [
        (
            _column_name(one) if with_column else "",
            one_line(one.cell.section, MAX_NAME_CHARS),
            one_line(one.cell.entity, MAX_HEAD_CHARS) or one.source,
            one.source,
        )
        for one in firsts
    ]
    names = [_row_name(one) for one in firsts]
    for level in range(len(parts[0]) if parts else 0):
        seen = Counter(names)
        names = [
            ", ".join(filter(None, (name, own[level]))) if seen[name] > 1 else name
            for name, own in zip(names, parts, strict=True)
        ]
    return [name or "(no name)" for name in names]


def _bar(name: str, spot: _Point | _Gap, longest: Decimal, *, with_scale: bool) -> ChartBar:
    if isinstance(spot, _Gap):
        return ChartBar(name, "", 0.0, "", spot.problem)
    cell = spot.cell
    scale = SCALE_NAMES.get(_scale(cell) or 0, f"x 10^{cell.scale}").removesuffix("s") if with_scale else ""
    text = " ".join(word for word in (one_line(cell.text, 40), scale) if word)
    return ChartBar(name, text, float(spot.value / longest), one_line(f"{spot.source} {cell.part}", 60))
