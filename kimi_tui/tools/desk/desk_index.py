"""The index of a desk: each refresh reads new and changed documents, and removes deleted ones.

One process at a time reads documents for an index; the others wait for it or ask what is there already. Documents are
read in workers, small ones several at once, and one that cannot be read never stops the others. Reading goes on when
the search that began it stops waiting, and a file that is asked for by name is read before all others.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from kimi_tui.sources import Part
from kimi_tui.tools.desk.file_description import DescribedFile, FileToRead
from kimi_tui.tools.desk.files import Desk, DeskFile, list_desk, open_files
from kimi_tui.tools.desk.glossary import load_glossary
from kimi_tui.tools.desk.index_database import IndexBusyError, IndexReplacedError
from kimi_tui.tools.desk.index_search import DeskSearchResult, SearchIndex, search_parts
from kimi_tui.tools.desk.index_store import IndexedDocument, IndexStore, KnownFile
from kimi_tui.tools.text.extraction import (
    MAX_MEMORY_BYTES,
    PATIENCE_FACTOR,
    READING_SECONDS,
    UnreadableError,
    read_with_fallback,
)
from kimi_tui.tools.text.parts import FileReading
from kimi_tui.tools.workers.pool import WorkerError, WorkerPool

MAX_WAIT_SECONDS = 90.0
"""How long a search waits for documents that are still being read."""
BATCH_FILES = 48
"""Small files that one call of a worker reads."""
BATCH_BYTES = 1 << 20
"""Of a batch; a larger file is read alone."""
_READERS = 2
_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between looks at whether another process has finished, the last one again and again."""
_Result = TypeVar("_Result")


class ReadingProgress(msgspec.Struct, frozen=True):
    """The progress of reading a desk."""

    documents: int
    """On the desk, as far as there is a reader for them."""
    read: int
    """Of these, how many the index knows, those that gave no text included."""
    pages: int
    """Parts of all that were read."""
    unreadable: int
    """Of those read, how many gave no text."""
    is_reading: bool = False
    """True when more are being read just now, here or in another process."""


