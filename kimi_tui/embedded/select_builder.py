"""Build a few SELECT statements from a database schema and the words of the question.

Identifiers come from the schema and are always quoted; values come from the question alone and are always escaped.
A small table is read whole; of a larger one come the rows whose texts have most of the question's words, names and
periods, the latest first, so that it does not matter what its columns are called.
"""

import re

import msgspec

from kimi_tui.embedded.asked import Asked
from kimi_tui.embedded.asked_periods import read_periods
from kimi_tui.embedded.observation_parser import ObservedCall
from kimi_tui.embedded.question_parser import ParsedQuestion
from kimi_tui.embedded.relevance import split_words, stem
from kimi_tui.embedded.wordings import wordings_of

MAX_ROWS = 60
"""Rows that a SELECT asks for."""

MAX_WHOLE_ROWS = 120
"""Rows of a table that is asked for whole."""

_WORDS = '"row_words"'
"""The column that holds all texts of a row."""
_LINE = re.compile(r"^- (?:table|view) (.+?)(?:, ([\d,]+) rows?)?: (.+)$")
_NOTES = re.compile(r'\(in the file "[^"\n]*"\)|\s*\[[^\[\]\n]*\]')
_NUMERIC = ("int", "real", "float", "double", "num", "dec", "big")
_COMPANY = frozenset(map(stem, ("company", "issuer", "entity", "ticker", "firm", "competitor")))
PERIOD = frozenset(map(stem, ("period", "quarter", "year", "date", "month", "week")))
"""Stems of columns that say when."""
MEASURE = frozenset(map(stem, ("metric", "measure", "item", "account", "kpi", "indicator")))
"""Stems of columns that say what a value measures."""
UNIT = frozenset(map(stem, ("unit", "currency")))
"""Stems of columns that say in what a value is."""
_REMARK = frozenset(map(stem, ("note", "comment", "remark", "description", "explanation")))
_VALUE = frozenset(map(stem, ("value", "amount", "total", "figure")))


class SchemaColumn(msgspec.Struct, frozen=True):
    """One column of a schema."""

    name: str
    numeric: bool
    """True when it holds figures, by its declared type or, without one, by its name."""
    owner: str = ""
    """The name that the statement gives the table it is in; empty for the only one."""
    of: str = ""
    """The table of names that it was joined from; empty for its own."""

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
    rows: int = -1
    """How many it has; -1 if the listing does not say."""

    def columns_of_kind(self, kinds: frozenset[str]) -> list[SchemaColumn]:
        """Return the columns whose names indicate one of `kinds`."""
        return [column for column in self.columns if column.stems & kinds]

    @property
    def companies(self) -> list[SchemaColumn]:
        """Return the column that says who, as a list of at most one."""
        joined = [column for column in self.columns if name_stems(column.of) & _COMPANY]
        return (joined or [column for column in self.columns_of_kind(_COMPANY) if not column.numeric])[:1]

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
    lines = [match for match in map(_LINE.match, observed.text.splitlines()) if match]
    rows = {match[1]: int(match[2].replace(",", "")) if match[2] else -1 for match in lines}
    listed = {match[1]: tuple(_column(part) for part in _NOTES.sub("", match[3]).split("; ")) for match in lines}
    return [
        join_names(TableSchema(database, name, columns, _quoted(name), rows[name]), listed, rows)
        for name, columns in listed.items()
    ]


def _column(text: str) -> SchemaColumn:
    """`revenue REAL` or `value` as a column."""
    name, _, declared = text.strip().rpartition(" ") if " " in text.strip() else (text.strip(), "", "")
    numeric = declared.lower().startswith(_NUMERIC) or (not declared and bool(name_stems(name) & _VALUE))
    return SchemaColumn(name, numeric)


