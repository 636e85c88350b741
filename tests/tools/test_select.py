"""One SELECT on a database: bounded, read-only, and what its errors say."""

import sqlite3
from pathlib import Path

import pytest

from kimi_tui.tools.sql import select as _sql
from kimi_tui.tools.workers.child import RefusalError
from tests.tools.desks import CANARY, write_finance_desk
from tests.tools.kit import fingerprint
from tests.tools.ledger import total


async def test_the_schema_says_what_was_converted_and_what_was_not(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("k;v;code\na;1.234,5;007\nb;7,25;12\n")
    text = (await total(tmp_path / "t.csv", "")).text
    assert "v REAL [decimal comma, as " in text
    assert "code TEXT [kept as text: leading zeros, as 007]" in text


async def test_tables_that_are_not_listed_are_counted(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "many.db")
    for number in range(300):
        connection.execute(f"CREATE TABLE t{number:03} (a)")
    connection.execute("CREATE VIEW report AS SELECT 1 AS x")
    connection.commit()
    connection.close()
    text = (await total(tmp_path / "many.db", "")).text
    assert text.startswith("301 tables in many.db.")
    listed = text.count("\n- ")
    assert f"Not listed: {301 - listed} more tables or views." in text


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return write_finance_desk(tmp_path)


ATTACKS = [
    "ATTACH '{out}' AS other",
    "ATTACH DATABASE 'file:{out}?mode=rwc' AS other",
    "ATTACH ':memory:' AS other",
    "DETACH main",
    "VACUUM",
    "VACUUM INTO '{out}'",
    "VACUUM main INTO '{out}'",
    "PRAGMA query_only = OFF",
    "PRAGMA journal_mode = WAL",
    "PRAGMA writable_schema = ON",
    "PRAGMA user_version = 7",
    "PRAGMA user_version",
    "PRAGMA temp_store_directory = '{folder}'",
    "PRAGMA data_version = 3",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA optimize",
    "PRAGMA integrity_check",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_table_info('invoices')",
    "SELECT * FROM pragma_user_version",
    "SELECT load_extension('{secret}')",
    "SELECT load_extension('{secret}', 'main')",
    "SELECT y FROM trap",
    "SELECT readfile('{secret}')",
    "SELECT writefile('{out}', 'x')",
    "SELECT edit('x')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT sqlite_compileoption_get(1)",
    "SELECT * FROM fsdir('/etc')",
    "SELECT * FROM dbstat",
    "SELECT * FROM sqlite_dbpage",
    "SELECT * FROM sqlite_stmt",
    "CREATE TABLE t (x)",
    "CREATE TEMP TABLE t (x)",
    "CREATE TABLE t AS SELECT * FROM invoices",
    "CREATE VIEW v AS SELECT 1",
    "CREATE TEMP VIEW v AS SELECT 1",
    "CREATE INDEX i ON invoices (amount)",
    "CREATE TRIGGER t AFTER INSERT ON invoices BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE t USING fts5(x)",
    "CREATE VIRTUAL TABLE temp.t USING csv(filename='{secret}')",
    "INSERT INTO invoices (amount) VALUES (1)",
    "INSERT INTO notes (notes) VALUES ('rebuild')",
    "INSERT OR REPLACE INTO invoices SELECT * FROM invoices",
    "REPLACE INTO invoices (id) VALUES (1)",
    "UPDATE invoices SET amount = 0",
    "UPDATE sqlite_schema SET sql = ''",
    "DELETE FROM invoices",
    "DELETE FROM invoices RETURNING *",
    "WITH x AS (SELECT 1) DELETE FROM invoices",
    "WITH x AS (SELECT 1) INSERT INTO invoices (amount) SELECT * FROM x",
    "DROP TABLE invoices",
    "ALTER TABLE invoices RENAME TO other",
    "ALTER TABLE invoices ADD COLUMN z",
    "REINDEX",
    "ANALYZE",
    "BEGIN",
    "BEGIN IMMEDIATE",
    "SAVEPOINT s",
    "COMMIT",
    "SELECT 1; DELETE FROM invoices",
    "SELECT 1; ATTACH '{out}' AS other",
    "/* SELECT */ DELETE FROM invoices -- SELECT",
    "SELECT 1 --\n; DROP TABLE invoices",
    "EXPLAIN DELETE FROM invoices",
    "SELECT randomblob(100000000)",
    "SELECT zeroblob(1000000000)",
    "SELECT hex(zeroblob(500000000))",
    "SELECT random() FROM invoices",
    "SELECT changes()",
    "SELECT last_insert_rowid()",
    "SELECT\x00 1",
    "",
    ";",
    "--",
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack[:40])
def test_an_attack_is_refused_and_touches_no_file(
    desk: Path, tmp_path: Path, attack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    places = {"out": tmp_path / "out.db", "folder": tmp_path, "secret": tmp_path / "secret.txt"}
    sql = attack
    for name, path in places.items():
        sql = sql.replace("{" + name + "}", str(path))
    before = fingerprint(tmp_path)
    with pytest.raises(RefusalError) as caught:
        _sql.query(str(desk / "finance.sqlite"), sql, 10, 1.0)
    assert CANARY not in str(caught.value)
    assert fingerprint(tmp_path) == before


@pytest.mark.parametrize(
    ("bomb", "words"),
    [
        ("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r", "longer than"),
        ("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT max(n) FROM r", "longer than"),
        ("SELECT count(*) FROM invoices a, invoices b, invoices c, invoices d", "longer than"),
        ("SELECT group_concat(a.customer) FROM invoices a, invoices b, invoices c", "longer than|10 MB"),
        ("SELECT replace(printf('%.9000000c', 'x'), 'x', 'yy')", "10 MB"),
        ("SELECT quote(printf('%.9999999c', ''''))", "10 MB|longer than"),
        ("SELECT " + "(" * 3000 + "1" + ")" * 3000, "stack overflow|too deep|depth"),
        ("SELECT 1" + " UNION ALL SELECT 1" * 100, "too many terms"),
        ("SELECT '" + "x" * 60_000 + "'", "too large"),
        ("SELECT " + " + ".join(["1"] * 1_000), "depth|stack overflow"),
    ],
    ids=lambda text: text[:40],
)
def test_a_bomb_is_stopped_from_inside(desk: Path, bomb: str, words: str) -> None:
    with pytest.raises(RefusalError, match=words):
        _sql.query(str(desk / "finance.sqlite"), bomb, 10, 0.3)
