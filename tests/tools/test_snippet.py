"""The text around a match."""

import re
from pathlib import Path

from tests.tools.indexes import searched


def test_a_snippet_is_taken_around_the_match(tmp_path: Path) -> None:
    text = "before " * 300 + "the nickel mine " + "after " * 300
    ((_, snippet),) = searched(tmp_path, {"long.txt": [text]}, "nickel", 1)
    assert re.fullmatch(r"…(before )+the nickel mine( after)+…", snippet)
    assert 250 < len(snippet) <= 302
