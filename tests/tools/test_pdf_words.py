"""Words of a page at their places, also turned, hidden and far away."""

import pytest

from kimi_tui.tools.text.pdf_reader import read_pdf
from tests.tools.drawn_pages import page, text_of
from tests.tools.papers import pdf_of


def test_text_that_the_page_does_not_show_is_left_out_and_said() -> None:
    content = (
        b"BT /F 10 Tf 50 700 Td (Shown) Tj ET 1 g BT /F 10 Tf 50 650 Td (White) Tj ET 0 g "
        b"BT /F 10 Tf 3 Tr 50 600 Td (Inkless) Tj 0 Tr ET BT /F 10 Tf 900 500 Td (Outside) Tj ET "
    )
    extraction = read_pdf(pdf_of(content))
    assert text_of(extraction) == "Shown"
    assert "Left out: 19 characters" in extraction.notes[0]
    assert "p.1" in extraction.notes[0]


@pytest.mark.parametrize(
    "content",
    [
        b"BT /F 10 Tf 1e38 0 0 1e38 50 700 Tm (x) Tj ET BT /F 10 Tf 50 600 Td (Seen) Tj ET",
        b"BT /F 1e30 Tf 50 700 Td (x 1 y) Tj ET BT /F 10 Tf 50 600 Td (Seen) Tj ET",
        b"BT /F 0 Tf 50 700 Td (x) Tj ET BT /F 10 Tf 50 600 Td (Seen) Tj ET",
        b"BT /F 10 Tf 0 0 0 0 50 700 Tm (x) Tj ET BT /F 10 Tf 1 0 0 1 50 600 Tm (Seen) Tj ET",
        b"BT /F 10 Tf 1 0 0 1 1e30 1e30 Tm (x) Tj ET BT /F 10 Tf 1 0 0 1 50 600 Tm (Seen) Tj ET",
        b"BT /F 10 Tf 0.7 0.7 -0.7 0.7 50 700 Tm (slanted) Tj ET BT /F 10 Tf 1 0 0 1 50 600 Tm (Seen) Tj ET",
    ],
)
def test_places_that_make_no_sense_cost_no_other_text(content: bytes) -> None:
    assert "Seen" in text_of(read_pdf(pdf_of(content)))


def test_white_text_on_a_dark_bar_is_text() -> None:
    content = b"0 0 0.5 rg 40 690 300 30 re f 1 g BT /F 10 Tf 50 700 Td (Revenue 2023) Tj ET"
    extraction = read_pdf(pdf_of(content))
    assert (text_of(extraction), extraction.notes) == ("Revenue 2023", ())


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_turned_text_is_read_as_upright(quarters: int) -> None:
    matrix = {1: b"0 1 -1 0", 2: b"-1 0 0 -1", 3: b"0 -1 1 0"}[quarters]
    rows = [("Revenue", "1,234", "1,100"), ("Profit", "234", "100"), ("Tax", "34", "10")]
    content = b""
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            along, down = column * 120, row * 20
            x, y = {1: (200 + down, 100 + along), 2: (500 - along, 400 + down), 3: (400 - down, 700 - along)}[quarters]
            content += b"BT /F 10 Tf %s %d %d Tm (%s) Tj ET\n" % (matrix, x, y, text.encode())
    assert text_of(read_pdf(pdf_of(content))).split("\n") == [" | ".join(row) for row in rows]


def test_text_in_a_font_without_letters_is_noted() -> None:
    drawn = b"BT /F 10 Tf 72 700 Td (" + bytes(range(0x81, 0x91)) + b") Tj 0 -20 Td (" + bytes(range(1, 8)) + b") Tj ET"
    data = pdf_of(drawn).replace(
        b"/Subtype /Type1 /BaseFont /Helvetica >>",
        b"/Subtype /Type0 /BaseFont /A /Encoding /Identity-H /DescendantFonts [<< /Type /Font /Subtype /CIDFontType2 "
        b"/BaseFont /A /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>] >>",
    )
    assert any("do not say which letters" in note for note in read_pdf(data).notes)
    assert not any("do not say which letters" in note for note in page((50, 700, "Revenue 1,234")).notes)


def test_words_of_one_text_object_share_its_type_and_ink() -> None:
    content = (
        b"BT /F 10 Tf 50 700 Td (Shown words of one line of text) Tj ET 1 g BT /F 10 Tf 50 650 Td (White words of it) "
        b"Tj ET 0 g BT /F 6 Tf 50 600 Td (small words here too) Tj 4 Ts (12) Tj ET"
    )
    extraction = read_pdf(pdf_of(content))
    assert text_of(extraction) == "Shown words of one line of text\n\nsmall words here too¹²"
    assert "Left out: 14 characters" in extraction.notes[0]


@pytest.mark.parametrize("size", [6, 10])
def test_raised_mark_of_any_size_is_apart_from_its_figure(size: int) -> None:
    content = b"BT /F 10 Tf 50 700 Td (Debt of 1,234) Tj 4 Ts /F %d Tf (1) Tj 0 Ts /F 10 Tf ( million) Tj ET" % size
    assert text_of(read_pdf(pdf_of(content))) == "Debt of 1,234¹ million"
