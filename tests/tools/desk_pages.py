"""Pages as documents of the desk, for tests of their tables."""

from kimi_tui.cells import Cell, decode_cells
from kimi_tui.tools.text.html_reader import read_html
from kimi_tui.tools.text.parts import Extraction


def desk(html: str) -> Extraction:
    """A page as a document of the desk."""
    return read_html(f"<html><body>{html}</body></html>".encode(), article=False)


def text_of(read: Extraction) -> str:
    return "\n\n".join(part.text for part in read.parts)


def cells_of(html: str) -> list[Cell]:
    return list(decode_cells(desk(html).cells))


def table(*rows: str, attributes: str = "") -> str:
    """A table of rows that are written `a | b | c`."""
    lines = ("".join(f"<td>{cell.strip()}</td>" for cell in row.split("|")) for row in rows)
    return f"<table {attributes}>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
