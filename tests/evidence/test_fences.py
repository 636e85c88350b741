"""Code in Markdown: fenced lines, an open fence, and the spans of code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.evidence.markdown_text import code_lines, code_spans


@pytest.mark.parametrize(
    ("text", "flags", "open_fence"),
    [
        ("", "0", ""),
        ("a\nb", "00", ""),
        ("```\na\n```\nb", "1110", ""),
        ("```python\na", "11", "```"),
        ("~~~\na\n```\n~~~", "1111", ""),
        ("````\n```\n````\nb", "1110", ""),
        ("```\na\n`````\nb", "1110", ""),
        ("```\na\n``` b\nc", "1111", "```"),
        ("    ```\na", "00", ""),
        ("``` a`b\nc", "00", ""),
        ("~~~ a`b\nc", "11", "~~~"),
        ("``\na", "00", ""),
        ("```\n```\n```", "111", "```"),
    ],
)
def test_code_lines_are_those_from_fence_to_fence(text: str, flags: str, open_fence: str) -> None:
    found, still_open = code_lines(text.split("\n"))
    assert "".join("01"[flag] for flag in found) == flags
    assert still_open == open_fence


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a `b` c", ["`b`"]),
        ("a ``b ` c`` d", ["``b ` c``"]),
        ("a ` b", []),
        ("`a\nb`", []),
        ("``", []),
        ("", []),
        ("x\n```\ny\n```", ["```", "y", "```"]),
    ],
)
def test_code_spans_are_inline_or_fenced(text: str, code: list[str]) -> None:
    assert [text[start:end] for start, end in code_spans(text)] == code


MARKDOWN = st.text(st.sampled_from("`~ a\n"), max_size=40)


@given(MARKDOWN)
def test_code_lines_of_any_text_close_with_what_is_returned(text: str) -> None:
    lines = text.split("\n")
    flags, open_fence = code_lines(lines)
    assert len(flags) == len(lines)
    if open_fence:
        assert code_lines([*lines, open_fence])[1] == ""


@given(MARKDOWN)
def test_code_spans_of_any_text_lie_in_it(text: str) -> None:
    assert all(0 <= start <= end <= len(text) for start, end in code_spans(text))
