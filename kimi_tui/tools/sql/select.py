"""Running one SELECT over a database of the desk, in a worker process.

Nothing but reading is possible here: the file is opened read-only and immutable, and an authorizer denies every
action that is not on a short list, so that no statement writes, attaches, changes a setting or reaches a file.
Length, time and rows are bounded from inside; the worker is killed from outside when that is not enough.
"""

import contextlib
import math
import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from kimi_tui.text import one_line
from kimi_tui.tools.sql.csv_table import Table, Value, read_table
from kimi_tui.tools.workers.child import RefusalError

TABLE = "data"
"""What the table of a CSV or TSV file is called."""
MAX_CELL = 2_000
"""Characters of one value that are returned."""
MAX_RESULT = 400_000
"""Characters of all values together, after which no further row is returned."""
MAX_LISTED = 60
"""Tables that a schema lists."""

_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 10_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 50_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_SETTINGS = ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0", "temp_store=MEMORY")
_FUNCTIONS = re.compile(
    r"abs|avg|ceil|ceiling|char|coalesce|concat|concat_ws|count|cume_dist|date|datetime|degrees|dense_rank|exp"
    r"|first_value|floor|format|glob|group_concat|hex|ifnull|iif|instr|json|json_array|json_array_length|json_each"
    r"|json_extract|json_group_array|json_group_object|json_object|json_quote|json_type|json_valid|julianday|lag"
    r"|last_value|lead|length|like|likelihood|likely|ln|log|log10|log2|lower|ltrim|max|min|mod|nth_value|ntile|nullif"
    r"|octet_length|percent_rank|pi|pow|power|printf|quote|radians|rank|replace|round|row_number|rtrim|sign|soundex"
    r"|sqrt|strftime|string_agg|substr|substring|sum|time|timediff|total|trim|trunc|typeof|unhex|unicode|unixepoch"
    r"|unlikely|upper|->|->>|match|bm25|highlight|snippet"
)
"""The functions that a statement may use: none of them reads anything but its arguments."""
_SCHEMA_TABLES = frozenset({"sqlite_master", "sqlite_schema", "sqlite_sequence", "sqlite_stat1"})
_ACTIONS = {
    sqlite3.SQLITE_ATTACH: "ATTACH",
    sqlite3.SQLITE_CREATE_TABLE: "CREATE TABLE",
    sqlite3.SQLITE_CREATE_TEMP_TABLE: "CREATE TABLE",
    sqlite3.SQLITE_CREATE_VIEW: "CREATE VIEW",
    sqlite3.SQLITE_DELETE: "DELETE",
    sqlite3.SQLITE_DROP_TABLE: "DROP TABLE",
    sqlite3.SQLITE_INSERT: "INSERT",
    sqlite3.SQLITE_PRAGMA: "PRAGMA",
    sqlite3.SQLITE_TRANSACTION: "a transaction",
    sqlite3.SQLITE_UPDATE: "UPDATE",
}


class _Authorizer:
    """Denies every action but reading, and remembers the first that it denied."""

    def __init__(self) -> None:
        self.denied = ""
        """What was denied, in words; empty when nothing was."""

    def __call__(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        """SQLite's question for each thing that a statement would do."""
        if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and self._readable((first or "").lower()):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and _FUNCTIONS.fullmatch((second or "").lower()):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_PRAGMA and (first, second) == ("data_version", None):
            return sqlite3.SQLITE_OK  # asked by a full-text table before each search
        self.denied = self.denied or self._words(action, first, second)
        return sqlite3.SQLITE_DENY

    @staticmethod
    def _readable(table: str) -> bool:
        return table in _SCHEMA_TABLES or not table.startswith(("sqlite_", "pragma_", "dbstat"))

    @staticmethod
    def _words(action: int, first: str | None, second: str | None) -> str:
        if action == sqlite3.SQLITE_FUNCTION:
            return f"the function {one_line(second or '', 60)}()"
        if action == sqlite3.SQLITE_READ:
            return f"reading {one_line(first or '', 60)}"
        return _ACTIONS.get(action, "that statement")


def query(path: str, sql: str, limit: int, seconds: float) -> dict[str, Any]:
    """Run one statement: `columns`, `rows`, whether there are `more`, and a `note`.

    `limit` bounds the rows and `seconds` the time. Raises `RefusalError` with what to change.
    """
    with _opened(Path(path), seconds) as database:
        outline = _outline(database.connection)
        authorizer = _Authorizer()
        database.connection.set_authorizer(authorizer)
        try:
            columns, rows, more = _rows(database.connection, sql, limit)
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
            raise RefusalError(_explained(error, authorizer.denied, outline, seconds)) from None
    return {"columns": columns, "rows": rows, "more": more, "note": database.note}


def schema(path: str, seconds: float) -> dict[str, Any]:
    """What a database holds: `tables` with name, kind, row count and columns, and a `note`.

    A row count is None for a view and for a table too large to count; a column is its name, its type and, for a
    file that is not a database, its original header.
    """
    with _opened(Path(path), seconds) as database:
        try:
            tables = [
                {
                    "name": one_line(name, 100),
                    "kind": kind,
                    "rows": _count(database.connection, name) if kind == "table" else None,
                    "columns": [[*column, database.headers.get(column[0], "")] for column in columns],
                }
                for kind, name, columns in _tables(database.connection)
            ]
        except sqlite3.Error as error:
            raise RefusalError(_explained(error, "", "", seconds)) from None
    return {"tables": tables, "note": database.note}


class _Database(NamedTuple):
    """An open database."""

    connection: sqlite3.Connection
    headers: dict[str, str]
    """For a file that is not a database: each column's original header, where it differs from the name."""
    note: str
    """What the reader should know about it; usually empty."""


@contextlib.contextmanager
def _opened(path: Path, seconds: float) -> Iterator[_Database]:
    """The database in a file, or a CSV or TSV file as the only table of one, bounded and read-only."""
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        database = _loaded(read_table(path, tabs=suffix == ".tsv"))
    else:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
        database = _Database(connection, {}, _unsaved(path))
    try:
        _bound(database.connection, time.monotonic() + seconds)
        yield database
    finally:
        database.connection.close()


def _bound(connection: sqlite3.Connection, deadline: float) -> None:
    """Limit a connection and everything it reads; raises `RefusalError` when the file is no database."""
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 10_000)
    try:
        for setting in _SETTINGS:
            connection.execute(f"PRAGMA {setting}")
        connection.execute("SELECT count(*) FROM json_each('[]'), json_tree('[]')")  # made known before it is denied
    except sqlite3.DatabaseError as error:
        raise RefusalError(_explained(error, "", "", 0)) from None