class DeskIndex:
    """The index of one desk. Nothing is opened before the first question."""

    def __init__(
        self,
        root: Path,
        cache: Path | None,
        workers: WorkerPool,
        *,
        glossary: str = "off",
        seconds: float = READING_SECONDS,
        on_progress: Callable[[ReadingProgress], None] | None = None,
    ) -> None:
        """`root` is the desk's folder; `cache` a folder for the index, None for one in memory.

        Reading one document may take `seconds` of processor time. `glossary` names what questions are widened by;
        raises `GlossaryError` for one that cannot be used. `on_progress` is called in the event loop while documents
        are read, after each batch.
        """
        self._root = root
        self._workers = workers
        self._background = WorkerPool(most=_READERS)  # so that a file asked for by name finds a worker free
        self._seconds = seconds
        self._store = IndexStore(root, cache)
        self._glossary = load_glossary(glossary)
        self._search = SearchIndex(self._store, self._glossary)
        self.on_progress = on_progress
        """Called in the event loop while documents are read, after each batch."""
        self._update: asyncio.Task[Desk] | None = None
        self._desk = Desk((), ())
        self._settled: tuple[Desk, int] | None = None
        self._read_early: set[tuple[str, int, int]] = set()

    async def refresh(self) -> tuple[Desk, bool]:
        """Read what is new on the desk; returns the desk, and whether all of it was read in time.

        Raises `OSError` when the folder cannot be listed.
        """
        update = self._updating()
        done, _ = await asyncio.wait((update,), timeout=MAX_WAIT_SECONDS)
        return (update.result(), True) if done else (self._desk, False)

    async def start_reading(self) -> None:
        """Start reading in the background; raises `OSError` as `refresh` does."""
        await self.list_desk()
        self._updating().add_done_callback(_note_background_error)

    def _updating(self) -> "asyncio.Task[Desk]":
        if self._update is None or self._update.done():
            self._update = asyncio.create_task(self._bring_up_to_date())
        return self._update

    async def list_desk(self) -> Desk:
        """List the desk without reading it; raises `OSError` when it cannot be listed."""
        return await asyncio.to_thread(list_desk, self._root)

    async def search(self, query: str, limit: int, within: str = "") -> DeskSearchResult:
        """Return the best parts for a query, at most `limit`; `within` is the path of the one document to search."""
        return await self._query_index(lambda: self._search.search(query, limit, within))

    async def search_parts(self, title: str, parts: tuple[Part, ...], query: str, limit: int) -> DeskSearchResult:
        """Return the best of these parts of a source that is no document of the desk."""
        return await asyncio.to_thread(search_parts, title, parts, query, limit, self._glossary)

    async def documents(self) -> list[IndexedDocument]:
        """Every document, in order of paths."""
        return await self._query_index(self._store.documents)

    async def document(self, path: str) -> tuple[IndexedDocument, tuple[Part, ...]] | None:
        """One document by its exact path, with its text."""

        def read() -> tuple[IndexedDocument, tuple[Part, ...]] | None:
            return next(((document, self._store.parts(path)) for document in self._store.documents(path)), None)

        return await self._query_index(read)

    async def cells(self, path: str) -> bytes:
        """Return the encoded cells of a document by its exact path."""
        return await self._query_index(lambda: self._store.cells(path))

    async def read_now(self, file: DeskFile) -> None:
        """Read one document into the index without waiting for any other."""
        known = next(iter(await self._query_index(lambda: self._store.documents(file.path))), None)
        if known is not None and (known.size, known.modified) == (file.size, file.modified):
            return
        described = await self._describe(self._workers, file, known.digest if known else "")
        await self._query_index(lambda: self._keep([(file, described)]))
        self._read_early.add((file.path, file.size, file.modified))

    async def progress(self) -> ReadingProgress:
        """Return how far the reading is, by the last look at the desk and what the index holds now."""
        totals = await self._query_index(self._store.totals)
        documents = sum(not file.is_database for file in self._desk.files)
        is_reading = self._update is not None and not self._update.done()
        return ReadingProgress(documents, totals.documents, totals.parts, totals.unreadable, is_reading)

    async def close(self) -> None:
        """Stop reading and close the database."""
        if self._update is not None:
            self._update.cancel()
            await asyncio.wait((self._update,))
        await self._background.close()
        await asyncio.to_thread(self._store.close)

    async def _query_index(self, question: Callable[[], _Result]) -> _Result:
        """Query the index; if it had to be replaced, its documents are read again."""
        for _ in range(2):
            try:
                return await asyncio.to_thread(question)
            except IndexReplacedError:
                self._settled = None
                await self.refresh()
        return await asyncio.to_thread(question)

    async def _bring_up_to_date(self) -> Desk:
        """One look at the desk, and the reading that it calls for."""
        for _ in range(2):
            try:
                return await self._read_changes()
            except* IndexReplacedError:  # everything must be read again
                self._desk, self._settled = Desk((), ()), None
        return await self._read_changes()

    async def _read_changes(self) -> Desk:
        """Read new and changed documents, and forget those that are gone; raises `IndexReplacedError` in a group."""
        self._desk = desk = await asyncio.to_thread(list_desk, self._root)
        now = desk, await asyncio.to_thread(self._store.changes)
        if now == self._settled:
            return desk
        here = {file.path: file for file in desk.files if not file.is_database}
        if _index_differs(here, await asyncio.to_thread(self._store.known_files)):
            await self._build(here)
        self._settled = now
        return desk

    async def _build(self, here: Mapping[str, DeskFile]) -> None:
        """Read what the index lacks, once no other process does; what that one has read is not read again."""
        pauses = iter(_PAUSES)
        while True:
            with self._store.database.hold_builder_lock() as is_mine:
                if is_mine:
                    try:
                        await self._read_all(here, await asyncio.to_thread(self._store.known_files))
                    finally:
                        self._background.end_idle()  # a desk that is read seldom changes soon
                    return
            await self._report_progress()
            await asyncio.sleep(next(pauses, _PAUSES[-1]))

    async def _read_all(self, here: Mapping[str, DeskFile], known: Mapping[str, KnownFile]) -> None:
        """Bring the index from what it knows to what is here."""
        if gone := known.keys() - here.keys():
            await asyncio.to_thread(self._store.remove_documents, sorted(gone))
        changed = [file for file in here.values() if _has_changed(file, known.get(file.path))]
        batches = iter(list(_batches(changed)))
        async with asyncio.TaskGroup() as readers:
            for _ in range(_READERS):
                readers.create_task(self._read_batches(batches, known))

    async def _read_batches(self, batches: Iterator[list[DeskFile]], known: Mapping[str, KnownFile]) -> None:
        """Read one batch after the other until none is left."""
        for batch in batches:
            files = [file for file in batch if (file.path, file.size, file.modified) not in self._read_early]
            digests = [known[file.path].digest if file.path in known else "" for file in files]
            described = await self._describe_batch(files, digests)
            await asyncio.to_thread(
                self._keep, list(zip(files, described, strict=True)), dict(zip(files, digests, strict=True))
            )
            await self._report_progress()

    def _keep(self, files: list[tuple[DeskFile, DescribedFile]], digests: Mapping[DeskFile, str] | None = None) -> None:
        """Write what was read; of a document whose bytes are the known ones only the time is noted."""
        known = digests or {}
        same = [file for file, one in files if one.reading.digest and one.reading.digest == known.get(file)]
        if same:
            self._store.touch(same)
        if changed := [pair for pair in files if pair[0] not in same]:
            self._store.replace_documents(changed)

    async def _describe_batch(self, files: list[DeskFile], digests: list[str]) -> list[DescribedFile]:
        """Read several documents; should one of them end the worker, read each alone."""
        if len(files) > 1:
            asked = [
                FileToRead(file.path, file.media_type, digest) for file, digest in zip(files, digests, strict=True)
            ]
            with suppress(WorkerError, OSError):
                async with self._opened(*files) as descriptors:
                    reply = await self._background.call(
                        "kimi_tui.tools.desk.file_description:describe_files",
                        {"files": msgspec.to_builtins(asked)},
                        timeout=self._seconds * PATIENCE_FACTOR,
                        cpu=self._seconds,
                        memory=MAX_MEMORY_BYTES,
                        files=descriptors,
                    )
                return msgspec.convert(reply, list[DescribedFile])
        return [
            await self._describe(self._background, file, digest) for file, digest in zip(files, digests, strict=True)
        ]

    async def _describe(self, workers: WorkerPool, file: DeskFile, digest: str) -> DescribedFile:
        """Read one document, without its text when it has this digest."""
        arguments = {"name": file.path, "media_type": file.media_type, "known": digest}
        call = "kimi_tui.tools.desk.file_description:describe_file"
        try:
            async with self._opened(file) as descriptors:
                reply = await read_with_fallback(workers, call, arguments, self._seconds, descriptors)
        except FileNotFoundError:
            return _unreadable_file(file, "it went away, or leads out of the desk")
        except OSError as error:
            return _unreadable_file(file, f"it cannot be opened: {error.strerror}")
        except UnreadableError as error:
            return _unreadable_file(file, str(error))
        return msgspec.convert(reply, DescribedFile)

    @asynccontextmanager
    async def _opened(self, *files: DeskFile) -> AsyncIterator[list[int]]:
        """Descriptors of documents, closed at the end; raises `OSError` when one cannot be opened."""
        descriptors = await asyncio.to_thread(open_files, self._root, [file.path for file in files])
        try:
            yield descriptors
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    async def _report_progress(self) -> None:
        """Report the progress of the reading."""
        if self.on_progress is not None:
            try:
                totals = await asyncio.to_thread(self._store.totals)
            except (IndexReplacedError, IndexBusyError):
                return
            documents = sum(not file.is_database for file in self._desk.files)
            self.on_progress(ReadingProgress(documents, totals.documents, totals.parts, totals.unreadable, True))


