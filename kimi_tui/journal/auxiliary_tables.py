"""Keep and rebuild the auxiliary tables of a session file, so that damage in them is harmless.

They are the unfinished stream, the library's line, the words and the indexes, and follow from the other tables. When
writing meets damage in them, they are made anew; when reading does, they count as absent.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from kimi_tui import storage
from kimi_tui.journal import full_text_index, schema
from kimi_tui.journal.session_file import write_transaction
from kimi_tui.session import DamagedSession
from kimi_tui.storage import Connection, DatabaseError

_CHECKED_TABLES = ("inflight", "summary", "words_data", "words_idx", "words_docsize", "words_config")
_HARMLESS_FINDINGS = re.compile(r"Page \d+(:| is) never used|\*\*\* in database main \*\*\*|ok|")
_Result = TypeVar("_Result")


def commit_with_rebuild(connection: Connection, path: Path, action: Callable[[], _Result]) -> _Result:
    """Run `action` in one transaction; when damaged auxiliary tables prevent it, rebuild them and run it again.

    Raises `StorageError` when the file cannot be written now, `DamagedSession` when it is damaged elsewhere.
    """
    try:
        with write_transaction(connection, path):
            return action()
    except DamagedSession:
        if not rebuild_tables(connection):
            raise
    with write_transaction(connection, path):
        return action()


def is_sound(connection: Connection) -> bool:
    """Return whether the structure of the auxiliary tables holds; takes a millisecond for some megabytes of words."""
    try:
        return all(
            connection.execute(f"pragma quick_check({table})").fetchone()[0] == "ok" for table in _CHECKED_TABLES
        )
    except DatabaseError:
        return False


def rebuild_tables(connection: Connection) -> bool:
    """Rebuild the auxiliary tables; False, and nothing is changed, when the file is damaged elsewhere too.

    What a damaged table holds is not touched: a page of it may be taken for one of another table.
    """
    try:
        with storage.write(connection):
            _drop_tables(connection)
            if not _is_sound_elsewhere(connection):
                raise DatabaseError("the file is damaged elsewhere")
            schema.create_auxiliary(connection)
            for row, text in full_text_index.all_texts(connection):
                full_text_index.index_text(connection, row, text)
    except DatabaseError:
        with suppress(DatabaseError):
            connection.execute("pragma writable_schema = reset")  # what it knew of the tables is not so
        return False
    with suppress(DatabaseError):
        connection.execute("vacuum")  # gives back the pages that nothing uses any more
    return True


def _drop_tables(connection: Connection) -> None:
    """Remove the tables and indexes from the schema without reading their pages."""
    [[version]] = connection.execute("pragma schema_version").fetchall()
    connection.execute("pragma writable_schema = on")
    names = schema.AUXILIARY_NAMES
    holders = ", ".join("?" * len(names))
    parts_of_words = "name glob 'words_*'"
    connection.execute(
        f"delete from sqlite_master where {parts_of_words} or name in ({holders}) or tbl_name in ({holders})",
        (*names, *names),
    )
    connection.execute(f"pragma schema_version = {version + 1}")
    connection.execute("pragma writable_schema = reset")


def _is_sound_elsewhere(connection: Connection) -> bool:
    """Return whether SQLite finds nothing wrong except in the pages of the dropped tables."""
    rows = connection.execute("pragma quick_check(1000000000)")
    return all(_HARMLESS_FINDINGS.fullmatch(line) for (found,) in rows for line in str(found).splitlines())
