"""Survey of a desk: every document and database, how it was read, and what could not be read."""

from pathlib import Path
from typing import Any

import msgspec

from kimi_tui.sources import Part
from kimi_tui.text import path_text
from kimi_tui.tools.base import ToolContext
from kimi_tui.tools.desk.documents import desk_index, refresh_index
from kimi_tui.tools.desk.files import DeskFile, locate_file
from kimi_tui.tools.desk.index_store import IndexedDocument
from kimi_tui.tools.text.part_selection import document_extent, span_of_part
from kimi_tui.tools.workers.access import database_access
from kimi_tui.tools.workers.pool import WorkerError

_SCHEMA_SECONDS = 5.0


class SurveyedDocument(msgspec.Struct, frozen=True):
    """One document."""

    path: str
    """Inside the desk; untrusted text."""
    media_type: str
    bytes: int
    extent: str
    """`32 pages`, `7 sections`, `1200 rows`; empty for an unreadable one."""
    pages: int | None
    """How many pages; None for what has none."""
    encoding: str
    """What its characters were read in; empty for a kind that has none."""
    title: str
    """Its own title, else its file's name; untrusted text."""
    reader: str
    """The library that read it; empty for an unreadable one."""
    notes: tuple[str, ...]
    """What was cut, guessed or left out, each a sentence."""
    error: str
    """Why it could not be read; empty when it could."""


class SurveyedDatabase(msgspec.Struct, frozen=True):
    """One database."""

    path: str
    bytes: int
    tables: tuple[str, ...]
    """Names of its tables and views; untrusted text."""
    notes: tuple[str, ...]
    error: str


class Survey(msgspec.Struct, frozen=True):
    """The contents of a desk."""

    desk: str
    """The folder."""
    documents: tuple[SurveyedDocument, ...]
    """In order of their paths."""
    databases: tuple[SurveyedDatabase, ...]
    """In order of their paths."""
    skipped: tuple[tuple[str, str], ...]
    """Path and reason of every file that is left alone."""
    complete: bool
    """True when every document has been read."""
    cut: str = ""
    """A sentence on files that are not even looked at; empty when all are."""


async def survey_desk(context: ToolContext) -> Survey:
    """Read what is new on the desk as far as time allows, and list it; raises `ToolError`."""
    index = desk_index(context)
    root = context.settings.desk or Path()
    desk, complete = await refresh_index(index)
    documents = tuple(map(_document, await index.documents()))
    databases = [await _database(context, root, file) for file in desk.files if file.is_database]
    return Survey(path_text(root), documents, tuple(databases), desk.skipped, complete, desk.cut)


def _document(document: IndexedDocument) -> SurveyedDocument:
    last = span_of_part(Part(document.last, ""), 0)
    return SurveyedDocument(
        path=document.path,
        media_type=document.media_type,
        bytes=document.size,
        extent="" if document.error else document_extent(document.last),
        pages=last.last if last.kind == "p." and not document.error else None,
        encoding=document.encoding,
        title=document.title,
        reader=document.extractor,
        notes=tuple(document.notes.splitlines()),
        error=document.error,
    )


async def _database(context: ToolContext, root: Path, file: DeskFile) -> SurveyedDatabase:
    """Return the tables of one database, or why it cannot be read."""
    path = locate_file(root, file.path)
    found: dict[str, Any] = {"tables": [], "notes": []}
    error = "" if path else "it went away, or leads out of the desk"
    if path is not None:
        try:
            found = await context.workers.call(
                "kimi_tui.tools.sql.select:schema",
                {"path": path_text(path), "seconds": _SCHEMA_SECONDS},
                timeout=_SCHEMA_SECONDS + 10,
                access=database_access(path),
            )
        except WorkerError as failure:
            error = str(failure)
    names = tuple(str(table["name"]) for table in found["tables"])
    notes = tuple(map(str, found["notes"]))
    return SurveyedDatabase(file.path, file.size, names, notes, error)
