"""Storage of a desk's index: documents, the text of their parts, and a full-text index.

Texts are packed, and the full-text tables hold no text of their own: what they were given is made again from the texts
when a document goes. Passages of about 1,200 characters are ranked; the part that they stand in is what is named.
"""

import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from kimi_tui import storage
from kimi_tui.index_normalization import normalize_for_index
from kimi_tui.sources import Part
from kimi_tui.tools.desk.document_identity import DocumentIdentity
from kimi_tui.tools.desk.file_description import DescribedFile
from kimi_tui.tools.desk.files import DeskFile
from kimi_tui.tools.desk.index_database import IndexDatabase
from kimi_tui.tools.desk.part_signals import PartSignals
from kimi_tui.tools.desk.passages import MAX_PASSAGES, split_passages

MAX_PARTS_PER_DOCUMENT = 1 << 20
"""Row numbers that each document has for its parts."""
MAX_PASSAGES_PER_DOCUMENT = MAX_PARTS_PER_DOCUMENT * MAX_PASSAGES
"""Row numbers that each document has for its passages."""
_PACKING = 3
_DOCUMENT = "path, size, modified, media_type, digest, title, extractor, notes, last, error, parts, encoding"
_PAGE_COLUMNS = "rowid, document, heading, contents, carried, kinds, body"


class IndexedDocument(msgspec.Struct, frozen=True, array_like=True):
    """A document as recorded in the index."""

    path: str
    """Inside the desk; untrusted text."""
    size: int
    """Bytes when it was read."""
    modified: int
    """Its file's time when it was read, in nanoseconds since 1970."""
    media_type: str
    digest: str
    """SHA-256 of its bytes; empty when they could not be read."""
    title: str
    """Its own title, else its file's name; untrusted text."""
    extractor: str
    notes: str
    """What a reader of its text should know, one sentence a line."""
    last: str
    """The label of its last part; empty without text."""
    error: str
    """Why it is unreadable; empty when it is not."""
    parts: int = 0
    """How many parts its text has."""
    encoding: str = ""
    """What its characters were read in; empty for a kind that has none."""


class KnownFile(msgspec.Struct, frozen=True, array_like=True):
    """As much of a document as tells whether it must be read again."""

    size: int
    modified: int
    digest: str


class NamedDocument(msgspec.Struct, frozen=True):
    """A document with its number in the index and its names."""

    number: int
    path: str
    title: str
    identity: DocumentIdentity
    """The names and the period that it was found to have."""


class Totals(msgspec.Struct, frozen=True, array_like=True):
    """The size of the index."""

    documents: int
    parts: int
    unreadable: int


class IndexStore:
    """Reads and writes the index of one desk; every method raises `ReplacedError` and `IndexBusyError`."""

    def __init__(self, root: Path, cache: Path | None) -> None:
        """`cache` is a folder for the file; None keeps everything in memory. Nothing is opened yet."""
        self.database = IndexDatabase(root, cache)
        """The file itself."""

    def documents(self, path: str = "") -> list[IndexedDocument]:
        """Every document in order of paths, or the one with exactly this path."""
        sql = f"SELECT {_DOCUMENT} FROM documents WHERE ? IN ('', path) ORDER BY path"
        return self.database.read(
            lambda database: [msgspec.convert(row, IndexedDocument) for row in database.execute(sql, (path,))]
        )

    def known_files(self) -> dict[str, KnownFile]:
        """Size, time and digest of every document, by path."""
        sql = "SELECT path, size, modified, digest FROM documents"
        return self.database.read(
            lambda database: {row[0]: msgspec.convert(row[1:], KnownFile) for row in database.execute(sql)}
        )

    def totals(self) -> Totals:
        """Return how many documents and parts there are, and how many documents gave no text."""
        sql = "SELECT count(*), coalesce(sum(parts), 0), coalesce(sum(error != ''), 0) FROM documents"
        return self.database.read(lambda database: msgspec.convert(database.execute(sql).fetchone(), Totals))

    def changes(self) -> int:
        """Return a number that changes whenever another process has changed the index."""
        return self.database.read(lambda database: int(database.execute("PRAGMA data_version").fetchone()[0]))

    def parts(self, path: str) -> tuple[Part, ...]:
        """Return the text of a document, nothing for an unknown one."""

        def read(database: storage.Connection) -> tuple[Part, ...]:
            first = _number(database, path) * MAX_PARTS_PER_DOCUMENT
            sql = "SELECT label, body, title FROM texts WHERE id BETWEEN ? AND ? ORDER BY id"
            rows = database.execute(sql, (first, first + MAX_PARTS_PER_DOCUMENT - 1))
            return tuple(Part(label, unpack_text(body), title) for label, body, title in rows)

        return self.database.read(read)

    def cells(self, path: str) -> bytes:
        """Return the encoded cells of a document, nothing for an unknown one."""

        def read(database: storage.Connection) -> bytes:
            sql = "SELECT lines FROM cells WHERE document = ?"
            row = database.execute(sql, (_number(database, path),)).fetchone()
            return _decompressed(row[0]) if row else b""

        return self.database.read(read)

    def replace_documents(self, files: Sequence[tuple[DeskFile, DescribedFile]]) -> None:
        """Replace what is known of these documents by new readings, all in one transaction."""

        def write(database: storage.Connection) -> None:
            for file, described in files:
                _keep(database, file, described)

        self.database.write(write)

    def touch(self, files: Iterable[DeskFile]) -> None:
        """Note that the bytes of these documents are still the same."""
        sql = "UPDATE documents SET size = ?, modified = ? WHERE path = ?"
        rows = [(file.size, file.modified, file.path) for file in files]
        self.database.write(lambda database: database.executemany(sql, rows))

    def remove_documents(self, paths: Iterable[str]) -> None:
        """Drop documents."""

        def write(database: storage.Connection) -> None:
            for path in paths:
                _forget(database, path)

        self.database.write(write)

    def close(self) -> None:
        """Close the file."""
        self.database.close()


