"""Tests of what `verify` runs again: calculations, queries, and a look at the desk's files."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import msgspec
import pytest

from kimi_tui.export.rerun import run_again
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.journal.sources import SourceStore
from kimi_tui.session import VerificationCheck
from kimi_tui.sources import Part
from kimi_tui.tools.base import ToolContext, ToolSettings
from kimi_tui.tools.calculation.calculate import Calculate, run_together
from kimi_tui.tools.calculation.calculate import CalculateParameters as Calculation
from kimi_tui.tools.desk.read import Read
from kimi_tui.tools.desk.read import ReadToolParameters as Reading
from kimi_tui.tools.sql.query_database import QueryDatabase
from kimi_tui.tools.sql.query_database import QueryDatabaseParameters as Query

TABLE = "<p>(in millions)</p><table><tr><td></td><td>2024</td></tr><tr><td>Net sales</td><td>46,309</td></tr></table>"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "acme.html").write_text(f"<html><body>{TABLE}</body></html>")
    (folder / "note.md").write_text("# Note\n\nWords.\n")
    (folder / "sales.csv").write_text("region,amount\nNorth,512.5\nSouth,734\n")
    insert(
        folder / "ledger.db", "create table ledger (name, amount); insert into ledger values ('a', 1.5), ('b', null)"
    )
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SourceStore]:
    with closing(SessionStore(tmp_path / "home").create()) as journal:
        yield journal.sources


def insert(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)


@asynccontextmanager
async def tools(store: SourceStore, desk: Path | None) -> AsyncIterator[ToolContext]:
    context = ToolContext(ToolSettings(desk=desk), store)
    try:
        yield context
    finally:
        await context.close()


async def work(store: SourceStore, desk: Path) -> None:
    """A session that reads, queries and calculates."""
    async with tools(store, desk) as context:
        await Read().run(Reading("acme.html"), context)
        await Read().run(Reading("note.md"), context)
        await QueryDatabase().run(Query("ledger.db", "select * from ledger -- all of it\norder by name"), context)
        await QueryDatabase().run(Query("sales.csv", "select region, amount from data", 1), context)
        await Calculate().run(Calculation("a / 2", {"a": 'S1 "Net sales" 2024'}), context)
        await Calculate().run(Calculation("print('x = 1')\n1 / 3  # a third"), context)
        await Calculate().run(Calculation(f"x = 1\n{'x = x + 1  # and on' + chr(10)}" * 200 + "x"), context)


async def verified(store: SourceStore, desk: Path | None) -> dict[str, VerificationCheck]:
    async with tools(store, desk) as context:
        return {check.name: check for check in await run_again(store.refs(), store, context)}


async def test_what_was_computed_gives_the_same_again(store: SourceStore, desk: Path) -> None:
    await work(store, desk)
    assert {name: (check.passed, check.detail) for name, check in (await verified(store, desk)).items()} == {
        "calculations": (True, "3 run again with the same result"),
        "queries": (True, "2 run again with the same rows"),
        "desk": (True, "none of 2 documents that were read has changed since"),
    }


async def test_changed_databases_and_files_are_reported_and_fail_nothing(store: SourceStore, desk: Path) -> None:
    await work(store, desk)
    insert(desk / "ledger.db", "insert into ledger values ('c', 3)")
    (desk / "sales.csv").unlink()
    (desk / "acme.html").write_text("<p>other</p>")
    (desk / "note.md").unlink()
    checks = await verified(store, desk)
    assert all(check.passed for check in checks.values())
    assert checks["queries"].detail == "1 of a database that has changed since; 1 of a database that has gone"
    assert checks["desk"].detail == "of 2 documents that were read, 1 changed and 1 gone since: acme.html, note.md"
    assert checks["calculations"].detail == "3 run again with the same result"


async def test_without_a_desk_only_calculations_are_run(store: SourceStore, desk: Path) -> None:
    await work(store, desk)
    assert (await verified(store, None)).keys() == {"calculations"}


async def test_session_without_computations_is_not_looked_at(store: SourceStore, desk: Path) -> None:
    assert await verified(store, desk) == {}


def keep(store: SourceStore, address: str, text: str) -> None:
    store.add(
        kind="calculation", title="", address=address, media_type="text/x-python", data=text.encode(),
        parts=(Part("result", text),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("address", "text", "words"),
    [
        ("1 + 1", "1 + 1 = 3", "S1: 1 + 1 gives 2"),
        ("1 / 0", "1 / 0 = 5", "cannot be computed"),
        ("a", 'inputs:\na = 5 from [S9 p.1 "X"]: 5 (X)\n\na = 5', "is not what stands there"),
        ("print(1)", "print(1)\nprinted:\n2", "gives nothing"),
    ],
)
async def test_calculation_that_gives_something_else_fails(
    store: SourceStore, address: str, text: str, words: str
) -> None:
    keep(store, address, text)
    check = (await verified(store, None))["calculations"]
    assert (check.passed, words in check.detail) == (False, True), check.detail


async def test_calculations_that_cannot_be_compared_are_counted(store: SourceStore) -> None:
    keep(store, "from datetime import datetime\ndatetime.now()", "from datetime import datetime\ndatetime.now() = 1")
    keep(store, "y" * 1_000, "z = 1")
    check = (await verified(store, None))["calculations"]
    assert check.passed
    assert "1 without their program in full" in check.detail


async def test_same_database_with_other_rows_fails(store: SourceStore, desk: Path) -> None:
    await work(store, desk)
    [ref, _] = [one for one in store.refs() if one.kind == "query"]
    kept = msgspec.json.decode(store.data(ref.digest) or b"")
    kept["rows"][0][1] = 2.5
    store.add(
        kind="query", title="", address=ref.address, media_type="application/json", data=msgspec.json.encode(kept),
        parts=(Part("rows 1-2", "name | amount\nrow 1: a | 2.5"),),
    )  # fmt: skip
    check = (await verified(store, desk))["queries"]
    assert (check.passed, "the same database gives other rows" in check.detail) == (False, True)


async def test_query_of_an_older_session_is_compared_by_its_address(store: SourceStore, desk: Path) -> None:
    await work(store, desk)
    [_, ref] = [one for one in store.refs() if one.kind == "query"]
    kept = msgspec.json.decode(store.data(ref.digest) or b"")
    del kept["sql"], kept["limit"]
    store.add(
        kind="query", title="", address=ref.address, media_type="application/json", data=msgspec.json.encode(kept),
        parts=(Part("rows 1-1", "region | amount"),),
    )  # fmt: skip
    assert (await verified(store, desk))["queries"].detail == "3 run again with the same rows"


async def test_query_of_a_session_before_the_digest_of_databases_is_counted(store: SourceStore, desk: Path) -> None:
    kept = msgspec.json.encode({"columns": ["amount"], "rows": [[1.5]]})
    store.add(
        kind="query", title="", address="ledger.db: select amount from ledger", media_type="application/json",
        data=kept, parts=(Part("rows 1-1", "amount\n---\nrow 1: 1.5"),),
    )  # fmt: skip
    async with tools(store, desk) as context:
        [check] = await run_again(store.refs(), store, context)

    assert check == VerificationCheck("queries", True, "1 of an earlier version, which kept no digest of the database")


async def test_calculations_run_together_leave_nothing_to_each_other(store: SourceStore) -> None:
    programs = [("kept = 5\nkept", ()), ("kept", ()), ("1 / 0", ()), ("2 + 2", ())]
    async with tools(store, None) as context:
        found = await run_together(programs, context)
        more = await run_together([(f"{n} + 1", ()) for n in range(90)], context)

    assert [one.get("result") for one in found] == ["5", None, None, "4"]
    assert [one["result"] for one in more] == [str(n + 1) for n in range(90)]


async def test_calculation_that_ends_the_interpreter_does_not_spoil_the_others(store: SourceStore) -> None:
    programs = [("1 + 1", ()), ("'x' * 10 ** 12", ()), ("while True:\n    pass", ()), ("2 + 2", ())]
    async with tools(store, None) as context:
        for code, _ in (programs[0], programs[3]):
            await Calculate().run(Calculation(code), context)
        together = await run_together(programs, context)
        [check] = await run_again(store.refs(), store, context)

    assert together[1:3] == [{}, {}]
    assert check == VerificationCheck("calculations", True, "2 run again with the same result")
