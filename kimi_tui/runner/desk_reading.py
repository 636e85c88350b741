"""How much of a desk's documents has been read: for people, on the first screen and in `doctor`."""

from pathlib import Path

from kimi_tui.config import Settings
from kimi_tui.config.tree import expand_home
from kimi_tui.session import DeskReading
from kimi_tui.tools.desk.desk_index import DeskIndex
from kimi_tui.tools.desk.files import Desk
from kimi_tui.tools.workers.pool import WorkerPool


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


def _left_alone(desk: Desk) -> int:
    """How many files a person may miss: hidden ones are not among them."""
    return sum(reason != "hidden" for _, reason in desk.skipped)
