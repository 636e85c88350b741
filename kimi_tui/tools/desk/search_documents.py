"""`search_documents`: full-text search over the documents of the desk; each hit names a part of a source."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec

from kimi_tui.events import Effect
from kimi_tui.sources import SourceRef
from kimi_tui.text import count_noun, one_line
from kimi_tui.tools.base import Observation, Tool, ToolContext, ToolError
from kimi_tui.tools.call_digests import COUNTS_AS_WORDS
from kimi_tui.tools.desk.desk_index import ReadingProgress
from kimi_tui.tools.desk.documents import desk_index, keep_document, open_named, parse_source_name, refresh_index
from kimi_tui.tools.desk.files import Desk, describe_skipped
from kimi_tui.tools.desk.index_search import DeskSearchResult
from kimi_tui.tools.desk.index_store import IndexedDocument
from kimi_tui.tools.desk.ranking import WeightedRanking, fuse_rankings
from kimi_tui.tools.desk.search_hits import DeskHit
from kimi_tui.tools.text.part_selection import document_extent
from kimi_tui.tools.text.parts import CUT_NOTE
from kimi_tui.tools.text.source_display import MAX_TITLE_CHARS

SNIPPET_CHARS = 340
"""The most that is shown of the text around a match."""
MAX_LISTED = 400
"""The most lines of a listing."""
_KINDS = {
    "application/pdf": "PDF",
    "text/html": "HTML",
    "text/markdown": "Markdown",
    "text/csv": "CSV",
    "text/tab-separated-values": "TSV",
    "application/json": "JSON",
}


class SearchDocumentsParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `search_documents`."""

    query: Annotated[
        str,
        msgspec.Meta(
            description='Words that the text should contain; "quoted words" stand together. '
            "Empty lists the documents of the desk.",
            max_length=2000,
            extra=COUNTS_AS_WORDS,
        ),
    ] = ""
    """What is looked for; blank asks for the listing."""
    limit: Annotated[int, msgspec.Meta(description="The most results to return.", ge=1, le=50)] = 12
    within: Annotated[
        str,
        msgspec.Meta(description="Id of a source, as in S3, or the path of a document: search in it alone."),
    ] = ""
    """The one source to search; blank searches the desk."""


class SearchDocuments(Tool):
    """Searches the desk, or lists it."""

    name: ClassVar[str] = "search_documents"
    description: ClassVar[str] = (
        "Search the full text of the documents on the desk (PDF, HTML, text, Markdown, CSV, JSON). Each result names "
        "a source and its page, section or rows as in [S3 p.4], with the text around the match; read the part before "
        "relying on it. Ask in full, with company, year and the words the document would use; within searches one "
        "source alone. An empty query lists all documents and databases."
    )
    parameters: ClassVar[type[msgspec.Struct]] = SearchDocumentsParameters
    read_only: ClassVar[bool] = True
    timeout: ClassVar[float] = 180.0

    def effects(self, arguments: SearchDocumentsParameters) -> tuple[Effect, ...]:
        """Return the desk is read."""
        return (Effect("read"),)

    def label(self, arguments: SearchDocumentsParameters) -> str:
        """Return the query and the place to search, in one line."""
        query = one_line(arguments.query, 120)
        if query and arguments.within.strip():
            return f"Search {one_line(parse_source_name(arguments.within)[0], 80)}: {query}"
        return f"Search the desk: {query}" if query else "List the desk"

    async def run(self, arguments: SearchDocumentsParameters, context: ToolContext) -> Observation:
        """Return the best parts, or the listing; raises `ToolError`."""
        if arguments.query.strip() and arguments.within.strip():
            return await _search_within(context, arguments)
        index = desk_index(context)
        desk, complete = await refresh_index(index)
        documents = await index.documents()
        unfinished = [] if complete else [_so_far(await index.progress())]
        unfinished += [desk.cut] if desk.cut else []
        if not arguments.query.strip():
            return Observation("\n".join([*_listing(desk, documents), *unfinished]), lasting=complete)
        found = await index.search(arguments.query, candidates_needed(context, arguments.limit) + 1)
        where = f"{count_noun(len(documents), 'document')} on the desk"
        more = [*unfinished, *_unreadable(documents), *_too_large(desk), *_cut_short_lines(documents)]
        return await _answer(context, arguments, found, where, more, documents=documents, lasting=complete)