def _loaded(table: Table) -> _Database:
    """A table as the only one of a database in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    columns = ", ".join(f"{_quoted(column.name)} {column.type}" for column in table.columns)
    connection.execute(_statement("CREATE TABLE", TABLE, f"({columns})"))
    places = ", ".join("?" * len(table.columns))
    connection.execute("BEGIN")
    connection.executemany(_statement("INSERT INTO", TABLE, "VALUES", f"({places})"), table.rows)
    connection.execute("COMMIT")
    headers = {column.name: one_line(column.header, 60) for column in table.columns if column.header != column.name}
    return _Database(connection, headers, "")


def _unsaved(path: Path) -> str:
    """A warning when a database has changes that are not in its file yet, and so cannot be seen."""
    for ending in ("-wal", "-journal"):
        companion = path.with_name(path.name + ending)
        if companion.is_file() and companion.stat().st_size:
            return f"{companion.name} holds changes that are not in the database file yet; they are not shown."
    return ""


def _rows(connection: sqlite3.Connection, sql: str, limit: int) -> tuple[list[str], list[list[Value]], bool]:
    """Columns, rows and whether more would follow; raises what SQLite raises."""
    cursor = connection.execute(sql)
    if cursor.description is None:
        raise ValueError("it holds no SELECT")
    columns = [one_line(str(column[0]), 100) for column in cursor.description]
    rows: list[list[Value]] = []
    room = MAX_RESULT
    for row in cursor:
        if len(rows) == limit or room <= 0:
            return columns, rows, True
        rows.append([_cell(value) for value in row])
        room -= sum(len(str(value)) for value in rows[-1])
    return columns, rows, False


def _cell(value: object) -> Value:
    """A value as it is returned: text is cut, bytes are only counted."""
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, str) and len(value) > MAX_CELL:
        return f"{value[:MAX_CELL]}… ({len(value)} characters)"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no word for it
    return value if isinstance(value, (int, float, str)) else None


def _tables(connection: sqlite3.Connection) -> list[tuple[str, str, list[list[str]]]]:
    """Kind, name and columns (name and type) of the first tables and views."""
    found = connection.execute(
        "SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view') "
        "AND lower(substr(name, 1, 7)) <> 'sqlite_' ORDER BY type, name LIMIT ?",
        (MAX_LISTED,),
    ).fetchall()
    return [(str(kind), str(name), _columns(connection, str(name))) for kind, name in found]


def _columns(connection: sqlite3.Connection, table: str) -> list[list[str]]:
    """Name and type of each column; none for a view that no longer works."""
    try:
        found = connection.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall()
    except sqlite3.OperationalError:
        return []
    return [[one_line(str(name), 100), one_line(str(declared), 40)] for name, declared in found]


def _count(connection: sqlite3.Connection, table: str) -> int | None:
    """How many rows a table has; None when counting takes too long or is not possible."""
    try:
        return int(connection.execute(_statement("SELECT count(*) FROM", _quoted(table))).fetchone()[0])
    except sqlite3.OperationalError:
        return None


def _statement(*words: str) -> str:
    """SQL of our own making; every name from outside in it is `_quoted`."""
    return " ".join(words)


def _quoted(name: str) -> str:
    """A name as an identifier of SQL, whatever it contains."""
    return '"' + name.replace('"', '""') + '"'


def _outline(connection: sqlite3.Connection) -> str:
    """Every table with its columns, short enough for an error; empty when the database cannot be read."""
    try:
        tables = _tables(connection)
    except sqlite3.Error:
        return ""
    listed = "; ".join(
        f"{one_line(name, 100)}({', '.join(column[0] for column in columns)})" for _, name, columns in tables
    )
    return one_line(listed, 1_500)


def _explained(error: Exception, denied: str, outline: str, seconds: float) -> str:
    """What was wrong with a statement, and what to do about it."""
    text = one_line(str(error), 300)
    if denied:
        return (
            f"{denied} is not allowed: a query may only SELECT from the tables of this database, with plain functions"
        )
    if "interrupted" in text:
        return f"it took longer than {seconds:g} seconds. Select fewer rows: add WHERE, avoid joins without a condition"
    if "one statement" in text:
        return "it holds more than one statement. Send one SELECT at a time"
    if "no such column" in text or "no such table" in text or "ambiguous column" in text:
        return f"{text}. The tables are: {outline}"
    if "not a database" in text or "malformed" in text:
        return f"the file is not a readable SQLite database ({text})"
    if "too big" in text:
        return "a value became longer than 10 MB. Select shorter values, for example with substr()"
    return text
