"""Tables of the model that all readers share, written as rows of texts."""

from kimi_tui.tools.text.table import DocumentTable, build_table_from_texts


def table(*rows: str, captions: tuple[str, ...] = ()) -> DocumentTable:
    """Return the table of rows that are written `a | b | c`."""
    found = build_table_from_texts([[cell.strip() for cell in row.split("|")] for row in rows], captions)
    assert found is not None
    return found
