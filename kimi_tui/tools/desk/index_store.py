"""The database behind the index of a desk: documents, their parts, and where words stand in them.

It is a cache and never worth an error: a file that is damaged or holds anything but exactly our tables is replaced, one
that cannot be written now is left for a database in memory, and `ReplacedError` says that it starts empty.
"""

import contextlib
import hashlib
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from kimi_tui import storage
from kimi_tui.sources import Part
from kimi_tui.storage import Connection, DatabaseError, fault_kind
from kimi_tui.tools.desk import search_query
from kimi_tui.tools.desk.files import DeskFile
from kimi_tui.tools.desk.index_file import IndexFile
from kimi_tui.tools.text.parts import FileReading

SNIPPET_CHARACTERS = 300
"""About how much text is shown around a match."""
_CORE_WORDS = 20
"""Words around the best match that the database chooses; the rest of a snippet stands around them."""
HITS_EACH = 3
"""Hits in one document that come before further hits in others."""
CANDIDATES = 100
"""Matches of each kind that are looked at to choose the hits from."""
_PARTS_EACH = 1 << 20
"""Row numbers that each document has for its parts."""
_VERSION = 3
"""Goes up with every change of the layout or of how text is read, so that old files are read anew."""
_LAYOUT = (
    "CREATE TABLE documents (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, "
    "modified INTEGER NOT NULL, media_type TEXT NOT NULL, digest TEXT NOT NULL, title TEXT NOT NULL, "
    "extractor TEXT NOT NULL, notes TEXT NOT NULL, last TEXT NOT NULL, error TEXT NOT NULL)",
    "CREATE VIRTUAL TABLE parts USING fts5 (label UNINDEXED, heading, body, document, "
    'tokenize = "porter unicode61 remove_diacritics 2")',
    "CREATE TABLE cells (document INTEGER PRIMARY KEY, lines BLOB NOT NULL)",
)
_SEARCH = """
SELECT p.rowid, d.path, p.label, snippet(parts, 2, '', '', '', ?) FROM parts p
JOIN documents d ON d.id = p.rowid / ? WHERE parts MATCH ? AND rank MATCH 'bm25(0.0, 4.0, 1.0, 2.0)'
ORDER BY rank LIMIT ?"""
_Result = TypeVar("_Result")
_Transaction = Callable[[Connection], contextlib.AbstractContextManager[None]]


class ReplacedError(Exception):
    """The database was replaced by an empty one; what was in it must be read again."""


class Document(msgspec.Struct, frozen=True, array_like=True):
    """What the index knows of one document."""

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


class Hit(msgspec.Struct, frozen=True):
    """One part of a document that a query fits."""

    path: str
    """The document's path inside the desk."""
    label: str
    snippet: str
    """Untrusted text around the best match."""


