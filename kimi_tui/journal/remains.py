"""What is left of a damaged session file: rows that SQLite finds, and those that only carving finds.

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
from kimi_tui.journal.carving import BLOBS, ENTRIES, PARTS, SESSION, SOURCES, Pages, Row, Table, pages_of
from kimi_tui.journal.packing import unpack
from kimi_tui.journal.sources import StoredSources, described
from kimi_tui.sources import SourceRef
from kimi_tui.storage import ConflictError, Connection, DatabaseError, connect, connect_scratch

_SILENCE = 1000
"""Missing numbers in a row after which none is expected any more."""
_NUMBERS = {"entries": "seq", "sources": "number", "parts": "part"}
"""The tables whose rows are numbered, and how the number is called."""


class Remains:
    """Reads what is left of a file; nothing but `OSError` is raised for what cannot be read."""

    def __init__(self, source: Connection, pages: Pages | None) -> None:
        self._source = source
        self._pages = pages

    def session(self) -> str:
        """The session's id, empty when it cannot be read."""
        carved = (row for row in self._carved(SESSION) if row[0] == "session")
        row = self._read("select key, value from meta where key = ?", "session") or next(carved, None)
        return str(row[1]) if row else ""

    def entries(self) -> Iterator[tuple[int, list[Row]]]:
        """What was found of each entry, in order: the row that SQLite finds, or else what was carved."""
        seqs = {row[0] for row in self._numbered("entries")}
        hidden: dict[int, list[Row]] = {}
        for row in self._carved(ENTRIES):
            if row[0] not in seqs:
                hidden.setdefault(row[0], []).append(row)
        last = 0
        for seq in sorted({*seqs, *hidden}):
            if seq - last > _SILENCE:
                return
            last = seq
            found = self._read("select * from entries where seq = ?", seq) if seq in seqs else None
            yield seq, [found] if found else hidden.get(seq, [])

    @contextmanager
    def sources(self, named: set[SourceRef], path: Path) -> Iterator[StoredSources]:
        """The sources with their bytes and texts, gathered in a file without a name.

        `named` are those that sound entries name; `path` is for errors.
        """
        with closing(connect_scratch()) as whole:
            schema.migrate(whole, path)
            self._gather(whole, "sources", self._numbered("sources"))
            self._gather(whole, "sources", (row for row in self._carved(SOURCES) if _ref_of(row) in named))
            self._gather(whole, "parts", self._numbered("parts"))
            self._gather(whole, "parts", self._carved(PARTS))
            digests = {digest for row in whole.execute("select * from sources") for digest in _digests_of(row)}
            by_digest = (self._read("select * from blobs where digest = ?", digest) for digest in digests)
            self._gather(whole, "blobs", (row for row in by_digest if row))
            self._gather(whole, "blobs", (row for row in self._carved(BLOBS) if _is_what_it_says(row)))
            yield StoredSources(whole, path)

    def _gather(self, whole: Connection, table: str, rows: Iterator[Row]) -> None:
        """Add rows to a table; the first of a number, or digest, stays."""
        whole.execute("begin")
        for row in rows:
            with suppress(ConflictError, OverflowError):
                whole.execute(f"insert or ignore into {table} values ({', '.join('?' * len(row))})", row)
        whole.execute("commit")

    def _numbered(self, table: str) -> Iterator[Row]:
        """Rows found one by one: the damage of one does not hide the others."""
        sql = f"select * from {table} where {_NUMBERS[table]} = ?"
        number = last = 0
        while (number := number + 1) - last <= _SILENCE:
            if (row := self._read(sql, number)) is not None:
                last = number
                yield row

    def _read(self, sql: str, key: int | str) -> Row | None:
        try:
            row: Row | None = self._source.execute(sql, (key,)).fetchone()
        except (DatabaseError, ValueError):
            return None
        return row

    def _carved(self, table: Table) -> Iterator[Row]:
        return self._pages.rows(table) if self._pages else iter(())


def _ref_of(row: Row) -> SourceRef | None:
    """The source of a carved row, None when it makes none."""
    try:
        return described(*row)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        return None


def _digests_of(row: Row) -> tuple[str, ...]:
    """The digests under which a source's bytes and cells stand."""
    ref = _ref_of(row)
    return (str(row[1]), ref.cells_digest) if ref and ref.cells_digest else (str(row[1]),)


def _is_what_it_says(blob: Row) -> bool:
    """Whether bytes have the digest under which they stand."""
    try:
        return bool(hashlib.sha256(unpack(blob[1])).hexdigest() == blob[0])
    except (ValueError, TypeError):
        return False


@contextmanager
def remains_of(path: Path, usual_size: int, folder: Path) -> Iterator[Remains]:
    """What is left of a file, with its log; raises `OSError`.

    `usual_size` is that of a page where the file tells none; `folder` has room for a copy while this lasts.
    """
    with (
        TemporaryDirectory(dir=folder, prefix=".remains-") as scratch,
        closing(connect(path, read_only=True)) as source,
    ):
        merged = Path(scratch) / "merged.sqlite"
        with pages_of(merged if _is_merged(source, path, merged) else path, usual_size) as pages:
            yield Remains(source, pages)


def _is_merged(source: Connection, path: Path, target: Path) -> bool:
    """Copy a file together with its write-ahead log; whether there is one and SQLite can read it."""
    if not path.with_name(f"{path.name}-wal").exists():
        return False
    try:
        with closing(connect(target)) as copy:
            source.backup(copy)
    except DatabaseError:
        return False
    return True
