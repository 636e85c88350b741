"""Collect the rows of a damaged session file: those that SQLite finds, and those found by carving.

A carved row is given up unless something else vouches for it: the chain for an entry, an entry for a source, its own
digest for bytes. So nothing that stands in a source can pass for a row.
"""

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from kimi_tui.journal import schema
from kimi_tui.journal.compression import decompress
from kimi_tui.journal.recovery.carving import (
    BLOBS,
    ENTRIES,
    PARTS,
    SESSION,
    SOURCES,
    FilePages,
    Row,
    TableShape,
    read_pages,
)
from kimi_tui.journal.sources import SourceReader, source_from_row
from kimi_tui.sources import SourceRef
from kimi_tui.storage import ConflictError, Connection, DatabaseError, connect, connect_scratch

_MAX_MISSING_IN_A_ROW = 1000
"""Missing numbers in a row after which none is expected any more."""
_NUMBER_COLUMNS = {"entries": "seq", "sources": "number", "parts": "part"}
"""The tables whose rows are numbered, and how the number is called."""


class Remains:
    """Read the rows of a damaged file; only `OSError` is raised for unreadable parts."""

    def __init__(self, source: Connection, pages: FilePages | None) -> None:
        self._source = source
        self._pages = pages

    def session(self) -> str:
        """The session's id, empty when it cannot be read."""
        carved = (row for row in self._carved_rows(SESSION) if row[0] == "session")
        row = self._read_rows("select key, value from meta where key = ?", "session") or next(carved, None)
        return str(row[1]) if row else ""

    def entries(self) -> Iterator[tuple[int, list[Row]]]:
        """Yield the candidates for each entry, in order: the row that SQLite finds, or else the carved ones."""
        seqs = {row[0] for row in self._read_one_by_one("entries")}
        hidden: dict[int, list[Row]] = {}
        for row in self._carved_rows(ENTRIES):
            if row[0] not in seqs:
                hidden.setdefault(row[0], []).append(row)
        last = 0
        for seq in sorted({*seqs, *hidden}):
            if seq - last > _MAX_MISSING_IN_A_ROW:
                return
            last = seq
            found = self._read_rows("select * from entries where seq = ?", seq) if seq in seqs else None
            yield seq, [found] if found else hidden.get(seq, [])

    @contextmanager
    def sources(self, named: set[SourceRef], path: Path) -> Iterator[SourceReader]:
        """Return the sources with their bytes and texts, gathered in a temporary file.

        `named` are those that sound entries name; `path` is for errors.
        """
        with closing(connect_scratch()) as whole:
            schema.migrate(whole, path)
            self._add_rows(whole, "sources", self._read_one_by_one("sources"))
            self._add_rows(
                whole, "sources", (row for row in self._carved_rows(SOURCES) if _source_from_row(row) in named)
            )
            self._add_rows(whole, "parts", self._read_one_by_one("parts"))
            self._add_rows(whole, "parts", self._carved_rows(PARTS))
            digests = {digest for row in whole.execute("select * from sources") for digest in _blob_digests(row)}
            by_digest = (self._read_rows("select * from blobs where digest = ?", digest) for digest in digests)
            self._add_rows(whole, "blobs", (row for row in by_digest if row))
            self._add_rows(whole, "blobs", (row for row in self._carved_rows(BLOBS) if _matches_digest(row)))
            yield SourceReader(whole, path)

    def _add_rows(self, whole: Connection, table: str, rows: Iterator[Row]) -> None:
        """Add rows to a table; the first of a number, or digest, stays."""
        whole.execute("begin")
        for row in rows:
            with suppress(ConflictError, OverflowError):
                whole.execute(f"insert or ignore into {table} values ({', '.join('?' * len(row))})", row)
        whole.execute("commit")

    def _read_one_by_one(self, table: str) -> Iterator[Row]:
        """Yield rows read one by one, so that a damaged row does not hide the others."""
        sql = f"select * from {table} where {_NUMBER_COLUMNS[table]} = ?"
        number = last = 0
        while (number := number + 1) - last <= _MAX_MISSING_IN_A_ROW:
            if (row := self._read_rows(sql, number)) is not None:
                last = number
                yield row

    def _read_rows(self, sql: str, key: int | str) -> Row | None:
        try:
            row: Row | None = self._source.execute(sql, (key,)).fetchone()
        except (DatabaseError, ValueError):
            return None
        return row

    def _carved_rows(self, table: TableShape) -> Iterator[Row]:
        return self._pages.find_rows(table) if self._pages else iter(())


def _source_from_row(row: Row) -> SourceRef | None:
    """Return the source of a carved row, None for an invalid one."""
    try:
        return source_from_row(*row)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        return None


def _blob_digests(row: Row) -> tuple[str, ...]:
    """Return the digests of a source's bytes and cells."""
    ref = _source_from_row(row)
    return (str(row[1]), ref.cells_digest) if ref and ref.cells_digest else (str(row[1]),)


def _matches_digest(blob: Row) -> bool:
    """Return whether bytes match their digest."""
    try:
        return bool(hashlib.sha256(decompress(blob[1])).hexdigest() == blob[0])
    except (ValueError, TypeError):
        return False


@contextmanager
def open_remains(path: Path, usual_size: int, folder: Path) -> Iterator[Remains]:
    """Open the remains of a file with its log; raises `OSError`.

    `usual_size` is that of a page where the file tells none; `folder` has room for a copy while this lasts.
    """
    with (
        TemporaryDirectory(dir=folder, prefix=".remains-") as scratch,
        closing(connect(path, read_only=True)) as source,
    ):
        merged = Path(scratch) / "merged.sqlite"
        with read_pages(merged if _copy_with_log(source, path, merged) else path, usual_size) as pages:
            yield Remains(source, pages)


def _copy_with_log(source: Connection, path: Path, target: Path) -> bool:
    """Copy a file together with its write-ahead log; return whether there is one and SQLite can read it."""
    if not path.with_name(f"{path.name}-wal").exists():
        return False
    try:
        with closing(connect(target)) as copy:
            source.backup(copy)
    except DatabaseError:
        return False
    return True