class Index:
    """The database of one desk. May be used from any thread; calls wait for each other."""

    def __init__(self, root: Path, cache: Path | None) -> None:
        """`cache` is a folder for the file; None keeps everything in memory. Nothing is opened yet."""
        name = hashlib.sha256(str(root.absolute()).encode("utf-8", "surrogateescape")).hexdigest()[:24]
        self._file = IndexFile(cache, f"desk-{name}", _lay_out) if cache else None
        self._lock = threading.Lock()
        self._database: Connection | None = None
        self._damaged = False

    def documents(self, path: str = "") -> list[Document]:
        """Every document in order of paths, or the one with exactly this path; raises `ReplacedError`."""
        sql = (
            "SELECT path, size, modified, media_type, digest, title, extractor, notes, last, error FROM documents "
            "WHERE ? IN ('', path) ORDER BY path"
        )

        def read(database: Connection) -> list[Document]:
            return [msgspec.convert(row, Document) for row in database.execute(sql, (path,))]

        return self._run(read)

    def changes(self) -> int:
        """A number that is another one once another process has changed the index; raises `ReplacedError`."""
        return self._run(lambda database: int(database.execute("PRAGMA data_version").fetchone()[0]))

    def parts(self, path: str) -> tuple[Part, ...]:
        """The text of a document, nothing for an unknown one; raises `ReplacedError`."""

        def read(database: Connection) -> tuple[Part, ...]:
            sql = "SELECT label, body, heading FROM parts WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
            return tuple(Part(*row) for row in database.execute(sql, _rows(_number(database, path))))

        return self._run(read)

    def cells(self, path: str) -> bytes:
        """The encoded cells of a document, nothing for an unknown one; raises `ReplacedError`."""

        def read(database: Connection) -> bytes:
            sql = "SELECT lines FROM cells WHERE document = ?"
            row = database.execute(sql, (_number(database, path),)).fetchone()
            return zlib.decompress(row[0]) if row else b""

        return self._run(read)

    def keep(self, file: DeskFile, reading: FileReading) -> None:
        """Replace what is known of a document by a new reading; raises `ReplacedError`."""
        text = reading.extraction
        title = (text.title if text else "") or Path(file.path).stem
        notes = "\n".join(text.notes if text else ())
        parts = text.parts if text else ()
        facts = (file.path, reading.size, file.modified, file.media_type, reading.digest, title)
        cells = zlib.compress(text.cells, 1) if text and text.cells else b""
        more = (text.extractor if text else "", notes, parts[-1].label if parts else "", reading.error)

        def write(database: Connection) -> None:
            _forget(database, file.path)
            sql = "INSERT INTO documents VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            number = database.execute(sql, facts + more).lastrowid or 0
            if cells:
                database.execute("INSERT INTO cells VALUES (?, ?)", (number, cells))
            first = number * _PARTS_EACH
            document = f"{title} {file.path}"
            rows = ((first + n, part.label, part.title, part.text, document) for n, part in enumerate(parts))
            database.executemany(
                "INSERT INTO parts (rowid, label, heading, body, document) VALUES (?, ?, ?, ?, ?)", rows
            )

        self._run(write, storage.write)

    def touch(self, file: DeskFile) -> None:
        """Note that a document's bytes are still the same; raises `ReplacedError`."""
        sql = "UPDATE documents SET size = ?, modified = ? WHERE path = ?"
        self._run(lambda database: database.execute(sql, (file.size, file.modified, file.path)), storage.write)

    def forget(self, path: str) -> None:
        """Drop a document; raises `ReplacedError`."""
        self._run(lambda database: _forget(database, path), storage.write)

    def search(self, query: str, limit: int) -> list[Hit]:
        """The best parts, at most `limit`: those with all terms, then those with some; raises `ReplacedError`.

        When no part has any of the terms, parts with words that begin like them.
        """
        return self._run(lambda database: _search(database, query, limit))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _run(self, action: Callable[[Connection], _Result], transaction: _Transaction = storage.read) -> _Result:
        """Run one transaction; raises `ReplacedError`."""
        with self._lock:
            if self._database is None:
                self._database = self._opened()
            try:
                with transaction(self._database):
                    return action(self._database)
            except (DatabaseError, msgspec.ValidationError, zlib.error) as error:
                self._replace(is_damaged=not isinstance(error, DatabaseError) or fault_kind(error) == "corrupt")
                raise ReplacedError(str(error)) from None

    def _opened(self) -> Connection:
        """Open the file, or a database in memory where that is not possible."""
        if self._file is not None:
            with contextlib.suppress(OSError, DatabaseError):
                return self._file.open()
        self._file = None
        return _in_memory()

    def _replace(self, *, is_damaged: bool) -> None:
        """Start again: in a new file when the old one is damaged, the first time; else in memory."""
        if self._database is not None:
            self._database.close()
        file, self._file = self._file if is_damaged and not self._damaged else None, None
        self._damaged = True
        self._database = None
        with contextlib.suppress(OSError, DatabaseError):
            if file is not None:
                self._database, self._file = file.replace(), file
        if self._database is None:
            self._database = _in_memory()


