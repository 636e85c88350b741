"""Run one SELECT on a database of the desk, in a worker process.

Nothing but reading is possible here: the file is opened read-only (`opening`), and an authorizer denies every
action that is not on a short list, so that no statement writes, attaches, changes a setting or reaches a file.
Length, time and rows are bounded from inside; the worker is killed from outside when that is not enough.
"""

import contextlib
import math
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from kimi_tui.text import count_noun, one_line, text_path
from kimi_tui.tools.sql.authorizer import ReadOnlyAuthorizer
from kimi_tui.tools.sql.csv_table import CsvColumn, Value
from kimi_tui.tools.sql.readonly_database import DatabaseTexts, ReadOnlyDatabase, open_database
from kimi_tui.tools.sql.text_sums import note_on_text_figures, note_on_text_sums
from kimi_tui.tools.workers.child import RefusalError

MAX_CELL_CHARS = 2_000
"""Characters of one value that are returned."""
MAX_RESULT_CHARS = 400_000
"""Characters of all values together, after which no further row is returned."""
MAX_LISTED = 200
"""Tables that a schema lists."""

PATIENCE_FACTOR = 4
"""Times its processor time that a query may take by the clock, when the machine has other things to do."""

_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 10_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 50_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_TABLES = "FROM sqlite_schema WHERE type IN ('table', 'view') AND lower(substr(name, 1, 7)) <> 'sqlite_'"
_COUNT_TABLES = f"SELECT count(*) {_TABLES}"
_SETTINGS = ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0")


def query(path: str, sql: str, limit: int, seconds: float, columns: Sequence[CsvColumn] = ()) -> dict[str, Any]:
    """Run one statement: `columns`, `rows`, whether there are `more`, `notes` and the `digest` of the database.

    `limit` bounds the rows and `seconds` the processor time; `columns` are those of a table that was made of a CSV
    file. Raises `RefusalError` with what to change.
    """
    known = msgspec.convert(columns, tuple[CsvColumn, ...])
    with _opened(text_path(path), seconds, own=bool(known)) as database:
        texts = DatabaseTexts()
        database.connection.text_factory = texts.decode
        _declare_virtual_tables(database.connection)
        authorizer = ReadOnlyAuthorizer()
        database.connection.set_authorizer(authorizer)
        try:
            names, rows, more = _rows(database.connection, sql, limit)
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
            database.connection.set_authorizer(None)
            outline = _outline(database.connection) if "no such" in str(error) or "ambiguous" in str(error) else ""
            raise RefusalError(_explained(error, authorizer.denied, outline, seconds)) from None
        spoiled = texts.note
        notes = [*_notes(database, sql, authorizer, known), *([spoiled] if spoiled else [])]
    return {"columns": names, "rows": rows, "more": more, "notes": notes, "digest": database.digest}


def schema(path: str, seconds: float, columns: Sequence[CsvColumn] = ()) -> dict[str, Any]:
    """Return the `tables` of a database with kind, rows and columns, their `count`, and `notes`.

    A row count is None for a view and for a table too large to count; `count` is that of all tables and views. With
    the `columns` of a table that was made of a CSV file, each has its title in the file and a remark, too.
    """
    about = {column.name: [column.header, column.remark] for column in msgspec.convert(columns, tuple[CsvColumn, ...])}
    with _opened(text_path(path), seconds, own=bool(about)) as database:
        try:
            count = int(database.connection.execute(_COUNT_TABLES).fetchone()[0])
            tables = [
                {
                    "name": one_line(name, 100),
                    "kind": kind,
                    "rows": _count(database.connection, name) if kind == "table" else None,
                    "columns": [[*column, *about.get(column[0], ["", ""])] for column in found],
                }
                for kind, name, found in _tables(database.connection)
            ]
        except sqlite3.Error as error:
            raise RefusalError(_explained(error, "", "", seconds)) from None
    return {"tables": tables, "count": count, "notes": [database.note] * bool(database.note)}


def _notes(
    database: ReadOnlyDatabase, sql: str, authorizer: ReadOnlyAuthorizer, columns: Sequence[CsvColumn]
) -> list[str]:
    """Return the notes on a result: where the database was read, and text treated as numbers."""
    functions = set(authorizer.functions)
    notes = [
        database.note,
        note_on_text_figures(columns, authorizer.columns, functions, sql)
        or note_on_text_sums(database.connection, sql, functions, columns),
    ]
    return [note for note in notes if note]


