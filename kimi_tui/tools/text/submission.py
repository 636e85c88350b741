"""Read a regulator's full submission: one text file that wraps several documents in its own tags.

`<DOCUMENT><TYPE>10-K<SEQUENCE>1<FILENAME>x.htm<TEXT> ... </TEXT></DOCUMENT>`, one after the other behind a header. Each
document is read for itself; what is no text, as pictures and archives in letters, is left out and named in a note.
"""

import re
from collections.abc import Callable, Iterator

import msgspec

from kimi_tui.cells import Cell, decode_cells, encode_cells
from kimi_tui.sources import Part
from kimi_tui.tools.text.parts import Extraction, clean_text, limit_parts, title_line
from kimi_tui.tools.workers.child import RefusalError

_BEGINNING = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<SEC-DOCUMENT>|<SEC-HEADER>|<IMS-DOCUMENT>|<SUBMISSION>|<DOCUMENT>"
    rb"|-----BEGIN PRIVACY-ENHANCED MESSAGE-----)"
)
_DOCUMENT = re.compile(r"<DOCUMENT>(.*?)(?:</DOCUMENT>|(?=<DOCUMENT>)|\Z)", re.DOTALL)
_TEXT = re.compile(r"<TEXT>[ \t]*\r?\n?(.*?)(?:</TEXT>|\Z)", re.DOTALL)
_FIELD = re.compile(r"<(TYPE|FILENAME|DESCRIPTION)>([^\r\n<]*)")
_INNER = re.compile(r"\s*<(XBRL|PDF|XML|JSON)>\s*")
_MARKUP = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_PARTS_OF_REPORT = re.compile(r"(?:EX-101\.|XML|ZIP|EXCEL|GRAPHIC|JSON|EX-27\b)", re.IGNORECASE)
"""Types of documents that repeat what others say in a form for programs, or that are no text."""
_LAYOUT = re.compile(r"</?(?:PAGE|TABLE|CAPTION|S|C|FN|F\d{1,2}|R)>[ \t]*")
"""Tags that lay out the plain text of older filings."""
_ENCODED = re.compile(r"\s*begin \d{3,4} \S")
_HEADER_CHARS = 20_000
_HEADER = "Header"
"""What the text before the first document is called."""


def is_submission(data: bytes) -> bool:
    """Return whether a text file is a full submission."""
    return _BEGINNING.match(data[:4_096]) is not None and b"<TEXT>" in data


def read_submission(
    text: str,
    read_page: Callable[[str], Extraction],
    read_text: Callable[[str], Extraction],
    notes: tuple[str, ...] = (),
) -> Extraction:
    """Return the documents of a submission as one source; raises `RefusalError` when none of them has text."""
    parts: list[Part] = []
    cells: list[Cell] = []
    left: list[str] = []
    title = ""
    number = 0
    for name, document in _documents(text):
        read = None if document is None else _read(document, read_page, read_text)
        if read is None:
            left.append(name)
            continue
        title = title or ("" if name == _HEADER else read.title or name)
        labels = {}
        tables = max((cell.table for cell in cells), default=0)
        for part in read.parts:
            number += 1
            labels[part.label] = f"§{number}"
            joined = title_line(f"{name} › {part.title}") if part.title else name
            parts.append(Part(f"§{number}", part.text, joined))
        cells += [
            msgspec.structs.replace(cell, part=labels[cell.part], table=cell.table + tables if cell.table else 0)
            for cell in decode_cells(read.cells)
        ]
        notes += tuple(f"{name}: {note}" for note in read.notes)
    if not parts:
        raise RefusalError("none of the documents in the submission has text")
    if left:
        shown = ", ".join(left[:8]) + (f" and {len(left) - 8} more" if len(left) > 8 else "")
        notes += (f"Left out, as they are no text or repeat it for programs: {shown}.",)
    kept, cut = limit_parts(parts)
    known = {part.label for part in kept}
    return Extraction(
        title or _HEADER,
        kept,
        "submission",
        notes + cut,
        cells=encode_cells(cell for cell in cells if cell.part in known),
    )


def _documents(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield the name of each document, and what it says; None for one that is not to be read as text."""
    first = text.find("<DOCUMENT>")
    header = clean_text(text[: min(first, _HEADER_CHARS)]).strip() if first > 0 else ""
    if header:
        yield _HEADER, re.sub(r"(?m)^</?[A-Z-]+>[ \t]*", "", header)
    for match in _DOCUMENT.finditer(text, max(first, 0)):
        document = match.group(1)
        body = _TEXT.search(document)
        head = document[: body.start()] if body else document[:2_000]
        fields = dict(_FIELD.findall(head))
        kind, file = fields.get("TYPE", "").strip(), fields.get("FILENAME", "").strip()
        name = title_line(f"{kind} {file}".strip() or "Document")
        if body is None or _PARTS_OF_REPORT.match(kind) or _ENCODED.match(body.group(1)):
            yield name, None
            continue
        inner = _INNER.match(body.group(1))
        said = body.group(1)[inner.end() :].rstrip().removesuffix(f"</{inner[1]}>") if inner else body.group(1)
        yield name, None if inner and inner[1] == "PDF" else said


def _read(
    document: str, read_page: Callable[[str], Extraction], read_text: Callable[[str], Extraction]
) -> Extraction | None:
    """One document; None when there is no text in it."""
    try:
        return read_page(document) if _MARKUP.match(document) else read_text(_LAYOUT.sub("", document))
    except RefusalError:
        return None