def join_names(schema: TableSchema, listed: dict[str, tuple[SchemaColumn, ...]], rows: dict[str, int]) -> TableSchema:
    """Return a table that has only the keys of other, smaller tables, joined with those for the names in them.

    A key is a column of numbers called like the first column of the other table, or like that table with `_id`.
    """
    columns = tuple(msgspec.structs.replace(column, owner="t") for column in schema.columns)
    source, names, keys = f"{schema.source} AS t", list[SchemaColumn](), set[str]()
    for key in (column for column in columns if column.numeric and not column.stems & PERIOD):
        other = next((name for name, own in listed.items() if _is_key_of(key.name, schema.name, name, own, rows)), "")
        texts = [column for column in listed.get(other, ()) if not column.numeric][:4]
        if not texts or len(names) > 6:
            continue
        owner = f"n{len(keys) + 1}"
        source += f" JOIN {_quoted(other)} AS {owner} ON {owner}.{_quoted(listed[other][0].name)} = {key.quoted}"
        shown = [column for column in texts if column.name.lower() in ("name", "title")] or texts
        names += [SchemaColumn(column.name, False, owner, other) for column in shown]
        keys.add(key.name)
    if not keys:
        return schema
    kept = tuple(column for column in columns if column.name not in keys)
    return TableSchema(schema.database, schema.name, (*names, *kept), source, schema.rows)


def _is_key_of(key: str, table: str, other: str, columns: tuple[SchemaColumn, ...], rows: dict[str, int]) -> bool:
    """Return whether a column of a table is the key of another, which has names and not more rows."""
    first = columns[0]
    if other == table or not first.numeric or rows.get(other, -1) > rows.get(table, -1) >= 0:
        return False
    base = re.sub(r"_?(?:id|key|nr|no)$", "", key.lower())
    called = {stem(word) for word in split_words(other.replace("_", " "))}
    same = key.lower() == first.name.lower() and key.lower() != "id"
    return same or (base != key.lower() and base != "" and stem(base) in called)


def score_table(schema: TableSchema, question: ParsedQuestion) -> int:
    """Return how many words of a question the names of a table, its file and its columns have; 0 without figures."""
    if not schema.figures:
        return 0
    names = name_stems(f"{schema.name} {re.sub(r'[./-]', ' ', schema.database)}")
    own = names.union(*(column.stems for column in schema.columns))
    return 1 + len(Asked(question).met(own))


def build_remarks_select(schema: TableSchema, question: ParsedQuestion) -> str:
    """Return a SELECT of the text notes on the question's topics; empty for other tables."""
    columns = [column for column in schema.columns_of_kind(_REMARK) if not column.numeric]
    words_asked = [word for one in (question, *question.steers) for word in one.subjects[:6]]
    if schema.figures or not columns or not words_asked:
        return ""
    likes = _like_condition(columns[:1], [f"%{_escaped(stem(word))}%" for word in words_asked])
    shown = ", ".join(column.quoted for column in [c for c in schema.columns if not c.numeric][:4])
    return " ".join(["SELECT", shown, "FROM", schema.source, "WHERE", likes, "LIMIT 10"])


def whole_select(schema: TableSchema) -> str:
    """Return a SELECT of all rows of a small table, running text left out; empty for another."""
    columns = [column for column in schema.columns if not column.stems & _REMARK][:12]
    if not 0 < schema.rows <= MAX_WHOLE_ROWS or not any(column.numeric for column in columns):
        return ""
    shown = ", ".join(map(_aliased_column, columns))
    return " ".join(["SELECT", shown, "FROM", schema.source, "LIMIT", str(MAX_WHOLE_ROWS)])


