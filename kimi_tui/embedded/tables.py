"""From a database's schema and the question's words to a few SELECTs.

Identifiers come from the schema and are always quoted; values come from the question alone and are always escaped.
A table is understood by the words in its columns' names: who, when, what is measured, and figures.
"""

import re

import msgspec

from kimi_tui.embedded.asked import Asked
from kimi_tui.embedded.question import SYNONYMS, Question
from kimi_tui.embedded.reading import Observed
from kimi_tui.embedded.relevance import stem, words

MOST_ROWS = 40
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


class Column(msgspec.Struct, frozen=True):
    """One column of a schema."""

    name: str
    numeric: bool
    """Whether it holds figures, by its declared type or, without one, by its name."""
    owner: str = ""
    """The name that the statement gives the table it is in; empty for the only one."""

    @property
    def stems(self) -> frozenset[str]:
        """The stems of the words in its name."""
        return name_stems(self.name)

    @property
    def quoted(self) -> str:
        """The name as an identifier of SQL."""
        return f"{self.owner}.{_quoted(self.name)}" if self.owner else _quoted(self.name)


class Schema(msgspec.Struct, frozen=True):
    """One table of a database, joined with the one that has its companies' names if it only has their keys."""

    database: str
    """Its path on the desk."""
    name: str
    columns: tuple[Column, ...]
    source: str
    """What stands behind FROM."""

    def of(self, kinds: frozenset[str]) -> list[Column]:
        """The columns whose names say one of `kinds`."""
        return [column for column in self.columns if column.stems & kinds]

    @property
    def companies(self) -> list[Column]:
        """The column that says who, as a list of at most one."""
        return [column for column in self.of(_COMPANY) if not column.numeric][:1]

    @property
    def is_long(self) -> bool:
        """Whether a column says what a value measures."""
        return bool(self.of(MEASURE) and self.of(_VALUE))

    @property
    def is_quarterly(self) -> bool:
        """Whether its rows are parts of years."""
        return any(column.name.lower() in ("quarter", "month", "week", "period") for column in self.columns)

    @property
    def labels(self) -> list[Column]:
        """The columns that say who, when, what and in what unit."""
        return [column for column in self.columns if not column.numeric or column.stems & PERIOD]

    @property
    def figures(self) -> list[Column]:
        """The columns of figures; keys are none."""
        keys = {"id", "key"}
        return [
            c for c in self.columns if c.numeric and not c.stems & PERIOD and not keys & set(c.name.lower().split("_"))
        ]


def name_stems(name: str) -> frozenset[str]:
    """The stems of the words in an identifier."""
    return frozenset(stem(word) for word in words(name.replace("_", " ")))


def _quoted(name: str) -> str:
    """A name as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def schemas(observed: Observed) -> list[Schema]:
    """The tables that a schema observation lists."""
    database = str(observed.arguments.get("database", ""))
    listed = {
        match.group(1): tuple(_column(part) for part in _NOTES.sub("", match.group(2)).split("; "))
        for match in map(_LINE.match, observed.text.splitlines())
        if match
    }
    return [_joined(Schema(database, name, columns, _quoted(name)), listed) for name, columns in listed.items()]


def _column(text: str) -> Column:
    """`revenue REAL` or `value` as a column."""
    name, _, declared = text.strip().rpartition(" ") if " " in text.strip() else (text.strip(), "", "")
    numeric = declared.lower().startswith(_NUMERIC) or (not declared and bool(name_stems(name) & _VALUE))
    return Column(name, numeric)


def _joined(schema: Schema, listed: dict[str, tuple[Column, ...]]) -> Schema:
    """A table that names its companies by key only, joined with the table of companies."""
    keys = [column for column in schema.of(_COMPANY) if column.numeric and column.name.endswith("_id")]
    for name, columns in listed.items():
        names = {column.name for column in columns}
        if keys and not schema.companies and {"id", "name"} <= names and name_stems(name) & keys[0].stems:
            own = tuple(msgspec.structs.replace(column, owner="t") for column in schema.columns if column != keys[0])
            source = f'{schema.source} AS t JOIN {_quoted(name)} AS company ON company."id" = t.{_quoted(keys[0].name)}'
            return Schema(schema.database, schema.name, (Column("name", False, "company"), *own), source)
    return schema


def fit(schema: Schema, question: Question) -> float:
    """How well a table suits the question: its columns' and its own words, and whether it says who and when."""
    weights = question.weights()
    own = {key for column in schema.figures for key in column.stems} | name_stems(schema.name)
    score = sum(weights.get(key, 0.0) for key in own)
    if schema.is_long:
        score += 0.6 * sum(weights[stem(word)] for word in question.subjects if _is_measure(word))
    if not schema.figures or not score:
        return 0.0
    return score + (0.8 if schema.companies or _names_company(schema) else 0.0) + (0.5 if schema.of(PERIOD) else 0.0)


def _names_company(schema: Schema) -> bool:
    """Whether the company's name comes from a join."""
    return any(column.owner == "company" for column in schema.columns)


def selects(schema: Schema, question: Question) -> list[str]:
    """The rows of a table that the question names, and their sums where adding makes sense."""
    measures = _measures(schema, question)
    if not measures:
        return []
    where = _where(schema, question)
    shown = ", ".join(_as(column) for column in [*schema.labels[:6], *measures])
    order = [column for column in schema.labels if not column.stems & (PERIOD | UNIT)][:3] + schema.of(PERIOD)
    by = ", ".join(column.quoted for column in order)
    statement = ["SELECT", shown, "FROM", schema.source, where, f"ORDER BY {by}" if by else "", f"LIMIT {MOST_ROWS}"]
    return [" ".join(filter(None, statement)), *_sums(schema, measures, where)]


