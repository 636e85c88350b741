"""Characters measured many at a time are where PDFium says when it is asked for one alone."""

import ctypes

import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from kimi_tui.tools.text.pdf_characters import CharacterReader
from kimi_tui.tools.text.pdf_reader import read_pdf
from tests.tools.papers import pdf_of

LINES = [b"0 0 0 rg BT /F %d Tf 1 0 0 1 %d %d Tm (line %d has words) Tj ET\n" % (8 + n % 3, 20 + n, 780 - 9 * n, n)
         for n in range(80)]  # fmt: skip
TURNED = b"1 0 0 rg BT /F 9 Tf 0 1 -1 0 590 20 Tm (along the edge) Tj ET\n"


@pytest.fixture(name="text_page")
def open_text_page():
    """A page of more characters than are measured in one go, its last line turned."""
    document = pypdfium2.PdfDocument(pdf_of(b"".join(LINES) + TURNED))
    page = document[0]
    text_page = page.get_textpage()
    yield text_page
    text_page.close()
    page.close()
    document.close()


def test_characters_measured_together_equal_each_alone(text_page) -> None:
    count = pdfium.FPDFText_CountChars(text_page)
    assert count > 1_100
    places = list(range(count))
    reader = CharacterReader(text_page)
    (across, up), boxes, matrices, sizes = (
        reader.origins(places), reader.boxes(places), reader.matrices(places), reader.sizes(places)
    )  # fmt: skip
    objects = reader.text_objects(places)
    inks = reader.inks(places, objects)
    for place in places:
        x, y = ctypes.c_double(), ctypes.c_double()
        pdfium.FPDFText_GetCharOrigin(text_page, place, x, y)
        assert (across[place], up[place]) == (x.value, y.value)
        sides = [ctypes.c_double() for _ in range(4)]
        pdfium.FPDFText_GetCharBox(text_page, place, *sides)
        assert [side[place] for side in boxes] == [side.value for side in sides]
        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFText_GetMatrix(text_page, place, matrix)
        assert matrices[place] == (matrix.a, matrix.b, matrix.c, matrix.d)
        assert sizes[place] == pdfium.FPDFText_GetFontSize(text_page, place)
        assert (objects[place] is None) == (not pdfium.FPDFText_GetTextObject(text_page, place))
        shades = [ctypes.c_uint() for _ in range(4)]
        if pdfium.FPDFText_GetFillColor(text_page, place, *shades):
            shown = (inks.red[place], inks.green[place], inks.blue[place], inks.alpha[place])
            assert shown == tuple(shade.value for shade in shades)
    assert {round(size) for size in sizes} >= {8, 9, 10}
    assert 255 in inks.red
    assert 0 in inks.red


def test_page_with_turned_words_keeps_every_word() -> None:
    text = read_pdf(pdf_of(b"".join(LINES) + TURNED)).parts[0].text
    assert [line for line in text.split("\n") if line.startswith("line")] == [
        f"line {n} has words" for n in range(80)
    ]  # fmt: skip
    assert "along the edge" in text


@pytest.mark.parametrize(
    ("drawn", "shown"),
    [
        (b"BT /F 10 Tf 50 700 Td (nil) Tj ET BT /F 10 Tf 56 700 Td (x) Tj ET", "nil"),
        (b"BT /F 10 Tf 50 700 Td (Sales rose to) Tj 200 0 Td (nil) Tj ET", "Sales rose to | nil"),
        (b"BT /F 10 Tf 50 700 Td (Sales) Tj 60 0 Td (. . . .) Tj 300 0 Td (5) Tj ET", "Sales"),
        (b"BT /F 10 Tf 50 700 Td (Growth) Tj /F 6 Tf 0 4 Td ( ) Tj ET", "Growth"),
    ],
)
def test_row_of_few_words_keeps_its_gaps_and_leaders(drawn: bytes, shown: str) -> None:
    assert read_pdf(pdf_of(drawn)).parts[0].text.startswith(shown)


def test_raised_mark_behind_a_quoted_word_stays_apart() -> None:
    drawn = b'BT /F 10 Tf 50 700 Td ("Growth") Tj /F 6 Tf 4 Ts (2) Tj ET BT /F 10 Tf 50 680 Td (The rest of it) Tj ET'
    assert "\u00b2" in read_pdf(pdf_of(drawn)).parts[0].text
