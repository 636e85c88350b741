"""From a database's schema and the question's words to one or two SELECTs, and from their rows to a comparison.

Identifiers come from the schema and are always quoted; values come from the question alone and are always escaped.
"""

import re

import msgspec

from kimi_tui.embedded.question import SYNONYMS, Question
from kimi_tui.embedded.reading import Observed, Table
from kimi_tui.embedded.relevance import stem, words

MOST_ROWS = 40
"""Rows that a SELECT asks for."""

_TYPES = "INTEGER|INT|BIGINT|REAL|FLOAT|DOUBLE|NUMERIC|DECIMAL|TEXT|VARCHAR|CHAR|DATE|DATETIME|BOOLEAN|BLOB"
_COLUMN = re.compile(rf'"?([^\W\d]\w*)"?[ :]+\(?({_TYPES})\b', re.IGNORECASE)
_TABLE_LINE = re.compile(
    r'^\s*(?:[-*•]\s+)?(?:(?:CREATE )?(?:TABLE|VIEW)\s+)?"?([^\W\d]\w*)"?\s*(?:[(:·,—–]|\s-\s|\s\d)(.*)$', re.IGNORECASE
)
_HEADERS = re.compile(r'\(in the file "[^"\n]*"\)')
_NUMERIC = ("int", "real", "float", "double", "num", "dec", "big")
_COMPANY = {stem(word) for word in ("company", "name", "issuer", "entity", "ticker", "firm", "competitor", "segment")}
_PERIOD = {stem(word) for word in ("period", "quarter", "year", "date", "fiscal", "month", "day")}
_MEASURE = {stem(word) for word in ("metric", "measure", "item", "account", "kpi", "indicator")}
_RATIO = {
    stem(word) for word in ("margin", "ratio", "pct", "percent", "rate", "share", "employees", "headcount", "price")
}


class Column(msgspec.Struct, frozen=True):
    """One column of a schema."""

    name: str
    numeric: bool
    """Whether its declared type is one of numbers."""

    @property
    def stems(self) -> frozenset[str]:
        """The stems of the words in its name."""
        return frozenset(stem(word) for word in words(self.name.replace("_", " ")))

    @property
    def quoted(self) -> str:
        """The name as an identifier of SQL."""
        return '"' + self.name.replace('"', '""') + '"'


class Schema(msgspec.Struct, frozen=True):
    """One table of a database."""

    database: str
    name: str
    columns: tuple[Column, ...]

    def of(self, kinds: set[str]) -> list[Column]:
        """The columns whose names say one of `kinds`."""
        return [column for column in self.columns if column.stems & kinds]


def schemas(observed: Observed) -> list[Schema]:
    """The tables that a schema observation lists; columns may stand on the table's line or under it."""
    database = str(observed.arguments.get("database", ""))
    found: list[tuple[str, list[Column]]] = []
    for line in _HEADERS.sub("", observed.text).splitlines():
        columns = [Column(name, kind.lower().startswith(_NUMERIC)) for name, kind in _COLUMN.findall(line)]
        head = _TABLE_LINE.match(line)
        opens = head is not None and (not columns or columns[0].name != head.group(1))
        if opens and head is not None and (columns or not line.startswith(" ")):
            found.append((head.group(1), columns))
        elif found:
            found[-1][1].extend(columns)
    return [Schema(database, name, tuple(columns)) for name, columns in found if columns]


def selects(schema: Schema, question: Question) -> list[str]:
    """One or two SELECTs for a table: the rows that the question names, and yearly sums where that makes sense."""
    labels = [column for column in schema.columns if not column.numeric or column.stems & _PERIOD]
    measures = _measures(schema, question)
    if not measures:
        return []
    shown = ", ".join(column.quoted for column in [*labels[:4], *measures])
    table = '"' + schema.name.replace('"', '""') + '"'
    where = _where(schema, question)
    order = ", ".join(column.quoted for column in [*_first(schema, _COMPANY), *schema.of(_PERIOD)])
    statement = ["SELECT", shown, "FROM", table, where, f"ORDER BY {order}" if order else "", f"LIMIT {MOST_ROWS}"]
    return [" ".join(filter(None, statement)), *_yearly(schema, measures, table, where)]


def _measures(schema: Schema, question: Question) -> list[Column]:
    """Up to four columns of figures, those that the question asks for first."""
    weights = question.weights()
    figures = [column for column in schema.columns if column.numeric and not column.stems & _PERIOD]

    def fit(column: Column) -> float:
        return sum(weights.get(key, 0.0) for key in column.stems)

    asked = sorted((column for column in figures if fit(column) > 0), key=fit, reverse=True)
    return (asked or figures)[:4]


def _first(schema: Schema, kinds: set[str]) -> list[Column]:
    """The first column of text whose name says one of `kinds`, as a list of at most one."""
    return [column for column in schema.of(kinds) if not column.numeric][:1]


def _where(schema: Schema, question: Question) -> str:
    """The condition that keeps the rows of the question's names, years and measures."""
    names = [name for one in (question, *question.steers) for name in one.names]
    years = [year for one in (question, *question.steers) for year in one.years]
    groups = [group for word in question.subjects for group in SYNONYMS if stem(word) == stem(group[0])]
    conditions = [
        _any_like(_first(schema, _COMPANY), [name.split()[0] for name in names]),
        _any_like(
            [column for column in schema.of(_PERIOD) if "qtr" not in column.name][:1], _period_words(schema, years)
        ),
        _any_like(_first(schema, _MEASURE), [word for group in groups for word in group]),
    ]
    kept = [condition for condition in conditions if condition]
    return f"WHERE {' AND '.join(kept)}" if kept else ""


