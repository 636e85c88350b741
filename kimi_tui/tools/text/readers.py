"""Choose the reader for a kind of document; runs only in worker processes."""

import hashlib

import msgspec

from kimi_tui.tools.path_opening import read_descriptor
from kimi_tui.tools.text import plain_reader
from kimi_tui.tools.text.encodings import decode_text
from kimi_tui.tools.text.html_reader import read_html, read_page
from kimi_tui.tools.text.parts import Extraction, FileReading, clean_text
from kimi_tui.tools.text.pdf_reader import read_pdf
from kimi_tui.tools.text.submission import is_submission, read_submission
from kimi_tui.tools.workers.child import RefusalError


def read_bytes(
    data: bytes, media_type: str, charset: str = "", second: bool = False, article: bool = True
) -> Extraction:
    """Return the text of a document; `second` takes the other reader where there are two. Raises `RefusalError`.

    `article` looks for the article of a page of the web; a document of the desk is kept whole.
    """
    if not data:
        raise RefusalError("it is empty")
    if media_type.startswith("text/") and is_submission(data):
        return _submission(data, charset)
    match media_type:
        case "application/pdf":
            return read_pdf(data, second=second)
        case "text/html" | "application/xhtml+xml":
            return read_html(data, charset=charset, second=second, article=article)
        case "text/csv":
            return plain_reader.read_table(data)
        case "text/tab-separated-values":
            return plain_reader.read_table(data, delimiter="\t")
        case "application/json":
            return plain_reader.read_json(data)
        case "text/markdown" | "text/x-rst":
            return plain_reader.read_text(data, headings=True, charset=charset)
        case _ if media_type.startswith("text/"):
            return plain_reader.read_text(data, headings=False, charset=charset)
    raise RefusalError(f"no reader for {media_type}")


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
