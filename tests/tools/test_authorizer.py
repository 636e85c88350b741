"""The authorizer of statements: reading is allowed, and nothing else."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from kimi_tui.tools.sql.authorizer import ReadOnlyAuthorizer


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        opened.execute("CREATE TABLE Sales (Region TEXT, amount REAL)")
        opened.execute("INSERT INTO Sales VALUES ('north', 5), ('south', 7)")
        opened.execute("CREATE VIEW totals AS SELECT sum(amount) AS total FROM sales")
        opened.execute("SELECT count(*) FROM json_each('[]')").fetchone()
        yield opened


def authorized(connection: sqlite3.Connection) -> ReadOnlyAuthorizer:
    authorizer = ReadOnlyAuthorizer()
    connection.set_authorizer(authorizer)
    return authorizer


@pytest.mark.parametrize(
    ("sql", "columns", "functions"),
    [
        ("SELECT amount FROM sales", {("sales", "amount")}, set()),
        ("SELECT SUM(amount), upper(region) FROM sales", {("sales", "amount"), ("sales", "region")}, {"sum", "upper"}),
        ("SELECT total FROM totals", {("sales", "amount"), ("totals", "total")}, {"sum"}),
        ("SELECT name FROM sqlite_schema", {("sqlite_master", "name")}, set()),
        ("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3) SELECT x FROM n", set(), set()),
        ("SELECT value FROM json_each('[1]')", set(), set()),
        ("SELECT 1", set(), set()),
    ],
)
def test_authorizer_lets_statements_read_and_notes_what(
    connection: sqlite3.Connection, sql: str, columns: set[tuple[str, str]], functions: set[str]
) -> None:
    authorizer = authorized(connection)
    assert connection.execute(sql).fetchall()
    assert authorizer.denied == ""
    assert authorizer.functions == functions
    assert columns <= authorizer.columns


@pytest.mark.parametrize(
    ("sql", "denied"),
    [
        ("INSERT INTO sales VALUES ('x', 1)", "INSERT"),
        ("UPDATE sales SET amount = 0", "UPDATE"),
        ("DELETE FROM sales", "DELETE"),
        ("DROP TABLE sales", "DELETE"),
        ("CREATE TABLE t (x)", "INSERT"),
        ("CREATE TEMP TABLE t (x)", "INSERT"),
        ("ATTACH 'x.db' AS y", "ATTACH"),
        ("PRAGMA writable_schema = ON", "PRAGMA"),
        ("PRAGMA table_info(sales)", "PRAGMA"),
        ("BEGIN", "a transaction"),
        ("SELECT load_extension('x')", "the function load_extension()"),
        ("SELECT randomblob(5)", "the function randomblob()"),
        ("SELECT * FROM pragma_table_info('sales')", "UPDATE"),
        ("ANALYZE", "INSERT"),
    ],
)
def test_authorizer_denies_everything_else_in_words(connection: sqlite3.Connection, sql: str, denied: str) -> None:
    authorizer = authorized(connection)
    with pytest.raises(sqlite3.DatabaseError):
        connection.execute(sql).fetchall()
    connection.set_authorizer(None)
    assert authorizer.denied == denied
    assert connection.execute("SELECT sum(amount) FROM sales").fetchone() == (12.0,)


def test_authorizer_remembers_the_first_denial(connection: sqlite3.Connection) -> None:
    authorizer = authorized(connection)
    for sql in ("SELECT randomblob(5)", "PRAGMA page_size"):
        with pytest.raises(sqlite3.DatabaseError):
            connection.execute(sql).fetchall()
    assert authorizer.denied == "the function randomblob()"


def test_authorizer_shows_hostile_names_on_one_line() -> None:
    authorizer = ReadOnlyAuthorizer()
    assert authorizer(sqlite3.SQLITE_FUNCTION, None, "a\n\x1b[31m" + "x" * 100) == sqlite3.SQLITE_DENY
    assert "\n" not in authorizer.denied
    assert "\x1b" not in authorizer.denied
    assert len(authorizer.denied) < 100


def test_authorizer_lets_full_text_tables_ask_for_changes_alone() -> None:
    authorizer = ReadOnlyAuthorizer()
    assert authorizer(sqlite3.SQLITE_PRAGMA, "data_version", None) == sqlite3.SQLITE_OK
    assert authorizer(sqlite3.SQLITE_PRAGMA, "data_version", "5") == sqlite3.SQLITE_DENY
