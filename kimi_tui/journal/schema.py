"""Define the tables of a session file, their version and the migrations.

A file of a newer program is refused, never changed; a file of an older one is copied beside itself before its
first migration.
"""

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from kimi_tui.journal.session_file import write_transaction
from kimi_tui.session import SessionError
from kimi_tui.storage import Connection, connect

APPLICATION_ID = 0x4B544A31
"""Marks a SQLite file as a session of kimi-tui."""

_VERSION_1 = """
create table meta (key text primary key, value text not null) without rowid;
create table entries (
    seq integer primary key, at text not null, trajectory text not null, turn integer not null,
    step integer not null, type text not null, body text not null, digest text not null
);
create table blobs (digest text primary key, data blob not null) without rowid;
create table sources (
    number integer primary key, digest text not null, address text not null, ref text not null
);
create index sources_by_address on sources (address, digest);
create table parts (
    part integer primary key, source integer not null, label text not null, title text not null, text text not null
);
create index parts_by_source on parts (source);
create table inflight (
    trajectory text primary key, step integer not null, at text not null, reasoning text not null, text text not null
) without rowid;
create table summary (only integer primary key check (only = 1), seq integer not null, body text not null);
create virtual table words using fts5(text, content='', tokenize="unicode61 remove_diacritics 2");
"""


_STATEMENTS = tuple(statement for statement in _VERSION_1.split(";\n") if statement.strip())
AUXILIARY_NAMES = ("inflight", "summary", "words", "sources_by_address", "parts_by_source")
"""Tables and indexes whose contents follow from the others."""
_AUXILIARY_STATEMENT = re.compile(rf"create (?:virtual )?(?:table|index) (?:{'|'.join(AUXILIARY_NAMES)})\b")


def create_auxiliary(connection: Connection) -> None:
    """Create the auxiliary tables and indexes, empty."""
    for statement in _STATEMENTS:
        if _AUXILIARY_STATEMENT.match(statement.strip()):
            connection.execute(statement)


def _create_tables(connection: Connection) -> None:
    for statement in _STATEMENTS:
        connection.execute(statement)


def _allow_compression(_: Connection) -> None:
    """Allow compressed texts from now on (see `compression`); existing texts stay plain."""


def _allow_cells(_: Connection) -> None:
    """Allow sources with cells from now on, under a digest among the blobs."""


Migrations = tuple[Callable[[Connection], None], ...]
MIGRATIONS: Migrations = (_create_tables, _allow_compression, _allow_cells)
"""The step to version 1, the step to version 2, ..."""


def migrate(connection: Connection, path: Path, migrations: Migrations = MIGRATIONS) -> None:
    """Bring a file to this program's version, all or nothing; raises `SessionError` for a foreign file."""
    version = check_schema(connection, path, len(migrations))
    if version == len(migrations):
        return
    if version:
        with closing(connect(path.with_suffix(f".v{version}.bak"))) as copy:
            connection.backup(copy)
    with write_transaction(connection, path):
        for step in migrations[version:]:
            step(connection)
        connection.execute(f"pragma user_version = {len(migrations)}")
        connection.execute(f"pragma application_id = {APPLICATION_ID}")


def check_schema(connection: Connection, path: Path, known: int = len(MIGRATIONS)) -> int:
    """Return the file's schema version, 0 for an empty file; raises `SessionError` for a foreign one."""
    version = int(connection.execute("pragma user_version").fetchone()[0])
    application = int(connection.execute("pragma application_id").fetchone()[0])
    if version == 0 and application == 0:
        empty = connection.execute("select count(*) from sqlite_master").fetchone()[0] == 0
        if empty:
            return 0
    if application != APPLICATION_ID:
        raise SessionError(f"{path} is not a session of kimi-tui; give a session's id or file")
    if version > known:
        raise SessionError(
            f"{path} was written by a newer kimi-tui (schema {version}, this one knows {known}); "
            "update kimi-tui to open it"
        )
    return version
