"""The desks that tests of the index and of the desk's tools work on."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from kimi_tui.tools.desk.desk_index import DeskIndex
from kimi_tui.tools.workers.pool import WorkerPool
from tests.tools.papers import pdf

CANARY = "a secret outside of every database"
"""What lies beside the desk of databases."""


def write_small_desk(folder: Path) -> Path:
    """Write a desk of three documents and return its folder."""
    root = folder / "desk"
    root.mkdir()
    (root / "report.pdf").write_bytes(pdf("Revenue grew.", "The dividend was raised.", title="Annual report"))
    (root / "notes.md").write_text(
        "# Outlook\n\nManagement expects growing revenues.\n\n# Risks\n\nThe supply of cobalt."
    )
    (root / "segments.csv").write_text("segment,revenue\nCloud,1200\nDevices,300\n")
    return root


def write_full_desk(folder: Path) -> Path:
    """Write a desk with a file of each kind, beside a secret, and return its folder."""
    (folder / "secret.txt").write_text("the secret dividend")
    root = folder / "desk"
    (root / "filings").mkdir(parents=True)
    pages = [f"Page {number} opens. " + "Revenue grew by 4.2 percent. " * 100 for number in range(1, 13)]
    pages[6] += " The dividend was raised to 0.55 per share."
    (root / "filings" / "report.pdf").write_bytes(pdf(*pages, title="Annual report 2024"))
    (root / "notes.md").write_text("# Outlook\n\nManagement expects growth.\n\n# Risks\n\nThe supply of cobalt.")
    rows = "".join(f"Q{number},{number * 100}\n" for number in range(1, 121))
    (root / "quarters.csv").write_text("quarter,revenue\n" + rows)
    (root / "finance.sqlite").write_bytes(b"")
    (root / "cut.pdf").write_bytes(pdf("x" * 400)[:300])
    (root / "link.txt").symlink_to(folder / "secret.txt")
    return root


def write_finance_desk(folder: Path) -> Path:
    """Write a desk with a database and a CSV file, beside a secret and a database outside; return its folder."""
    desk = folder / "desk"
    (desk / "sub").mkdir(parents=True)
    connection = sqlite3.connect(desk / "finance.sqlite")
    connection.execute("CREATE TABLE invoices (id INTEGER PRIMARY KEY, customer TEXT, amount REAL)")
    rows = [(f"customer {n % 7}", n * 1.5) for n in range(400)]
    connection.executemany("INSERT INTO invoices (customer, amount) VALUES (?, ?)", rows)
    connection.execute("CREATE VIEW totals AS SELECT customer, sum(amount) AS total FROM invoices GROUP BY customer")
    connection.execute("CREATE VIEW trap AS SELECT load_extension('x') AS y")
    connection.execute("CREATE VIRTUAL TABLE notes USING fts5(body)")
    connection.execute("INSERT INTO notes VALUES ('the auditor agreed')")
    connection.commit()
    connection.close()
    (desk / "sub" / "sales.csv").write_text(
        'Region,Units Sold,"Revenue, USD",Code\nNorth,10,"1,200.50",007\nSouth,,300,012\nEast,5,"2,000",099\n'
    )
    (folder / "secret.txt").write_text(CANARY)
    (folder / "outside.sqlite").write_bytes((desk / "finance.sqlite").read_bytes())
    (desk / "link.sqlite").symlink_to(folder / "outside.sqlite")
    return desk


@asynccontextmanager
async def index_opener(root: Path, cache: Path) -> AsyncIterator[Callable[[], DeskIndex]]:
    """Give a function that opens the index of a desk as often as is wanted; all are closed at the end."""
    workers = WorkerPool()
    opened: list[DeskIndex] = []

    def open_one() -> DeskIndex:
        opened.append(DeskIndex(root, cache, workers))
        return opened[-1]

    yield open_one
    for index in opened:
        await index.close()
    await workers.close()


async def find_places(index: DeskIndex, query: str, limit: int = 10) -> list[str]:
    """Return where a query's hits are."""
    await index.refresh()
    return [f"{hit.path} {hit.label}" for hit in (await index.search(query, limit)).hits]
