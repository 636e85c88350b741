"""The auxiliary tables of a session file: what they hold follows from the others, so damage in them ends nothing.

They are the unfinished stream, the library's line, the words and the indexes. When writing meets damage in them, they
are made anew; when reading does, they count as absent.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from kimi_tui import storage
from kimi_tui.journal import schema, words
from kimi_tui.journal.file import writing
from kimi_tui.session import DamagedSession
from kimi_tui.storage import Connection, DatabaseError

_CHECKED = ("inflight", "summary", "words_data", "words_idx", "words_docsize", "words_config")
_NEVER_USED = re.compile(r"Page \d+(:| is) never used|\*\*\* in database main \*\*\*|ok|")
_Result = TypeVar("_Result")


def commit(connection: Connection, path: Path, action: Callable[[], _Result]) -> _Result:
    """Run `action` in one transaction; where damage in auxiliary tables hinders it, make these anew and run it again.

    Raises `StorageError` when the file cannot be written now, `DamagedSession` when it is damaged elsewhere.
    """
    try:
        with writing(connection, path):
            return action()
    except DamagedSession:
        if not rebuild(connection):
            raise
    with writing(connection, path):
        return action()


def is_sound(connection: Connection) -> bool:
    """Return whether the structure of the auxiliary tables holds; takes a millisecond for some megabytes of words."""
    try:
        return all(connection.execute(f"pragma quick_check({table})").fetchone()[0] == "ok" for table in _CHECKED)
    except DatabaseError:
        return False


def rebuild(connection: Connection) -> bool:
    """Make the auxiliary tables anew; False, and nothing is changed, when the file is damaged elsewhere too.

    What a damaged table holds is not touched: a page of it may be taken for one of another table.
    """
    try:
        with storage.write(connection):
            _drop(connection)
            if not _is_sound_elsewhere(connection):
                raise DatabaseError("the file is damaged elsewhere")
            schema.create_auxiliary(connection)
            for row, text in words.all_texts(connection):
                words.put(connection, row, text)
    except DatabaseError:
        with suppress(DatabaseError):
            connection.execute("pragma writable_schema = reset")  # what it knew of the tables is not so
        return False
    with suppress(DatabaseError):
        connection.execute("vacuum")  # gives back the pages that nothing uses any more
    return True


def _drop(connection: Connection) -> None:
    """Take the tables and indexes out of the schema, without a look at their pages."""
    [[version]] = connection.execute("pragma schema_version").fetchall()
    connection.execute("pragma writable_schema = on")
    names = schema.AUXILIARY
    holders = ", ".join("?" * len(names))
    parts_of_words = "name glob 'words_*'"
    connection.execute(
        f"delete from sqlite_master where {parts_of_words} or name in ({holders}) or tbl_name in ({holders})",
        (*names, *names),
    )
    connection.execute(f"pragma schema_version = {version + 1}")
    connection.execute("pragma writable_schema = reset")


def _is_sound_elsewhere(connection: Connection) -> bool:
    """Return whether SQLite finds nothing wrong but the pages of the tables that were dropped."""
    rows = connection.execute("pragma quick_check(1000000000)")
    return all(_NEVER_USED.fullmatch(line) for (found,) in rows for line in str(found).splitlines())
