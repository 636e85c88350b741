"""Comparing rows of a query: the same thing in its first and in its last period."""

import re

import msgspec

from kimi_tui.embedded.question import Question
from kimi_tui.embedded.reading import Table
from kimi_tui.embedded.tables import MEASURE, PERIOD, RATIO, UNIT, name_stems


class Change(msgspec.Struct, frozen=True):
    """Two rows of one table that differ only in their period, and one column of figures to compare."""

    table: Table
    column: int
    """Which column is compared, from 0."""
    first: int
    """Row, from 0; the earlier."""
    second: int
    """Row, from 0; the later."""

    @property
    def code(self) -> str:
        """The growth in per cent as a Python expression; the figures stand in it as the database gave them."""
        old, new = self.values
        base = f"abs({old})" if old.startswith("-") else old
        return f"round(({new} - {old}) / {base} * 100, 1)"

    @property
    def values(self) -> tuple[str, str]:
        """The two figures as the table has them."""
        return self.table.rows[self.first][self.column], self.table.rows[self.second][self.column]

    @property
    def words(self) -> tuple[str, str, str, str, str]:
        """What is compared: measure, who, unit, the earlier period, the later period."""
        columns = self.table.columns
        first, second = self.table.rows[self.first], self.table.rows[self.second]
        periods = _periods(self.table)
        labels = [n for n in range(len(columns)) if n not in periods and _is_label(self.table, n)]
        measures = [n for n in labels if name_stems(columns[n]) & MEASURE]
        units = [n for n in labels if name_stems(columns[n]) & UNIT]
        measure = first[measures[0]] if measures else columns[self.column].removesuffix("_sum")
        return (
            measure.replace("_", " "),
            ", ".join(first[n] for n in labels if n not in measures and n not in units),
            first[units[0]] if units else "",
            " ".join(first[n] for n in periods),
            " ".join(second[n] for n in periods),
        )


def changes(table: Table, question: Question) -> list[Change]:
    """First against last period of each thing in a table, in the column that fits the question best.

    What the question names comes first; shares and prices are not compared.
    """
    periods = _periods(table)
    labels = [n for n in range(len(table.columns)) if n not in periods and _is_label(table, n)]
    weights = question.weights()

    def asked(text: str) -> float:
        return sum(weights.get(key, 0.0) for key in name_stems(text))

    figures = [n for n in range(len(table.columns)) if n not in periods and n not in labels and _may_change(table, n)]
    if not periods or not figures:
        return []
    column = max(figures, key=lambda n: asked(table.columns[n]))
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, row in enumerate(table.rows):
        if _is_whole(table, number) and _is_figure(row[column]) and float(row[column]) != 0:
            groups.setdefault(tuple(row[n] for n in labels), []).append(number)
    found = []
    for key in sorted(groups, key=lambda key: -asked(" ".join(key))):
        rows = sorted(groups[key], key=lambda number: _sort_key([table.rows[number][n] for n in periods]))
        if len(rows) > 1 and not name_stems(" ".join(key)) & RATIO:
            found.append(Change(table, column, rows[0], rows[-1]))
    return found


def _periods(table: Table) -> list[int]:
    """The columns that say when; a count of quarters is none of them."""
    return [n for n, name in enumerate(table.columns) if name_stems(name) & PERIOD and name != "quarters"]


def _may_change(table: Table, column: int) -> bool:
    """Whether a column's figures may be compared as amounts."""
    name = table.columns[column]
    return name != "quarters" and not name_stems(name) & RATIO


def _is_whole(table: Table, row: int) -> bool:
    """Whether a row of yearly sums holds all four quarters; rows of other tables do."""
    return "quarters" not in table.columns or table.rows[row][table.columns.index("quarters")] == "4"


def _is_label(table: Table, column: int) -> bool:
    """Whether a column holds words."""
    return any(row[column] not in ("", "NULL") and not _is_figure(row[column]) for row in table.rows)


def _is_figure(cell: str) -> bool:
    """Whether a cell is a plain decimal number."""
    return bool(re.fullmatch(r"-?\d+(?:\.\d+)?", cell))


def _sort_key(period: list[str]) -> list[str]:
    """Years before quarters, whatever the order of the columns and the spelling (`Q3 2024`, `2024-Q3`)."""
    return sorted(re.findall(r"\d{4}|\d+", " ".join(period)), key=lambda digits: -len(digits))
