"""Headings of pages that have no heading tags: numbered lines, statements and large type; never a row or a sentence."""

import pytest

from kimi_tui.tools.text.html_reader import read_html

BODY = "<p style='font-size:10pt'>" + "The company sold more of what it makes than in the year before. " * 5 + "</p>"


def titles(*lines: str) -> list[str]:
    """The titles of the parts of a page with each line before a paragraph."""
    page = "<html><body>" + "".join(line + BODY for line in lines) + "</body></html>"
    return [part.title for part in read_html(page.encode(), article=False).parts]


@pytest.mark.parametrize(
    ("line", "title"),
    [
        (
            "<div><span style='font-size:10pt;font-weight:700'>Item 7. Management\u2019s Discussion</span></div>",
            "Item 7. Management\u2019s Discussion",
        ),
        (
            "<div><span style='font-weight:700'>Note 5. Income </span><span style='font-weight:700'>Taxes</span></div>",
            "Note 5. Income Taxes",
        ),
        ("<p><b>12. Commitments and contingencies</b></p>", "12. Commitments and contingencies"),
        ("<div><span style='font-size:14pt'>Results of operations</span></div>", "Results of operations"),
        (
            "<p style='font-weight:bold'>Consolidated Statements of Cash Flows</p>",
            "Consolidated Statements of Cash Flows",
        ),
        ("<div>CONSOLIDATED BALANCE SHEETS</div>", "CONSOLIDATED BALANCE SHEETS"),
        ("<div style='font-size:20px'>Outlook</div>", "Outlook"),
        ("<h3>A heading as such</h3>", "A heading as such"),
    ],
)
def test_a_line_that_looks_like_a_heading_is_one(line: str, title: str) -> None:
    assert titles("<p>Before.</p>", line)[-1] == title


@pytest.mark.parametrize(
    "line",
    [
        "<p>Note 5 says more of it.</p>",
        "<p>Item 7 is plain text here</p>",
        "<p><b>The price of nickel is high.</b></p>",
        "<p><b>Note</b> that plain words follow</p>",
        "<table><tr><td><div style='font-size:20pt'>Net sales</div></td><td>5</td></tr></table>",
        "<ul><li><div style='font-size:20pt'>A point</div></li></ul>",
        "<div style='font-size:20pt'>(in millions, except per share data)</div>",
        "<div style='font-size:20pt'>123,456</div>",
    ],
)
def test_other_lines_are_no_headings(line: str) -> None:
    assert set(titles("<p>Before.</p>", line)) == {""}


def test_a_page_nested_deep_is_read_in_time() -> None:
    page = "<html><body>" + "<div>" * 3_000 + "<div>leaf</div>" * 3_000 + "</body></html>"
    assert read_html(page.encode(), article=False).parts
