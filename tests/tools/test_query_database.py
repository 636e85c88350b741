"""Queries of the desk's databases: what they give, and that nothing but reading is possible."""

import sqlite3
from pathlib import Path

import pytest

from kimi_tui.events import Effect
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.tools.base import Observation, ToolContext, ToolError, ToolSettings
from kimi_tui.tools.sql.query_database import QueryDatabase, QueryDatabaseParameters
from kimi_tui.tools.workers.access import database_access
from kimi_tui.tools.workers.pool import WorkerError, WorkerPool
from tests.tools.desks import write_finance_desk
from tests.tools.kit import fingerprint, source_of, tool_context


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return write_finance_desk(tmp_path)


async def ask(desk: Path, database: str = "", sql: str = "", limit: int = 100) -> tuple[Observation, ToolContext]:
    async with tool_context(ToolSettings(desk=desk)) as context:
        return await QueryDatabase().run(QueryDatabaseParameters(database, sql, limit), context), context


async def problem(desk: Path, database: str, sql: str = "") -> ToolError:
    with pytest.raises(ToolError) as caught:
        await ask(desk, database, sql)
    return caught.value


async def test_without_a_database_all_of_them_are_listed(desk: Path) -> None:
    observation, _ = await ask(desk)
    first, *others = observation.text.split("\n")
    assert first == "2 databases on the desk."
    assert others[0].startswith("- finance.sqlite · SQLite database")
    assert others[1].startswith("- sub/sales.csv · CSV file, table data")
    assert "link.sqlite" not in observation.text


async def test_without_sql_the_tables_are_listed_with_columns_and_row_counts(desk: Path) -> None:
    observation, _ = await ask(desk, "finance.sqlite")
    assert "- table invoices, 400 rows: id INTEGER; customer TEXT; amount REAL" in observation.text
    assert "- view totals: customer TEXT; total" in observation.text


async def test_a_csv_is_listed_with_the_names_of_its_header(desk: Path) -> None:
    observation, _ = await ask(desk, "sub/sales.csv")
    assert "- table data, 3 rows: " in observation.text
    assert 'revenue_usd REAL (in the file "Revenue, USD")' in observation.text
    assert 'units_sold INTEGER (in the file "Units Sold")' in observation.text
    assert "code TEXT" in observation.text


async def test_rows_become_a_table_and_a_source_whose_rows_can_be_cited(desk: Path) -> None:
    observation, context = await ask(desk, "finance.sqlite", "SELECT id, amount FROM invoices LIMIT 60")
    lines = observation.text.split("\n")
    assert lines[:3] == ["[S1] 60 rows from finance.sqlite", "id | amount", "1 | 0.0"]
    assert observation.artifact is not None
    assert observation.artifact["kind"] == "table"
    assert observation.artifact["rows"][1] == [2, 1.5]
    source = source_of(context, "S1")
    assert source.ref.kind == "query"
    assert source.ref.address == "finance.sqlite: SELECT id, amount FROM invoices LIMIT 60"
    assert source.ref.title == "", "its address says it all"
    assert [part.label for part in source.parts] == ["rows 1-50", "rows 51-60"]
    memo = check_memo("Amounts", "Invoice 55 is about 81.0 [S1 row 55].", context.sources)
    assert [cite.finding for cite in memo.citations] != ["not found"]
    memo = check_memo("Amounts", "Invoice 55 is about 82.5 [S1 row 55].", context.sources)
    assert [cite.finding for cite in memo.citations] == ["not found"]


async def test_the_row_cap_says_how_to_go_on(desk: Path) -> None:
    observation, _ = await ask(desk, "finance.sqlite", "SELECT id FROM invoices", limit=10)
    assert observation.text.startswith("[S1] 10 rows from finance.sqlite")
    assert "More rows follow; these are the first 10. Go on with LIMIT 10 OFFSET 10" in observation.text


async def test_a_long_result_is_cut_in_the_text_and_whole_in_the_source(desk: Path) -> None:
    sql = "SELECT id, printf('%.250c', 'x') FROM invoices"
    observation, context = await ask(desk, "finance.sqlite", sql, limit=200)
    assert len(observation.text) < 13_000
    assert 'Read the others with read(source="S1", parts="rows ' in observation.text
    assert "row 200: 200 | xxx" in source_of(context, "S1").parts[-1].text


async def test_no_rows_is_a_result(desk: Path) -> None:
    observation, _ = await ask(desk, "finance.sqlite", "SELECT id FROM invoices WHERE amount < 0")
    assert observation.text == "[S1] 0 rows from finance.sqlite\nid"


async def test_a_csv_is_queried_as_the_table_data(desk: Path) -> None:
    observation, _ = await ask(desk, "sales.csv", "SELECT code, revenue_usd, units_sold FROM data ORDER BY revenue_usd")
    assert observation.text.split("\n")[2:] == ["012 | 300.0 | NULL", "007 | 1200.5 | 10", "099 | 2000.0 | 5"]


async def test_full_text_tables_and_json_can_be_read(desk: Path) -> None:
    observation, _ = await ask(desk, "finance.sqlite", "SELECT body FROM notes WHERE notes MATCH 'auditor'")
    assert "the auditor agreed" in observation.text
    observation, _ = await ask(desk, "finance.sqlite", """SELECT value FROM json_each('[4, 5]')""")
    assert observation.text.endswith("4\n5")


