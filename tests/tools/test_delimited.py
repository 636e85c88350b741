"""A delimited file as one sheet."""

import re

from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.tools.text.delimited import DelimitedSheet
from tests.tools.sheets import read


def test_nul_characters_are_left_out_and_said() -> None:
    header, rows, notes = read("a,b\n1\0,2\n3,4\n")
    assert (header, rows[0]) == (["a", "b"], ["1", "2"])
    assert "1 NUL characters" in notes


@given(st.text(alphabet='ab1,;"\n\r\t \\.|\0-', max_size=300))
def test_any_text_is_read_to_its_end_with_every_line_in_a_row(text: str) -> None:
    sheet = DelimitedSheet(text)
    rows = list(sheet.rows())
    sheet.notes()
    sheet.titles()
    lines = [record.line for record in rows]
    assert lines == sorted(set(lines))
    if '"' not in text and rows:
        full = [line for line in re.split(r"\r\n|\r|\n", text) if line.replace("\0", "").strip(" \t,;|")]
        assert len(rows) + sheet.layout.skipped >= len(full)