def _note_background_error(update: "asyncio.Task[Desk]") -> None:
    """Note how background reading ended, so that the next request reports the error."""
    if not update.cancelled():
        update.exception()


def _unreadable_file(file: DeskFile, why: str) -> DescribedFile:
    return DescribedFile(FileReading("", file.size, None, why))


def _index_differs(here: Mapping[str, DeskFile], known: Mapping[str, KnownFile]) -> bool:
    """Return whether the index lacks a present file, or has a deleted one."""
    return here.keys() != known.keys() or any(_has_changed(file, known[path]) for path, file in here.items())


def _has_changed(file: DeskFile, known: KnownFile | None) -> bool:
    """Return whether a document must be read (again)."""
    return known is None or (file.size, file.modified) != (known.size, known.modified)


def _batches(files: Iterable[DeskFile]) -> Iterator[list[DeskFile]]:
    """Small files several at a time, so that what each call costs is shared; large ones and PDFs alone."""
    batch: list[DeskFile] = []
    room = BATCH_BYTES
    for file in files:
        if file.size > BATCH_BYTES // 4 or file.media_type == "application/pdf":
            yield [file]
            continue
        if len(batch) == BATCH_FILES or file.size > room:
            yield batch
            batch, room = [], BATCH_BYTES
        batch.append(file)
        room -= file.size
    if batch:
        yield batch
