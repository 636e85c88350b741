"""Text, Markdown, CSV and JSON bytes to parts.

No file is lost for its encoding: what is neither UTF-8 nor UTF-16 is read as Windows-1252. Rows keep their
numbers whatever is left out: the header is row 0, and the first record under it row 1.
"""

import codecs
import contextlib
import itertools
import re
from collections.abc import Iterator, Sequence

import msgspec

from kimi_tui.sources import Part
from kimi_tui.tools.text.delimited import Sheet
from kimi_tui.tools.text.parts import Extraction, Section, clean, limited, section_parts, sections
from kimi_tui.tools.workers.child import RefusalError

ROWS_EACH = 50
"""Rows in one part of a table."""
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_NOT_TEXT = re.compile("[\x00-\x06\x0e-\x1a\x1c-\x1f\ufffd]")
_LONG_LINE = 5_000
"""JSON with a longer line is laid out again."""


def decode(data: bytes, charset: str = "") -> str:
    """`data` as text: by its byte order mark, else by `charset` if it fits, else as UTF-8, else as Windows-1252."""
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    for name in (charset, _utf_16(data[:1000]), "utf-8"):
        try:
            if name:
                return data.decode(name)
        except (LookupError, UnicodeError):  # an unknown name, or not this encoding
            continue
    return data.decode("cp1252", "replace")


def read_text(data: bytes, *, headings: bool, charset: str = "") -> Extraction:
    """Text in blocks, or cut at its Markdown or underlined headings.

    Raises `RefusalError` for bytes that are no text.
    """
    text = _text(data, charset)
    found = sections(text) if headings else [Section("", text)]
    parts, notes = limited(section_parts(found))
    return Extraction(found[0].title if headings and found else "", parts, "text", notes)


def read_json(data: bytes) -> Extraction:
    """JSON as text, laid out in lines if it is not yet; what is no valid JSON is shown as it is."""
    text = _text(data)
    if any(len(line) > _LONG_LINE for line in text.split("\n")):
        with contextlib.suppress(msgspec.DecodeError, RecursionError):
            text = msgspec.json.format(text, indent=1)
    parts, notes = limited(section_parts([Section("", text)]))
    return Extraction("", parts, "text", notes)


def read_table(data: bytes, *, delimiter: str = "") -> Extraction:
    """CSV in parts of 50 rows, each row as `row n: cell | cell` under the header.

    `delimiter` is preferred where several fit. Raises `RefusalError` for bytes that are no text or have no rows.
    """
    text = decode(data)
    _refuse_binary(text)
    sheet = Sheet(text, preferred=delimiter)
    if sheet.is_empty:
        raise RefusalError("it has no rows")
    parts, notes = limited(_row_parts(sheet))
    if notes:
        notes = (*notes, "Query the file as a database to reach every row.")
    return Extraction("", parts, "csv", (*notes, *sheet.notes()))


def _text(data: bytes, charset: str = "") -> str:
    """Clean text; raises `RefusalError` when too much of it is none."""
    text = decode(data, charset)
    _refuse_binary(text)
    return clean(text)


def _refuse_binary(text: str) -> None:
    """Raise `RefusalError` when too much of a text is none."""
    sample = text[:100_000]
    if len(_NOT_TEXT.findall(sample)) > len(sample) // 20:
        raise RefusalError("it is not text")


def _utf_16(sample: bytes) -> str:
    """The kind of UTF-16 that text without a byte order mark seems to be, or nothing."""
    zeros = len(sample) // 3
    if sample[1::2].count(0) > zeros:
        return "utf-16-le"
    return "utf-16-be" if sample[0::2].count(0) > zeros else ""


def _cells(record: Sequence[str]) -> str:
    """One record on one line."""
    return clean(" | ".join(" ".join(cell.split()) for cell in record)).replace("\n", " ")


def _row_parts(sheet: Sheet) -> Iterator[Part]:
    """Records in parts of `ROWS_EACH`, each with the header before it."""
    header = _cells(sheet.titles() if not sheet.layout.header else sheet.header)
    above = "".join(f"above the table: {clean(title)}\n" for title in sheet.layout.titles)
    lines = (
        _cells(record.cells[: len(sheet.header)] if sheet.is_padded(record) else record.cells)
        for record in sheet.rows()
    )
    first = 1
    while rows := list(itertools.islice(lines, ROWS_EACH)):
        last = first + len(rows) - 1
        numbered = "\n".join(f"row {number}: {row}" for number, row in enumerate(rows, first))
        yield Part(f"rows {first}-{last}", f"{above}header: {header}\n{numbered}")
        first = last + 1
    if first == 1:
        yield Part("rows 0-0", f"{above}header: {header}")