def word_select(schema: TableSchema, question: ParsedQuestion, who: tuple[str, ...] = ()) -> str:
    """Return a SELECT of the rows whose texts have most words of the question, whatever the columns are called.

    `who` are names that the file's own name says already. Empty for a table without texts or a question without words.
    """
    texts = [column for column in schema.columns if not column.numeric or column.stems & PERIOD][:12]
    asked = Asked(question, who)
    titles = frozenset(key for column in schema.columns for key in column.stems)
    keys = [group for group in asked.alternatives.values() if not group & titles]
    if not texts or not asked.alternatives:
        return ""
    met = [_any_in_row(sorted(group | _otherwise(group))) for group in keys[:8]]
    names = [_any_in_row([name.split()[0]]) for name in names_asked(question) if name not in who]
    periods = [_any_in_row(patterns) for patterns in _period_patterns(question)]
    columns = schema.columns[:12]
    words = " || ' ' || ".join(f"COALESCE({column.quoted}, '')" for column in texts)
    inner = f"{', '.join(map(_aliased_column, columns))}, {words} AS {_WORDS} FROM {schema.source}"
    where = f"WHERE ({' + '.join(met)}) >= {max(1, round(0.6 * len(met)))}" if met else ""
    # No figures in the score: a query that types some in vouches for none.
    score = [f"{' + '.join([*met, *names, *periods])} DESC"] if met or names or periods else []
    later = [f"{_quoted(_alias(column))} DESC" for column in columns if column.stems & PERIOD][:2]
    order = f"ORDER BY {', '.join([*score, *later, f'LENGTH({_WORDS})'])} LIMIT {MAX_ROWS}"
    shown = ", ".join(dict.fromkeys(_quoted(_alias(column)) for column in columns))
    return " ".join(filter(None, ["SELECT", shown, "FROM (SELECT", inner + ")", where, order]))


def names_asked(question: ParsedQuestion) -> list[str]:
    """Return the names of a question and of what was said since."""
    return [name for one in (question, *question.steers) for name in one.names][:6]


def _otherwise(group: frozenset[str]) -> set[str]:
    """Return the beginnings of what else is said for one of these words, in other languages."""
    words = {one for key in group for one in wordings_of(key)}
    return {word[:8] for word in words if word.isalpha() and len(word) > 3}


def _period_patterns(question: ParsedQuestion) -> list[list[str]]:
    """Return what the texts of rows of the asked periods have, each with its spellings."""
    asked = read_periods(" ".join(one.text for one in (question, *question.steers)))
    found = [[year] for year in question.years[:4]]
    for span in asked.spans[:3]:
        month, quarter = span.last.month, (span.last.month + 2) // 3
        if span.days > 200 and not asked.at_end:
            continue
        spelled = [f"-{month:02}", f".{month:02}.", span.last.strftime("%b")]
        spelled += [f"Q{quarter}", f"{quarter}Q"] if month % 3 == 0 else []
        found.append(spelled + ([f"H{month // 6}"] if month % 6 == 0 else []))
    return found


def _any_in_row(keys: list[str]) -> str:
    """1 where a row's texts have one of these beginnings of words, as an expression."""
    return "(" + " OR ".join(f"{_WORDS} LIKE '%{_escaped(key)}%'" for key in keys) + ")"


def _alias(column: SchemaColumn) -> str:
    """Return what a column is called in the result; a name from a join is called like the table it is from."""
    return column.of if column.of and column.name == "name" else column.name


def _aliased_column(column: SchemaColumn) -> str:
    """Return a column in the list of those shown."""
    return f"{column.quoted} AS {_quoted(_alias(column))}" if _alias(column) != column.name else column.quoted


def _like_condition(columns: list[SchemaColumn], patterns: list[str]) -> str:
    """Return the column is like one of the patterns, as a condition; empty without either."""
    if not columns or not patterns:
        return ""
    likes = [f"{columns[0].quoted} LIKE '{pattern}'" for pattern in dict.fromkeys(patterns)]
    return "(" + " OR ".join(likes) + ")"


def _escaped(value: str) -> str:
    """Return a value inside a quoted text of SQL; its wild cards lose their meaning by going."""
    return value.replace("'", "''").replace("%", "").replace("_", " ")