def _in_memory() -> Connection:
    database = storage.connect_memory()
    _lay_out(database)
    return database


def _lay_out(database: Connection) -> None:
    """Make our tables in an empty database; raises `DatabaseError` for one with others."""
    with storage.write(database):
        if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for sql in (*_LAYOUT, f"PRAGMA user_version = {_VERSION}"):
                database.execute(sql)
    _check(database)


def _check(database: Connection) -> None:
    """Raise `DatabaseError` unless the tables are ours; what full-text search keeps for itself is known."""
    ours = {*_LAYOUT}
    found = {sql for name, sql in database.execute("SELECT name, sql FROM sqlite_master") if not _is_shadow(name)}
    version = database.execute("PRAGMA user_version").fetchone()[0]
    kinds = {kind for (kind,) in database.execute("SELECT DISTINCT type FROM sqlite_master")}
    if found != ours or version != _VERSION or not kinds <= {"table", "index"}:
        raise DatabaseError("these are not the tables of an index")


def _is_shadow(name: str) -> bool:
    """Whether a table or index belongs to another one."""
    return name.startswith(("parts_", "sqlite_autoindex_"))


def _number(database: Connection, path: str) -> int:
    """A document's row, -1 for an unknown one."""
    row = database.execute("SELECT id FROM documents WHERE path = ?", (path,)).fetchone()
    return int(row[0]) if row else -1


def _rows(document: int) -> tuple[int, int]:
    """The first and last row that a document's parts may have."""
    return document * _PARTS_EACH, (document + 1) * _PARTS_EACH - 1


def _forget(database: Connection, path: str) -> None:
    """Drop a document with its parts and cells."""
    number = _number(database, path)
    database.execute("DELETE FROM parts WHERE rowid BETWEEN ? AND ?", _rows(number))
    database.execute("DELETE FROM cells WHERE document = ?", (number,))
    database.execute("DELETE FROM documents WHERE path = ?", (path,))


def _search(database: Connection, query: str, limit: int) -> list[Hit]:
    """Hits of every kind that is needed, best first, not too many in a row from one document."""
    found: dict[int, Hit] = {}
    for match in (search_query.every_term(query), search_query.some_term(query), search_query.beginnings(query)):
        if match and len(found) < limit and not (found and match.endswith("*")):
            arguments = (_CORE_WORDS, _PARTS_EACH, match, CANDIDATES)
            for row, *hit in database.execute(_SEARCH, arguments):
                found.setdefault(row, Hit(*hit))
    return [_widened(database, row, found[row]) for row in _spread(found)[:limit]]


def _spread(found: dict[int, Hit]) -> list[int]:
    """The rows of the hits, with those that come after the first few of their document at the end."""
    seen: dict[str, int] = {}
    early: list[int] = []
    late: list[int] = []
    for row, hit in found.items():
        seen[hit.path] = seen.get(hit.path, 0) + 1
        (early if seen[hit.path] <= HITS_EACH else late).append(row)
    return early + late


def _widened(database: Connection, row: int, hit: Hit) -> Hit:
    """A hit with enough text on both sides of its match."""
    body = str(database.execute("SELECT body FROM parts WHERE rowid = ?", (row,)).fetchone()[0])
    core = max(body.find(hit.snippet), 0)
    around = max(SNIPPET_CHARACTERS - len(hit.snippet), 0)
    end = min(max(core - around // 2, 0) + SNIPPET_CHARACTERS, len(body))
    start = max(end - SNIPPET_CHARACTERS, 0)
    if start:
        start = body.find(" ", start, core) + 1 or start
    if end < len(body):
        end = max(body.rfind(" ", core + len(hit.snippet), end), min(core + len(hit.snippet), end))
    text = ("…" if start else "") + body[start:end] + ("…" if end < len(body) else "")
    return Hit(hit.path, hit.label, text)
