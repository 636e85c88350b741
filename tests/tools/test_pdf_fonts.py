"""Lines of a page with their type, and bookmarks."""

from fpdf import FPDF

from kimi_tui.tools.text.pdf_reader import read_pdf


def test_a_pdf_page_is_titled_by_its_headings_and_keeps_its_bookmarks() -> None:
    document = FPDF()
    for title in ("Results of operations", "Balance sheet"):
        document.add_page()
        document.set_font("helvetica", style="B", size=16)
        document.start_section(title)
        document.cell(0, 12, title, new_x="LMARGIN", new_y="NEXT")
        document.set_font("helvetica", size=10)
        document.multi_cell(0, 6, "the company sold more of what it makes than in the year before it. " * 20)
    extraction = read_pdf(bytes(document.output()))
    assert [part.title for part in extraction.parts] == ["Results of operations", "Balance sheet"]
    assert extraction.headings == (("Results of operations",), ("Balance sheet",))
    assert extraction.outline == (("Results of operations", 0), ("Balance sheet", 1))
