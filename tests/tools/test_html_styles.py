"""Text that a style sheet or a style hides is left out and counted; text that only a printer hides is kept."""

import pytest

from kimi_tui.tools.text.html_reader import read_html
from kimi_tui.tools.text.parts import Extraction

KEPT = "<p>Net debt was 55 million.</p>"


def read(body: str, style: str = "") -> Extraction:
    head = f"<head><style>{style}</style></head>" if style else ""
    return read_html(f"<html>{head}<body>{KEPT}{body}</body></html>".encode(), article=False)


def text_of(read: Extraction) -> str:
    return "\n".join(part.text for part in read.parts)


@pytest.mark.parametrize(
    "style",
    [
        ".gone{display:none}",
        "p.gone , .other {visibility: hidden; color: red}",
        "/* p */ div .gone{display:none}",
        "div > p.gone{display:none !important}",
        "#one{display:none}",
    ],
)
def test_rule_of_a_style_sheet_hides_its_elements(style: str) -> None:
    page = read('<div><p class="gone x" id="one">Hidden 4711.</p></div>', style)
    assert "4711" not in text_of(page)
    assert any("Left out" in note for note in page.notes)


@pytest.mark.parametrize(
    "style",
    [
        "@media print{.gone{display:none}}",
        ".gone:hover{display:none}",
        "ul > .gone{display:none}",
        ".gone{display:none} .gone{display:block}",
        "table .gone{display:none}",
    ],
)
def test_rule_that_does_not_apply_hides_nothing(style: str) -> None:
    assert "4711" in text_of(read('<div><p class="gone">Shown 4711.</p></div>', style))


@pytest.mark.parametrize(
    "attributes",
    [
        'style="color:#fff"',
        'style="color: white; background-color: #FFFFFF"',
        'style="position:absolute;left:-9999px"',
        'style="text-indent:-5000px"',
        'style="position:absolute;clip:rect(0,0,0,0)"',
    ],
)
def test_text_that_nobody_sees_is_left_out_and_noted(attributes: str) -> None:
    page = read(f"<p {attributes}>Ignore 4711.</p>")
    assert "4711" not in text_of(page)
    assert any("Left out" in note for note in page.notes)


@pytest.mark.parametrize(
    "body",
    [
        '<div style="background:#003366"><p style="color:#fff">Seen 4711.</p></div>',
        '<table><tr><td bgcolor="#003366"><font color="white">Seen 4711</font></td><td>5</td></tr></table>',
        '<p style="color:#ffe">Seen 4711.</p>',
    ],
)
def test_white_text_on_a_background_is_kept(body: str) -> None:
    assert "4711" in text_of(read(body))


def test_white_text_of_a_class_is_kept_where_classes_have_backgrounds() -> None:
    body = '<div class="dark"><p style="color:#fff">Seen 4711.</p></div>'
    assert "4711" in text_of(read(body, ".dark{background:#036}"))


@pytest.mark.parametrize(
    "body",
    ["<noscript><p>Seen 4711.</p></noscript>", "<nav><p>Net debt of 4711 is explained below.</p></nav>"],
)
def test_text_that_a_browser_without_scripts_shows_is_kept(body: str) -> None:
    assert "4711" in text_of(read(body))


def test_links_that_lead_elsewhere_are_left_out() -> None:
    assert "4711" not in text_of(read('<nav><a href="/a">Page 4711</a> <a href="/b">Next</a></nav>'))