def _period_words(schema: Schema, years: list[str]) -> list[str]:
    """The years, when the first period column is likely to hold them."""
    columns = schema.of(_PERIOD)
    holds = columns and (not columns[0].numeric or any("year" in column.name.lower() for column in columns[:1]))
    return years if holds and not _separate_quarter(columns[0], columns) else []


def _separate_quarter(first: Column, columns: list[Column]) -> bool:
    """Whether the first period column holds only the quarter because another holds the year."""
    return "year" not in first.name.lower() and any("year" in column.name.lower() for column in columns)


def _any_like(columns: list[Column], values: list[str]) -> str:
    """`column` contains one of `values`, as a condition; empty without either."""
    if not columns or not values:
        return ""
    column = columns[0].quoted
    likes = [f"{column} LIKE '%{_escaped(value)}%'" for value in dict.fromkeys(values)]
    return "(" + " OR ".join(likes) + ")"


def _escaped(value: str) -> str:
    """A value inside a quoted text of SQL; its wild cards lose their meaning by going."""
    return value.replace("'", "''").replace("%", "").replace("_", " ")


def _yearly(schema: Schema, measures: list[Column], table: str, where: str) -> list[str]:
    """Sums by company and year, for amounts that may be added over quarters."""
    years = [column for column in schema.of(_PERIOD) if "year" in column.name.lower()]
    quarters = [column for column in schema.of(_PERIOD) if "quarter" in column.name.lower()]
    companies = _first(schema, _COMPANY)
    sums = [column for column in measures if not column.stems & _RATIO][:3]
    if not (years and quarters and companies and sums):
        return []
    keys = f"{companies[0].quoted}, {years[0].quoted}"
    added = ", ".join(f'ROUND(SUM({column.quoted}), 2) AS "{column.name}_sum"' for column in sums)
    count = f'COUNT({quarters[0].quoted}) AS "quarters"'
    statement = ["SELECT", f"{keys}, {added}, {count}", "FROM", table, where, "GROUP BY", keys, "ORDER BY", keys]
    return [" ".join(filter(None, [*statement, f"LIMIT {MOST_ROWS}"]))]


def widened(sql: str) -> str:
    """The same SELECT without its condition, for when no row met it."""
    return re.sub(r" WHERE .*?(?= GROUP BY | ORDER BY | LIMIT )", "", sql)


class Change(msgspec.Struct, frozen=True):
    """Two rows of one table that differ only in their period, and one column of figures to compare."""

    table: Table
    column: int
    first: int
    """Row, from 0; the earlier."""
    second: int
    """Row, from 0; the later."""

    @property
    def code(self) -> str:
        """The growth in per cent as a Python expression; the figures stand in it as the database gave them."""
        old, new = self._value(self.first), self._value(self.second)
        return f"round(({new} - {old}) / {old if not old.startswith('-') else f'abs({old})'} * 100, 1)"

    def _value(self, row: int) -> str:
        """A figure as the table has it."""
        return self.table.rows[row][self.column]

    @property
    def words(self) -> tuple[str, str, str, str]:
        """What is compared: column, who, the earlier period, the later period."""
        periods = _period_columns(self.table)
        others = [n for n, name in enumerate(self.table.columns) if n not in periods and _is_label(self.table, n)]
        first, second = self.table.rows[self.first], self.table.rows[self.second]
        return (
            self.table.columns[self.column].removesuffix("_sum").replace("_", " "),
            ", ".join(first[n] for n in others[:2]),
            " ".join(first[n] for n in periods),
            " ".join(second[n] for n in periods),
        )


def _period_columns(table: Table) -> list[int]:
    """The columns that say when; counts of quarters are not among them."""
    return [n for n, name in enumerate(table.columns) if Column(name, False).stems & _PERIOD and name != "quarters"]


def _is_label(table: Table, column: int) -> bool:
    """Whether a column holds words."""
    return any(cell not in ("", "NULL") and not _is_figure(cell) for row in table.rows for cell in [row[column]])


def _is_figure(cell: str) -> bool:
    """Whether a cell is a plain decimal number."""
    return bool(re.fullmatch(r"-?\d+(?:\.\d+)?", cell))


def changes(table: Table, question: Question, limit: int = 2) -> list[Change]:
    """Comparisons of the first and the last period of each company, in the column that fits the question best."""
    periods = _period_columns(table)
    labels = [n for n in range(len(table.columns)) if n not in periods and _is_label(table, n)]
    figures = [
        n
        for n, name in enumerate(table.columns)
        if n not in periods and n not in labels and name != "quarters" and not Column(name, True).stems & _RATIO
    ]
    if not periods or not figures:
        return []
    weights = question.weights()
    column = max(figures, key=lambda n: sum(weights.get(k, 0.0) for k in Column(table.columns[n], True).stems))
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, row in enumerate(table.rows):
        whole = "quarters" not in table.columns or row[table.columns.index("quarters")] == "4"
        if whole and _is_figure(row[column]) and float(row[column]) != 0:
            groups.setdefault(tuple(row[n] for n in labels), []).append(number)
    found = []
    for rows in groups.values():
        ordered = sorted(rows, key=lambda number: _sort_key([table.rows[number][n] for n in periods]))
        if len(ordered) > 1:
            found.append(Change(table, column, ordered[0], ordered[-1]))
    return found[:limit]


def _sort_key(period: list[str]) -> list[str]:
    """Years before quarters, whatever the order of the columns and the spelling (`Q3 2024`, `2024-Q3`)."""
    return sorted(re.findall(r"\d{4}|\d+", " ".join(period)), key=lambda digits: -len(digits))
