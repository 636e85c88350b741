"""Describe how much of a desk's documents has been read, for the first screen and `doctor`."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from kimi_tui.config import Settings
from kimi_tui.config.tree import expand_home
from kimi_tui.session import DeskReading
from kimi_tui.text import one_line
from kimi_tui.tools.desk.desk_index import DeskIndex
from kimi_tui.tools.desk.files import Desk
from kimi_tui.tools.desk.index_store import IndexedDocument
from kimi_tui.tools.workers.pool import WorkerPool

MAX_TITLES = 100
"""Documents whose titles are told."""
TITLE_CHARS = range(4, 81)
"""Characters of a title that names a document well; any other one gives way to the file's name."""
_TABLE_TYPES = ("text/csv", "text/tab-separated-values")


class DeskReader:
    """Reads the documents of a desk in the background, and says how far that is.

    The index is the one that every session on the desk uses, so that nothing is read twice.
    """

    def __init__(self, root: Path, cache: Path) -> None:
        """`root` is the desk's folder, `cache` the folder of indexes; nothing is opened yet."""
        self._workers = WorkerPool(most=1)
        self._index = DeskIndex(root, cache, self._workers)

    async def begin(self) -> None:
        """Look at the desk and go on reading it in the background; raises `OSError` when it cannot be listed."""
        await self._index.start_reading()

    async def reading(self) -> DeskReading:
        """How far it is; raises `OSError`."""
        desk = await self._index.list_desk()
        progress = await self._index.progress()
        here = {file.path: (file.size, file.modified) for file in desk.files if not file.is_database}
        known = [one for one in await self._index.documents() if here.get(one.path) == (one.size, one.modified)]
        return DeskReading(
            documents=len(here),
            read=len(known),
            pages=sum(one.parts for one in known),
            unreadable=tuple((one.path, one.error) for one in known if one.error),
            left_alone=_left_alone(desk),
            is_reading=progress.is_reading,
            titles=_titles(known),
        )

    async def close(self) -> None:
        """Stop reading."""
        await self._index.close()
        await self._workers.close()


def desk_reader(settings: Settings) -> DeskReader | None:
    """A reader of the desk that the settings name; None without one."""
    if not settings.desk:
        return None
    return DeskReader(expand_home(settings.desk, "desk").resolve(), settings.home_path / "desks")


def _titles(known: Sequence[IndexedDocument]) -> tuple[str, ...]:
    """Name the longest documents that have text: by title, or by file name where the title is none or not unique."""
    texts = [one for one in known if one.parts and not one.error and one.media_type not in _TABLE_TYPES]
    longest = sorted(texts, key=lambda one: (-one.parts, one.path))[:MAX_TITLES]
    titles = [one_line(one.title).strip() for one in longest]
    count = Counter(titles)
    return tuple(
        title if count[title] == 1 and len(title) in TITLE_CHARS else one_line(PurePosixPath(one.path).name, 120)
        for one, title in zip(longest, titles, strict=True)
    )


def _left_alone(desk: Desk) -> int:
    """How many files a person may miss: hidden ones are not among them."""
    return sum(reason != "hidden" for _, reason in desk.skipped)
