"""CSV and TSV files as SQLite databases, built once for each content and cached in the data folder.

A file that has not changed is known by its place, size and times; one that has is known by the digest of its bytes.
Each database comes with a file of facts beside it. Both appear whole, under their final names, or not at all. Runs in
a worker.
"""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from kimi_tui.storage import DatabaseError, connect
from kimi_tui.text import text_path
from kimi_tui.tools.sql.csv_table import CsvFacts, write_table
from kimi_tui.tools.workers.child import RefusalError

MAX_BYTES = 64 << 20
"""The largest file taken."""
MAX_STORE_BYTES = 2 << 30
"""Above this the databases that were used least lately are removed."""
_VERSION = 2
"""Goes up with every change of how files are read, so that they are read anew."""


class StoredCsv(msgspec.Struct, frozen=True):
    """A file as a database."""

    database: str
    """Its name in the folder; nobody changes it."""
    facts: CsvFacts


def prepare(path: str, folder: str) -> dict[str, Any]:
    """Return the database of a CSV or TSV file, made now unless it is there: `Stored` as plain values.

    Raises `RefusalError` with what is wrong with the file.
    """
    store, file = text_path(folder), text_path(path)
    try:
        known = _key(file)
        stored = _found(store, known)
        if stored is None:
            stored = _add(store, known, file)
        with contextlib.suppress(OSError):
            os.utime(store / stored.database)  # so that it is not among those used least lately
    except OSError as error:
        raise RefusalError(f"it cannot be made ready for queries: {error.strerror}") from None
    plain: dict[str, Any] = msgspec.to_builtins(stored)
    return plain


def _key(file: Path) -> str:
    """Return a name for a file unchanged now; another one once it has changed or been replaced."""
    status = file.stat()
    if status.st_size > MAX_BYTES:
        raise RefusalError(
            f"the file has {status.st_size >> 20} MB, more than the {MAX_BYTES >> 20} MB that are read; "
            "split it, or bring it as a SQLite database"
        )
    seen = (_VERSION, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)
    return hashlib.sha256(os.fsencode(file) + repr(seen).encode()).hexdigest()[:32]


def _add(store: Path, known: str, file: Path) -> StoredCsv:
    """Return the database of a file's content, made unless the same content has one; the file's key leads to it."""
    store.mkdir(parents=True, exist_ok=True, mode=0o700)
    data, digest = _bytes(file)
    name = hashlib.sha256(f"{_VERSION} {file.suffix.lower()} {digest}".encode()).hexdigest()[:32]
    stored = _found(store, name) or _made(store, name, data, digest, tabs=file.suffix.lower() == ".tsv")
    _write(store / f"{known}.json", msgspec.json.encode(stored))
    return stored


def _found(store: Path, name: str) -> StoredCsv | None:
    """Return the stored table of a name; None if its database is missing."""
    try:
        stored = msgspec.json.decode((store / f"{name}.json").read_bytes(), type=StoredCsv)
    except (OSError, msgspec.DecodeError):
        return None
    return (
        stored
        if stored.database == f"{Path(stored.database).stem}.sqlite" and (store / stored.database).is_file()
        else None
    )


def _bytes(file: Path) -> tuple[bytes, str]:
    """Return the content of a file and its digest."""
    data = file.read_bytes()
    return data, hashlib.sha256(data).hexdigest()


def _made(store: Path, name: str, data: bytes, digest: str, *, tabs: bool) -> StoredCsv:
    """Make the database of a file's content; raises `RefusalError`."""
    _make_room(store)
    database = store / f"{name}.sqlite"
    with _unfinished(store) as path:
        connection = connect(path)
        try:
            connection.execute("pragma journal_mode = off")
            connection.execute("pragma synchronous = off")
            facts = write_table(data, digest, connection, tabs=tabs)
        except DatabaseError as error:
            raise RefusalError(f"it cannot be made ready for queries: {error}") from None
        finally:
            connection.close()
        path.replace(database)
    stored = StoredCsv(database.name, facts)
    _write(store / f"{name}.json", msgspec.json.encode(stored))
    return stored


@contextlib.contextmanager
def _unfinished(store: Path) -> Iterator[Path]:
    """A new name in the folder; what is left under it at the end is removed."""
    path = store / f"unfinished-{secrets.token_hex(8)}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    """Put a file in place at once."""
    with _unfinished(path.parent) as unfinished:
        unfinished.write_bytes(data)
        unfinished.replace(path)


def _make_room(store: Path) -> None:
    """Remove databases that were used least lately while there are too many bytes of them."""
    files = sorted(((file.stat(), file) for file in store.iterdir()), key=lambda one: one[0].st_mtime)
    total = sum(status.st_size for status, _ in files)
    for status, file in files:
        if total <= MAX_STORE_BYTES:
            return
        file.unlink(missing_ok=True)
        total -= status.st_size
