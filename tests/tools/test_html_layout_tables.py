"""Tables made of other elements are tables, when a style sheet or their roles say so."""

import pytest

from kimi_tui.tools.text.html_reader import read_html

ROWS = (("Item", "2024", "2023"), ("Sales", "1,234", "1,100"), ("Costs", "567", "500"))


def page(table: str, row: str, cell: str, style: str = "") -> str:
    rows = "".join(f"<div {row}>" + "".join(f"<div {cell}>{one}</div>" for one in cells) + "</div>" for cells in ROWS)
    return f"<html><head><style>{style}</style></head><body><div {table}>{rows}</div></body></html>"


SHEET = ".t{display:table}.r{display:table-row}.r > .c{display:table-cell}"


@pytest.mark.parametrize(
    "source",
    [
        page("role=table", "role=row", "role=cell"),
        page('style="display:table"', 'style="display: table-row"', 'style="display:table-cell"'),
        page("class=t", "class=r", "class=c", SHEET),
    ],
)
def test_rows_and_cells_become_a_table(source: str) -> None:
    read = read_html(source.encode(), article=False)
    assert "| Item | 2024 | 2023 |\n| --- | --- | --- |\n| Sales | 1,234 | 1,100 |" in read.parts[0].text
    assert read.cells.count(b"\n") == 4


def test_what_only_lays_out_one_row_stays_as_it_was() -> None:
    source = '<html><body><div style="display:table"><div style="display:table-cell">One 1</div></div></body></html>'
    assert read_html(source.encode(), article=False).parts[0].text == "One 1"
