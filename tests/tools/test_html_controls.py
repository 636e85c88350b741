"""Values of forms and words of drawings are part of the text."""

import pytest

from kimi_tui.tools.text.html_controls import write_controls
from kimi_tui.tools.text.html_reader import read_html
from kimi_tui.tools.text.html_tree import parse_page


def text_of(body: str) -> str:
    read = read_html(f"<html><body><p>Report of the year.</p>{body}</body></html>".encode(), article=False)
    return "\n".join(part.text for part in read.parts)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('<p>Net debt: <input type="text" value="4,321"></p>', "Net debt: 4,321"),
        ("<p>Audited <input type=checkbox checked> restated <input type=radio></p>", "Audited [x] restated [ ]"),
        ("<p>Unit <select><option>EUR<option selected>USD</select>.</p>", "Unit USD."),
        ("<svg><title>icon</title><text>Sales</text><text>1,234</text></svg>", "Sales · 1,234"),
    ],
)
def test_value_is_shown_at_its_place(body: str, shown: str) -> None:
    tree = parse_page(f"<html><body>{body}</body></html>")
    write_controls(tree)
    assert shown in tree.text_content()
    assert shown in text_of(body)


@pytest.mark.parametrize(
    "body",
    [
        '<input type="hidden" value="4711">',
        '<input type="password" value="4711">',
        '<p hidden><input value="4711"></p>',
    ],
)
def test_value_that_is_not_shown_is_left_out(body: str) -> None:
    assert "4711" not in text_of(body)
