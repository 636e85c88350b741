"""Pages drawn as PDFs, and what was read of them."""

from kimi_tui.cells import Cell, decode_cells
from kimi_tui.tools.text.parts import Extraction
from kimi_tui.tools.text.pdf_reader import read_pdf
from tests.tools.papers import pdf_of

Drawn = tuple[float, float, str]
"""Where a text begins, in points from the lower left corner, and the text."""


def _escaped(text: str) -> bytes:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("cp1252")


def page(*texts: Drawn, size: int = 10, before: bytes = b"") -> Extraction:
    """Make a page of 600 by 800 points with these texts, each drawn alone and in this order."""
    drawn = b"".join(b"BT /F %d Tf %.1f %.1f Td (%s) Tj ET\n" % (size, x, y, _escaped(text)) for x, y, text in texts)
    return read_pdf(pdf_of(before + drawn))


def text_of(extraction: Extraction) -> str:
    return "\n".join(part.text for part in extraction.parts)


def cells_of(extraction: Extraction) -> dict[str, Cell]:
    """The cells by their values; each is where it says."""
    texts = {part.label: part.text for part in extraction.parts}
    cells = decode_cells(extraction.cells)
    assert all(texts[cell.part][cell.start : cell.end] == cell.text for cell in cells)
    return {cell.value: cell for cell in cells}
