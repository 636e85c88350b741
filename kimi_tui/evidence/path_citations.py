"""Citations by path in a memo that anyone wrote: each document gets an id, so that the one check reads them all.

`[reports/acme 2018.pdf p.58 "Net sales" 2018]` becomes `[S900001 p.58 "Net sales" 2018]`. A path may hold blanks, dots
and commas: the longest beginning that the desk has is taken. Lines keep their numbers.
"""

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from kimi_tui.evidence.places import parse_places, split_places

MAX_MARKER = 600
"""Characters between the brackets of a citation."""
_MARKER = re.compile(rf"(?P<lead>(?m:^) {{0,3}})?\[(?P<inside>[^\[\]]{{3,{MAX_MARKER}}})\](?P<link>\()?(?P<colon>:)?")
_PARAGRAPH = re.compile(r"\n[ \t>]*\n")
_BREAK = re.compile(r"[ \t]*\n[ \t>]*")
_ID = re.compile(r"S\d{1,6}\b")
_PATH_END = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,7}(?=[\s,:;]|$)")
_LIST = re.compile(r",\s+")
_OUR_MARK = re.compile(r"\s*[\u2713\u25e6?\u2717!](?:\s*\u26a0[^;]*)?$")
"""What an exported memo prints behind a place."""
_ESCAPED = re.compile(r"\\([^\w\s])")
Resolve = Callable[[str], str | None]
"""Gives the path on the desk of the document that a writer means, None if there is none."""


class CitedDocument(NamedTuple):
    """A document that a memo cites."""

    path: str
    """Its path on the desk; as written if the desk has none of this name."""
    is_there: bool
    """True when the desk has it."""


class MemoWithIds(msgspec.Struct, frozen=True):
    """A memo whose citations by path are citations by id."""

    text: str
    documents: dict[str, CitedDocument]
    """By the ids that they were given."""

    def restored(self, words: str) -> str:
        """Words of the memo or of a finding with paths in the place of the ids."""
        for source_id, document in self.documents.items():
            words = words.replace(source_id, document.path)
        return words


class _Numbering:
    """Gives ids that the memo itself does not write."""

    def __init__(self, text: str) -> None:
        first = next((digit for digit in "987654321" if f"S{digit}00" not in text), "9")
        self._next = int(first) * 100_000
        self._ids: dict[CitedDocument, str] = {}

    def id_of(self, document: CitedDocument) -> str:
        """Return the id of a document, the same each time."""
        if document not in self._ids:
            self._next += 1
            self._ids[document] = f"S{self._next}"
        return self._ids[document]

    def documents(self) -> dict[str, CitedDocument]:
        """All documents by their ids."""
        return {source_id: document for document, source_id in self._ids.items()}


def with_ids(text: str, resolve: Resolve) -> MemoWithIds:
    """The memo with ids for paths; brackets that name no document stay as they are."""
    numbering = _Numbering(text)

    def replaced(match: re.Match[str]) -> str:
        inside = match["inside"]
        is_definition = match["lead"] is not None and match["colon"]
        if match["link"] or is_definition or _PARAGRAPH.search(inside):
            return match.group()
        found = _with_ids(_BREAK.sub(" ", inside).strip(), resolve, numbering)
        if found is None:
            return match.group()
        return f"{match['lead'] or ''}{chr(10) * inside.count(chr(10))}[{found}]{match['colon'] or ''}"

    return MemoWithIds(_MARKER.sub(replaced, text), numbering.documents())


def _with_ids(inside: str, resolve: Resolve, numbering: _Numbering) -> str | None:
    """Return the text between brackets with ids for paths; None if it is no citation."""
    pieces = [_ESCAPED.sub(r"\1", piece) for piece in split_places(_OUR_MARK.sub("", inside))]
    found: list[str] = []
    for piece in pieces:
        is_id = _ID.match(piece) and not _place(piece, resolve, numbering, missing=False)
        places = [piece] if is_id else _piece(piece.strip(), resolve, numbering)
        if places is None:
            return None
        found += places
    return "; ".join(found)


def _piece(piece: str, resolve: Resolve, numbering: _Numbering) -> list[str] | None:
    """One place, or several with commas between them; None if it is no citation."""
    whole = _place(piece, resolve, numbering, missing=False)
    if whole is not None and parse_places(whole):
        return [whole]
    for comma in _LIST.finditer(piece):
        first = _place(piece[: comma.start()], resolve, numbering, missing=False)
        rest = _piece(piece[comma.end() :], resolve, numbering) if first and parse_places(first) else None
        if first and rest:
            return [first, *rest]
    if whole is None:
        whole = _place(piece, resolve, numbering, missing=True)
        return [whole] if whole and parse_places(whole) else None
    return [whole]


def _place(piece: str, resolve: Resolve, numbering: _Numbering, *, missing: bool) -> str | None:
    """Return a place with its path as an id; None if no beginning of it is a document, be it a missing one."""
    ends = [match.end() for match in _PATH_END.finditer(piece.split('"', 1)[0].split("\u201c", 1)[0])]
    for end in reversed(ends):
        path = resolve(piece[:end]) or resolve(unquote(piece[:end]))
        if path:
            return numbering.id_of(CitedDocument(path, True)) + piece[end:]
    if not (missing and ends) or "://" in piece:
        return None
    return numbering.id_of(CitedDocument(piece[: ends[0]], False)) + piece[ends[0] :]