def remarks(schema: Schema, question: Question) -> str:
    """A SELECT of the notes in a table of words that speak of the question's topics; empty for other tables."""
    columns = [column for column in schema.of(_REMARK) if not column.numeric]
    words_asked = [word for one in (question, *question.steers) for word in one.subjects[:6]]
    if schema.figures or not columns or not words_asked:
        return ""
    likes = _any_like(columns[:1], [f"%{_escaped(stem(word))}%" for word in words_asked])
    shown = ", ".join(column.quoted for column in [c for c in schema.columns if not c.numeric][:4])
    return " ".join(["SELECT", shown, "FROM", schema.source, "WHERE", likes, "LIMIT 10"])


def word_select(schema: Schema, question: Question, who: tuple[str, ...] = ()) -> str:
    """A SELECT of the rows whose texts have most words of the question, whatever the columns are called.

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
    shown = ", ".join(_as(column) for column in schema.columns[:12])
    where = f"WHERE ({' + '.join(met)}) >= {needed}"
    order = f"ORDER BY {score} DESC, LENGTH({text}) LIMIT {MOST_ROWS // 2}"
    return " ".join(["SELECT", shown, "FROM", schema.source, where, order])


def is_by_words(sql: str) -> bool:
    """Whether a statement is one of `word_select`, whose rows have nothing in common but words."""
    return " DESC, LENGTH(" in sql


def _any_in(text: str, keys: list[str]) -> str:
    """1 where a text has one of these beginnings of words, as an expression."""
    return "(" + " OR ".join(f"{text} LIKE '%{_escaped(key)}%'" for key in keys) + ")"


def _as(column: Column) -> str:
    """A column in the list of those shown; the name from a join is called company."""
    return f'{column.quoted} AS "company"' if column.owner == "company" else column.quoted


def _measures(schema: Schema, question: Question) -> list[Column]:
    """Up to four columns of figures, those that the question asks for first."""
    weights = question.weights()

    def asked(column: Column) -> float:
        return sum(weights.get(key, 0.0) for key in column.stems)

    fitting = sorted((column for column in schema.figures if asked(column) > 0), key=asked, reverse=True)
    return (fitting or schema.figures)[:4]


def _where(schema: Schema, question: Question) -> str:
    """The condition that keeps the rows of the question's names, years and measures."""
    every = (question, *question.steers)
    who = [column for column in schema.columns if column.owner == "company"] or schema.companies
    topics = tuple(topic for one in every for topic in one.topics)
    kept = [
        _any_like(who, [f"%{_escaped(name.split()[0])}%" for one in every for name in one.names]),
        _any_like(_dated(schema), [f"%{year}%" for one in every for year in one.years]),
        _any_like(schema.of(MEASURE)[:1], _patterns(topics)),
    ]
    return f"WHERE {' AND '.join(filter(None, kept))}" if any(kept) else ""


def _dated(schema: Schema) -> list[Column]:
    """The column that holds the year, as a list of at most one."""
    periods = schema.of(PERIOD)
    years = [column for column in periods if "year" in column.name.lower()]
    return (years or [column for column in periods if not column.numeric])[:1]


def _is_measure(topic: str) -> bool:
    """Whether a topic has a word that filings use for something they give in figures."""
    keys = {stem(word) for word in words(topic)}
    return any(key in keys for group in SYNONYMS for phrase in group for key in map(stem, words(phrase)))


def _patterns(topics: tuple[str, ...]) -> list[str]:
    """Patterns of LIKE for the names of measures; topics that are measures count, others only when none is."""
    found: list[str] = []
    for topic in [topic for topic in topics if _is_measure(topic)] or topics[:3]:
        parts = [_escaped(word) for word in topic.split()]
        found.append(f"%{'%'.join(parts)}%")
        if len(parts) > 1:
            found.append(f"%{parts[0]}%")
        else:
            keys = {stem(word) for word in words(topic)}
            found += [f"%{_escaped(group[0])}%" for group in SYNONYMS if keys & set(map(stem, group))]
    return found


def _any_like(columns: list[Column], patterns: list[str]) -> str:
    """The column is like one of the patterns, as a condition; empty without either."""
    if not columns or not patterns:
        return ""
    likes = [f"{columns[0].quoted} LIKE '{pattern}'" for pattern in dict.fromkeys(patterns)]
    return "(" + " OR ".join(likes) + ")"


def _escaped(value: str) -> str:
    """A value inside a quoted text of SQL; its wild cards lose their meaning by going."""
    return value.replace("'", "''").replace("%", "").replace("_", " ")


def _sums(schema: Schema, measures: list[Column], where: str) -> list[str]:
    """Sums by company and year over quarters, or by period over another label (regions, products)."""
    added = [column for column in measures if not column.stems & RATIO][:3]
    periods = schema.of(PERIOD)
    years = [column for column in periods if "year" in column.name.lower()]
    quarters = [column for column in periods if "quarter" in column.name.lower()]
    others = [c for c in schema.labels if not c.stems & (PERIOD | UNIT | MEASURE | _COMPANY) and c.owner != "company"]
    if not added or schema.of(MEASURE):
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
    statement = ["SELECT", shown, "FROM", schema.source, where, "GROUP BY", by, "ORDER BY", by, f"LIMIT {MOST_ROWS}"]
    return [" ".join(filter(None, statement))]
