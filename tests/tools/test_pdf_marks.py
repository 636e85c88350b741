"""Raised marks of notes beside the words of a page."""

import pytest

from kimi_tui.tools.text.pdf_reader import read_pdf
from tests.tools.drawn_pages import text_of
from tests.tools.papers import pdf_of


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"BT /F 10 Tf 50 700 Td (Debt 1,234) Tj /F 6 Tf 4 Ts (1) Tj ET", "1,234¹"),
        (b"BT /F 10 Tf 50 700 Td (Debt 1,234) Tj ET BT /F 6 Tf 101.4 704 Td (1\\)) Tj ET", "1,234¹⁾"),
        (b"BT /F 10 Tf 50 700 Td (Debt 1,234) Tj ET BT /F 6 Tf 102 704 Td (a) Tj ET", "1,234^a"),
        (b"BT /F 10 Tf 50 700 Td (Debt 1,234) Tj /F 6 Tf 4 Ts (1) Tj /F 10 Tf 0 Ts (. Then) Tj ET", "1,234¹. Then"),
        (b"BT /F 10 Tf 50 700 Td (Rate 12) Tj /F 6 Tf 4 Ts (2) Tj /F 10 Tf 0 Ts (%) Tj ET", "12²%"),
        (b"BT /F 6 Tf 50 704 Td (2) Tj ET BT /F 10 Tf 55 700 Td (Restated) Tj ET", "² Restated"),
        (b"BT /F 10 Tf 50 700 Td (CO) Tj /F 6 Tf -2 Ts (2) Tj /F 10 Tf 0 Ts ( down) Tj ET", "CO2 down"),
    ],
)
def test_a_raised_mark_is_never_part_of_its_figure(content: bytes, shown: str) -> None:
    assert shown in text_of(read_pdf(pdf_of(content)))
