"""Add a memo's chart to a Word document: a table of names, pictures of bars from zero, and figures.

The words are Word's own text, in any script and to be searched; a picture holds nothing but its bar.
"""

import io
from typing import TYPE_CHECKING

from kimi_tui.evidence.memo_charts import ChartBar, MemoChart
from kimi_tui.text import clean_xml_line

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import _Cell

MAX_DRAWN_BARS = 60
"""Bars of one chart; those behind them are in the table alone."""
PIXELS = (640, 26)
"""Width and height of the picture of a bar."""
BAR_INCHES, NAME_INCHES, FIGURE_INCHES = 2.9, 1.8, 1.4
NAME_CHARS, FIGURE_CHARS = 60, 40
_BAR, _LOSS, _AXIS = (122, 63, 160), (179, 38, 30), (110, 110, 110)


def add_chart(document: "Document", chart: MemoChart) -> None:
    """Add a chart behind what the document has, or a sentence that says why there is none."""
    if chart.refusal:
        document.add_paragraph(clean_xml_line(f"No chart. {chart.refusal}"), style="Caption")
        return
    about = f"The cited figures of this table ({chart.unit}); bars begin at 0"
    document.add_paragraph(clean_xml_line(about), style="Caption")
    drawn = [
        (series.name if len(series.bars) < 2 else f"{series.name}, {bar.name}", bar)
        for series in chart.series
        for bar in series.bars
    ]
    shown = drawn[:MAX_DRAWN_BARS]
    table = document.add_table(len(shown), 3)
    for row, (name, bar) in zip(table.rows, shown, strict=True):
        _add_bar(row.cells, chart, clean_xml_line(name, NAME_CHARS), bar)
    hidden = len(drawn) - len(shown)
    for sentence in (*chart.left_out, *([f"{hidden} further bars are not drawn."] if hidden else [])):
        document.add_paragraph(clean_xml_line(sentence, 300), style="Caption")


def _add_bar(cells: "tuple[_Cell, ...]", chart: MemoChart, name: str, bar: ChartBar) -> None:
    from docx.shared import Inches

    for cell, inches in zip(cells, (NAME_INCHES, BAR_INCHES, FIGURE_INCHES), strict=True):
        cell.width = Inches(inches)
    cells[0].text = name
    if bar.problem:
        cells[2].text = clean_xml_line(f"missing: {bar.problem}", FIGURE_CHARS)
        return
    cells[2].text = clean_xml_line(bar.text, FIGURE_CHARS)
    picture = (
        cells[1].paragraphs[0].add_run().add_picture(io.BytesIO(_bar_png(chart, bar)), width=Inches(BAR_INCHES - 0.2))
    )
    picture._inline.docPr.set("descr", clean_xml_line(f"Bar of {name}: {bar.text} ({bar.place})", 200))


def _bar_png(chart: MemoChart, bar: ChartBar) -> bytes:
    """Return the picture of one bar, with the line at zero."""
    from PIL import Image, ImageDraw

    width, height = PIXELS
    picture = Image.new("RGB", PIXELS, (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    span = (chart.high - chart.low) or 1.0
    zero, end = (round((share - chart.low) / span * (width - 3)) + 1 for share in (0.0, bar.share))
    if bar.share:
        pen.rectangle((min(zero, end), 4, max(zero, end), height - 5), fill=_BAR if bar.share > 0 else _LOSS)
    pen.line((zero, 0, zero, height), fill=_AXIS, width=2)
    written = io.BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()
