"""Tagged facts of inline XBRL at their places."""

import pytest

from kimi_tui.cells import decode_cells
from kimi_tui.tools.text.html_reader import read_html
from tests.tools.html_pages import XBRL, fact, page_cells, table


def test_a_tagged_figure_in_a_table_has_its_tags_and_its_place() -> None:
    shown = fact("1,234", "us-gaap:Revenues", more='scale="6" sign="-" format="ixt:num-dot-decimal"')
    [cell] = page_cells(XBRL + f"<h2>Income</h2><p>(in thousands)</p>{table('| 2023', f'Revenue | $({shown})', 'x |')}")
    assert (cell.origin, cell.concept, cell.text, cell.value) == ("ixbrl", "us-gaap:Revenues", "$(1,234)", "-1234")
    assert (cell.scale, cell.unit, cell.tagged_sign) == (6, "USD", -1)
    assert (cell.period_start, cell.period_end) == ("2024-01-01", "2024-12-31")
    assert (cell.entity, cell.row, cell.column, cell.caption) == ("Example & Co", "Revenue", "2023", "(in thousands)")


def test_tagged_figure_in_sentence_is_cell() -> None:
    owed, loans = fact("2.5", more="scale=9"), fact("two", more="format=ixt-sec:numwordsen")
    page = f"{XBRL}<p>We owed {owed} billion, or {loans} loans, at {fact('5.1', 'x:Rate', 'i', 'e', '')}.</p>"
    read = read_html(f"<html><body>{page}</body></html>".encode(), article=False)
    text = next(part for part in read.parts if "We owed" in part.text)
    cells = decode_cells(read.cells)
    assert [text.text[cell.start : cell.end] for cell in cells] == ["2.5", "two", "5.1"]
    assert [(cell.value, cell.scale) for cell in cells] == [("2.5", 9), ("2", 0), ("5.1", 0)]
    assert (cells[2].unit, cells[2].period_start, cells[2].period_end) == ("USD/share", "", "2024-12-31")
    assert cells[2].entity == "Example & Co [x:Cloud]"


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (fact("—", more='scale="6" format="ixt:fixed-zero"'), "0"),
        (fact("1.234,5", more='scale="3" format="ixt:num-comma-decimal"'), "1234.5"),
        (fact("12.5", unit="p", more='scale="-2"'), "12.5"),
        (fact(fact("7", "x:Inner"), "x:Outer"), "7"),
    ],
)
def test_forms_of_tagged_figures(tag: str, value: str) -> None:
    cells = page_cells(XBRL + table("| 2024", f"A | {tag}"))
    assert {cell.value for cell in cells} == {value}
    assert {cell.origin for cell in cells} == {"ixbrl"}


def test_nil_hidden_and_broken_tags_are_no_cells() -> None:
    broken = fact("8", context="gone", unit="gone", more="scale=x")
    [cell] = page_cells(XBRL + f"<p>{fact('', more='xsi:nil=true')} {fact('none of it')} {broken}</p>")
    assert (cell.value, cell.scale, cell.unit, cell.period_end) == ("8", 0, "", "")
