"""Detect sums and averages over text, which SQLite silently treats as its leading number or 0."""

import re
import sqlite3
from collections.abc import Collection

from kimi_tui.tools.sql.csv_table import CsvColumn

SUMS = frozenset({"sum", "avg", "total"})
"""The functions that add values up."""
_ORDERED = frozenset({"min", "max", "round", "abs", "median"}) | SUMS
_COMPARES = re.compile(r"\border\s+by\b|\bbetween\b|[<>+/]|\bcast\b", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_WORD = re.compile(r"\"[^\"]*\"|\[[^\]]*\]|`[^`]*`|[^\W\d]\w*")
_NO_COLUMNS = frozenset(
    {
        *("case", "when", "then", "else", "end", "and", "or", "not", "null", "is", "in", "between", "like", "distinct"),
        *(
            "cast",
            "as",
            "integer",
            "real",
            "numeric",
            "filter",
            "where",
            "abs",
            "round",
            "coalesce",
            "ifnull",
            "nullif",
        ),
    }
)
"""Words inside a sum that name no column."""


def note_on_text_figures(
    columns: Collection[CsvColumn], read: set[tuple[str, str]], functions: set[str], sql: str
) -> str:
    """Return a note when a statement works with columns whose figures were kept as text; else nothing."""
    named = {column for _, column in read}
    found = [column for column in columns if column.figures and column.name in named]
    if not found or not (functions & _ORDERED or _COMPARES.search(_QUOTED.sub("''", sql))):
        return ""
    listed = "; ".join(f"{column.name} ({column.remark or 'text with figures in it'})" for column in found[:4])
    return (
        f"Text and no numbers: {listed}. Sums and averages take such a value for the number it begins with, or for 0; "
        "comparisons, min, max and order go by its characters."
    )


def note_on_text_sums(
    connection: sqlite3.Connection, sql: str, functions: set[str], columns: Collection[CsvColumn]
) -> str:
    """Return a note when a sum or average of the statement meets text; else nothing.

    The statement runs a second time with functions that look at their values, unless the `columns` of a CSV file tell
    that it is not needed. `functions` are those that the statement uses.
    """
    sums = sorted(functions & SUMS)
    if not sums or (columns and _are_numbers(sql, columns)):
        return ""
    met: set[str] = set()
    for name in sums:
        connection.create_window_function(name, 1, _text_detecting_aggregate(name, met))
    try:
        for _ in connection.execute(sql):
            pass
    except sqlite3.Error:
        if not met:
            return f"Whether {' or '.join(sums)} met text could not be found out in the time there was."
    if not met:
        return ""
    return (
        f"{' and '.join(sorted(met))} met text: SQL takes such a value for the number it begins with, or for 0, so the "
        "result may be wrong. Look at the values, and leave out or convert those that are text."
    )


def _are_numbers(sql: str, columns: Collection[CsvColumn]) -> bool:
    """Return whether all that the statement adds up are columns of numbers."""
    numbers = {column.name for column in columns if column.type != "TEXT"}
    plain = _QUOTED.sub("''", sql)
    for match in re.finditer(r"\b(?:sum|avg|total)\s*\(", plain, re.IGNORECASE):
        words = {word.strip('"[]`').lower() for word in _WORD.findall(_argument(plain, match.end()))}
        if not words - _NO_COLUMNS <= numbers:
            return False
    return True


def _argument(sql: str, start: int) -> str:
    """Return the text between a bracket and its pair."""
    depth = 1
    for place in range(start, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[place], 0)
        if depth == 0:
            return sql[start:place]
    return sql[start:]


def _text_detecting_aggregate(name: str, met: set[str]) -> type:
    """Return an aggregate that adds numbers up, and ends the statement at the first text."""

    class Looking:
        """Adds up."""

        def __init__(self) -> None:
            self.total = 0.0

        def step(self, value: object) -> None:
            """One value more."""
            if isinstance(value, str):
                met.add(name)
                raise ValueError("text")
            self.total += value if isinstance(value, int | float) else 0

        def inverse(self, value: object) -> None:
            """One value less."""
            self.total -= value if isinstance(value, int | float) else 0

        def value(self) -> float:
            """The sum so far."""
            return self.total

        finalize = value

    return Looking
