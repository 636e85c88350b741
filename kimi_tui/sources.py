"""A source: a document, page or query result that a tool retrieved and the session keeps.

A source has a short id (`S12`), given when it is retrieved and never used again for anything else in the
session. Its text is kept in parts (pages, sections, blocks of rows), each under a label that a citation can
name, so that a citation leads to the exact words.
"""

import hashlib
from collections.abc import Iterable
from typing import Literal, NamedTuple, NotRequired, TypedDict

import msgspec

SourceKind = Literal["document", "page", "query", "calculation"]


class SourceRef(msgspec.Struct, frozen=True):
    """A source without its text: what events and lists carry."""

    id: str
    """`S1`, `S2`, ... in order of retrieval."""
    digest: str
    """SHA-256 of the retrieved bytes, in hexadecimal."""
    title: str
    """For people; untrusted text; empty where the address says it all."""
    address: str
    """Where it came from: a path inside the desk, a URL, `database.sqlite: SQL` or the expression."""
    media_type: str
    """`application/pdf`, `text/html`, ..."""
    kind: SourceKind
    retrieved_at: str
    """UTC, ISO 8601 with `Z`."""
    parts: int = 1
    """How many parts the text has."""
    characters: int = 0
    """Length of the whole text."""
    extractor: str = ""
    """Which reader made the text."""
    text_digest: str = ""
    """SHA-256 of the text that the reader made, part by part; see `digest_text`."""
    cells: int = 0
    """How many cells were read from it: its figures with what they mean."""
    cells_digest: str = ""
    """SHA-256 of the cells, encoded by `cells.encode_cells`; empty if there are none."""


class Part(msgspec.Struct, frozen=True):
    """One citable piece of a source's text."""

    label: str
    """`p.4` for a page, `§3` for a section, `rows 1-50` for rows (both ends counted, the header is row 0)."""
    text: str
    title: str = ""
    """The section's heading, if it has one."""


class NewSource(TypedDict):
    """A source that is to be stored."""

    kind: SourceKind
    title: str
    address: str
    """Its path on the desk, its address on the web, its query or its program."""
    media_type: str
    data: bytes
    """Its bytes as they came."""
    parts: tuple[Part, ...]
    """The text that a reader made of them."""
    extractor: NotRequired[str]
    """Which reader made the text."""
    cells: NotRequired[bytes]
    """Its figures, as `cells.encode_cells` writes them."""


class Source(msgspec.Struct, frozen=True):
    """A source with its text."""

    ref: SourceRef
    """What it is and where it came from."""
    parts: tuple[Part, ...]
    """Its text, in reading order."""


def digest_text(parts: Iterable[Part]) -> str:
    """Return SHA-256 over the parts, one JSON `["label","title","text"]` a line; citations are checked against it."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(msgspec.json.encode((part.label, part.title, part.text)) + b"\n")
    return digest.hexdigest()


class PagePicture(msgspec.Struct, frozen=True):
    """A picture of a page, or of a piece of it."""

    width: int
    """In pixels."""
    height: int
    """In pixels."""
    rgb: bytes
    """Three bytes for each pixel, row by row from the top."""
    cited: tuple[tuple[int, int, int, int], ...] = ()
    """Left, top, right and bottom of each marked piece, in pixels; none when it was not found on the page."""


class TextMark(NamedTuple):
    """A marked piece of a text."""

    start: int
    """Offset of its first character."""
    end: int
    role: Literal["cited", "label", "header", "rests"]
    """`cited` for what is cited, `label` for the name of its row; a `header` is kept in sight without a mark. `rests`
    for what statements of a memo rest on.
    """
