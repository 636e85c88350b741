"""Markdown as text: its code is found, and outside text keeps its words without link, image or HTML."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.evidence.markdown_text import (
    code_lines,
    code_span,
    code_spans,
    escape_line,
    neutralize_markdown,
    remove_links,
)

HOSTILE = (
    "[x](https://evil.example)",
    "![x](https://evil.example/p.png)",
    "<https://evil.example>",
    "<img src=x onerror=alert(1)>",
    "<!-- hidden -->",
    "https://evil.example/path",
    "www.evil.example",
    "mailto:a@evil.example",
    "a@evil.example",
    "[x]: https://evil.example",
    "</td><script>",
    "`code` **bold** _it_ # h | cell ~s~ &amp;",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_escape_line_escapes_every_sign_of_syntax(text: str) -> None:
    escaped = escape_line(text)
    assert re.sub(r"\\(.)", r"\1", escaped) == text
    assert not re.search(r"(?<!\\)[`*_{}\[\]<>|#~!&@]", escaped)
    assert "://" not in escaped
    assert "www." not in escaped


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\nb", "a b"), ("  a  ", "a"), ("", ""), ("a\x1b[31mb", "a\u241b\\[31mb"), ("50 % (net)", "50 % (net)")],
)
def test_escape_line_is_one_printable_line(text: str, line: str) -> None:
    assert escape_line(text) == line


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("a", "`a`"),
        ("", ""),
        ("  \n ", ""),
        ("a`b", "`` a`b ``"),
        ("``", "``` `` ```"),
        ("a\nb", "`a b`"),
        ("<b>", "`<b>`"),
    ],
)
def test_code_span_shows_text_word_for_word(text: str, span: str) -> None:
    assert code_span(text) == span


@given(st.text(st.sampled_from("` ab"), max_size=20))
def test_code_span_fence_is_longer_than_any_inside(text: str) -> None:
    span = code_span(text)
    if span:
        fence = re.match("`+", span)
        assert fence is not None
        inside = span[len(fence.group()) : -len(fence.group())]
        assert all(len(run) < len(fence.group()) for run in re.findall("`+", inside))


@pytest.mark.parametrize(
    ("text", "neutral"),
    [
        ("<b>x</b>", "&lt;b>x&lt;/b>"),
        ("1 < 2", "1 < 2"),
        ("https://x.example", "https: //x.example"),
        ("www.x.example", "www. x.example"),
        ("mailto:a", "mailto: a"),
        ("a@x.example", "a@ x.example"),
        ("a @ b", "a @ b"),
        ("**bold** stays", "**bold** stays"),
        ("a\x00b", "a\u2400b"),
    ],
)
def test_neutralize_markdown_breaks_html_and_addresses_alone(text: str, neutral: str) -> None:
    assert neutralize_markdown(text) == neutral


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("[a](b)", "[a] (b)"),
        ("![a](b)", "![a] (b)"),
        ("[a]: b", "[a] : b"),
        ("[S1 p.4] and (b)", "[S1 p.4] and (b)"),
        ("", ""),
    ],
)
def test_remove_links_parts_brackets(text: str, bare: str) -> None:
    assert remove_links(text) == bare
    assert remove_links(bare) == bare


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
