"""The desks that tests of the index and of the desk's tools work on."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from kimi_tui.tools.desk.desk_index import DeskIndex
from kimi_tui.tools.workers.pool import WorkerPool
from tests.tools.papers import pdf


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
