"""The bytes of a file count more than the end of its name."""

import pytest

from kimi_tui.storage import connect_memory
from kimi_tui.tools.sql.csv_table import write_table
from kimi_tui.tools.text.readers import read_bytes
from kimi_tui.tools.workers.child import RefusalError

from .papers import pdf

TABLE = b"<html><body><table><tr><td>Item</td><td>2024</td></tr><tr><td>Sales</td><td>1,234</td></tr></table></body>"
SAVED = (
    b"From: <Saved by a browser>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n\tboundary=Q\r\n\r\n--Q\r\n"
    b"Content-Type: text/html; charset=windows-1252\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"<html><body><p>Net=20debt =80 1,234</p></body></html>\r\n--Q\r\nContent-Type: image/png\r\n\r\nxx\r\n--Q--\r\n"
)


@pytest.mark.parametrize("data", [b"PK\x03\x04zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"SQLite format 3\0x"])
@pytest.mark.parametrize("kind", ["text/plain", "text/csv", "text/html"])
def test_other_kind_under_a_text_name_is_refused_in_words(data: bytes, kind: str) -> None:
    with pytest.raises(RefusalError, match="whatever its name says"):
        read_bytes(data, kind)
    with pytest.raises(RefusalError, match="whatever its name says"):
        write_table(data, "", connect_memory())


def test_pdf_under_another_name_is_read_as_pdf() -> None:
    assert "Net debt" in read_bytes(pdf("Net debt"), "text/html").parts[0].text


def test_page_named_csv_is_read_as_a_page_and_not_queried() -> None:
    read = read_bytes(TABLE, "text/csv")
    assert "| Sales | 1,234 |" in read.parts[0].text
    assert "page of HTML" in read.notes[0]
    with pytest.raises(RefusalError, match="page of HTML"):
        write_table(TABLE, "", connect_memory())


def test_saved_page_is_read_without_its_wrapping() -> None:
    read = read_bytes(SAVED, "text/html")
    assert read.parts[0].text == "Net debt € 1,234"


def test_binary_table_is_refused_and_one_with_a_few_zeros_is_read() -> None:
    with pytest.raises(RefusalError, match="not text"):
        write_table(bytes(range(256)) * 40, "", connect_memory())
    assert "row 1: A | 1" in read_bytes(b"name,amt\nA\0,1\nB,2\0\n", "text/csv").parts[0].text
