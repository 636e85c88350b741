"""Databases that other programs are at work on: only committed rows are read, and nothing beside them changes."""

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kimi_tui.tools.base import ToolError, ToolSettings
from kimi_tui.tools.sql.query_database import QueryDatabase, QueryDatabaseParameters
from tests.tools.kit import MemoryStore, fingerprint, tool_context
from tests.tools.ledger import total

HOLDS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    connection.execute(statement)
print("ready", flush=True)
sys.stdin.read()
"""


FILL = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) "
    "INSERT INTO ledger SELECT 100, printf('%.900c', 'x') FROM n"
)


CREATE = "CREATE TABLE ledger (amount INTEGER, pad TEXT)"


class Other:
    """Another program that has the database open."""

    def __init__(self, path: Path, *statements: str) -> None:
        command = [sys.executable, "-c", HOLDS, str(path), *statements]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def others() -> Iterator[list[Other]]:
    """Programs that are ended with the test."""
    started: list[Other] = []
    yield started
    for other in started:
        other.kill()


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "desk" / "ledger.db"
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute(CREATE)
    connection.execute(FILL)
    connection.commit()
    connection.close()
    return path


async def test_uncommitted_rows_of_a_large_transaction_are_never_read(ledger: Path, others: list[Other]) -> None:
    others.append(Other(ledger, "PRAGMA cache_size=10", "BEGIN", "UPDATE ledger SET amount = 0"))
    before = fingerprint(ledger.parent)
    try:
        text = (await total(ledger)).text
    except ToolError as error:
        text = str(error)
    assert "\n400000 | 4000" in text or "another program is writing" in text
    assert fingerprint(ledger.parent) == before


async def test_a_transaction_that_only_begins_leaves_the_rows_readable(ledger: Path, others: list[Other]) -> None:
    others.append(Other(ledger, "BEGIN IMMEDIATE", "UPDATE ledger SET amount = 0 WHERE rowid = 1"))
    before = fingerprint(ledger.parent)
    assert "\n400000 | 4000" in (await total(ledger)).text
    assert fingerprint(ledger.parent) == before


async def test_a_transaction_that_was_cut_off_is_undone_in_a_copy(ledger: Path, others: list[Other]) -> None:
    other = Other(ledger, "PRAGMA cache_size=10", "BEGIN", "UPDATE ledger SET amount = 0")
    copies = ledger.parent.parent / "copies"
    shutil.copytree(ledger.parent, copies)
    other.kill()
    before = fingerprint(copies)
    observation = await total(copies / "ledger.db")
    assert "\n400000 | 4000" in observation.text
    assert "ledger.db-journal holds changes" in observation.text
    assert fingerprint(copies) == before


async def test_tables_that_are_only_in_the_log_are_read(tmp_path: Path, others: list[Other]) -> None:
    path = tmp_path / "desk" / "fresh.db"
    path.parent.mkdir()
    others.append(Other(path, "PRAGMA journal_mode=wal", "PRAGMA wal_autocheckpoint=0", CREATE, FILL, "BEGIN",
                        "UPDATE ledger SET amount = 0"))  # fmt: skip
    before = fingerprint(path.parent)
    observation = await total(path)
    assert "\n400000 | 4000" in observation.text
    assert "fresh.db-wal holds changes" in observation.text
    assert fingerprint(path.parent) == before


async def test_a_database_at_rest_in_log_mode_gets_no_files_beside_it(ledger: Path) -> None:
    connection = sqlite3.connect(ledger)
    connection.execute("PRAGMA journal_mode=wal")
    connection.close()
    before = fingerprint(ledger.parent)
    assert "\n400000 | 4000" in (await total(ledger)).text
    assert fingerprint(ledger.parent) == before


async def test_the_digest_of_the_database_is_recorded_with_the_rows(ledger: Path) -> None:
    async with tool_context(ToolSettings(desk=ledger.parent, offline=True)) as context:
        await QueryDatabase().run(QueryDatabaseParameters("ledger.db", "SELECT 1"), context)
        assert isinstance(context.sources, MemoryStore)
        data = json.loads(context.sources.data["S1"])
    assert data["digest"] == hashlib.sha256(ledger.read_bytes()).hexdigest()
