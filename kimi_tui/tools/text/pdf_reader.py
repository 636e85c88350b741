"""Read PDF bytes as text, one part a page.

PDFium reads; pypdf reads what PDFium refuses (it bears junk before the header and some damage). Runs in a worker
process only: both parse untrusted bytes, and PDFium may take the whole process with it.
"""

import io
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from kimi_tui.cells import encode_cells
from kimi_tui.sources import Part
from kimi_tui.text import count_noun
from kimi_tui.tools.text.font_headings import FontLine, find_page_headings
from kimi_tui.tools.text.parts import Extraction, clean_text, limit_parts, title_line
from kimi_tui.tools.text.pdf_cells import build_page_cells
from kimi_tui.tools.text.pdf_extras import has_form, printed_numbers, read_fields
from kimi_tui.tools.text.pdf_fonts import MAX_LINES, read_bookmarks
from kimi_tui.tools.text.pdf_layout import PdfRow, order_rows
from kimi_tui.tools.text.pdf_page import PdfPageText, build_page_text
from kimi_tui.tools.text.pdf_words import PageWordReader
from kimi_tui.tools.text.position_marks import remove_marks, remove_marks_with_places
from kimi_tui.tools.workers.child import RefusalError

ENCRYPTED_REASON = "it is encrypted and needs a password; ask for a copy without one"
"""What is said of a PDF that cannot be opened without a password."""
_LINE_HYPHENS = "\x02\u00ad\ufffe"
"""The character that PDFium gives for a hyphen at the end of a line."""
_BROKEN_WORD = re.compile(rf"(\w+)[{_LINE_HYPHENS}]\s*(\w+)")
"""A word that PDFium found hyphenated at the end of a line."""
_NO_TITLE = re.compile(r"(?i)\s*(?:untitled|microsoft word\b.*|.*\.(?:docx?|indd|qxd|tex|dvi|pdf|xlsx?))?\s*$")
"""Titles that a program made up."""
_TITLE_HEADINGS = 2
"""Headings of a page that make its title."""


def read_pdf(data: bytes, *, second: bool = False) -> Extraction:
    """Return the text of each page; `second` skips PDFium, after it crashed on these bytes.

    Raises `RefusalError` for bytes that are encrypted, damaged or no PDF.
    """
    if b"%PDF-" not in data[:65536]:
        raise RefusalError("it is not a PDF: the header is missing")
    extraction = None if second else _read_with_pdfium(data)
    return extraction or _read_with_pypdf(data)


def _read_with_pdfium(data: bytes) -> Extraction | None:
    """Read the document with PDFium; None if it refuses the bytes."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise RefusalError(ENCRYPTED_REASON) from None
        return None
    if len(document) == 0:
        return None

    reading = _DocumentReader(document)
    title = str(document.get_metadata_dict().get("Title", ""))
    extraction = _extraction(title, len(document), reading.page, pypdfium2.PdfiumError, "pypdfium2")
    return _with_headings(_with_cells(extraction, reading), reading, read_bookmarks(document))


class _DocumentReader:
    """Reads the pages of one document in turn, and keeps what is needed when all have been read."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.pages: list[PdfPageText] = []
        self.rows: list[list[PdfRow]] = []
        self.lines: list[list[FontLine]] = []
        """The rows of each page with their type."""
        self.hidden: dict[int, int] = {}
        """Characters that a page does not show, by its number from 0."""
        self.filled: list[int] = []
        """The pages with form fields that are filled in, counted from 0."""
        self.unmapped: list[int] = []
        """The pages whose fonts do not say which letters they show, counted from 0."""
        self.has_form = has_form(document)
        self._numbers = itertools.count()

    def page(self, number: int) -> str:
        """Return the text of a page counted from 0, its figures marked; raises `PdfiumError`."""
        self.pages.append(PdfPageText(""))
        self.rows.append([])
        self.lines.append([])
        page = self.document[number]
        text_page = page.get_textpage()
        try:
            text = str(text_page.get_text_range())
            reader = PageWordReader(page, text_page)
            found = reader.words(text)
            fields = read_fields(self.document, page)
            self.filled += [number] if fields.words else []
            words = (found.words if found else []) + fields.words
            hidden = (found.hidden if found else 0) + fields.hidden
            self.hidden |= {number: hidden} if hidden else {}
            self.unmapped += [number] if found and found.is_unmapped else []
            if found is None and text.strip():
                return "\n".join([remove_marks(text), *(word.text for word in fields.words), *fields.notes])
            self.rows[-1] = rows = order_rows(words)
            self.lines[-1] = [
                FontLine(" ".join(one.text for one in row.segments), row.first.size, reader.font_weight(row.first))
                for row in rows[:MAX_LINES]
            ]
            self.pages[-1] = build_page_text(self.rows[-1], lambda: next(self._numbers))
            return "\n".join([self.pages[-1].text, *fields.notes])
        finally:
            text_page.close()
            page.close()

    def notes(self) -> tuple[str, ...]:
        """Return what was left out or added, each a sentence."""
        notes = []
        if self.hidden:
            pages = _listed([number + 1 for number in self.hidden])
            notes.append(
                f"Left out: {count_noun(sum(self.hidden.values()), 'character')} that the pages do not show (white on "
                f"white, without ink, off the page or in a hidden field): {pages}."
            )
        if self.unmapped:
            pages = _listed([number + 1 for number in self.unmapped])
            notes.append(
                f"The fonts do not say which letters they show, so the text is likely wrong: {pages}. Look at the page."
            )
        if self.filled:
            pages = _listed([number + 1 for number in self.filled])
            notes.append(f"The values of form fields are part of the text, at their places: {pages}.")
        elif self.has_form:
            notes.append("The document has a form whose fields are empty, or cannot be read.")
        return tuple(notes)