def list_names(database: storage.Connection) -> list[NamedDocument]:
    """Every document that has text, with what it is called by."""
    sql = "SELECT id, path, title, identity FROM documents WHERE parts > 0"
    return [
        NamedDocument(number, path, title, msgspec.msgpack.decode(packed, type=DocumentIdentity))
        for number, path, title, packed in database.execute(sql)
    ]


def signals_of(packed: bytes) -> PartSignals:
    """Return the signals of a part as stored."""
    return msgspec.msgpack.decode(packed, type=PartSignals)


def unpack_text(body: bytes) -> str:
    """Return the text of a part unchanged kept; raises `ValidationError` for what is none."""
    try:
        return _decompressed(body).decode()
    except UnicodeDecodeError:
        raise msgspec.ValidationError("a text in the index is damaged") from None


def _decompressed(packed: bytes) -> bytes:
    try:
        return zlib.decompress(packed)
    except (zlib.error, TypeError):
        raise msgspec.ValidationError("what the index packed is damaged") from None


def _number(database: storage.Connection, path: str) -> int:
    """Return a document's row, -1 for an unknown one."""
    row = database.execute("SELECT id FROM documents WHERE path = ?", (path,)).fetchone()
    return int(row[0]) if row else -1


def _keep(database: storage.Connection, file: DeskFile, described: DescribedFile) -> None:
    """Put one reading in the place of what was known."""
    reading = described.reading
    text = reading.extraction
    title = (text.title if text else "") or PurePosixPath(file.path).stem
    parts = text.parts if text else ()
    _forget(database, file.path)
    sql = f"INSERT INTO documents ({_DOCUMENT}, identity) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    row = (
        *(file.path, reading.size, file.modified, file.media_type, reading.digest, title),
        *(text.extractor if text else "", "\n".join(text.notes if text else ())),
        *(parts[-1].label if parts else "", reading.error, len(parts), text.encoding if text else ""),
        msgspec.msgpack.encode(described.identity),
    )
    number = database.execute(sql, row).lastrowid or 0
    if text and text.cells:
        database.execute("INSERT INTO cells VALUES (?, ?)", (number, zlib.compress(text.cells, 1)))
    signals = described.signals or (PartSignals(),) * len(parts)
    rows = [
        (number * MAX_PARTS_PER_DOCUMENT + place, part, one)
        for place, (part, one) in enumerate(zip(parts, signals, strict=False))
    ]
    database.executemany(
        "INSERT INTO texts VALUES (?, ?, ?, ?, ?)",
        (
            (row, part.label, part.title, msgspec.msgpack.encode(one), zlib.compress(part.text.encode(), _PACKING))
            for row, part, one in rows
        ),
    )
    _index(database, f"{title} {file.path}", rows)


def _index(
    database: storage.Connection, document: str, rows: Sequence[tuple[int, Part, PartSignals]], *, drop: bool = False
) -> None:
    """Put the words of a document's parts into the full-text tables, or take the same ones out."""
    into_pages = f"({_PAGE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
    into_passages = "(rowid, heading, body) VALUES (?, ?, ?)"
    if drop:
        into_pages = f"(pages, {_PAGE_COLUMNS}) VALUES ('delete', ?, ?, ?, ?, ?, ?, ?)"
        into_passages = "(passages, rowid, heading, body) VALUES ('delete', ?, ?, ?)"
    document = normalize_for_index(document)
    for row, part, signals in rows:
        heading, carried = normalize_for_index(signals.heading or part.title), normalize_for_index(signals.carried)
        words = (
            normalize_for_index(signals.contents),
            carried,
            normalize_for_index(signals.kinds),
            normalize_for_index(part.text),
        )
        database.execute(f"INSERT INTO pages {into_pages}", (row, document, heading, *words))
        cuts = enumerate(split_passages(part.text))
        pieces = ((row * MAX_PASSAGES + n, heading, normalize_for_index(part.text[a:b])) for n, (a, b) in cuts)
        database.executemany(f"INSERT INTO passages {into_passages}", pieces)


def _forget(database: storage.Connection, path: str) -> None:
    """Drop a document, its parts and their words."""
    found = database.execute("SELECT id, title, path FROM documents WHERE path = ?", (path,)).fetchone()
    if found is None:
        return
    number, title, path = found
    span = (number * MAX_PARTS_PER_DOCUMENT, (number + 1) * MAX_PARTS_PER_DOCUMENT - 1)
    kept = database.execute("SELECT id, label, body, title, signals FROM texts WHERE id BETWEEN ? AND ?", span)
    rows = [(row, Part(label, unpack_text(body), name), signals_of(one)) for row, label, body, name, one in kept]
    _index(database, f"{title} {path}", rows, drop=True)
    database.execute("DELETE FROM texts WHERE id BETWEEN ? AND ?", span)
    database.execute("DELETE FROM cells WHERE document = ?", (number,))
    database.execute("DELETE FROM documents WHERE id = ?", (number,))
