"""The index of a desk: each look at the desk reads what is new or changed, and forgets what is gone.

Documents are read in workers, two at a time, and one that cannot be read never stops the others. Reading goes on
when the search that began it stops waiting, and is never done twice at once.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from kimi_tui.sources import Part
from kimi_tui.tools.desk.files import Desk, DeskFile, located, look
from kimi_tui.tools.desk.index_store import Document, Hit, Index, ReplacedError
from kimi_tui.tools.text.extraction import UnreadableError, extract_file
from kimi_tui.tools.text.parts import FileReading
from kimi_tui.tools.workers.pool import Workers

PATIENCE_SECONDS = 90.0
"""How long a search waits for documents that are still being read."""
_READERS = 2
_Result = TypeVar("_Result")


class DeskIndex:
    """What stands in the documents of one desk. Nothing is opened before the first question."""

    def __init__(self, root: Path, cache: Path | None, workers: Workers) -> None:
        """`root` is the desk's folder; `cache` a folder for the index, None for one in memory."""
        self._root = root
        self._workers = workers
        self._index = Index(root, cache)
        self._update: asyncio.Task[Desk] | None = None
        self._desk = Desk((), ())
        self._settled: tuple[Desk, int] | None = None

    async def refresh(self) -> tuple[Desk, bool]:
        """Look at the desk and read what is new; what lies on it, and whether all of it was read in time.

        Raises `OSError` when the folder cannot be listed.
        """
        if self._update is None or self._update.done():
            self._update = asyncio.create_task(self._bring_up_to_date())
        done, _ = await asyncio.wait((self._update,), timeout=PATIENCE_SECONDS)
        return (self._update.result(), True) if done else (self._desk, False)

    async def search(self, query: str, limit: int) -> list[Hit]:
        """The best parts for a query, at most `limit`."""
        return await self._ask(lambda: self._index.search(query, limit))

    async def documents(self) -> list[Document]:
        """Every document, in order of paths."""
        return await self._ask(self._index.documents)

    async def document(self, path: str) -> tuple[Document, tuple[Part, ...]] | None:
        """One document by its exact path, with its text."""

        def read() -> tuple[Document, tuple[Part, ...]] | None:
            return next(((document, self._index.parts(path)) for document in self._index.documents(path)), None)

        return await self._ask(read)

    async def cells(self, path: str) -> bytes:
        """The encoded cells of a document by its exact path."""
        return await self._ask(lambda: self._index.cells(path))

    async def close(self) -> None:
        """Stop reading, and let go of the database."""
        if self._update is not None:
            self._update.cancel()
            await asyncio.wait((self._update,))
        await asyncio.to_thread(self._index.close)

    async def _ask(self, question: Callable[[], _Result]) -> _Result:
        """An answer of the index, whose documents are read again should it have had to be replaced."""
        for _ in range(2):
            try:
                return await asyncio.to_thread(question)
            except ReplacedError:
                self._settled = None
                await self.refresh()
        return await asyncio.to_thread(question)

    async def _bring_up_to_date(self) -> Desk:
        """One look at the desk, and the reading that it calls for."""
        for _ in range(2):
            try:
                return await self._read_changes()
            except* ReplacedError:  # everything must be read again
                self._desk, self._settled = Desk((), ()), None
        return await self._read_changes()

    async def _read_changes(self) -> Desk:
        """Read new and changed documents, and forget those that are gone; raises `ReplacedError` in a group."""
        self._desk = desk = await asyncio.to_thread(look, self._root)
        now = desk, await asyncio.to_thread(self._index.changes)
        if now == self._settled:
            return desk
        known = {document.path: document for document in await asyncio.to_thread(self._index.documents)}
        here = {file.path: file for file in desk.files if not file.is_database}
        for path in known.keys() - here.keys():
            await asyncio.to_thread(self._index.forget, path)
        changed = iter([file for file in here.values() if _has_changed(file, known.get(file.path))])
        async with asyncio.TaskGroup() as readers:
            for _ in range(_READERS):
                readers.create_task(self._read_all(changed, known))
        self._settled = now
        return desk

    async def _read_all(self, files: Iterator[DeskFile], known: dict[str, Document]) -> None:
        """Read one document after the other until none is left."""
        for file in files:
            before = known.get(file.path)
            reading = await self._read(file, before.digest if before else "")
            if before and reading.digest and reading.digest == before.digest:
                await asyncio.to_thread(self._index.touch, file)
            else:
                await asyncio.to_thread(self._index.keep, file, reading)

    async def _read(self, file: DeskFile, digest: str) -> FileReading:
        """What is in one document, without its text when it has this digest."""
        path = await asyncio.to_thread(located, self._root, file.path)
        if path is None:
            return FileReading("", file.size, None, "it went away, or leads out of the desk")
        try:
            return await extract_file(self._workers, str(path), file.media_type, digest)
        except UnreadableError as error:
            return FileReading("", file.size, None, str(error))


def _has_changed(file: DeskFile, known: Document | None) -> bool:
    """Whether a document must be read (again)."""
    return known is None or (file.size, file.modified) != (known.size, known.modified)
