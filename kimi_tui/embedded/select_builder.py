"""Build a few SELECT statements from a database schema and the words of the question.

Identifiers come from the schema and are always quoted; values come from the question alone and are always escaped.
A table is understood by the words in its columns' names: who, when, what is measured, and figures.
"""

import re

import msgspec

from kimi_tui.embedded.asked import Asked
from kimi_tui.embedded.observation_parser import ObservedCall
from kimi_tui.embedded.question_parser import SYNONYMS, ParsedQuestion
from kimi_tui.embedded.relevance import split_words, stem

MAX_ROWS = 40
"""Rows that a SELECT asks for."""

_LINE = re.compile(r"^- (?:table|view) (.+?)(?:, [\d,]+ rows?)?: (.+)$")
_NOTES = re.compile(r'\(in the file "[^"\n]*"\)|\s*\[[^\[\]\n]*\]')
_NUMERIC = ("int", "real", "float", "double", "num", "dec", "big")
_COMPANY = frozenset(map(stem, ("company", "issuer", "entity", "ticker", "firm", "competitor")))
PERIOD = frozenset(map(stem, ("period", "quarter", "year", "date", "month", "week")))
"""Stems of columns that say when."""
MEASURE = frozenset(map(stem, ("metric", "measure", "item", "account", "kpi", "indicator")))
"""Stems of columns that say what a value measures."""
UNIT = frozenset(map(stem, ("unit", "currency")))
"""Stems of columns that say in what a value is."""
RATIO = frozenset(map(stem, ("margin", "ratio", "pct", "percent", "rate", "share", "employees", "headcount", "price")))
"""Stems of columns whose figures must not be added."""
_REMARK = frozenset(map(stem, ("note", "comment", "remark", "description", "explanation")))
_VALUE = frozenset(map(stem, ("value", "amount", "total", "figure")))


class SchemaColumn(msgspec.Struct, frozen=True):
    """One column of a schema."""

    name: str
    numeric: bool
    """True when it holds figures, by its declared type or, without one, by its name."""
    owner: str = ""
    """The name that the statement gives the table it is in; empty for the only one."""

    @property
    def stems(self) -> frozenset[str]:
        """Return the stems of the words in its name."""
        return name_stems(self.name)

    @property
    def quoted(self) -> str:
        """Return the name as an identifier of SQL."""
        return f"{self.owner}.{_quoted(self.name)}" if self.owner else _quoted(self.name)


class TableSchema(msgspec.Struct, frozen=True):
    """One table of a database, joined with the table of company names if it has only their keys."""

    database: str
    """Its path on the desk."""
    name: str
    columns: tuple[SchemaColumn, ...]
    source: str
    """What stands behind FROM."""

    def columns_of_kind(self, kinds: frozenset[str]) -> list[SchemaColumn]:
        """Return the columns whose names indicate one of `kinds`."""
        return [column for column in self.columns if column.stems & kinds]

    @property
    def companies(self) -> list[SchemaColumn]:
        """Return the column that says who, as a list of at most one."""
        return [column for column in self.columns_of_kind(_COMPANY) if not column.numeric][:1]

    @property
    def is_long(self) -> bool:
        """Return whether a column says what a value measures."""
        return bool(self.columns_of_kind(MEASURE) and self.columns_of_kind(_VALUE))

    @property
    def is_quarterly(self) -> bool:
        """Return whether its rows are parts of years."""
        return any(column.name.lower() in ("quarter", "month", "week", "period") for column in self.columns)

    @property
    def labels(self) -> list[SchemaColumn]:
        """Return the columns that say who, when, what and in what unit."""
        return [column for column in self.columns if not column.numeric or column.stems & PERIOD]

    @property
    def figures(self) -> list[SchemaColumn]:
        """Return the columns of figures; keys are none."""
        keys = {"id", "key"}
        return [
            c for c in self.columns if c.numeric and not c.stems & PERIOD and not keys & set(c.name.lower().split("_"))
        ]


def name_stems(name: str) -> frozenset[str]:
    """Return the stems of the words in an identifier."""
    return frozenset(stem(word) for word in split_words(name.replace("_", " ")))


