"""Content of a PDF outside its text: form fields, notes typed onto pages, printed page numbers."""

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from kimi_tui.text import one_line
from kimi_tui.tools.text.pdf_layout import PdfRow, PdfWord

MAX_FIELDS = 2_000
"""Form fields of one page that are read."""
_MAX_VALUE_CHARS = 2_000
_MAX_LABEL_CHARS = 20
_FREE_TEXT, _WIDGET = 3, 20
_NOT_SHOWN = 2 | 32
"""Flags of a field that is hidden, or not viewed."""
_CHECKS = frozenset({2, 3})
_TEXTS = frozenset({4, 5, 6})
_MIN_NUMBERED_PAGES = 4
_NUMBER = re.compile(r"(?:page\s+)?[-–—|]?\s*([a-z]-)?(\d{1,5})\s*[-–—|]?(?:\s*(?:of|/)\s*\d{1,5})?", re.IGNORECASE)


class PageFields(msgspec.Struct):
    """The filled-in fields of a page."""

    words: list[PdfWord]
    """Values where their fields are."""
    notes: list[str]
    """Texts typed onto the page."""
    hidden: int = 0
    """Characters of values whose fields are not shown."""


def has_form(document: Any) -> bool:
    """Return whether a document has a form; after that its fields can be read."""
    import pypdfium2

    try:
        if not document.get_formtype():
            return False
        document.init_forms()
    except pypdfium2.PdfiumError:
        return False
    return document.formenv is not None


def read_fields(document: Any, page: Any) -> PageFields:
    """Return the values of a page's form fields, and texts typed onto it."""
    import pypdfium2.raw as pdfium

    found = PageFields([], [])
    count = min(pdfium.FPDFPage_GetAnnotCount(page), MAX_FIELDS)
    for number in range(count):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        try:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            if kind == _WIDGET and document.formenv is not None:
                value = _value_of(document.formenv, annotation)
                if value is not None and pdfium.FPDFAnnot_GetFlags(annotation) & _NOT_SHOWN:
                    found.hidden += len(value.text)
                elif value is not None:
                    found.words.append(value)
            elif kind == _FREE_TEXT and (text := _contents(annotation)):
                found.notes.append(text)
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return found


def _value_of(form: Any, annotation: Any) -> PdfWord | None:
    """Return what is filled into a field as a word at its place; None for an empty one."""
    import pypdfium2.raw as pdfium

    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in _CHECKS:
        text = "[x]" if pdfium.FPDFAnnot_IsChecked(form, annotation) else "[ ]"
    elif kind in _TEXTS:
        text = _string(lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size))
    else:
        return None
    box = pdfium.FS_RECTF()
    if not text or not pdfium.FPDFAnnot_GetRect(annotation, ctypes.byref(box)):
        return None
    bottom, top = sorted((box.bottom, box.top))
    size = min(max((top - bottom) * 0.6, 4.0), 11.0)
    baseline = bottom + max((top - bottom - size) / 2, 0.0)
    return PdfWord(text, min(box.left, box.right), max(box.left, box.right), baseline, size)


def _contents(annotation: Any) -> str:
    import pypdfium2.raw as pdfium

    return _string(lambda buffer, size: pdfium.FPDFAnnot_GetStringValue(annotation, b"Contents", buffer, size))


def _string(ask: Any) -> str:
    """Return a text of PDFium's, which is asked for its length first."""
    import pypdfium2.raw as pdfium

    size = ask(None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    ask(ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    return one_line(buffer.raw[:size].decode("utf-16-le", "replace").rstrip("\0"), _MAX_VALUE_CHARS)


def printed_numbers(document: Any, pages: Sequence[Sequence[PdfRow]]) -> list[str]:
    """Return the printed number of each page, where it is another than that of its place; else nothing.

    It is what the document says of itself, else the number at the edge of its pages, if most agree on it.
    """
    import pypdfium2

    try:
        labels = [one_line(document.get_page_label(number) or "", _MAX_LABEL_CHARS) for number in range(len(pages))]
    except pypdfium2.PdfiumError:
        labels = [""] * len(pages)
    if not any(labels):
        labels = _numbers_at_edges(pages)
    return [label if label != str(number) else "" for number, label in enumerate(labels, 1)]


def _numbers_at_edges(pages: Sequence[Sequence[PdfRow]]) -> list[str]:
    """Return page numbers printed at the edges of pages, where their offset is constant."""
    seen: Counter[int] = Counter()
    for number, rows in enumerate(pages, 1):
        seen.update({found - number for found in _edge_numbers(rows)})
    if not seen:
        return [""] * len(pages)
    distance, count = seen.most_common(1)[0]
    if count < max(_MIN_NUMBERED_PAGES, 0.5 * sum(1 for rows in pages if rows)):
        return [""] * len(pages)
    return [str(number + distance) if number + distance > 0 else "" for number in range(1, len(pages) + 1)]


def _edge_numbers(rows: Sequence[PdfRow]) -> Iterator[int]:
    """Numbers that are alone at the top or bottom of a page."""
    if not rows:
        return
    ordered = sorted(rows, key=lambda row: row.baseline)
    for row in {id(one): one for one in (*ordered[:2], *ordered[-2:])}.values():
        for segment in (row.segments[0], row.segments[-1]):
            match = _NUMBER.fullmatch(segment.text.strip())
            if match:
                yield int(match.group(2))
