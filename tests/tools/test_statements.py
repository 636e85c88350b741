"""Financial statements distinguished from other pages by their names and figures, however a PDF breaks the words."""

import itertools

import pytest

from kimi_tui.sources import Part
from kimi_tui.tools.desk.contents_pages import titles_from_contents
from kimi_tui.tools.desk.part_signals import compute_part_signals
from kimi_tui.tools.desk.passages import MAX_PASSAGES, OVERLAP_CHARS, PASSAGE_CHARS, split_passages
from kimi_tui.tools.desk.statements import statement_kinds
from kimi_tui.tools.text.parts import Extraction

FIGURES = "\n".join(f"Some row {number} 1,{number:03} 2,{number:03}" for number in range(20))
ROWS = {
    "balance sheet": "Total assets 5 5",
    "income statement": "Net income 5 5",
    "cash flows": "Cash flows from operating activities",
    "comprehensive income": "",
    "equity": "",
}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Consolidated Balance Shee t", "balance sheet"),
        ("CONSOLIDATED STATEMENTS OF FINANCIAL POSITION", "balance sheet"),
        ("Statement of Consolidated Financial Condition", "balance sheet"),
        ("Consolidated Statements of Income", "income statement"),
        ("Consolidated Statements of (Loss) Income", "income statement"),
        ("Condensed Consolidated Statements of Operations (Unaudited)", "income statement"),
        ("Statements of Consolidated Earnings", "income statement"),
        ("Group income statement", "income statement"),
        ("Consolidated statement of profit or loss", "income statement"),
        ("Consolidated Statement of Cash Flow s", "cash flows"),
        ("Cash Flow Statement", "cash flows"),
        ("Consolidated Statements of Comprehensive Income (Loss)", "comprehensive income"),
        ("Consolidated Statements of Stockholders\u2019 Equity", "equity"),
        ("Consolidated statement of changes in equity", "equity"),
        ("Income tax statements", ""),
    ],
)
def test_a_statement_is_known_by_its_name_and_rows(name: str, kind: str) -> None:
    text = f"Acme plc and Subsidiaries\n{name}\nYears ended December 31\n{ROWS.get(kind, '')}\n{FIGURES}"
    assert statement_kinds(Part("p.58", text)) == ((kind,) if kind else ())
    assert statement_kinds(Part("p.58", text.replace(FIGURES, "as this prose says of 2018."))) == ()


def test_a_contents_page_is_no_statement() -> None:
    lines = "\n".join(f"Consolidated Balance Sheet {number} ........ {number}" for number in range(30, 60))
    assert statement_kinds(Part("p.2", f"Contents\nTotal assets\n{lines}")) == ()


def pages(*texts: str) -> Extraction:
    return Extraction("", tuple(Part(f"p.{number}", text) for number, text in enumerate(texts, 1)), "x")


def test_contents_lead_to_pages_by_the_numbers_printed_on_them() -> None:
    contents = "Table of Contents\n" + "\n".join(
        f"Chapter about {name} {n * 2}" for n, name in enumerate("abcdefgh", 1)
    )
    contents = contents.replace("about ", "about matter ")
    texts = ["Cover", contents, *(f"Text of the page.\n{number}" for number in range(1, 20))]
    extraction = pages(*texts)
    found = titles_from_contents(extraction.parts)
    assert found[3] == ["Chapter about matter a"]  # printed 2 stands on the fourth page
    assert compute_part_signals(extraction)[3].contents == "Chapter about matter a"
    assert titles_from_contents(pages("Cover", contents, *["No number."] * 20).parts) == {}


def test_the_section_is_carried_to_the_pages_after_its_heading() -> None:
    headings = (("Item 7. Discussion",), (), ("Note 5. Income Taxes",), (), ("Item 9. Controls",))
    parts = tuple(Part(f"p.{number}", "text") for number in range(1, 6))
    carried = [one.carried for one in compute_part_signals(Extraction("", parts, "x", headings=headings))]
    assert carried[1] == "Item 7. Discussion"
    assert carried[3] == "Item 7. Discussion · Note 5. Income Taxes"
    assert "Note 5" in carried[4]


@pytest.mark.parametrize(
    "text", ["", "short", "a line\n" * 2_000, "word " * 3_000, "x" * 9_000, "\n" * 5_000, "é漢 " * 4_000]
)
def test_passages_cover_a_part_with_some_overlap(text: str) -> None:
    cuts = list(split_passages(text))
    assert len(cuts) <= MAX_PASSAGES
    for (start, end), (following, _) in itertools.pairwise(cuts):
        assert following < end <= start + 2 * PASSAGE_CHARS
        assert end - following <= 2 * OVERLAP_CHARS
    if text.strip():
        assert (cuts[0][0], text[cuts[-1][1] :].strip()) == (0, "")
    else:
        assert cuts == []
