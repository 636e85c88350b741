"""PDF pages as a person reads them: rows and columns by place, raised marks apart, nothing that is not shown."""

import io
import itertools

import pypdf
import pytest
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st
from pypdf.constants import PageLabelStyle
from pypdf.generic import ArrayObject, BooleanObject, DictionaryObject, NameObject, NumberObject, TextStringObject

from kimi_tui.cells import Cell, decode_cells
from kimi_tui.tools.text.parts import Extraction
from kimi_tui.tools.text.pdf_layout import PdfWord, order_rows
from kimi_tui.tools.text.pdf_page import build_page_text
from kimi_tui.tools.text.pdf_reader import read_pdf
from kimi_tui.tools.text.position_marks import remove_marks
from tests.tools.papers import pdf_of

Drawn = tuple[float, float, str]
"""Where a text begins, in points from the lower left corner, and the text."""


def page(*texts: Drawn, size: int = 10, before: bytes = b"") -> Extraction:
    """Make a page of 600 by 800 points with these texts, each drawn alone and in this order."""
    drawn = b"".join(b"BT /F %d Tf %.1f %.1f Td (%s) Tj ET\n" % (size, x, y, _escaped(text)) for x, y, text in texts)
    return read_pdf(pdf_of(before + drawn))


def _escaped(text: str) -> bytes:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("cp1252")


def text_of(extraction: Extraction) -> str:
    return "\n".join(part.text for part in extraction.parts)


def cells_of(extraction: Extraction) -> dict[str, Cell]:
    """The cells by their values; each is where it says."""
    texts = {part.label: part.text for part in extraction.parts}
    cells = decode_cells(extraction.cells)
    assert all(texts[cell.part][cell.start : cell.end] == cell.text for cell in cells)
    return {cell.value: cell for cell in cells}


TABLE: list[Drawn] = [
    (50, 760, "Consolidated income (USD in millions)"),
    (300, 740, "2023"), (400, 740, "2022"),
    (50, 720, "Revenue"), (300, 720, "1,234"), (400, 720, "1,100"),
    (50, 700, "Cost of sales"), (295, 700, "(800)"), (395, 700, "(700)"),
    (50, 680, "Other"), (415, 680, "55"),
    (50, 660, "Net loss"), (290, 660, "$"), (300, 660, "(567)"), (390, 660, "$"), (400, 660, "(89)"),
]  # fmt: skip


@pytest.mark.parametrize(
    "order",
    [
        TABLE,
        sorted(TABLE, key=lambda one: one[0]),
        sorted(TABLE, key=lambda one: (one[1], -one[0])),
    ],
    ids=["by rows", "by columns", "backwards"],
)
def test_a_table_is_read_by_rows_however_it_is_drawn(order: list[Drawn]) -> None:
    extraction = page(*order)
    lines = text_of(extraction).split("\n")
    assert lines[-5:] == [
        "| 2023 | 2022",
        "Revenue | 1,234 | 1,100",
        "Cost of sales | (800) | (700)",
        "Other |  | 55",
        "Net loss | $(567) | $(89)",
    ]
    cells = cells_of(extraction)
    assert (cells["-567"].row, cells["-567"].column, cells["-567"].period_end) == ("Net loss", "2023", "2023")
    assert (cells["55"].row, cells["55"].column) == ("Other", "2022")
    assert (cells["1234"].scale, cells["1234"].unit, cells["1234"].origin) == (6, "USD", "pdf")
    assert "Consolidated income" in cells["1234"].caption


def test_a_header_over_several_columns_is_over_each() -> None:
    extraction = page(
        (300, 740, "Year ended December 31,"),
        (300, 725, "2023"), (400, 725, "2022"),
        (50, 700, "Revenue"), (300, 700, "1,234"), (400, 700, "1,100"),
        (50, 685, "Profit"), (300, 685, "234"), (400, 685, "100"),
    )  # fmt: skip
    cells = cells_of(extraction)
    assert cells["1234"].period_end == "2023-12-31"
    assert cells["100"].column.endswith("2022")


@pytest.mark.parametrize("interleaved", [False, True])
def test_columns_of_prose_are_read_one_after_the_other(interleaved: bool) -> None:
    left = [(50.0, 700.0 - 14 * n, f"Left line {n} tells of the business and its year") for n in range(12)]
    right = [(320.0, 695.0 - 14 * n, f"Right line {n} tells of risks in every market") for n in range(12)]
    texts = list(itertools.chain(*zip(left, right, strict=True))) if interleaved else left + right
    read = text_of(page((50, 740, "A title that is as wide as both of the columns are together on the page"), *texts))
    places = [read.index(text) for _, _, text in left + right]
    assert places == sorted(places)
    assert " | " not in read


