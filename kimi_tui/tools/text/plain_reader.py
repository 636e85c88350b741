"""Text, Markdown, CSV and JSON bytes to parts.

No file is lost for its encoding: what says nothing of it is guessed, with a note. Rows keep their numbers whatever is
left out: the header is row 0, and the first record under it row 1.
"""

import contextlib
import re

import msgspec

from kimi_tui.cells import encode_cells
from kimi_tui.tools.text.csv_parts import RowParts
from kimi_tui.tools.text.delimited import Sheet
from kimi_tui.tools.text.encodings import Decoded, decoded
from kimi_tui.tools.text.parts import Extraction, Section, clean, limited, section_parts, sections
from kimi_tui.tools.workers.child import RefusalError

_NOT_TEXT = re.compile("[\x00-\x06\x0e-\x1a\x1c-\x1f\ufffd]")
_LONG_LINE = 5_000
"""JSON with a longer line is laid out again."""


def read_text(data: bytes, *, headings: bool, charset: str = "") -> Extraction:
    """Text in blocks, or cut at its Markdown or underlined headings.

    Raises `RefusalError` for bytes that are no text.
    """
    text = _text(data, charset)
    extraction = lay_out(text.text, headings=headings, notes=text.notes)
    return msgspec.structs.replace(extraction, encoding=text.encoding)


def lay_out(text: str, *, headings: bool, notes: tuple[str, ...] = ()) -> Extraction:
    """Clean text in blocks, or cut at its headings; `notes` say how it was decoded."""
    found = sections(text) if headings else [Section("", text)]
    parts, cut = limited(section_parts(found))
    return Extraction(found[0].title if headings and found else "", parts, "text", notes + cut)


def read_json(data: bytes) -> Extraction:
    """JSON as text, laid out in lines if it is not yet; what is no valid JSON is shown as it is."""
    decoded_text = _text(data)
    text = decoded_text.text
    if any(len(line) > _LONG_LINE for line in text.split("\n")):
        with contextlib.suppress(msgspec.DecodeError, RecursionError):
            text = msgspec.json.format(text, indent=1)
    parts, notes = limited(section_parts([Section("", text)]))
    return Extraction("", parts, "text", decoded_text.notes + notes, encoding=decoded_text.encoding)


def read_table(data: bytes, *, delimiter: str = "") -> Extraction:
    """CSV in parts of 50 rows, each row as `row n: cell | cell` under the header.

    `delimiter` is preferred where several fit. Raises `RefusalError` for bytes that are no text or have no rows.
    """
    found = decoded(data)
    _refuse_binary(found.text)
    sheet = Sheet(found.text, preferred=delimiter)
    if sheet.is_empty:
        raise RefusalError("it has no rows")
    rows = RowParts(sheet)
    parts, notes = limited(rows.parts())
    if notes:
        notes = (*notes, "Query the file as a database to reach every row.")
    notes = (*found.notes, *notes, *sheet.notes(), *rows.notes())
    return Extraction("", parts, "csv", notes, cells=encode_cells(rows.cells), encoding=found.encoding)


def _text(data: bytes, charset: str = "") -> Decoded:
    """Clean text; raises `RefusalError` when too much of it is none."""
    found = decoded(data, charset)
    _refuse_binary(found.text)
    return msgspec.structs.replace(found, text=clean(found.text))


def _refuse_binary(text: str) -> None:
    """Raise `RefusalError` when too much of a text is none."""
    sample = text[:100_000]
    if len(_NOT_TEXT.findall(sample)) > len(sample) // 20:
        raise RefusalError("it is not text")
