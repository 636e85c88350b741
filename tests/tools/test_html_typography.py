"""Raised marks are never glued to figures, and struck words are marked."""

import pytest

from kimi_tui.cells import decode_cells
from kimi_tui.tools.text.html_reader import read_html


def text_and_values(body: str) -> tuple[str, list[str]]:
    head = "<head><style>.up{vertical-align:super}</style></head>"
    read = read_html(f"<html>{head}<body>{body}</body></html>".encode(), article=False)
    return "\n".join(part.text for part in read.parts), [cell.value for cell in decode_cells(read.cells)]


def in_table(cell: str) -> str:
    rows = f"<tr><td>Sales</td><td>{cell}</td></tr><tr><td>Costs</td><td>567</td></tr>"
    return f"<table><tr><th>Item</th><th>2024</th></tr>{rows}</table>"


@pytest.mark.parametrize(
    "mark",
    [
        "<sup>1</sup>",
        "<sup>(a)</sup>",
        "<sup><a href='#n'>2</a></sup>",
        '<span class="up">1</span>',
        '<span style="vertical-align:top;font-size:6pt">1</span>',
        '<span style="vertical-align:super;font-size:6pt">1</span>',
        '<span style="position:relative;top:-3.15pt;font-size:65%">1,2</span>',
    ],
)
def test_raised_mark_in_a_table_is_apart_from_its_figure(mark: str) -> None:
    text, values = text_and_values(in_table(f"1,234{mark}"))
    assert values == ["1234", "567"]
    assert "1,234^" in text


def test_raised_mark_behind_a_label_is_no_part_of_the_rows_name() -> None:
    table = in_table("1,234").replace("Sales", "Sales<sup>3</sup>")
    read = read_html(f"<html><body>{table}</body></html>".encode(), article=False)
    assert [cell.row for cell in decode_cells(read.cells)] == ["Sales", "Costs"]


def test_ordinals_and_trade_marks_are_no_marks() -> None:
    text, _ = text_and_values("<p>The 62<sup>nd</sup> year of Acme<sup>TM</sup>, x<sup>2</sup> and 10<sub>2</sub>.</p>")
    assert "62nd year of AcmeTM, x^2 and 10_2" in text


@pytest.mark.parametrize(
    "old", ["<del>100</del>", "<s>100</s>", '<span style="text-decoration: line-through">100</span>']
)
def test_struck_out_figure_in_a_table_is_marked(old: str) -> None:
    text, values = text_and_values(in_table(f"{old}200"))
    assert "[deleted: 100] 200" in text
    assert values == ["567"]
