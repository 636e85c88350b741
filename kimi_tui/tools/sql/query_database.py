"""`query_database`: one read-only SELECT over a database or CSV file of the desk.

The statement runs in a worker that can only read (`select`). Its result becomes a source, row by row, so that a figure
in a memo can name the row it stands in.
"""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar

import msgspec

from kimi_tui.events import Effect
from kimi_tui.text import count_noun, one_line, path_text
from kimi_tui.tools.base import Observation, Tool, ToolContext, ToolError
from kimi_tui.tools.desk.files import (
    LEADS_OUT_REASON,
    Desk,
    describe_skipped,
    file_at,
    find_file,
    format_size,
    is_database,
    list_desk,
    locate_file,
    skip_reason,
)
from kimi_tui.tools.sql.query_result import SHOWN_CHARACTERS, result
from kimi_tui.tools.text.extraction import PATIENCE_FACTOR
from kimi_tui.tools.workers.access import WorkerAccess, allowed_files, database_access
from kimi_tui.tools.workers.pool import WorkerError

MAX_LISTED = 200
"""Databases that a listing names."""
_MAX_MEMORY_BYTES = 512 << 20
_MAX_TABLE_MEMORY_BYTES = 1 << 30
_SELECT_LESS = ". Select less: fewer rows, shorter values, no join without a condition"


class QueryDatabaseParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `query_database`."""

    database: Annotated[
        str,
        msgspec.Meta(description="Path of a database or CSV file on the desk. Empty lists all of them."),
    ] = ""
    sql: Annotated[
        str,
        msgspec.Meta(
            description="One SELECT statement of SQLite. Empty lists the tables with their columns. "
            "A CSV file is one table called data."
        ),
    ] = ""
    limit: Annotated[int, msgspec.Meta(description="The most rows to return.", ge=1, le=1000)] = 100
    """How many things an answer may hold; the text says so when there are more."""


class QueryDatabase(Tool):
    """Lists databases, lists their tables, or runs one SELECT."""

    name: ClassVar[str] = "query_database"
    description: ClassVar[str] = (
        "Query the SQLite databases and CSV files of the desk with read-only SQL. Without a database it lists them; "
        "with a database and no sql it lists tables, columns and row counts; with sql it runs one SELECT and returns "
        "a table whose rows can be cited as [S20 row 3]. Prefer sums, counts and groups over reading many rows."
    )
    parameters: ClassVar[type[msgspec.Struct]] = QueryDatabaseParameters
    read_only: ClassVar[bool] = True
    timeout: ClassVar[float] = 300.0

    def effects(self, arguments: QueryDatabaseParameters) -> tuple[Effect, ...]:
        """Return the database that is queried; a listing of the databases only reads the names on the desk."""
        name = _normal(arguments.database)
        return (Effect("query", name),) if name else (Effect("read"),)

    def label(self, arguments: QueryDatabaseParameters) -> str:
        """Return the query and its database, in one line."""
        if not arguments.database.strip():
            return "List the databases"
        name = one_line(arguments.database, 60)
        return (
            f"Query {name}: {one_line(arguments.sql, 120)}" if arguments.sql.strip() else f"List the tables of {name}"
        )

    async def run(self, arguments: QueryDatabaseParameters, context: ToolContext) -> Observation:
        """Answer from the desk; raises `ToolError`."""
        desk = context.settings.desk
        if desk is None:
            raise ToolError("This session has no desk, so there is no database to query.")
        if not arguments.database.strip():
            return _listing(_databases(desk))
        name, path = _found(desk, arguments.database)
        if not arguments.sql.strip():
            return _tables(name, await _call(context, name, path, None))
        found = await _call(context, name, path, {"sql": arguments.sql, "limit": arguments.limit})
        return result(name, arguments.sql, arguments.limit, found, context)


def _normal(name: str) -> str:
    return str(PurePosixPath(name.strip())) if name.strip() else ""


async def rows_of(context: ToolContext, database: str, sql: str, limit: int) -> dict[str, Any]:
    """Query a database of the desk: return `columns`, `rows`, `digest`, ...; raises `ToolError`."""
    if context.settings.desk is None:
        raise ToolError("There is no desk.", "not-found")
    name, path = _found(context.settings.desk, database)
    return await _call(context, name, path, {"sql": sql, "limit": limit})


async def _call(context: ToolContext, name: str, path: Path, arguments: dict[str, Any] | None) -> dict[str, Any]:
    """Return a query's result, or the tables without `arguments`; CSV adds `facts`. Raises `ToolError`."""
    function = "kimi_tui.tools.sql.select:" + ("schema" if arguments is None else "query")
    seconds = context.settings.query_seconds
    try:
        async with _as_database(context, name, path) as (file, facts):
            found: dict[str, Any] = await context.workers.call(
                function,
                {**(arguments or {}), "path": path_text(file), "columns": facts.get("columns", []), "seconds": seconds},
                timeout=PATIENCE_FACTOR * seconds + 30,  # opening may mean copying
                memory=_MAX_MEMORY_BYTES,
                access=database_access(file),
            )
    except WorkerError as error:
        advice = "" if error.kind == "failed" else _SELECT_LESS
        raise ToolError(f"The query of {one_line(name, 200)} failed: {error}{advice}.") from None
    if facts:
        found |= {"digest": facts["digest"], "notes": [*facts["notes"], *found["notes"]], "about": facts["columns"]}
    return found


