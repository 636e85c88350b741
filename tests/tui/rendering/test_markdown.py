"""Markdown for a terminal, and what hostile Markdown must not do."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from kimi_tui.tui.rendering.glyphs import ASCII, UNICODE
from kimi_tui.tui.rendering.lines import NO_BREAK, StyledSpan
from kimi_tui.tui.rendering.markdown import markdown_lines
from kimi_tui.tui.rendering.tables import UnfittedTable, table_lines

ANY = st.lists(
    st.sampled_from(
        [
            "**bold** text ",
            "\n",
            "\n\n",
            "- ",
            "1. ",
            "> ",
            "```\n",
            "| a | b |\n|---|---|\n| 1 | 日本語 |\n",
            "# ",
            "    ",
            "[x](http://y.z) ",
            "`code` ",
            "word " * 20,
            "🙂" * 30,
            "a" * 100,
            "---\n",
            "&#27;[2J",
            "<b>",
            "\\*",
            "~~gone~~ ",
        ]
    ),
    max_size=20,
).map("".join)


def texts(markdown: str, width: int = 60) -> list[str]:
    return [line.text.rstrip() for line in markdown_lines(markdown, width, UNICODE)]


def spans(markdown: str) -> list[StyledSpan]:
    return [span for line in markdown_lines(markdown, 80, UNICODE) for span in line.spans]


@settings(deadline=None, max_examples=80)
@given(ANY, st.integers(2, 90))
def test_no_line_of_markdown_is_wider_than_the_width(markdown: str, width: int) -> None:
    for line in markdown_lines(markdown, width, UNICODE):
        assert cell_len(line.text) <= width
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", line.text)


def test_headings_lists_and_paragraphs_keep_their_order_and_their_empty_lines() -> None:
    assert texts("# Title\nIntro\n\n- one\n- two\n  - deep\n\n3. three\n4. four") == [
        "Title", "Intro", "", "• one", "• two", "  ◦ deep", "", "3. three", "4. four",
    ]  # fmt: skip


def test_a_wrapped_item_hangs_under_its_text() -> None:
    assert texts("- one two three four", 12) == ["• one two", "  three four"]


def test_quotes_have_a_rail_on_every_line() -> None:
    assert texts("> a b c d e f\n>\n> next", 9) == ["│ a b c d", "│ e f", "│", "│ next"]


def test_code_keeps_its_blanks_and_its_long_lines() -> None:
    lines = markdown_lines("```\n  indented\n" + "x" * 30 + "\n```", 20, UNICODE)
    assert lines[0].text == "   indented"
    assert "".join(line.text.strip() for line in lines[1:]) == "x" * 30
    assert all(line.fill == "block" for line in lines)


def test_markdown_table_is_aligned_with_figures_right() -> None:
    assert texts("| year | margin |\n|---|---|\n| 2024 | 38.9 % |\n| 2025 | 1,141.2 % |") == [
        "year │    margin",
        "─────┼──────────",
        "2024 │    38.9 %",
        "2025 │ 1,141.2 %",
    ]


def test_a_table_too_wide_for_its_columns_becomes_records() -> None:
    assert texts("| alphabet | betaville |\n|---|---|\n| onlyonewordhere | two |", 18) == [
        "alphabet:",
        "  onlyonewordhere",
        "betaville: two",
    ]


def test_a_wide_cell_wraps_inside_its_column() -> None:
    lines = texts("| a | b |\n|---|---|\n| short | " + "some words that go on " * 3 + "|", 30)
    assert all(" │ " in line or "┼" in line for line in lines)
    assert len(lines) > 4


def test_links_say_where_they_lead_and_can_be_chosen() -> None:
    made = spans("see [your bank](https://evil.example/login) now")
    assert [span.target for span in made if span.target] == ["link:https://evil.example/login"] * 2
    assert "".join(span.text for span in made) == "see your bank (evil.example) now"


def test_citations_can_be_chosen_and_show_their_marks() -> None:
    made = spans("a [S3 p.4 ✓] b [S1 p.4 “Net sales” 2018; S2 ✗] c [9]")
    assert [span.target for span in made if span.target] == ["source:S3 p.4", "source:S1 p.4", "source:S2"]
    assert [span.style for span in made if span.text.strip(NO_BREAK) in "✓✗" and span.text.strip(NO_BREAK)] == [
        "ok",
        "error",
    ]
    assert "".join(span.text for span in made).replace(NO_BREAK, " ") == (
        "a [S3 p.4 ✓] b [S1 p.4 “Net sales” 2018; S2 ✗] c [9]"
    )


@pytest.mark.parametrize(
    "markdown",
    [
        "&#27;[2J",
        "&#x202e;evil",
        "&#x9b;31m",
        "`\x1b]52;c;AAAA\x07`",
        "[\x1b[6n](http://x)",
        "![\x1b](http://x\x1b)",
        "# \x9b",
    ],
)
def test_entities_and_raw_escapes_come_out_visible(markdown: str) -> None:
    for text in texts(markdown):
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e]", text)


@pytest.mark.parametrize(
    "markdown", ["<script>x</script>", "[@click=app.quit]x[/]", "[/]", "[bold]x[/bold]", "<!-- x -->"]
)
def test_html_and_markup_are_text(markdown: str) -> None:
    assert texts(markdown) == [markdown]


@pytest.mark.parametrize(
    "markdown", [">" * 3_000, "- " * 1_500 + "x", "[" * 3_000, "*a_" * 1_000, "`" * 3_000, "|" * 3_000]
)
def test_deep_nesting_is_drawn_in_bounds(markdown: str) -> None:
    assert all(cell_len(text) <= 40 for text in texts(markdown, 40))


def test_ascii_draws_no_other_sign() -> None:
    markdown = "- a\n  - b\n\n> q\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---"
    assert all(line.text.isascii() for line in markdown_lines(markdown, 40, ASCII))


def test_a_row_may_have_fewer_or_more_cells_than_the_header() -> None:
    table = UnfittedTable(
        [[StyledSpan("a")], [StyledSpan("b")]],
        [[[StyledSpan("1")]], [[StyledSpan("1")], [StyledSpan("2")], [StyledSpan("3")]]],
        ["left", "left"],
    )
    assert [line.text.rstrip() for line in table_lines(table, 20, UNICODE)][2:] == ["1  │", "1  │ 2"]