def _quoted(name: str) -> str:
    """Return a name as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def parse_schemas(observed: ObservedCall) -> list[TableSchema]:
    """Return the tables that a schema observation lists."""
    database = str(observed.arguments.get("database", ""))
    listed = {
        match.group(1): tuple(_column(part) for part in _NOTES.sub("", match.group(2)).split("; "))
        for match in map(_LINE.match, observed.text.splitlines())
        if match
    }
    return [
        _join_company_table(TableSchema(database, name, columns, _quoted(name)), listed)
        for name, columns in listed.items()
    ]


def _column(text: str) -> SchemaColumn:
    """`revenue REAL` or `value` as a column."""
    name, _, declared = text.strip().rpartition(" ") if " " in text.strip() else (text.strip(), "", "")
    numeric = declared.lower().startswith(_NUMERIC) or (not declared and bool(name_stems(name) & _VALUE))
    return SchemaColumn(name, numeric)


def _join_company_table(schema: TableSchema, listed: dict[str, tuple[SchemaColumn, ...]]) -> TableSchema:
    """Return a table that names its companies by key only, joined with the table of companies."""
    keys = [column for column in schema.columns_of_kind(_COMPANY) if column.numeric and column.name.endswith("_id")]
    for name, columns in listed.items():
        names = {column.name for column in columns}
        if keys and not schema.companies and {"id", "name"} <= names and name_stems(name) & keys[0].stems:
            own = tuple(msgspec.structs.replace(column, owner="t") for column in schema.columns if column != keys[0])
            source = f'{schema.source} AS t JOIN {_quoted(name)} AS company ON company."id" = t.{_quoted(keys[0].name)}'
            return TableSchema(schema.database, schema.name, (SchemaColumn("name", False, "company"), *own), source)
    return schema


def score_table(schema: TableSchema, question: ParsedQuestion) -> float:
    """Return how well a table fits the question, by its words and whether it has company and period."""
    weights = question.weights()
    own = {key for column in schema.figures for key in column.stems} | name_stems(schema.name)
    score = sum(weights.get(key, 0.0) for key in own)
    if schema.is_long:
        score += 0.6 * sum(weights[stem(word)] for word in question.subjects if _is_measure(word))
    if not schema.figures or not score:
        return 0.0
    return (
        score
        + (0.8 if schema.companies or _names_company(schema) else 0.0)
        + (0.5 if schema.columns_of_kind(PERIOD) else 0.0)
    )


def _names_company(schema: TableSchema) -> bool:
    """Return whether the company's name comes from a join."""
    return any(column.owner == "company" for column in schema.columns)


def build_selects(schema: TableSchema, question: ParsedQuestion) -> list[str]:
    """Return SELECTs for the rows that the question names, and for their sums where adding makes sense."""
    measures = _measures(schema, question)
    if not measures:
        return []
    where = _where_clause(schema, question)
    shown = ", ".join(_aliased_column(column) for column in [*schema.labels[:6], *measures])
    order = [column for column in schema.labels if not column.stems & (PERIOD | UNIT)][:3] + schema.columns_of_kind(
        PERIOD
    )
    by = ", ".join(column.quoted for column in order)
    statement = ["SELECT", shown, "FROM", schema.source, where, f"ORDER BY {by}" if by else "", f"LIMIT {MAX_ROWS}"]
    return [" ".join(filter(None, statement)), *_sum_selects(schema, measures, where)]


def build_remarks_select(schema: TableSchema, question: ParsedQuestion) -> str:
    """Return a SELECT of the text notes on the question's topics; empty for other tables."""
    columns = [column for column in schema.columns_of_kind(_REMARK) if not column.numeric]
    words_asked = [word for one in (question, *question.steers) for word in one.subjects[:6]]
    if schema.figures or not columns or not words_asked:
        return ""
    likes = _like_condition(columns[:1], [f"%{_escaped(stem(word))}%" for word in words_asked])
    shown = ", ".join(column.quoted for column in [c for c in schema.columns if not c.numeric][:4])
    return " ".join(["SELECT", shown, "FROM", schema.source, "WHERE", likes, "LIMIT 10"])


def word_select(schema: TableSchema, question: ParsedQuestion, who: tuple[str, ...] = ()) -> str:
    """Return a SELECT of the rows whose texts have most words of the question, whatever the columns are called.

    `who` are names that the file's own name says already. Empty for a table without texts or a question without words.
    """
    texts = [column for column in schema.columns if not column.numeric][:12]
    keys = [*Asked(question, who).alternatives.values()]
    if not texts or not keys:
        return ""
    text = " || ' ' || ".join(f"COALESCE({column.quoted}, '')" for column in texts)
    met = [_any_in(text, sorted(group)) for group in keys[:8]]
    periods = [_any_in(text, [year]) for year in question.years[:4]]
    score = " + ".join([*met, *periods])  # no figures in it: a query that types some in vouches for none
    needed = max(1, round(0.6 * len(met)))
    shown = ", ".join(_aliased_column(column) for column in schema.columns[:12])
    where = f"WHERE ({' + '.join(met)}) >= {needed}"
    order = f"ORDER BY {score} DESC, LENGTH({text}) LIMIT {MAX_ROWS // 2}"
    return " ".join(["SELECT", shown, "FROM", schema.source, where, order])


def is_by_words(sql: str) -> bool:
    """Return whether a statement is one of `word_select`, whose rows have nothing in common but words."""
    return " DESC, LENGTH(" in sql


