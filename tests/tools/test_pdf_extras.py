"""Form fields, typed notes and printed page numbers."""

import io

import pypdf
import pytest
from fpdf import FPDF
from pypdf.constants import PageLabelStyle
from pypdf.generic import ArrayObject, BooleanObject, DictionaryObject, NameObject, NumberObject, TextStringObject

from kimi_tui.tools.text.parts import Extraction
from kimi_tui.tools.text.pdf_reader import read_pdf
from tests.tools.drawn_pages import text_of


def _with(writer: pypdf.PdfWriter) -> Extraction:
    stream = io.BytesIO()
    writer.write(stream)
    return read_pdf(stream.getvalue())


def _writer(*texts: str) -> pypdf.PdfWriter:
    document = FPDF()
    document.set_font("helvetica", size=11)
    for text in texts:
        document.add_page()
        document.cell(0, 10, text)
    return pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(bytes(document.output()))))


def test_printed_page_numbers_are_kept_with_the_page() -> None:
    writer = _writer("one", "two", "three")
    writer.set_page_label(0, 1, style=PageLabelStyle.LOWERCASE_ROMAN)
    writer.set_page_label(2, 2, style=PageLabelStyle.DECIMAL, start=7)
    assert [part.title.rpartition("printed ")[2] for part in _with(writer).parts] == ["i", "ii", "7"]


def test_printed_page_numbers_are_found_at_the_edge_of_pages() -> None:
    document = FPDF()
    document.set_font("helvetica", size=11)
    for number in range(1, 8):
        document.add_page()
        document.multi_cell(0, 10, f"Some words of page {number} about 2023\nand more of them")
        document.text(100, 285, str(number + 40))
    parts = read_pdf(bytes(document.output())).parts
    assert [part.title.rpartition("printed ")[2] for part in parts] == [str(number + 40) for number in range(1, 8)]


def _filled_form(flags: int = 0) -> Extraction:
    """Make a page with a text field and a ticked box, both with these flags."""
    writer = _writer("Net assets:")
    fields = ArrayObject()
    for name, kind, value, x in (("a", "/Tx", "4,321,000", 100), ("b", "/Btn", "/Yes", 250)):
        widget = DictionaryObject({
            NameObject("/Type"): NameObject("/Annot"), NameObject("/Subtype"): NameObject("/Widget"),
            NameObject("/FT"): NameObject(kind), NameObject("/T"): TextStringObject(name),
            NameObject("/V"): TextStringObject(value) if kind == "/Tx" else NameObject(value),
            NameObject("/AS"): NameObject("/Yes"), NameObject("/F"): NumberObject(flags),
            NameObject("/Rect"): ArrayObject([NumberObject(n) for n in (x, 788, x + 80, 806)]),
        })  # fmt: skip
        fields.append(writer._add_object(widget))
    writer.pages[0][NameObject("/Annots")] = fields
    writer._root_object[NameObject("/AcroForm")] = DictionaryObject(
        {NameObject("/Fields"): fields, NameObject("/NeedAppearances"): BooleanObject(True)}
    )
    return _with(writer)


def test_values_of_form_fields_are_read_where_they_are() -> None:
    extraction = _filled_form()
    assert "4,321,000" in text_of(extraction)
    assert any("form fields" in note for note in extraction.notes)


@pytest.mark.parametrize("flags", [2, 32])
def test_values_of_fields_that_are_not_shown_are_left_out_and_counted(flags: int) -> None:
    extraction = _filled_form(flags)
    assert "4,321,000" not in text_of(extraction)
    assert any("Left out: 12 characters" in note for note in extraction.notes)
