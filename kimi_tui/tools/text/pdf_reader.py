"""PDF bytes to text, one part a page.

PDFium reads; pypdf reads what PDFium refuses (it bears junk before the header and some damage). Runs in a worker
process only: both parse untrusted bytes, and PDFium may take the whole process with it.
"""

import io
import re
from collections.abc import Callable, Iterator

import msgspec

from kimi_tui.sources import Part
from kimi_tui.tools.text.font_headings import FontLine, headings_of_pages
from kimi_tui.tools.text.parts import Extraction, clean, limited, title_line
from kimi_tui.tools.text.pdf_fonts import bookmarks, font_lines
from kimi_tui.tools.workers.child import RefusalError

ENCRYPTED = "it is encrypted and needs a password; ask for a copy without one"
"""What is said of a PDF that cannot be opened without a password."""
_BROKEN_WORD = re.compile("(\\w+)[\x02\u00ad\ufffe]\\s*(\\w+)")
"""A word that PDFium found hyphenated at the end of a line."""
_NO_TITLE = re.compile(r"(?i)\s*(?:untitled|microsoft word\b.*|.*\.(?:docx?|indd|qxd|tex|dvi|pdf|xlsx?))?\s*$")
"""Titles that a program made up."""
_TITLE_HEADINGS = 2
"""Headings of a page that make its title."""


def read_pdf(data: bytes, *, second: bool = False) -> Extraction:
    """The text of each page; `second` skips PDFium, after it crashed on these bytes.

    Raises `RefusalError` for bytes that are encrypted, damaged or no PDF.
    """
    if b"%PDF-" not in data[:65536]:
        raise RefusalError("it is not a PDF: the header is missing")
    extraction = None if second else _by_pdfium(data)
    return extraction or _by_pypdf(data)


def _by_pdfium(data: bytes) -> Extraction | None:
    """What PDFium makes of it; None if it refuses the bytes."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise RefusalError(ENCRYPTED) from None
        return None
    if len(document) == 0:
        return None

    lines: dict[int, list[FontLine]] = {}

    def page_text(number: int) -> str:
        """The text of a page counted from 0."""
        page = document[number]
        text_page = page.get_textpage()
        try:
            text = str(text_page.get_text_range())
            lines[number] = font_lines(text_page, text)
            return text
        finally:
            text_page.close()
            page.close()

    title = str(document.get_metadata_dict().get("Title", ""))
    extraction = _extraction(title, len(document), page_text, pypdfium2.PdfiumError, "pypdfium2")
    return _with_headings(extraction, [lines.get(number, []) for number in range(len(document))], bookmarks(document))


def _with_headings(
    extraction: Extraction, pages: list[list[FontLine]], outline: tuple[tuple[str, int], ...]
) -> Extraction:
    """The same with the headings of each page, the first of them as the page's title."""
    count = len(extraction.parts)
    headings = tuple(tuple(map(title_line, one)) for one in headings_of_pages(pages)[:count])
    parts = tuple(
        msgspec.structs.replace(part, title=title_line(" · ".join(one[:_TITLE_HEADINGS])))
        for part, one in zip(extraction.parts, headings, strict=True)
    )
    outline = tuple((title_line(title), page) for title, page in outline if 0 <= page < count)
    return msgspec.structs.replace(extraction, parts=parts, headings=headings, outline=outline)


def _by_pypdf(data: bytes) -> Extraction:
    """What pypdf makes of it; raises `RefusalError`."""
    import pypdf
    from pypdf.errors import DependencyError, PyPdfError

    unreadable = (PyPdfError, DependencyError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError)
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise RefusalError(ENCRYPTED)
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
    parts, notes = limited(Part(f"p.{number}", text) for number, text in enumerate(pages, 1))
    if failed:
        notes = (*notes, f"Damaged, without text: {_listed(failed)}.")
    if empty := [number for number, text in enumerate(pages, 1) if not text and number not in failed]:
        notes = (*notes, f"No text (blank or scanned as a picture): {_listed(empty)}.")
    return Extraction("" if _NO_TITLE.match(title) else title_line(title), parts, extractor, notes)


def _with_whole_words(pages: list[str]) -> list[str]:
    """Pages with words that were hyphenated at line ends made whole again, and everything cleaned.

    Whether the hyphen belongs to the word is decided by how the rest of the document writes it.
    """
    vocabulary: set[str] = set()
    if any(_BROKEN_WORD.search(page) for page in pages):
        vocabulary = {word.lower() for page in pages for word in re.findall(r"[\w-]+", page)}

    def mend(match: re.Match[str]) -> str:
        """The word in one piece."""
        before, after = match.groups()
        hyphenated = f"{before}-{after}"
        whole = before[-1].isalpha() and after[0].islower() and hyphenated.lower() not in vocabulary
        return before + after if whole else hyphenated

    return [clean(_BROKEN_WORD.sub(mend, page)).strip() for page in pages]


def _listed(pages: list[int]) -> str:
    """Page numbers for a sentence."""
    shown = ", ".join(f"p.{number}" for number in pages[:8])
    return shown if len(pages) <= 8 else f"{shown} and {len(pages) - 8} more"
