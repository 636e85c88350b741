"""Measure a desk of real size: a large CSV file queried again, a small file read first, sessions that start together.

    python -m tools.bench_desk [--documents N] [--sessions N] [--rows N]

Everything is made in a temporary folder, which the file for queries and the index share. Printed: processor time and
memory of the second query of a CSV file; the time until a small file is read on a desk of 2 GB that was never indexed;
and the processor time of sessions that start together on an unindexed desk, against the same on an indexed one.
"""

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from kimi_tui.journal.session_store import SessionStore
from kimi_tui.tools.base import ToolContext, ToolSettings
from kimi_tui.tools.desk.read import Read, ReadToolParameters
from kimi_tui.tools.desk.search_documents import SearchDocuments, SearchDocumentsParameters
from kimi_tui.tools.sql.query_database import QueryDatabase, QueryDatabaseParameters

LARGE_FILE_BYTES = 60 << 20
"""Size of the one large document, which the desk has under many names."""
LARGE_FILES = 34
"""Names of it: 2 GB together."""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=3_000, help="documents of the desk that sessions start on")
    parser.add_argument("--sessions", type=int, default=20, help="sessions that start together")
    parser.add_argument("--rows", type=int, default=2_300_000, help="rows of the CSV file; 2.3 million are 28 MB")
    parser.add_argument("--search", nargs=2, metavar=("DESK", "CACHE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.search:
        asyncio.run(_search(*map(Path, options.search)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_query_csv(Path(folder) / "csv", options.rows))
        asyncio.run(_read_first(Path(folder) / "large"))
        _start_sessions(Path(folder) / "many", options.documents, options.sessions)
    return 0


async def _run(desk: Path, cache: Path, tool: Any, arguments: msgspec.Struct) -> str:
    """Run one call of a tool in a session of its own and return its text."""
    with tempfile.TemporaryDirectory() as home:
        journal = SessionStore(Path(home)).create()
        context = ToolContext(ToolSettings(desk=desk, cache=cache, offline=True), journal.sources)
        try:
            return str((await tool.run(arguments, context)).text)
        finally:
            await context.close()
            journal.close()


async def _query_csv(folder: Path, rows: int) -> None:
    """Print what the second query of a large CSV file takes."""
    desk = folder / "desk"
    desk.mkdir(parents=True)
    (desk / "large.csv").write_text("id,amount\n" + "".join(f"{number},{number % 9973}\n" for number in range(rows)))
    arguments = QueryDatabaseParameters("large.csv", "SELECT count(*), sum(amount) FROM data")
    for which in ("first", "second"):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        await _run(desk, folder / "cache", QueryDatabase(), arguments)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        size = (desk / "large.csv").stat().st_size / 1e6
        print(f"{which} query of a CSV file of {size:.0f} MB: {seconds:.2f} s of CPU, the start of its worker included")


async def _read_first(folder: Path) -> None:
    """Print how long the first read of a small file takes beside 2 GB that nobody has read."""
    desk = folder / "desk"
    desk.mkdir(parents=True)
    line = "Words of a document that nobody has read yet.\n"
    (desk / "large-0.txt").write_text(line * (LARGE_FILE_BYTES // len(line)))
    for number in range(1, LARGE_FILES):
        os.link(desk / "large-0.txt", desk / f"large-{number}.txt")
    (desk / "small.txt").write_text("Net debt was 5 million. " * 80)
    began = time.perf_counter()
    await _run(desk, folder / "cache", Read(), ReadToolParameters("small.txt"))
    print(f"first read of 2 kB on an unindexed desk of 2 GB: {time.perf_counter() - began:.2f} s")


def _start_sessions(folder: Path, documents: int, sessions: int) -> None:
    """Print what sessions cost that start together, on an unindexed and on an indexed desk."""
    desk = folder / "desk"
    desk.mkdir(parents=True)
    for number in range(documents):
        (desk / f"note-{number}.md").write_text(f"# Note {number}\n\n" + f"Supplier {number} delivered on time. " * 40)
    spent = []
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "tools.bench_desk", "--search", str(desk), str(folder / "cache")]
        for process in [subprocess.Popen(command) for _ in range(sessions)]:
            process.wait()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print(
        f"{sessions} sessions started together on {documents:,} documents: {spent[0]:.1f} s of CPU unindexed, "
        f"{spent[1]:.1f} s indexed, {spent[0] / spent[1]:.2f} times"
    )


async def _search(desk: Path, cache: Path) -> None:
    """Search a desk, as a session does first."""
    await _run(desk, cache, SearchDocuments(), SearchDocumentsParameters("supplier delivered"))


if __name__ == "__main__":
    sys.exit(main())