def _so_far(progress: ReadingProgress) -> str:
    read = f"{progress.read:,} of {progress.documents:,} are read"
    return f"Documents are still being read, {read} and only these were searched; call again for the rest."


async def _search_within(context: ToolContext, arguments: SearchDocumentsParameters) -> Observation:
    """Return the best parts of one source; raises `ToolError`."""
    opened, _ = await open_named(context, arguments.within)
    index, limit = desk_index(context), candidates_needed(context, arguments.limit) + 1
    path = opened.ref.address if opened.ref.kind == "document" else ""
    known = await index.document(path) if path else None
    if known is not None and known[0].digest == opened.ref.digest:
        found = await index.search(arguments.query, limit, path)
    else:
        found = await index.search_parts(opened.ref.title, opened.parts, arguments.query, limit)
        found = msgspec.structs.replace(found, outlines=())
    where = f"[{opened.ref.id}] {one_line(opened.ref.title, MAX_TITLE_CHARS)}".rstrip()
    about = [f"note {opened.ref.id}: {one_line(note, 200)}" for note in opened.notes]
    return await _answer(context, arguments, found, where, about, only=opened.ref)


async def _answer(
    context: ToolContext,
    arguments: SearchDocumentsParameters,
    found: DeskSearchResult,
    where: str,
    more: list[str],
    *,
    only: SourceRef | None = None,
    documents: Sequence[IndexedDocument] = (),
    lasting: bool = True,
) -> Observation:
    """Return the results as the model reads them; `only` is the source of every hit when one alone was searched."""
    hits, notes = await rerank_hits(context, arguments.query, found.hits)
    refs = {} if only is None else {hit.path: only for hit in found.hits}
    lines, sources = await _results(context, hits[: arguments.limit], refs)
    head = f'{count_noun(len(lines) // 2, "result")} for "{one_line(arguments.query, 200)}" in {where}.'
    read_as = [f"read as: {one_line(found.read_as, 200)}"] if found.read_as else []
    outlines = [
        f"outline {sources[one.path].id}: {' · '.join(f'{what} {label}' for what, label in one.places)}"
        for one in found.outlines
        if one.path in sources
    ]
    if len(found.hits) > arguments.limit:
        more = [f"There are more results: pass a limit over {arguments.limit}, or other words.", *more]
    text = "\n".join([head, *read_as, *lines, *outlines, *notes, *_notes(documents, sources), *more])
    refs_named = tuple({ref.id: ref for ref in sources.values()}.values())
    return Observation(text, refs_named, status="ok" if lines else "not-found", lasting=lasting)


def _notes(documents: Sequence[IndexedDocument], sources: dict[str, SourceRef]) -> list[str]:
    """Return a line for each document that was found and of which something was guessed, cut or left out."""
    lines = []
    for document in documents:
        ref, notes = sources.get(document.path), document.notes.splitlines()
        if ref is not None and notes:
            more = f" (and {len(notes) - 1} more notes)" if len(notes) > 1 else ""
            lines.append(f"note {ref.id}: {one_line(notes[0], 200)}{more}")
    return lines


async def _results(
    context: ToolContext, hits: Sequence[DeskHit], known: dict[str, SourceRef]
) -> tuple[list[str], dict[str, SourceRef]]:
    """Two lines for each hit, and the sources they name by path; `known` are sources that are kept already."""
    lines: list[str] = []
    sources = dict(known)
    gone: set[str] = set()
    for hit in hits:
        if hit.path not in sources and hit.path not in gone:
            try:
                sources[hit.path] = (await keep_document(context, hit.path)).ref
            except ToolError:  # it changed or went away since it was read
                gone.add(hit.path)
        if hit.path in gone:
            continue
        ref = sources[hit.path]
        title, path = one_line(ref.title, MAX_TITLE_CHARS), one_line(ref.address, MAX_TITLE_CHARS)
        lines += [f"[{ref.id} {hit.label}] {title} ({path})", f"    {one_line(hit.snippet, SNIPPET_CHARS)}"]
    return lines, sources


