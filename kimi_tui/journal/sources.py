"""Store sources by content, inside the session's own file.

Bytes are kept once under their SHA-256, text in parts, both packed. An id is given once and never again.
"""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, Unpack

import msgspec

from kimi_tui.cells import Cell, decode_cells, digest_cells
from kimi_tui.journal.auxiliary_tables import commit_with_rebuild
from kimi_tui.journal.compression import StoredText, compress, compress_text, decompress, decompress_text
from kimi_tui.journal.full_text_index import PART_ROW_OFFSET, index_text
from kimi_tui.journal.session_file import reading_errors
from kimi_tui.sources import NewSource, Part, Source, SourceRef, digest_text
from kimi_tui.storage import Connection, DatabaseError, connect
from kimi_tui.text import replace_surrogates

Row = tuple[Any, ...]
Result = TypeVar("Result")


class SourceReader:
    """Read the sources of a session file."""

    def __init__(self, connection: Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def get(self, source_id: str) -> Source | None:
        """Return a source with its text, None if there is none of that id; raises `SessionError` when it is damaged."""
        with reading_errors(self._path):
            ref = self._ref(source_id)
            return Source(ref, self._parts(int(source_id[1:]), ref.parts)) if ref else None

    def numbers(self) -> list[int]:
        """The numbers of all sources; raises `SessionError`."""
        with reading_errors(self._path):
            return [row[0] for row in self._connection.execute("select number from sources order by number")]

    def refs(self) -> tuple[SourceRef, ...]:
        """All sources, in order of their ids; raises `SessionError` when one is damaged."""
        with reading_errors(self._path):
            rows = self._connection.execute("select number, digest, address, ref from sources order by number")
            return tuple(source_from_row(*row) for row in rows)

    def data(self, digest: str) -> bytes | None:
        """The bytes under a digest, None if there are none; raises `SessionError` when they are damaged."""
        with reading_errors(self._path):
            row = self._connection.execute("select data from blobs where digest = ?", (digest,)).fetchone()
            return decompress(row[0]) if row else None

    def cells(self, source_id: str, label: str = "") -> tuple[Cell, ...]:
        """The cells of a source, or of its part with this label; none for an unknown source.

        Raises `SessionError` when they are damaged.
        """
        with reading_errors(self._path):
            ref = self._ref(source_id)
            if ref is None or not ref.cells_digest:
                return ()
            row = self._connection.execute("select data from blobs where digest = ?", (ref.cells_digest,)).fetchone()
            lines = decompress(row[0]) if row else b""
            if digest_cells(lines) != ref.cells_digest:
                raise ValueError(f"the cells of {source_id} are not those that were read")
            return tuple(cell for cell in decode_cells(lines) if label in ("", cell.part))

    def _ref(self, source_id: str) -> SourceRef | None:
        number = source_id[1:]
        if not (source_id[:1] == "S" and number.isascii() and number.isdigit() and len(number) < 10):
            return None
        row = self._connection.execute("select ref from sources where number = ?", (int(number),)).fetchone()
        return msgspec.json.decode(row[0], type=SourceRef) if row else None

    def _parts(self, number: int, expected: int) -> tuple[Part, ...]:
        """Return the parts of a source, found by their index, or without it where it is damaged."""
        found: list[Row] = []
        with suppress(DatabaseError):
            found = self._rows_of(number, "parts")
        if len(found) < expected:
            found = self._rows_of(number, "parts not indexed")
        return tuple(Part(label, decompress_text(text), title) for label, text, title in found)

    def _rows_of(self, number: int, table: str) -> list[Row]:
        sql = f"select label, text, title from {table} where source = ? order by part"
        return self._connection.execute(sql, (number,)).fetchall()


def source_from_row(number: int, digest: str, address: str, description: str) -> SourceRef:
    """Return the source of a row; raises `ValueError` when its description contradicts the row or adds to it."""
    ref = msgspec.json.decode(description, type=SourceRef)
    if not msgspec.json.decode(description).items() <= msgspec.to_builtins(ref).items():
        raise ValueError(f"the description of S{number} has a field that no source has")
    if (f"S{number}", digest, address) != (ref.id, ref.digest, ref.address):
        raise ValueError(f"the description of S{number} is not that of its row")
    return ref


class PreparedSource(msgspec.Struct, frozen=True):
    """A source digested and compressed before it is written; for a large one, in a thread."""

    digest: str
    """SHA-256 of the bytes."""
    data: bytes
    """The bytes, in form for the disk."""
    parts: tuple[Part, ...]
    """The text."""
    texts: tuple[StoredText, ...]
    """That of each part, in form for the disk."""
    text_digest: str
    """See `sources.digest_text`."""
    cells: bytes
    """The cells, in form for the disk."""
    cells_digest: str
    """See `cells.digest_cells`."""
    cells_count: int
    """How many cells there are."""


def prepare_source(data: bytes, parts: tuple[Part, ...], cells: bytes = b"") -> PreparedSource:
    """Digest and compress a source and replace lone surrogates; takes about a second for 20 MB."""
    clean_parts = tuple(Part(*map(replace_surrogates, (part.label, part.text, part.title))) for part in parts)
    texts = tuple(compress_text(part.text) for part in clean_parts)
    digest, text_digest, cells_digest = hashlib.sha256(data).hexdigest(), digest_text(clean_parts), digest_cells(cells)
    return PreparedSource(
        digest, compress(data), clean_parts, texts, text_digest, compress(cells), cells_digest, cells.count(b"\n")
    )


def _prepare(source: NewSource) -> PreparedSource:
    return prepare_source(source["data"], source["parts"], source.get("cells", b""))


class SourceStore(SourceReader):
    """Read and add sources; only the session's one writer has it."""

    def __init__(self, connection: Connection, path: Path, now: Callable[[], str]) -> None:
        super().__init__(connection, path)
        self._now = now

    def find_same(self, address: str, digest: str) -> SourceRef | None:
        """Return the source of these bytes from this address, None if there is none; raises `SessionError`."""
        with reading_errors(self._path):
            sql = "select ref from sources where address = ? and digest = ?"
            row = self._connection.execute(sql, (replace_surrogates(address), digest)).fetchone()
            return msgspec.json.decode(row[0], type=SourceRef) if row else None

    def add(self, **source: Unpack[NewSource]) -> SourceRef:
        """Keep a source and give it its id; the same address with the same bytes keeps its first id.

        Raises `SessionError` when it cannot be written.
        """
        return self._add_prepared(_prepare(source), source)

    async def add_in_thread(self, **source: Unpack[NewSource]) -> SourceRef:
        """Do the same as `add` in a thread, while everything else goes on."""
        return self._add_prepared(await asyncio.to_thread(_prepare, source), source)

    async def read_in_thread(self, work: Callable[[SourceReader], Result]) -> Result:
        """Return what `work` makes of the committed sources, in a thread with a connection of its own.

        Raises `SessionError` when the file cannot be read, and whatever `work` raises.
        """

        def read() -> Result:
            with reading_errors(self._path):
                connection = connect(self._path, read_only=True)
            try:
                return work(SourceReader(connection, self._path))
            finally:
                connection.close()

        return await asyncio.to_thread(read)

    def _add_prepared(self, source: PreparedSource, new: NewSource) -> SourceRef:
        address = replace_surrogates(new["address"])

        def write() -> SourceRef:
            known = self.find_same(address, source.digest)
            if known is not None:
                return known
            number = int(self._connection.execute("select coalesce(max(number), 0) + 1 from sources").fetchone()[0])
            ref = SourceRef(
                id=f"S{number}",
                digest=source.digest,
                title=replace_surrogates(new["title"]),
                address=address,
                media_type=replace_surrogates(new["media_type"]),
                kind=new["kind"],
                retrieved_at=self._now(),
                parts=len(source.parts),
                characters=sum(len(part.text) for part in source.parts),
                extractor=replace_surrogates(new.get("extractor", "")),
                text_digest=source.text_digest,
                cells=source.cells_count,
                cells_digest=source.cells_digest,
            )
            self._insert_rows(number, ref, source)
            return ref

        return commit_with_rebuild(self._connection, self._path, write)

    def insert(self, number: int, ref: SourceRef, data: bytes, parts: tuple[Part, ...], cells: bytes = b"") -> None:
        """Write a source under a given number; inside a transaction of the caller."""
        self._insert_rows(number, ref, prepare_source(data, parts, cells))

    def _insert_rows(self, number: int, ref: SourceRef, source: PreparedSource) -> None:
        run = self._connection.execute
        run("insert or ignore into blobs values (?, ?)", (ref.digest, source.data))
        if ref.cells_digest:
            run("insert or ignore into blobs values (?, ?)", (ref.cells_digest, source.cells))
        encoded = msgspec.json.encode(ref).decode()
        run("insert into sources values (?, ?, ?, ?)", (number, ref.digest, ref.address, encoded))
        for part, text in zip(source.parts, source.texts, strict=True):
            values = (number, part.label, part.title, text)
            cursor = run("insert into parts (source, label, title, text) values (?, ?, ?, ?)", values)
            index_text(self._connection, PART_ROW_OFFSET + (cursor.lastrowid or 0), part.text)