@contextlib.asynccontextmanager
async def _as_database(context: ToolContext, name: str, path: Path) -> AsyncIterator[tuple[Path, dict[str, Any]]]:
    """The file to query, and for a CSV file the facts of the database that was made of it; raises `WorkerError`."""
    if not is_table(name):
        yield path, {}
        return
    with contextlib.ExitStack() as stack:
        cache = context.settings.cache
        own = "" if cache else stack.enter_context(tempfile.TemporaryDirectory(prefix="kimi-tui-"))
        folder = cache / "tables" if cache else Path(own).resolve()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        access = WorkerAccess(reads=allowed_files(path), writes=allowed_files(folder.resolve()))
        stored = await context.workers.call(
            "kimi_tui.tools.sql.csv_store:prepare",
            {"path": path_text(path), "folder": path_text(folder)},
            timeout=context.settings.table_seconds * PATIENCE_FACTOR,
            cpu=context.settings.table_seconds,
            memory=_MAX_TABLE_MEMORY_BYTES,
            access=access,
        )
        yield folder / stored["database"], stored["facts"]


def _databases(root: Path) -> Desk:
    """Return the files of the desk that can be queried, and those that cannot and why; raises `ToolError`."""
    try:
        desk = list_desk(root)
    except OSError as error:
        raise ToolError(f"The desk cannot be read: {error.strerror}.", "lookup-failed") from None
    files = tuple(file for file in desk.files if file.is_database or is_table(file.path))
    skipped = tuple(
        (path, reason)
        for path, reason in desk.skipped
        if (is_table(path) or is_database(path)) and reason != LEADS_OUT_REASON
    )
    return Desk(files, skipped, desk.left_out)


def _found(root: Path, name: str) -> tuple[str, Path]:
    """Return the path inside the desk and on the disk of the database called `name`; raises `ToolError`."""
    try:
        file = file_at(root, name)
    except OSError as error:
        raise ToolError(f"The desk cannot be read: {error.strerror}.", "lookup-failed") from None
    desk = Desk((), ())
    if file is None or not (file.is_database or is_table(file.path)):
        desk = _databases(root)
        file = find_file(desk, name)
    path = locate_file(root, file.path) if file else None
    if file and path:
        return file.path, path
    shown = one_line(name, 100)
    if reason := skip_reason(desk, name):
        raise ToolError(f"{shown} cannot be queried: {reason}.")
    listed = ", ".join(one_line(file.path, 200) for file in desk.files[:20]) or "none"
    more = f" and {len(desk.files) - 20} more" if len(desk.files) > 20 else ""
    cut = f" {desk.cut}" if desk.cut else ""
    raise ToolError(f"There is no database {shown} on the desk. There is: {listed}{more}.{cut}", "not-found")


def is_table(name: str) -> bool:
    """Return whether a file is one table and no database."""
    return name.lower().endswith((".csv", ".tsv"))


def _listing(desk: Desk) -> Observation:
    """Every database of the desk."""
    count = count_noun(len(desk.files), "database")
    lines = [f"{count} on the desk."]
    for file in desk.files[:MAX_LISTED]:
        kind = "SQLite database" if file.is_database else "CSV file, table data"
        lines.append(f"- {one_line(file.path, 200)} · {kind} · {format_size(file.size)}")
    if len(desk.files) > MAX_LISTED:
        lines.append(f"- and {len(desk.files) - MAX_LISTED} more: query them by their paths")
    if desk.files:
        lines.append('List the tables of one with query_database(database="NAME").')
    lines += filter(None, (describe_skipped(desk), desk.cut))
    return Observation("\n".join(lines))


def _tables(name: str, found: dict[str, Any]) -> Observation:
    """Return the tables of one database, as many as are shown at once."""
    count, tables = found["count"], found["tables"]
    notes = tuple(found["notes"])
    lines = [f"{count} table{'s' * (count != 1)} in {one_line(name, 200)}.", *notes]
    room = SHOWN_CHARACTERS - sum(map(len, lines))
    for shown, table in enumerate(tables):
        size = "" if table["rows"] is None else f", {table['rows']:,} row{'s' * (table['rows'] != 1)}"
        columns = "; ".join(_column(*column) for column in table["columns"])
        lines.append(_cut(f"- {table['kind']} {table['name']}{size}: {columns}", 6_000 if count == 1 else 3_000))
        room -= len(lines[-1]) + 1
        if room < 0 and shown:
            del lines[-1]
            break
    if left := count - (len(lines) - 1 - len(notes)):
        lines.append(
            f"Not listed: {left} more tables or views. To list all of them query the table sqlite_schema: its columns "
            "name and sql, ordered by name, 100 at a time."
        )
    return Observation("\n".join(lines), notes=notes)


def _cut(line: str, limit: int) -> str:
    """One line, and how much of it is left out if it is too long."""
    line = one_line(line)
    if len(line) <= limit:
        return line
    kept = line[:limit].rpartition("; ")[0] or line[:limit]
    return f"{kept}; and {len(line) - len(kept):,} characters more of columns, not shown"


def _column(name: str, declared: str, header: str = "", remark: str = "") -> str:
    titled = f' (in the file "{one_line(header, 60)}")' if header and header != name else ""
    return f"{name} {declared}".strip() + titled + (f" [{one_line(remark, 160)}]" if remark else "")
