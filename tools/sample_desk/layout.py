"""Layout of a filing: cover, contents, chapters, tables, footnotes, running head and page numbers.

The bytes depend on the blocks alone: dates and producer are fixed, and nothing is compressed, since compressed bytes
differ between builds of the compressor.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.outline import OutlineSection

from tools.sample_desk.tables import FilingTable
from tools.sample_desk.template import TemplateBlock

MARGIN = 21.0
"""Left and right margin in millimetres."""
CONTENTS_LINES = 57
"""Lines on a page of the table of contents; its heading takes two."""
INK, SHADE, RULE = (28, 36, 48), (232, 237, 242), (120, 132, 146)
"""Colours of text, of table heads and of rules."""


class FilingPdf(FPDF):
    """One filing under construction."""

    def __init__(self, issuer: str, title: str, published: str) -> None:
        """An empty A4 document; `published` (ISO 8601) becomes its creation date."""
        super().__init__(format="A4")
        self.issuer, self.title_line = issuer, title
        self._chapter = self._section = 0
        self.set_compression(False)
        self.core_fonts_encoding = "windows-1252"
        self.set_margins(MARGIN, 24, MARGIN)
        self.set_auto_page_break(True, margin=24)
        self.set_creation_date(datetime.fromisoformat(published).replace(tzinfo=UTC))
        self.set_producer("sample desk")
        self.set_title(f"{issuer} – {title}")
        self.set_author(issuer)
        self.set_text_color(*INK)
        self.set_draw_color(*RULE)
        self.set_fill_color(*SHADE)

    def header(self) -> None:
        """The running head, on every page but the cover."""
        if self.page_no() == 1:
            return
        self.set_font("Helvetica", size=8)
        self.set_y(12)
        self.cell(self.epw / 2, 5, self.issuer)
        self.cell(self.epw / 2, 5, self.title_line, align="R")
        self.line(MARGIN, 18, self.w - MARGIN, 18)
        self.set_y(24)

    def footer(self) -> None:
        """The page number, on every page but the cover."""
        if self.page_no() == 1:
            return
        self.set_y(-16)
        self.set_font("Helvetica", size=8)
        self.cell(self.epw, 5, f"Page {self.page_no()} of {{nb}}", align="C")

    def add(self, block: TemplateBlock, table_follows: FilingTable | None = None) -> None:
        """Print a block that is not a table; a heading stays with the table that follows it."""
        match block.kind:
            case "chapter" | "section":
                room = 12 + _height(table_follows) if table_follows else 30
                self._heading(block.text, 0 if block.kind == "chapter" else 1, room)
            case "bullet":
                self._text(f"–  {block.text}", indent=5)
            case "footnote":
                self._text(block.text, size=7.5, after=2.5)
            case "page":
                self.add_page()
            case _:
                self._text(block.text)

    def cover(self, lines: Iterable[str], headings: int) -> None:
        """The first page: issuer, title, and the lines of the template's cover; then room for the contents."""
        self.add_page()
        self.set_y(70)
        self.set_font("Helvetica", "B", 15)
        self.cell(self.epw, 9, self.issuer, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_font("Helvetica", "B", 26)
        self.multi_cell(self.epw, 13, self.title_line, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.line(MARGIN, self.y + 4, self.w - MARGIN, self.y + 4)
        self.ln(12)
        for line in lines:
            self._text(line, size=11)
        self.add_page()
        self.insert_toc_placeholder(_contents, pages=ceil((headings + 2) / CONTENTS_LINES))

    def add_table(self, table: FilingTable) -> None:
        """Print a table; it is kept on one page."""
        if self.will_page_break(_height(table)):
            self.add_page()
        self.set_font("Helvetica", "B", 9)
        self.ln(1.5)
        self.cell(self.epw, 6, table.title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        first = self.epw * (0.52 if len(table.columns) < 4 else 0.40)
        width = (self.epw - first) / (len(table.columns) - 1)
        self._row(table.columns, first, width, is_head=True)
        for number, row in enumerate(table.rows):
            self._row(row, first, width, is_total=number in table.totals)
        self.ln(3.5)

    def _row(
        self, row: list[str], first: float, width: float, *, is_head: bool = False, is_total: bool = False
    ) -> None:
        """One row: the label to the left, the figures to the right."""
        self.set_font("Helvetica", "B" if is_head or is_total else "", 8)
        border: Any = "T" if is_total else 0
        self.cell(first, 5.2, row[0], border=border, fill=is_head)
        for text in row[1:]:
            self.cell(width, 5.2, text, border=border, align="R", fill=is_head)
        self.ln(5.2)

    def _heading(self, text: str, level: int, room: float) -> None:
        """A numbered heading, which is also an entry of the outline; `room` is what must fit below it, in mm."""
        if level == 0:
            self._chapter, self._section = self._chapter + 1, 0
            number = f"{self._chapter}"
        else:
            self._section += 1
            number = f"{self._chapter}.{self._section}"
        if self.will_page_break(room if level else max(room, 50)):
            self.add_page()
        self.ln(5 if level == 0 else 2.5)
        self.start_section(f"{number}  {text}", level)
        self.set_font("Helvetica", "B", 14 if level == 0 else 10.5)
        self.multi_cell(self.epw, 7 if level == 0 else 6, f"{number}  {text}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1)

    def _text(self, text: str, size: float = 10, indent: float = 0, after: float = 2.2) -> None:
        """A paragraph."""
        self.set_font("Times", size=size)
        self.set_x(MARGIN + indent)
        height = size * 0.48
        self.multi_cell(self.epw - indent, height, text, align="J", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(after)


def _height(table: FilingTable) -> float:
    """The height of a printed table, in millimetres."""
    return 6 + 5.2 * (len(table.rows) + 2)


def _contents(filing: FPDF, entries: list[OutlineSection]) -> None:
    """The table of contents, chapters only when there are many sections."""
    filing.set_xy(MARGIN, 24)
    filing.set_font("Helvetica", "B", 14)
    filing.cell(filing.epw, 10, "Contents", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    for entry in entries:
        filing.set_font("Helvetica", "B" if entry.level == 0 else "", 8)
        filing.cell(filing.epw - 15, 4.1, "    " * entry.level + entry.name)
        filing.cell(15, 4.1, str(entry.page_number), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def save(filing: FilingPdf, path: Path) -> None:
    """Write the finished filing."""
    filing.output(str(path))
