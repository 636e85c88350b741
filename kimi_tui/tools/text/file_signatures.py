"""Recognize what bytes are by how they begin, whatever the name of their file says."""

import re

from kimi_tui.tools.workers.child import RefusalError

_OTHER_KINDS = (
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an older Office document"),
    (b"\x1f\x8b\x08", "a gzip archive"),
    (b"SQLite format 3\0", "a SQLite database"),
    (b"\x89PNG\r\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"Rar!\x1a\x07", "an archive"),
    (b"7z\xbc\xaf\x27\x1c", "an archive"),
    (b"PAR1", "a Parquet file"),
    (b"\x7fELF", "a program"),
)
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|table)\b",
    re.IGNORECASE | re.DOTALL,
)
_MAIL = re.compile(rb"(?:[A-Za-z][\w-]{1,40}:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*){1,40}\r?\n")
_MULTIPART = re.compile(rb"^content-type:\s*multipart/", re.IGNORECASE | re.MULTILINE)
_HEAD_BYTES = 8_192


def refuse_other_kind(data: bytes) -> None:
    """Raise `RefusalError` for bytes that are plainly no text."""
    kind = next((kind for beginning, kind in _OTHER_KINDS if data.startswith(beginning)), "")
    if kind:
        raise RefusalError(f"it is {kind}, whatever its name says")


def is_pdf(data: bytes) -> bool:
    """Return whether bytes begin as a PDF does."""
    return data.startswith(b"%PDF-")


def is_page(data: bytes) -> bool:
    """Return whether bytes begin as a page of HTML does."""
    return _PAGE.match(data[:_HEAD_BYTES]) is not None


def is_saved_page(data: bytes) -> bool:
    """Return whether bytes are a page with its pictures as a browser saves them in one file (MHTML)."""
    head = _MAIL.match(data[:_HEAD_BYTES])
    return head is not None and _MULTIPART.search(head.group()) is not None


def page_of_saved(data: bytes) -> tuple[bytes, str]:
    """Return the bytes and the character set of the page in a saved one; raises `RefusalError` without any."""
    import email
    import email.policy

    message = email.message_from_bytes(data, policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() in ("text/html", "application/xhtml+xml"):
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                return content, str(part.get_content_charset() or "")
    raise RefusalError("there is no page in the saved file")
