"""Documents of the desk as citable sources, found by a search or named by the model.

A source's parts always belong to its bytes: both are kept only if the digest of the bytes is the one that was read.
"""

import asyncio
import hashlib
import os
import re
from pathlib import Path

import msgspec

from kimi_tui.sources import Part, SourceRef
from kimi_tui.text import one_line
from kimi_tui.tools.base import ToolContext, ToolError
from kimi_tui.tools.desk.desk_index import DeskIndex
from kimi_tui.tools.desk.files import Desk, DeskFile, file_at, find_file, open_file, skip_reason
from kimi_tui.tools.desk.index_store import IndexedDocument

_ID = re.compile(r"S\d{1,9}")
_BRACKETED = re.compile(r"\[(S\d{1,9})\b\s*([^\]]*)\]")
_PLAIN = re.compile(r"(S\d{1,9})(?:(?:[\s,:]+|(?=§))(.*))?")


class OpenedSource(msgspec.Struct, frozen=True):
    """A source and its text."""

    ref: SourceRef
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()
    """What its reader left out, in sentences."""


async def open_named(context: ToolContext, source: str) -> tuple[OpenedSource, str]:
    """Return the source that the model means, and the parts if it named some, as in `S3 p.4`; raises `ToolError`.

    A path of the desk comes before an id that is written alike: `S1` is the file of that name if there is one; `[S1]`
    is always the source.
    """
    name, parts = parse_source_name(source)
    if name == source.strip() and not _ID.fullmatch(name):
        return await _open_path(context, name), ""
    if not source.strip().startswith("["):
        file = await asyncio.to_thread(_file_named, context, source)
        if file is not None:
            opened = await _open_path(context, file)
            if context.sources.get(name) is not None:
                note = f"{one_line(file, 100)} is a file of the desk and was taken; the source is named [{name}]."
                opened = msgspec.structs.replace(opened, notes=(note, *opened.notes))
            return opened, ""
    return await open_source(context, name), parts


def parse_source_name(source: str) -> tuple[str, str]:
    """Return the id or path of a source, and the parts when they are given along with an id, as in `[S3 p.4]`."""
    source = source.strip()
    match = _BRACKETED.fullmatch(source) or _PLAIN.fullmatch(source)
    return (match[1], (match[2] or "").strip()) if match else (source, "")


def _file_named(context: ToolContext, name: str) -> str | None:
    """Return the path of the desk's file of exactly this name, None if there is none."""
    root = context.settings.desk
    try:
        file = file_at(root, name) if root else None
    except OSError:
        return None
    return file.path if file else None


async def open_source(context: ToolContext, name: str) -> OpenedSource:
    """Return the source with this id (`S3`); raises `ToolError`."""
    source = context.sources.get(name)
    if source is None:
        raise ToolError(f"There is no source {one_line(name, 20)}: {_sources(context)}.", "not-found")
    notes: tuple[str, ...] = ()
    if source.ref.kind == "document" and context.index is not None:
        found = await context.index.document(source.ref.address)
        if found is not None and found[0].digest == source.ref.digest:
            notes = _notes(found[0])
    return OpenedSource(source.ref, source.parts, notes)


def desk_index(context: ToolContext) -> DeskIndex:
    """Return the index of the desk; raises `ToolError` without one."""
    if context.index is None:
        raise ToolError("This session has no desk, so there are no documents to search or read; use other sources.")
    return context.index


async def refresh_index(index: DeskIndex) -> tuple[Desk, bool]:
    """Return the present desk, and whether all of it was read; raises `ToolError` when it cannot be listed."""
    try:
        return await index.refresh()
    except OSError as error:
        raise ToolError(f"The desk's folder cannot be listed: {error.strerror}.") from None


async def keep_document(context: ToolContext, path: str) -> OpenedSource:
    """Return a document of the index as a source; raises `ToolError` when it gave no text."""
    found = await desk_index(context).document(path)
    if found is None:
        raise ToolError(f"{one_line(path, 200)} has not been read yet; call again in a moment.")
    document, parts = found
    if document.error:
        raise ToolError(f"{one_line(path, 200)} is unreadable: {one_line(document.error, 300)}.")
    known = context.sources.find_same(path, document.digest)
    if known is not None:
        return OpenedSource(known, parts, _notes(document))
    data = await _bytes(context, document)
    ref = await context.sources.add_in_thread(
        kind="document",
        title=document.title,
        address=path,
        media_type=document.media_type,
        data=data,
        parts=parts,
        extractor=document.extractor,
        cells=await desk_index(context).cells(path),
    )
    return OpenedSource(ref, parts, _notes(document))


async def _open_path(context: ToolContext, name: str) -> OpenedSource:
    """Return a document by the path that the model gave; raises `ToolError`."""
    index = desk_index(context)
    shown = one_line(name, 200)
    if "\x00" in name or Path(name).is_absolute() or ".." in Path(name).parts:
        raise ToolError(f"{shown} is no path inside the desk: give it as search_documents lists it.")
    file = await desk_file(context, name)
    await index.read_now(file)
    return await keep_document(context, file.path)


async def desk_file(context: ToolContext, name: str) -> DeskFile:
    """Return the document of the desk that the model means, without waiting for any other; raises `ToolError`."""
    shown = one_line(name, 200)
    try:
        file = await asyncio.to_thread(file_at, context.settings.desk, name) if context.settings.desk else None
        desk = Desk((), ()) if file else await desk_index(context).list_desk()
    except OSError as error:
        raise ToolError(f"The desk's folder cannot be listed: {error.strerror}.") from None
    file = file or find_file(desk, name)
    if file is None:
        if reason := skip_reason(desk, name):
            raise ToolError(f"{shown} is not read: {reason}.")
        cut = f" {desk.cut}" if desk.cut else ""
        raise ToolError(
            f"There is no {shown} on the desk; search_documents with an empty query lists what there is.{cut}",
            "not-found",
        )
    if file.is_database:
        raise ToolError(f"{shown} is a database: use query_database.")
    return file


async def _bytes(context: ToolContext, document: IndexedDocument) -> bytes:
    """Return the bytes that the index read; raises `ToolError` when the file has changed since."""
    root = context.settings.desk
    data, digest = await asyncio.to_thread(_read, root, document.path) if root else (b"", "")
    if digest != document.digest:
        raise ToolError(f"{one_line(document.path, 200)} has just changed; call again to read it anew.")
    return data


def _read(root: Path, name: str) -> tuple[bytes, str]:
    """Return the bytes of a file of the desk and their digest; none when it cannot be read."""
    try:
        with os.fdopen(open_file(root, name), "rb") as file:
            data = file.read()
    except OSError:
        data = b""
    return data, hashlib.sha256(data).hexdigest()


def _notes(document: IndexedDocument) -> tuple[str, ...]:
    return tuple(document.notes.splitlines())


def _sources(context: ToolContext) -> str:
    """Return which ids there are."""
    refs = context.sources.refs()
    return f"the ids go from S1 to {refs[-1].id}" if refs else "nothing has been retrieved yet"
