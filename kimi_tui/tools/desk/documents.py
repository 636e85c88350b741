"""Documents of the desk as sources: what a search found, or what the model names, becomes citable.

A source's parts always belong to its bytes: both are kept only if the digest of the bytes is the one that was read.
"""

import asyncio
import hashlib
from pathlib import Path

import msgspec

from kimi_tui.sources import Part, SourceRef
from kimi_tui.text import one_line
from kimi_tui.tools.base import ToolContext, ToolError
from kimi_tui.tools.desk.files import Desk, DeskFile, find, located
from kimi_tui.tools.desk.index_store import Document
from kimi_tui.tools.desk.indexing import DeskIndex


class Opened(msgspec.Struct, frozen=True):
    """A source and its text."""

    ref: SourceRef
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()
    """What its reader left out, in sentences."""


async def open_source(context: ToolContext, name: str) -> Opened:
    """The source with this id (`S3`), or the document of the desk with this path, which becomes one.

    Raises `ToolError`.
    """
    source = context.sources.get(name)
    if source is None:
        if name[:1] == "S" and name[1:].isdigit():
            raise ToolError(f"There is no source {one_line(name, 20)}: {_sources(context)}.", "not-found")
        return await _open_path(context, name)
    notes: tuple[str, ...] = ()
    if source.ref.kind == "document" and context.index is not None:
        found = await context.index.document(source.ref.address)
        if found is not None and found[0].digest == source.ref.digest:
            notes = _notes(found[0])
    return Opened(source.ref, source.parts, notes)


def desk_index(context: ToolContext) -> DeskIndex:
    """The index of the desk; raises `ToolError` without one."""
    if context.index is None:
        raise ToolError("This session has no desk, so there are no documents to search or read; use other sources.")
    return context.index


async def refreshed(index: DeskIndex) -> tuple[Desk, bool]:
    """The desk as it is now, and whether all of it has been read; raises `ToolError` when it cannot be listed."""
    try:
        return await index.refresh()
    except OSError as error:
        raise ToolError(f"The desk's folder cannot be listed: {error.strerror}.") from None


async def keep_document(context: ToolContext, path: str) -> Opened:
    """A document of the index as a source; raises `ToolError` when it gave no text."""
    found = await desk_index(context).document(path)
    if found is None:
        raise ToolError(f"{one_line(path, 200)} has not been read yet; call again in a moment.")
    document, parts = found
    if document.error:
        raise ToolError(f"{one_line(path, 200)} is unreadable: {one_line(document.error, 300)}.")
    known = context.sources.find(path, document.digest)
    if known is not None:
        return Opened(known, parts, _notes(document))
    data = await _bytes(context, document)
    ref = await context.sources.keep(
        kind="document",
        title=document.title,
        address=path,
        media_type=document.media_type,
        data=data,
        parts=parts,
        extractor=document.extractor,
        cells=await desk_index(context).cells(path),
    )
    return Opened(ref, parts, _notes(document))


async def _open_path(context: ToolContext, name: str) -> Opened:
    """A document by the path that the model gave; raises `ToolError`."""
    index = desk_index(context)
    shown = one_line(name, 200)
    if "\x00" in name or Path(name).is_absolute() or ".." in Path(name).parts:
        raise ToolError(f"{shown} is no path inside the desk: give it as search_documents lists it.")
    file = await desk_file(context, name)
    await index.read_now(file)
    return await keep_document(context, file.path)


async def desk_file(context: ToolContext, name: str) -> DeskFile:
    """The document of the desk that the model means, without waiting for any other; raises `ToolError`."""
    shown = one_line(name, 200)
    try:
        desk = await desk_index(context).look()
    except OSError as error:
        raise ToolError(f"The desk's folder cannot be listed: {error.strerror}.") from None
    file = find(desk, name)
    if file is None:
        for path, reason in desk.skipped:
            if path == name:
                raise ToolError(f"{shown} is not read: {reason}.")
        raise ToolError(
            f"There is no {shown} on the desk; search_documents with an empty query lists what there is.", "not-found"
        )
    if file.is_database:
        raise ToolError(f"{shown} is a database: use query_database.")
    return file


async def _bytes(context: ToolContext, document: Document) -> bytes:
    """The bytes that the index read; raises `ToolError` when the file has changed since."""
    root = context.settings.desk
    data, digest = await asyncio.to_thread(_read, root, document.path) if root else (b"", "")
    if digest != document.digest:
        raise ToolError(f"{one_line(document.path, 200)} has just changed; call again to read it anew.")
    return data


def _read(root: Path, name: str) -> tuple[bytes, str]:
    """The bytes of a file of the desk and their digest; none when it cannot be read."""
    path = located(root, name)
    try:
        data = path.read_bytes() if path else b""
    except OSError:
        data = b""
    return data, hashlib.sha256(data).hexdigest()


def _notes(document: Document) -> tuple[str, ...]:
    return tuple(document.notes.splitlines())


def _sources(context: ToolContext) -> str:
    """Which ids there are."""
    refs = context.sources.refs()
    return f"the ids go from S1 to {refs[-1].id}" if refs else "nothing has been retrieved yet"
