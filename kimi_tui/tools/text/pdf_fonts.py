"""Read the lines of a PDF page with size and weight of their font; worker processes only."""

import itertools
from typing import Any

from kimi_tui.tools.text.font_headings import FontLine

MAX_LINES = 400
"""Lines of one page whose type is looked at."""
MAX_BOOKMARKS = 2_000
"""Bookmarks of one document that are read."""


def font_lines(text_page: Any, text: str) -> list[FontLine]:
    """Return the lines of `text`, which is all of this text page's, each with the type of its first character."""
    import pypdfium2.raw as pdfium

    found: list[FontLine] = []
    start = 0
    for line in text.split("\n")[:MAX_LINES]:
        words = line.strip()
        if words:
            place = start + len(line) - len(line.lstrip())
            character = pdfium.FPDFText_GetCharIndexFromTextIndex(text_page, place)
            size = pdfium.FPDFText_GetFontSize(text_page, character) if character >= 0 else 0.0
            weight = pdfium.FPDFText_GetFontWeight(text_page, character) if character >= 0 else 0
            found.append(FontLine(words, _scaled(text_page, character, size), max(weight, 0)))
        start += len(line) + 1
    return found


def _scaled(text_page: Any, character: int, size: float) -> float:
    """Return the size on the page: what the font says, times the scale of the text's matrix."""
    import ctypes

    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    if character < 0 or not pdfium.FPDFText_GetMatrix(text_page, character, ctypes.byref(matrix)):
        return size
    return size * float((matrix.c**2 + matrix.d**2) ** 0.5)


def read_bookmarks(document: Any) -> tuple[tuple[str, int], ...]:
    """Return the document's bookmarks as title and page, counted from 0; those that lead nowhere are left out."""
    import pypdfium2

    found: list[tuple[str, int]] = []
    try:
        for mark in itertools.islice(document.get_toc(), MAX_BOOKMARKS):
            destination = mark.get_dest()
            page = destination.get_index() if destination else None
            title = str(mark.get_title() or "").strip()
            if title and page is not None:
                found.append((title, int(page)))
    except (pypdfium2.PdfiumError, ValueError, RecursionError):
        pass
    return tuple(found)
