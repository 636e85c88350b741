"""Check a Markdown file that anyone wrote against the documents of a desk and the sources of a session."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path

import msgspec

from kimi_tui.cells import Cell, decode_cells
from kimi_tui.evidence.findings import CellReference, Checker, Finding
from kimi_tui.evidence.memo import CheckedMemo, Statement, counts_by_finding, shorten_line
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.path_citations import CitedDocument, MemoWithIds, with_ids
from kimi_tui.evidence.source_lookup import SourceLookup
from kimi_tui.session import SessionError
from kimi_tui.sources import Source, SourceRef
from kimi_tui.tools.base import ToolContext
from kimi_tui.tools.desk.desk_index import DeskIndex
from kimi_tui.tools.desk.files import Desk, DeskFile, file_at, find_file, skip_reason

_NO_SOURCE = "there is no source {}; cite ids that observations gave"
JudgeMemo = Callable[[CheckedMemo, SourceLookup], Awaitable[CheckedMemo]]
"""Gives a checked memo with what a model judged of its unchecked statements."""


class CheckedPlace(msgspec.Struct, frozen=True):
    """A place that a statement cites."""

    source: str
    """A path on the desk, or a session's id."""
    label: str
    """`p.58`, `row 7`; empty for the whole source."""
    row: str
    """The row that the citation names."""
    period: str
    """The period that the citation names."""


class CheckedStatement(msgspec.Struct, frozen=True):
    """One statement of the file with what was found of it."""

    text: str
    line: int
    """The line it begins in, from 1."""
    finding: Finding
    by: Checker
    places: tuple[CheckedPlace, ...]
    cells: tuple[CellReference, ...]
    """The figures that the finding rests on, or that stand there instead."""
    reason: str
    """Why it is not supported."""


class CheckedFile(msgspec.Struct, frozen=True):
    """A file with its statements."""

    statements: tuple[CheckedStatement, ...]
    counts: dict[str, int]
    """How many statements in all and by finding; of these the `uncited` ones, and those that a model `judged`."""


class _Read(msgspec.Struct, frozen=True):
    """One document as its reader gave it, or why there is nothing."""

    source: Source | None
    cells: tuple[Cell, ...] = ()
    problem: str = ""


class _Sources:
    """The documents that the file cites, and behind them the sources of a session."""

    def __init__(self, read: Mapping[str, _Read], session: SourceLookup | None) -> None:
        self._read = read
        self._session = session

    def get(self, source_id: str) -> Source | None:
        """Return the document or source; raises `SessionError` when it cannot be read."""
        if source_id not in self._read:
            return self._session.get(source_id) if self._session else None
        if self._read[source_id].problem:
            raise SessionError(self._read[source_id].problem)
        return self._read[source_id].source

    def cells(self, source_id: str, label: str = "") -> tuple[Cell, ...]:
        """Its cells."""
        if source_id not in self._read:
            return self._session.cells(source_id, label) if self._session else ()
        return tuple(cell for cell in self._read[source_id].cells if label in ("", cell.part))


async def check_file(
    text: str, context: ToolContext, session: SourceLookup | None = None, judge: JudgeMemo | None = None
) -> CheckedFile:
    """Check every statement; raises `SessionError` when the desk cannot be listed."""
    root, index = context.settings.desk, context.index
    try:
        desk = await index.list_desk() if index else Desk((), ())
    except OSError as error:
        raise SessionError(f"the desk's folder cannot be listed: {error.strerror}; name another with --desk") from None
    memo = with_ids(text, cache(lambda name: _resolved(root, desk, name)))
    read = {
        source_id: await _document(source_id, document, root, desk, index)
        for source_id, document in memo.documents.items()
        if document.is_there
    }
    sources = _Sources(read, session)
    checked = await asyncio.to_thread(check_memo, "", memo.text, sources)
    if judge is not None:
        checked = await judge(checked, sources)
    statements = tuple(_statement(one, checked, memo) for one in checked.statements)
    return CheckedFile(statements, counts_by_finding(checked.statements))


def _resolved(root: Path | None, desk: Desk, name: str) -> str | None:
    """Return the path on the desk of what the writer means, readable or not."""
    file = _file(root, desk, name)
    return file.path if file else name.strip() if skip_reason(desk, name) else None


def _file(root: Path | None, desk: Desk, name: str) -> DeskFile | None:
    try:
        exact = file_at(root, name) if root else None
    except OSError:
        exact = None
    return exact or find_file(desk, name)


async def _document(
    source_id: str, document: CitedDocument, root: Path | None, desk: Desk, index: DeskIndex | None
) -> _Read:
    """Return a document with its text and cells, by the readers that the tools use."""
    file = await asyncio.to_thread(_file, root, desk, document.path)
    if file is None or index is None:
        return _Read(None, (), f"{document.path} is not read: {skip_reason(desk, document.path) or 'it has gone'}")
    if file.is_database:
        return _Read(None, (), f"{document.path} is a database; cite a document, a CSV file or a session's query")
    await index.read_now(file)
    found = await index.document(file.path)
    if found is None or found[0].error:
        why = found[0].error if found else "it has gone"
        return _Read(None, (), f"{document.path} cannot be read: {shorten_line(why, 200)}")
    known, parts = found
    ref = SourceRef(
        id=source_id, digest=known.digest, title=known.title, address=file.path, media_type=known.media_type,
        kind="document", retrieved_at="", parts=len(parts), extractor=known.extractor,
    )  # fmt: skip
    return _Read(Source(ref, parts), decode_cells(await index.cells(file.path)))


def _statement(one: Statement, checked: CheckedMemo, memo: MemoWithIds) -> CheckedStatement:
    places = dict.fromkeys(place for number in one.citations for place in checked.citations[number].places)
    reason = one.reason
    for source_id, document in memo.documents.items():
        reason = reason.replace(_NO_SOURCE.format(source_id), f"there is no {document.path} on the desk")
    return CheckedStatement(
        text=memo.restored(shorten_line(memo.text[one.start : one.end], 1_000)),
        line=memo.text.count("\n", 0, _first_word(memo.text, one)) + 1,
        finding=one.finding,
        by=one.by,
        places=tuple(CheckedPlace(memo.restored(at.source), at.label, at.row, at.period) for at in places),
        cells=tuple(msgspec.structs.replace(cell, source=memo.restored(cell.source)) for cell in one.cells),
        reason=memo.restored(reason),
    )


def _first_word(text: str, one: Statement) -> int:
    words = text[one.start : one.end]
    return one.start + len(words) - len(words.lstrip())