@pytest.mark.parametrize("height", [720, 714, 708])
def test_a_label_of_two_lines_is_one_label_beside_its_figures(height: int) -> None:
    extraction = page(
        (300, 740, "2023"), (400, 740, "2022"),
        (50, 720, "Assets that are held for sale and those"), (50, 708, "of operations that were given up"),
        (300, height, "56"), (400, height, "78"),
        (50, 690, "Total"), (300, 690, "1,156"), (400, 690, "1,178"),
    )  # fmt: skip
    label = "Assets that are held for sale and those of operations that were given up"
    assert f"{label} | 56 | 78" in text_of(extraction)
    assert cells_of(extraction)["56"].row == label


def test_a_point_that_may_group_thousands_is_doubted() -> None:
    rows = [(50.0, 700.0, "Umsatz"), (300.0, 700.0, "1.234"), (50.0, 680.0, "Kosten"), (300.0, 680.0, "2.345")]
    assert all("groups thousands" in cell.notes[-1] for cell in cells_of(page(*rows)).values())
    shown = [*rows, (50.0, 660.0, "Quote"), (300.0, 660.0, "0.5")]
    assert not any("groups thousands" in note for cell in cells_of(page(*shown)).values() for note in cell.notes)


def test_leaders_lead_to_their_figure() -> None:
    texts = [(50.0, 700.0 - 14 * n, f"Item {n} " + "." * 60) for n in range(3)]
    figures = [(400.0, 700.0 - 14 * n, f"{n + 1},000") for n in range(3)]
    assert "Item 1 | 2,000" in text_of(page(*texts, *figures))


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"BT /F 10 Tf 50 700 Td (Debt 1,234) Tj /F 6 Tf 4 Ts (1) Tj ET", "1,234¹"),
        (b"BT /F 10 Tf 50 700 Td (Debt 1,234) Tj ET BT /F 6 Tf 101.4 704 Td (1\\)) Tj ET", "1,234¹⁾"),
        (b"BT /F 10 Tf 50 700 Td (Debt 1,234) Tj ET BT /F 6 Tf 102 704 Td (a) Tj ET", "1,234^a"),
        (b"BT /F 10 Tf 50 700 Td (Debt 1,234) Tj /F 6 Tf 4 Ts (1) Tj /F 10 Tf 0 Ts (. Then) Tj ET", "1,234¹. Then"),
        (b"BT /F 10 Tf 50 700 Td (Rate 12) Tj /F 6 Tf 4 Ts (2) Tj /F 10 Tf 0 Ts (%) Tj ET", "12²%"),
        (b"BT /F 6 Tf 50 704 Td (2) Tj ET BT /F 10 Tf 55 700 Td (Restated) Tj ET", "² Restated"),
        (b"BT /F 10 Tf 50 700 Td (CO) Tj /F 6 Tf -2 Ts (2) Tj /F 10 Tf 0 Ts ( down) Tj ET", "CO2 down"),
    ],
)
def test_a_raised_mark_is_never_part_of_its_figure(content: bytes, shown: str) -> None:
    assert shown in text_of(read_pdf(pdf_of(content)))


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


def test_values_of_form_fields_are_read_where_they_are() -> None:
    writer = _writer("Net assets:")
    fields = ArrayObject()
    for name, kind, value, x in (("a", "/Tx", "4,321,000", 100), ("b", "/Btn", "/Yes", 250)):
        widget = DictionaryObject({
            NameObject("/Type"): NameObject("/Annot"), NameObject("/Subtype"): NameObject("/Widget"),
            NameObject("/FT"): NameObject(kind), NameObject("/T"): TextStringObject(name),
            NameObject("/V"): TextStringObject(value) if kind == "/Tx" else NameObject(value),
            NameObject("/AS"): NameObject("/Yes"),
            NameObject("/Rect"): ArrayObject([NumberObject(n) for n in (x, 788, x + 80, 806)]),
        })  # fmt: skip
        fields.append(writer._add_object(widget))
    writer.pages[0][NameObject("/Annots")] = fields
    writer._root_object[NameObject("/AcroForm")] = DictionaryObject(
        {NameObject("/Fields"): fields, NameObject("/NeedAppearances"): BooleanObject(True)}
    )
    extraction = _with(writer)
    assert "4,321,000" in text_of(extraction)
    assert any("form fields" in note for note in extraction.notes)


PLACES = st.floats(-50, 650, allow_nan=False)


TEXTS = st.sampled_from(["Net", "$", "(", "1,234", "—", "(56)", "2023", ".....", "%"])
SIZES = st.sampled_from([4.0, 6.0, 10.0, 14.0])


@given(st.lists(st.tuples(PLACES, PLACES, TEXTS, SIZES), max_size=60))
def test_any_words_become_lines_with_each_of_them(words: list[tuple[float, float, str, float]]) -> None:
    placed = [PdfWord(text, x, x + 4.0 * len(text), y, size) for x, y, text, size in words]
    rows = order_rows(placed)
    numbers = itertools.count()
    page = build_page_text(rows, lambda: next(numbers))
    plain = remove_marks(page.text)
    for text in ("Net", "1,234", "2023"):
        assert plain.count(text) >= sum(word.text == text for word in placed)
