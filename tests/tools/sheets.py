"""Delimited texts as sheets, for tests of their reading."""

from kimi_tui.tools.text.delimited import DelimitedSheet


def read(text: str, preferred: str = "") -> tuple[list[str], list[list[str]], str]:
    """Header, rows and notes of a text."""
    sheet = DelimitedSheet(text, preferred=preferred)
    rows = [record.cells for record in sheet.rows()]
    return sheet.header, rows, " ".join(sheet.notes())