def _with_cells(extraction: Extraction, reading: _DocumentReader) -> Extraction:
    """Return the same with the marks of figures taken out of the text, and the figures as cells."""
    texts: list[str] = []
    places: list[dict[int, tuple[int, int]]] = []
    for part in extraction.parts:
        text, found = remove_marks_with_places(part.text)
        texts.append(text)
        places.append({number: (start, end) for number, start, end in found})
    parts = tuple(msgspec.structs.replace(part, text=text) for part, text in zip(extraction.parts, texts, strict=True))
    count = len(parts)
    pages = reading.pages[:count] + [PdfPageText("")] * (count - len(reading.pages))
    titles = [page.tables[0].captions[0] if page.tables and page.tables[0].captions else "" for page in pages]
    cells = build_page_cells(pages, titles, [part.label for part in parts], texts, places)
    return msgspec.structs.replace(
        extraction, parts=parts, cells=encode_cells(cells), notes=(*extraction.notes, *reading.notes())
    )


def _with_headings(
    extraction: Extraction, reading: _DocumentReader, outline: tuple[tuple[str, int], ...]
) -> Extraction:
    """Return the same with the headings of each page, the first of them and its printed number as the page's title."""
    count = len(extraction.parts)
    headings = tuple(tuple(map(title_line, one)) for one in find_page_headings(reading.lines)[:count])
    printed = printed_numbers(reading.document, reading.rows)
    parts = tuple(
        msgspec.structs.replace(part, title=_title(one, number))
        for part, one, number in zip(extraction.parts, headings, printed, strict=False)
    )
    outline = tuple((title_line(title), page) for title, page in outline if 0 <= page < count)
    return msgspec.structs.replace(extraction, parts=parts, headings=headings, outline=outline)


def _title(headings: tuple[str, ...], printed: str) -> str:
    """Return the title of a page."""
    title = title_line(" · ".join(headings[:_TITLE_HEADINGS]))
    return " · ".join(filter(None, (title, f"printed {printed}" if printed else "")))


def _read_with_pypdf(data: bytes) -> Extraction:
    """Read the document with pypdf; raises `RefusalError`."""
    import pypdf
    from pypdf.errors import DependencyError, PyPdfError

    unreadable = (PyPdfError, DependencyError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError)
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise RefusalError(ENCRYPTED_REASON)
        count = len(reader.pages)
        title = str(reader.metadata.title or "") if reader.metadata else ""
    except unreadable as error:
        raise RefusalError(f"the PDF is damaged or cut off: {str(error)[:200] or type(error).__name__}") from None
    if count == 0:
        raise RefusalError("the PDF is damaged or cut off: it has no pages")
    return _extraction(title, count, lambda number: reader.pages[number].extract_text(), unreadable, "pypdf")


def _extraction(
    title: str,
    count: int,
    page_text: Callable[[int], str],
    unreadable: type[Exception] | tuple[type[Exception], ...],
    extractor: str,
) -> Extraction:
    """Every page as a part; pages that cannot be read are empty and named in a note."""
    failed: list[int] = []

    def texts() -> Iterator[str]:
        """The raw text of each page in turn."""
        for number in range(count):
            try:
                yield page_text(number)
            except unreadable:
                failed.append(number + 1)
                yield ""

    pages = list(texts())
    if len(failed) == count:
        raise RefusalError("the PDF is damaged: none of its pages can be read")
    pages = _with_whole_words(pages)
    parts, notes = limit_parts(Part(f"p.{number}", text) for number, text in enumerate(pages, 1))
    if failed:
        notes = (*notes, f"Damaged, without text: {_listed(failed)}.")
    if empty := [number for number, text in enumerate(pages, 1) if not text and number not in failed]:
        notes = (*notes, f"No text (blank or scanned as a picture): {_listed(empty)}.")
    return Extraction("" if _NO_TITLE.match(title) else title_line(title), parts, extractor, notes)


def _with_whole_words(pages: list[str]) -> list[str]:
    """Pages with words that were hyphenated at line ends made whole again, and everything cleaned.

    Whether the hyphen belongs to the word is decided by how the rest of the document writes it.
    """
    broken = {number for number, page in enumerate(pages) if any(mark in page for mark in _LINE_HYPHENS)}
    vocabulary: set[str] = set()
    if broken:
        lines = (line for page in pages for line in page.split("\n") if "-" in line)
        vocabulary = {word.lower() for line in lines for word in re.findall(r"[\w-]+", line)}

    def join_halves(match: re.Match[str]) -> str:
        """The word in one piece."""
        before, after = match.groups()
        hyphenated = f"{before}-{after}"
        whole = before[-1].isalpha() and after[0].islower() and hyphenated.lower() not in vocabulary
        return before + after if whole else hyphenated

    whole = (
        _BROKEN_WORD.sub(join_halves, page).replace("\x02", "-") if number in broken else page
        for number, page in enumerate(pages)
    )
    return [clean_text(page).strip() for page in whole]


def _listed(pages: list[int]) -> str:
    """Page numbers for a sentence."""
    shown = ", ".join(f"p.{number}" for number in pages[:8])
    return shown if len(pages) <= 8 else f"{shown} and {len(pages) - 8} more"
