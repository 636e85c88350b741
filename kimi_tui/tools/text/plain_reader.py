"""Text, Markdown, CSV and JSON bytes to parts.

No file is lost for its encoding: what is neither UTF-8 nor UTF-16 is read as Windows-1252. Rows keep their
numbers whatever is left out: the header is row 0, and the first record under it row 1.
"""

import codecs
import contextlib
import csv
import io
import itertools
import re
from collections.abc import Iterator

import msgspec

from kimi_tui.sources import Part
from kimi_tui.tools.text.parts import Extraction, Section, clean, limited, section_parts, sections
from kimi_tui.tools.workers.child import RefusalError

ROWS_EACH = 50
"""Rows in one part of a table."""
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_NOT_TEXT = re.compile("[\x00-\x06\x0e-\x1a\x1c-\x1f\ufffd]")
_DELIMITERS = ",;\t|"
_CELL_CHARACTERS = 1 << 20
"""The longest cell of a table."""
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
    """CSV in parts of 50 rows, each row as `row n: cell | cell` under the header; the delimiter is found out.

    Raises `RefusalError` for bytes that are no text or that have no rows.
    """
    text = _text(data)
    delimiter = delimiter or delimiter_of(text[:65536])
    csv.field_size_limit(_CELL_CHARACTERS)
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        parts, notes = limited(_row_parts(_cells(record) for record in records if any(record)))
    except csv.Error as error:
        raise RefusalError(f"line {records.line_num} is not valid CSV: {error}") from None
    if not parts:
        raise RefusalError("it has no rows")
    if notes:
        notes = (*notes, "Query the file as a database to reach every row.")
    return Extraction("", parts, "csv", notes)


def _text(data: bytes, charset: str = "") -> str:
    """Clean text; raises `RefusalError` when too much of it is none."""
    text = decode(data, charset)
    sample = text[:100_000]
    if len(_NOT_TEXT.findall(sample)) > len(sample) // 20:
        raise RefusalError("it is not text")
    return clean(text)


def _utf_16(sample: bytes) -> str:
    """The kind of UTF-16 that text without a byte order mark seems to be, or nothing."""
    zeros = len(sample) // 3
    if sample[1::2].count(0) > zeros:
        return "utf-16-le"
    return "utf-16-be" if sample[0::2].count(0) > zeros else ""


def delimiter_of(sample: str) -> str:
    """The character that cuts the sample's first lines into the most, and equally many, cells."""

    def quality(delimiter: str) -> tuple[float, int]:
        """How many of the lines have as many cells as the first one, then how many cells that is."""
        try:
            widths = [len(record) for record in csv.reader(sample.split("\n")[:20], delimiter=delimiter) if record]
        except csv.Error:
            return 0, 0
        if not widths or widths[0] < 2:
            return 0, 0
        return widths.count(widths[0]) / len(widths), widths[0]

    return max(_DELIMITERS, key=quality)


def _cells(record: list[str]) -> str:
    """One record on one line."""
    return " | ".join(" ".join(cell.split()) for cell in record)


def _row_parts(lines: Iterator[str]) -> Iterator[Part]:
    """Records in parts of `ROWS_EACH`, each with the header before it."""
    header = next(lines, None)
    if header is None:
        return
    first = 1
    while rows := list(itertools.islice(lines, ROWS_EACH)):
        last = first + len(rows) - 1
        numbered = "\n".join(f"row {number}: {row}" for number, row in enumerate(rows, first))
        yield Part(f"rows {first}-{last}", f"header: {header}\n{numbered}")
        first = last + 1
    if first == 1:
        yield Part("rows 0-0", f"header: {header}")
