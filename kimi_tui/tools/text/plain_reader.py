"""Read text, Markdown, CSV and JSON bytes as parts.

No file is lost for its encoding: what says nothing of it is guessed, with a note. Rows keep their numbers whatever is
left out: the header is row 0, and the first record under it row 1.
"""

import contextlib
import re

import msgspec

from kimi_tui.cells import encode_cells
from kimi_tui.tools.text.csv_parts import RowParts
from kimi_tui.tools.text.delimited import DelimitedSheet
from kimi_tui.tools.text.encodings import DecodedText, decode_text
from kimi_tui.tools.text.parts import Extraction, TextSection, clean_text, limit_parts, section_parts, split_sections
from kimi_tui.tools.workers.child import RefusalError

_NOT_TEXT = re.compile("[\x01-\x06\x0e-\x1a\x1c-\x1f\ufffd]")
_FEW = 8
"""So many control characters say nothing of a short text."""
_MAX_LINE_CHARS = 5_000
"""JSON with a longer line is laid out again."""


def read_text(data: bytes, *, headings: bool, charset: str = "") -> Extraction:
    """Text in blocks, or cut at its Markdown or underlined headings.

    Raises `RefusalError` for bytes that are no text.
    """
    text = _text(data, charset)
    extraction = split_text(text.text, headings=headings, notes=text.notes)
    return msgspec.structs.replace(extraction, encoding=text.encoding)


def split_text(text: str, *, headings: bool, notes: tuple[str, ...] = ()) -> Extraction:
    """Clean text in blocks, or cut at its headings; `notes` say how it was decoded."""
    found = split_sections(text) if headings else [TextSection("", text)]
    parts, cut = limit_parts(section_parts(found))
    return Extraction(found[0].title if headings and found else "", parts, "text", notes + cut)


def read_json(data: bytes) -> Extraction:
    """Return JSON as text, indented if needed; invalid JSON unchanged."""
    decoded_text = _text(data)
    text = decoded_text.text
    if any(len(line) > _MAX_LINE_CHARS for line in text.split("\n")):
        with contextlib.suppress(msgspec.DecodeError, RecursionError):
            text = msgspec.json.format(text, indent=1)
    parts, notes = limit_parts(section_parts([TextSection("", text)]))
    return Extraction("", parts, "text", decoded_text.notes + notes, encoding=decoded_text.encoding)


def read_table(data: bytes, *, delimiter: str = "") -> Extraction:
    """CSV in parts of 50 rows, each row as `row n: cell | cell` under the header.

    `delimiter` is preferred where several fit. Raises `RefusalError` for bytes that are no text or have no rows.
    """
    found = decode_text(data)
    refuse_binary(found.text)
    sheet = DelimitedSheet(found.text, preferred=delimiter)
    if sheet.is_empty:
        raise RefusalError("it has no rows")
    rows = RowParts(sheet)
    parts, notes = limit_parts(rows.parts())
    if notes:
        notes = (*notes, "Query the file as a database to reach every row.")
    notes = (*found.notes, *notes, *sheet.notes(), *rows.notes())
    return Extraction("", parts, "csv", notes, cells=encode_cells(rows.cells), encoding=found.encoding)


def _text(data: bytes, charset: str = "") -> DecodedText:
    """Clean text; raises `RefusalError` when too much of it is none."""
    found = decode_text(data, charset)
    refuse_binary(found.text)
    return msgspec.structs.replace(found, text=clean_text(found.text))


def refuse_binary(text: str) -> None:
    """Raise `RefusalError` when too much of a text is none."""
    sample = text[:100_000]
    bad = len(_NOT_TEXT.findall(sample))
    if bad > max(len(sample) // 20, _FEW) or sample.count("\0") > max(len(sample) // 3, _FEW):
        raise RefusalError("it is not text")