def _any_in(text: str, keys: list[str]) -> str:
    """1 where a text has one of these beginnings of words, as an expression."""
    return "(" + " OR ".join(f"{text} LIKE '%{_escaped(key)}%'" for key in keys) + ")"


def _aliased_column(column: SchemaColumn) -> str:
    """Return a column in the list of those shown; the name from a join is called company."""
    return f'{column.quoted} AS "company"' if column.owner == "company" else column.quoted


def _measures(schema: TableSchema, question: ParsedQuestion) -> list[SchemaColumn]:
    """Up to four columns of figures, those that the question asks for first."""
    weights = question.weights()

    def asked(column: SchemaColumn) -> float:
        return sum(weights.get(key, 0.0) for key in column.stems)

    fitting = sorted((column for column in schema.figures if asked(column) > 0), key=asked, reverse=True)
    return (fitting or schema.figures)[:4]


def _where_clause(schema: TableSchema, question: ParsedQuestion) -> str:
    """Return the condition that keeps the rows of the question's names, years and measures."""
    every = (question, *question.steers)
    who = [column for column in schema.columns if column.owner == "company"] or schema.companies
    topics = tuple(topic for one in every for topic in one.topics)
    kept = [
        _like_condition(who, [f"%{_escaped(name.split()[0])}%" for one in every for name in one.names]),
        _like_condition(_dated(schema), [f"%{year}%" for one in every for year in one.years]),
        _like_condition(schema.columns_of_kind(MEASURE)[:1], _patterns(topics)),
    ]
    return f"WHERE {' AND '.join(filter(None, kept))}" if any(kept) else ""


def _dated(schema: TableSchema) -> list[SchemaColumn]:
    """Return the column that holds the year, as a list of at most one."""
    periods = schema.columns_of_kind(PERIOD)
    years = [column for column in periods if "year" in column.name.lower()]
    return (years or [column for column in periods if not column.numeric])[:1]


def _is_measure(topic: str) -> bool:
    """Return whether a topic has a word that filings use for something they give in figures."""
    keys = {stem(word) for word in split_words(topic)}
    return any(key in keys for group in SYNONYMS for phrase in group for key in map(stem, split_words(phrase)))


def _patterns(topics: tuple[str, ...]) -> list[str]:
    """Patterns of LIKE for the names of measures; topics that are measures count, others only when none is."""
    found: list[str] = []
    for topic in [topic for topic in topics if _is_measure(topic)] or topics[:3]:
        parts = [_escaped(word) for word in topic.split()]
        found.append(f"%{'%'.join(parts)}%")
        if len(parts) > 1:
            found.append(f"%{parts[0]}%")
        else:
            keys = {stem(word) for word in split_words(topic)}
            found += [f"%{_escaped(group[0])}%" for group in SYNONYMS if keys & set(map(stem, group))]
    return found


def _like_condition(columns: list[SchemaColumn], patterns: list[str]) -> str:
    """Return the column is like one of the patterns, as a condition; empty without either."""
    if not columns or not patterns:
        return ""
    likes = [f"{columns[0].quoted} LIKE '{pattern}'" for pattern in dict.fromkeys(patterns)]
    return "(" + " OR ".join(likes) + ")"


def _escaped(value: str) -> str:
    """Return a value inside a quoted text of SQL; its wild cards lose their meaning by going."""
    return value.replace("'", "''").replace("%", "").replace("_", " ")


def _sum_selects(schema: TableSchema, measures: list[SchemaColumn], where: str) -> list[str]:
    """Sums by company and year over quarters, or by period over another label (regions, products)."""
    added = [column for column in measures if not column.stems & RATIO][:3]
    periods = schema.columns_of_kind(PERIOD)
    years = [column for column in periods if "year" in column.name.lower()]
    quarters = [column for column in periods if "quarter" in column.name.lower()]
    others = [c for c in schema.labels if not c.stems & (PERIOD | UNIT | MEASURE | _COMPANY) and c.owner != "company"]
    if not added or schema.columns_of_kind(MEASURE):
        return []
    if schema.companies and years and quarters:
        keys = [*schema.companies, years[0]]
        count = [f'COUNT({quarters[0].quoted}) AS "quarters"']
    elif others and len(periods) == 1 and not _names_company(schema):
        keys, count = periods, []
    else:
        return []
    by = ", ".join(column.quoted for column in keys)
    sums = [f'ROUND(SUM({column.quoted}), 2) AS "{column.name}_sum"' for column in added]
    shown = ", ".join([by, *sums, *count])
    statement = ["SELECT", shown, "FROM", schema.source, where, "GROUP BY", by, "ORDER BY", by, f"LIMIT {MAX_ROWS}"]
    return [" ".join(filter(None, statement))]
