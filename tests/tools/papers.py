"""Documents for tests: real PDFs, and PDFs with something wrong."""

import functools
import zlib

from fpdf import FPDF
from fpdf.enums import AccessPermission


@functools.cache
def pdf(*pages: str, title: str = "", password: str | None = None) -> bytes:
    """A PDF with one page for each text; a password is the one for its user, which may be empty."""
    document = FPDF()
    if title:
        document.set_title(title)
    if password is not None:
        document.set_encryption(owner_password="owner", user_password=password, permissions=AccessPermission.all())
    for text in pages:
        document.add_page()
        document.set_font("helvetica", size=11)
        document.multi_cell(0, 6, text)
    return bytes(document.output())


def pdf_of(content: bytes, filters: bytes = b"") -> bytes:
    """A PDF of one page written by hand, whose content stream is `content` under `filters`."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
        b"/Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), filters, content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    written = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        written
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF"
        % (size, table, size, len(written))
    )


def bomb(megabytes: int) -> bytes:
    """A small PDF whose page's content becomes many megabytes."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"BT (a) Tj ET    " * 65536) for _ in range(megabytes)) + packer.flush()
    return pdf_of(packed, b"/Filter /FlateDecode")