@contextlib.contextmanager
def _opened(path: Path, seconds: float, *, own: bool) -> Iterator[ReadOnlyDatabase]:
    """Open a database read-only and bounded; `own` for one of our own that does not change."""
    with contextlib.ExitStack() as stack:
        if own:
            address = f"file:{quote(os.fsencode(path))}?mode=ro&immutable=1"
            connection = stack.enter_context(contextlib.closing(sqlite3.connect(address, uri=True)))
            database = ReadOnlyDatabase(connection, "", "")
        else:
            database = stack.enter_context(open_database(path))
        _bound(database.connection, seconds)
        database.connection.execute(f"PRAGMA temp_store = {'FILE' if own else 'MEMORY'}")
        yield database


def _bound(connection: sqlite3.Connection, seconds: float) -> None:
    """Limit a connection and everything it reads; raises `RefusalError` when the file is no database."""
    deadline, latest = time.process_time() + seconds, time.monotonic() + PATIENCE_FACTOR * seconds
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
    connection.text_factory = DatabaseTexts().decode
    connection.set_progress_handler(lambda: int(time.process_time() > deadline or time.monotonic() > latest), 10_000)
    try:
        for setting in _SETTINGS:
            connection.execute(f"PRAGMA {setting}")
        connection.execute("SELECT count(*) FROM json_each('[]'), json_tree('[]')")  # made known before it is denied
    except sqlite3.DatabaseError as error:
        raise RefusalError(_explained(error, "", "", 0)) from None


def _declare_virtual_tables(connection: sqlite3.Connection) -> None:
    """Let virtual tables declare their columns, which takes more than a statement may do."""
    with contextlib.suppress(sqlite3.Error):
        sql = "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL %' LIMIT 500"
        for (name,) in connection.execute(sql).fetchall():
            _columns(connection, str(name))


def _rows(connection: sqlite3.Connection, sql: str, limit: int) -> tuple[list[str], list[list[Value]], bool]:
    """Columns, rows and whether more would follow; raises what SQLite raises."""
    cursor = connection.execute(sql)
    if cursor.description is None:
        raise ValueError("it holds no SELECT")
    columns = [one_line(str(column[0]), 100) for column in cursor.description]
    rows: list[list[Value]] = []
    room = MAX_RESULT_CHARS
    for row in cursor:
        if len(rows) == limit or room <= 0:
            return columns, rows, True
        rows.append([_cell(value) for value in row])
        room -= sum(len(str(value)) for value in rows[-1])
    return columns, rows, False


def _cell(value: object) -> Value:
    """Return a value unchanged returned: text is cut, bytes are only counted."""
    if isinstance(value, bytes):
        return f"<{count_noun(len(value), 'byte')}>"
    if isinstance(value, str) and len(value) > MAX_CELL_CHARS:
        return f"{value[:MAX_CELL_CHARS]}… ({len(value)} characters)"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no word for it
    return value if isinstance(value, (int, float, str)) else None


def _tables(connection: sqlite3.Connection) -> list[tuple[str, str, list[list[str]]]]:
    """Kind, name and columns (name and type) of the first tables and views."""
    found = connection.execute(f"SELECT type, name {_TABLES} ORDER BY type, name LIMIT ?", (MAX_LISTED,)).fetchall()
    return [(str(kind), str(name), _columns(connection, str(name))) for kind, name in found]


def _columns(connection: sqlite3.Connection, table: str) -> list[list[str]]:
    """Name and type of each column; none for a view that no longer works."""
    try:
        found = connection.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall()
    except sqlite3.OperationalError:
        return []
    return [[one_line(str(name), 100), one_line(str(declared), 40)] for name, declared in found]


def _count(connection: sqlite3.Connection, table: str) -> int | None:
    """Return how many rows a table has; None when counting takes too long or is not possible."""
    try:
        return int(connection.execute(_statement("SELECT count(*) FROM", _quoted(table))).fetchone()[0])
    except sqlite3.OperationalError:
        return None


def _statement(*words: str) -> str:
    """SQL of our own making; every name from outside in it is `_quoted`."""
    return " ".join(words)


def _quoted(name: str) -> str:
    """Return a name as an identifier of SQL, whatever it contains."""
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
    """Return the error of a statement in words: what was wrong, and what to do about it."""
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
