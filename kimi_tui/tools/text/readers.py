"""Choose the reader for a kind of document; runs only in worker processes."""

import hashlib

import msgspec

from kimi_tui.tools.path_opening import read_descriptor
from kimi_tui.tools.text import plain_reader
from kimi_tui.tools.text.encodings import decode_text
from kimi_tui.tools.text.file_signatures import is_page, is_pdf, is_saved_page, page_of_saved, refuse_other_kind
from kimi_tui.tools.text.html_reader import read_html, read_page
from kimi_tui.tools.text.parts import Extraction, FileReading, clean_text
from kimi_tui.tools.text.pdf_reader import read_pdf
from kimi_tui.tools.text.submission import is_submission, read_submission
from kimi_tui.tools.workers.child import RefusalError

_DELIMITERS = {"text/csv": "", "text/tab-separated-values": "\t"}
_WITH_HEADINGS = ("text/markdown", "text/x-rst")


def read_bytes(
    data: bytes, media_type: str, charset: str = "", second: bool = False, article: bool = True
) -> Extraction:
    """Return the text of a document; `second` takes the other reader where there are two. Raises `RefusalError`.

    What a file plainly is counts more than the kind that its name says. `article` looks for the article of a page of
    the web; a document of the desk is kept whole.
    """
    if not data:
        raise RefusalError("it is empty")
    if media_type == "application/pdf" or is_pdf(data):
        return read_pdf(data, second=second)
    refuse_other_kind(data)
    if media_type.startswith("text/") and is_submission(data):
        return _submission(data, charset)
    if media_type in ("text/html", "application/xhtml+xml"):
        page, label = page_of_saved(data) if is_saved_page(data) else (data, charset)
        return read_html(page, charset=label, second=second, article=article)
    if media_type in _DELIMITERS:
        return _table(data, media_type, second=second)
    if media_type == "application/json":
        return plain_reader.read_json(data)
    if media_type.startswith("text/"):
        return plain_reader.read_text(data, headings=media_type in _WITH_HEADINGS, charset=charset)
    raise RefusalError(f"no reader for {media_type}")


def _table(data: bytes, media_type: str, *, second: bool) -> Extraction:
    """Return the rows of a delimited file, or the page that it really is."""
    if not is_page(data):
        return plain_reader.read_table(data, delimiter=_DELIMITERS[media_type])
    read = read_html(data, second=second, article=False)
    return msgspec.structs.replace(read, notes=("It is a page of HTML, whatever its name says.", *read.notes))


def _submission(data: bytes, charset: str) -> Extraction:
    """Return the documents of a regulator's submission."""
    found = decode_text(data, charset)

    def text(document: str) -> Extraction:
        return plain_reader.split_text(clean_text(document), headings=False)

    extraction = read_submission(found.text, lambda page: read_page(page, article=False), text, found.notes)
    return msgspec.structs.replace(extraction, encoding=found.encoding)


def read_file(descriptor: int, media_type: str, known: str = "", second: bool = False) -> FileReading:
    """Return the digest of an open file and, unless that is `known`, its text; raises `RefusalError`."""
    try:
        data = read_descriptor(descriptor)
    except OSError as error:
        raise RefusalError(f"it cannot be read: {error.strerror}") from None
    digest = hashlib.sha256(data).hexdigest()
    if digest == known:
        return FileReading(digest, len(data), None)
    try:
        return FileReading(digest, len(data), read_bytes(data, media_type, second=second, article=False))
    except RefusalError as refusal:
        return FileReading(digest, len(data), None, str(refusal))