def _listing(desk: Desk, documents: list[IndexedDocument]) -> list[str]:
    """Every document and database, each on a line."""
    lines = [_listed(document) for document in documents]
    lines += [f"- {one_line(file.path, 200)} · SQLite database" for file in desk.files if file.is_database]
    if len(lines) > MAX_LISTED:
        lines[MAX_LISTED:] = [f"- and {len(lines) - MAX_LISTED} more: search for words of their names"]
    skipped = describe_skipped(desk)
    return [f"{count_noun(len(documents), 'document')} on the desk.", *lines, *([skipped] if skipped else [])]


def _listed(document: IndexedDocument) -> str:
    """One document on a line."""
    what = f"unreadable: {one_line(document.error, 200)}" if document.error else document_extent(document.last)
    notes = document.notes.splitlines()
    if notes:
        what += f" · {one_line(notes[0], 160)}" + (f" (and {len(notes) - 1} more notes)" if len(notes) > 1 else "")
    return f"- {one_line(document.path, 200)} · {_KINDS.get(document.media_type, 'text')} · {what}"


def _too_large(desk: Desk) -> list[str]:
    """Return a line on documents that are too large or cannot be opened; none if there are none."""
    bad = [(path, why) for path, why in desk.skipped if "MB" in why or "opened" in why]
    if not bad:
        return []
    named = "; ".join(f"{one_line(path, 100)} ({one_line(why, 120)})" for path, why in bad[:3])
    more = f"; and {len(bad) - 3} more" if len(bad) > 3 else ""
    return [f"Not read, so not searched: {named}{more}."]


def _cut_short_lines(documents: list[IndexedDocument]) -> list[str]:
    """Return a line on the documents of which only the beginning was searched; none if there are none."""
    cut = [(one, note) for one in documents for note in one.notes.splitlines() if note.startswith(CUT_NOTE)]
    if not cut:
        return []
    named = "; ".join(f"{one_line(one.path, 100)} ({one_line(note, 160)})" for one, note in cut[:3])
    more = f"; and {len(cut) - 3} more" if len(cut) > 3 else ""
    return [f"Searched only in part: {named}{more}"]


def _unreadable(documents: list[IndexedDocument]) -> list[str]:
    """Return a line on the documents that could not be searched; none if there are none."""
    bad = [document for document in documents if document.error]
    if not bad:
        return []
    named = "; ".join(f"{one_line(one.path, 100)} ({one_line(one.error, 120)})" for one in bad[:3])
    more = f"; and {len(bad) - 3} more" if len(bad) > 3 else ""
    return [f"Unreadable, so not searched: {named}{more}."]


def candidates_needed(context: ToolContext, limit: int) -> int:
    """Return how many results to fetch for a limit, so that the server can bring later ones forward."""
    return max(limit, context.settings.retrieval.candidates) if context.reorderer is not None else limit


async def rerank_hits(
    context: ToolContext, question: str, hits: Sequence[DeskHit]
) -> tuple[tuple[DeskHit, ...], list[str]]:
    """Return the hits in the order of words and server together, and a note when the server could not be used."""
    most = context.settings.retrieval.candidates
    first = hits[:most]
    if context.reorderer is None or len(first) < 2:
        return tuple(hits), []
    order, problem = await context.reorderer.rank(question, [hit.passage for hit in first])
    if problem:
        return tuple(hits), [f"Note: these results are in the order of their words alone: {problem}."]
    rows = fuse_rankings((WeightedRanking(range(len(first))), WeightedRanking(order)))
    return (*(first[row] for row in rows), *hits[most:]), []