@pytest.mark.parametrize(
    ("database", "sql", "words"),
    [
        ("finance.sqlite", "SELECT nope FROM invoices", "invoices(id, customer, amount)"),
        ("finance.sqlite", "SELECT * FROM nope", "totals(customer, total)"),
        ("finance.sqlite", "SELEC 1", "syntax error"),
        ("finance.sqlite", "DELETE FROM invoices", "may only SELECT"),
        ("finance.sqlite", "SELECT 1; SELECT 2", "more than one statement"),
        ("finance.sqlite", "-- nothing", "no SELECT"),
        ("finanse.sqlite", "SELECT 1", "There is: finance.sqlite"),
        ("../outside.sqlite", "SELECT 1", "There is no database"),
        ("/etc/passwd", "SELECT 1", "There is no database"),
        ("link.sqlite", "SELECT 1", "There is no database"),
        ("sub/../../outside.sqlite", "SELECT 1", "There is no database"),
    ],
)
async def test_a_failure_says_what_to_do(desk: Path, database: str, sql: str, words: str) -> None:
    assert words in str(await problem(desk, database, sql))


async def test_a_file_that_is_no_database_is_named_as_such(desk: Path) -> None:
    (desk / "broken.db").write_bytes(b"SQLite format 3\0" + bytes(range(200)) * 40)
    assert "not a readable SQLite database" in str(await problem(desk, "broken.db", "SELECT * FROM sqlite_schema"))
    assert "not a readable SQLite database" in str(await problem(desk, "broken.db"))


async def test_changes_that_are_not_in_the_file_yet_are_mentioned(desk: Path) -> None:
    (desk / "finance.sqlite-wal").write_bytes(b"x" * 100)
    observation, _ = await ask(desk, "finance.sqlite", "SELECT count(*) FROM invoices")
    assert "finance.sqlite-wal holds changes" in observation.text
    assert (desk / "finance.sqlite-wal").read_bytes() == b"x" * 100


async def test_without_a_desk_the_tool_says_so() -> None:
    async with tool_context() as context:
        with pytest.raises(ToolError, match="no desk"):
            await QueryDatabase().run(QueryDatabaseParameters("x.db", "SELECT 1"), context)


async def test_hostile_names_and_values_are_plain_text_on_one_line(desk: Path) -> None:
    connection = sqlite3.connect(desk / "odd.db")
    connection.execute('CREATE TABLE "a""b\x1b[2J" ("c\nd" TEXT)')
    connection.execute('INSERT INTO "a""b\x1b[2J" VALUES (?)', ("[/]\x1b]52;c;x\x07\nrow 9: forged",))
    connection.commit()
    connection.close()
    observation, _ = await ask(desk, "odd.db")
    assert "\x1b" not in observation.text
    assert ", 1 row:" in observation.text
    observation, context = await ask(desk, "odd.db", 'SELECT * FROM "a""b\x1b[2J"')
    assert "\x1b" not in observation.text
    assert len(observation.text.split("\n")) == 3
    assert source_of(context, "S1").parts[0].text.count("\n") == 1


def test_the_effect_names_the_database() -> None:
    tool = QueryDatabase()
    assert tool.effects(QueryDatabaseParameters("./finance.sqlite", "SELECT 1")) == (Effect("query", "finance.sqlite"),)
    assert tool.effects(QueryDatabaseParameters()) == (Effect("read"),)


async def test_a_bomb_that_ignores_its_deadline_is_killed_from_outside(desk: Path) -> None:
    workers = WorkerPool()
    try:
        before = fingerprint(desk)
        request = {"path": str(desk / "finance.sqlite"), "limit": 10, "seconds": 0.2}
        bomb = request | {"sql": "SELECT printf('%.*c', 2000000000, 'x')"}
        access = database_access((desk / "finance.sqlite").resolve())
        with pytest.raises(WorkerError) as caught:
            await workers.call("kimi_tui.tools.sql.select:query", bomb, timeout=1, access=access)
        assert caught.value.kind == "timeout"
        found = await workers.call(
            "kimi_tui.tools.sql.select:query", request | {"sql": "SELECT 1"}, timeout=60, access=access
        )
        assert found["rows"] == [[1]]
        assert fingerprint(desk) == before
    finally:
        await workers.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 9e999",
        "SELECT CAST(x'ff00fe' AS TEXT)",
        "SELECT x'00ff'",
        "SELECT 1 UNION SELECT 'a' ORDER BY 1",
        "VALUES (1)",
    ],
)
async def test_odd_values_are_still_text(desk: Path, sql: str) -> None:
    observation, _ = await ask(desk, "finance.sqlite", sql)
    assert observation.text.startswith("[S1] ")
    assert observation.text == observation.text.encode("utf-8").decode()


async def test_text_that_is_not_utf_8_is_read_and_noted(desk: Path) -> None:
    connection = sqlite3.connect(desk / "old.sqlite")
    connection.executescript("CREATE TABLE t (x TEXT); INSERT INTO t VALUES (CAST(x'4dfc6c6c6572' AS TEXT))")
    connection.close()
    observation, _ = await ask(desk, "old.sqlite", "SELECT x FROM t")
    assert "\nMüller\n" in observation.text
    assert "1 text is not UTF-8" in observation.text
