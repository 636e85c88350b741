"""Compare rows of a query: the same item in its first and last period."""

import re
from collections.abc import Iterable

import msgspec

from kimi_tui.embedded.observation_parser import ObservedTable
from kimi_tui.embedded.question_parser import ParsedQuestion
from kimi_tui.embedded.select_builder import MEASURE, PERIOD, RATIO, UNIT, name_stems


class RowComparison(msgspec.Struct, frozen=True):
    """Two rows of one table that differ only in period or basis, with the column to compare."""

    table: ObservedTable
    column: int
    """Which column is compared, from 0."""
    first: int
    """Row, from 0; the earlier."""
    second: int
    """Row, from 0; the later."""

    @property
    def is_restatement(self) -> bool:
        """Return whether the later row is the earlier one restated."""
        return self.description[3].startswith("reported")

    @property
    def growth_expression(self) -> str:
        """Return the growth in per cent as a Python expression with the figures as stored."""
        old, new = self.values
        base = f"abs({old})" if old.startswith("-") else old
        return f"round(({new} - {old}) / {base} * 100, 1)"

    @property
    def values(self) -> tuple[str, str]:
        """Return the two figures as the table has them."""
        return self.table.rows[self.first][self.column], self.table.rows[self.second][self.column]

    @property
    def description(self) -> tuple[str, str, str, str, str]:
        """Return what is compared: measure, company, unit, earlier period, later period."""
        columns = self.table.columns
        first, second = self.table.rows[self.first], self.table.rows[self.second]
        periods = _periods(self.table)
        labels = [n for n in range(len(columns)) if n not in periods and _is_label(self.table, n)]
        measures = [n for n in labels if name_stems(columns[n]) & MEASURE]
        units = [n for n in labels if name_stems(columns[n]) & UNIT]
        bases = [n for n in labels if first[n] != second[n]]
        measure = first[measures[0]] if measures else columns[self.column].removesuffix("_sum")
        when = _join_period_cells(first[n] for n in periods)
        then = _join_period_cells(second[n] for n in periods)
        if bases:
            when, then = f"{first[bases[0]]} {when}", f"{second[bases[0]]} {then}"
        return (
            measure.replace("_", " "),
            ", ".join(first[n] for n in labels if n not in {*measures, *units, *bases}),
            first[units[0]] if units else "",
            when,
            then,
        )


def _join_period_cells(cells: Iterable[str]) -> str:
    """Return the cells of a period without those that another holds (`2024Q3`, not `2024Q3 2024`)."""
    kept = list(cells)
    return " ".join(cell for cell in kept if not any(cell != other and cell in other for other in kept))


def compare_rows(table: ObservedTable, question: ParsedQuestion) -> list[RowComparison]:
    """First against last period of each thing in a table, in the column that fits the question best.

    Figures on two bases (reported, restated) come first, then what the question names; shares and prices are not
    compared.
    """
    periods = _periods(table)
    labels = [n for n in range(len(table.columns)) if n not in periods and _is_label(table, n)]
    weights = question.weights()

    def asked(text: str) -> float:
        return sum(weights.get(key, 0.0) for key in name_stems(text))

    figures = [
        n for n in range(len(table.columns)) if n not in periods and n not in labels and _is_comparable(table, n)
    ]
    if not periods or not figures:
        return []
    column = max(figures, key=lambda n: asked(table.columns[n]))
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, row in enumerate(table.rows):
        if _is_whole(table, number) and _is_figure(row[column]) and float(row[column]) != 0:
            groups.setdefault(tuple(row[n] for n in labels), []).append(number)
    found = _compare_restated(table, column, labels, periods)
    for key in sorted(groups, key=lambda key: -asked(" ".join(key))):
        rows = sorted(groups[key], key=lambda number: _sort_key([table.rows[number][n] for n in periods]))
        if len(rows) > 1 and not name_stems(" ".join(key)) & RATIO:
            found.append(RowComparison(table, column, rows[0], rows[-1]))
    return found


def _compare_restated(table: ObservedTable, column: int, labels: list[int], periods: list[int]) -> list[RowComparison]:
    """Rows that were restated against the same as reported, where the figures differ; whole years only."""
    by_key: dict[tuple[str, ...], dict[str, int]] = {}
    for number, row in enumerate(table.rows):
        basis = next((row[n].lower() for n in labels if row[n].lower() in ("reported", "restated")), "")
        if basis and _is_whole(table, number) and _is_figure(row[column]):
            key = tuple(row[n] for n in [*labels, *periods] if row[n].lower() not in ("reported", "restated"))
            by_key.setdefault(key, {})[basis] = number
    pairs = [(rows["reported"], rows["restated"]) for rows in by_key.values() if len(rows) == 2]
    differing = [(a, b) for a, b in pairs if table.rows[a][column] != table.rows[b][column]]
    return [RowComparison(table, column, a, b) for a, b in differing if float(table.rows[a][column]) != 0]


def _periods(table: ObservedTable) -> list[int]:
    """Return the indexes of the period columns; a count of quarters is not a period."""
    return [n for n, name in enumerate(table.columns) if name_stems(name) & PERIOD and name != "quarters"]


def _is_comparable(table: ObservedTable, column: int) -> bool:
    """Return whether a column's figures may be compared as amounts."""
    name = table.columns[column]
    return name != "quarters" and not name_stems(name) & RATIO


def _is_whole(table: ObservedTable, row: int) -> bool:
    """Return whether a row of yearly sums holds all four quarters; rows of other tables do."""
    return "quarters" not in table.columns or table.rows[row][table.columns.index("quarters")] == "4"


def _is_label(table: ObservedTable, column: int) -> bool:
    """Return whether a column holds words."""
    return any(row[column] not in ("", "NULL") and not _is_figure(row[column]) for row in table.rows)


def _is_figure(cell: str) -> bool:
    """Return whether a cell is a plain decimal number."""
    return bool(re.fullmatch(r"-?\d+(?:\.\d+)?", cell))


def _sort_key(period: list[str]) -> list[str]:
    """Years before quarters, whatever the order of the columns and the spelling (`Q3 2024`, `2024-Q3`)."""
    return sorted(re.findall(r"\d{4}|\d+", " ".join(period)), key=lambda digits: -len(digits))
