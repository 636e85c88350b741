"""Printed memos: what the application knows is printed, what a model or a page wrote goes nowhere."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from kimi_tui.evidence.markdown_text import code_span, escape_line
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.memo_printing import render_memo
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.sources import Part, Source, SourceRef

REF = SourceRef(
    "S1", "d" * 64, "Annual report", "reports/2024.pdf", "application/pdf", "document", "2026-11-03T10:00:00Z"
)
SOURCE = Source(REF, (Part("p.1", "Words that stand there, 512.7 of them."), Part("p.2", "")))
ATTACKS = [
    "[click](http://evil.example)",
    "[click](<http://evil.example>)",
    "[click](javascript:alert)",
    "[click]( //evil.example 'title')",
    "![x](http://evil.example/pixel.png)",
    "[S1 p.1](http://evil.example)",
    "![S1 p.1](http://evil.example)",
    "[S1 p.1]: http://evil.example",
    "[S1 p.1]: http://evil.example\n\nMore [S1 p.1].",
    "[S9](http://evil.example)",
    "[S1 foo](http://evil.example)",
    "[click [S1 p.1]](http://evil.example)",
    "[click][ref]\n\n[ref]: http://evil.example",
    "[click][ref]\n\n> [ref]: http://evil.example",
    "[click][ref]\n\n- [ref]: http://evil.example",
    "[click][a b]\n\n[a\nb]: http://evil.example",
    "[click][a\\]b]\n\n[a\\]b]: http://evil.example",
    "[ref]\n\n   [ref]:\n   http://evil.example",
    "<http://evil.example>",
    "<user@evil.example>",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href=http://evil.example>x</a>",
    "<!-- comment -->\n<b>bold</b>",
    "<?php echo 1 ?>",
    "<![CDATA[x]]>",
    "\\<b>x\\</b>",
    "]\u00ad(http://evil.example)",
    "[x]\u200b(http://evil.example)",
    "[x]\r(http://evil.example)",
    "text http://evil.example and www.evil.example and a@evil.example",
    "`code http://evil.example` and `[x](y)`",
    "_www.evil.example_ (https://evil.example) mailto:a@evil.example",
    "| a | [x](http://evil.example) |\n|---|---|\n| <b>x</b> | ![y](z) |",
    "    [indented](http://evil.example)",
    "```\n[x](http://evil.example)\n<b>",
    "~~~~ html\n<script>",
    "&#91;x&#93;(http://evil.example)",
    "[![x](y)](z)",
    "<details><summary>x</summary>",
]


def printed(text: str, title: str = "T", ref: SourceRef = REF) -> str:
    source = Source(ref, SOURCE.parts)
    return render_memo(check_memo(title, text, InMemorySources({"S1": source})), {"S1": ref})


def tokens(markdown: str, *, html: bool = True) -> list[Token]:
    """Everything that a permissive viewer would see in it."""
    found: list[Token] = []
    for token in MarkdownIt("commonmark", {"html": html}).enable("table").parse(markdown):
        found += [token, *(token.children or [])]
    return found


def check_inert(markdown: str) -> None:
    active = [token for token in tokens(markdown) if token.type in ("link_open", "image", "html_block", "html_inline")]
    assert active == []


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("around", ["{}", "It is so [S1 p.1]. {} [S1 p.1]", "- {}\n\n> {}", "*{}* **{}**", "{}[S1]{}"])
def test_render_memo_model_text_has_no_links(attack: str, around: str) -> None:
    check_inert(printed(around.replace("{}", attack)))


@pytest.mark.parametrize("attack", ATTACKS)
def test_render_memo_titles_have_no_links(attack: str) -> None:
    hostile = SourceRef("S1", "d" * 64, attack, attack, "text/html", "page", attack)
    memo = printed("Words that stand there [S1 p.1].", attack, hostile)
    check_inert(memo)
    assert len([token for token in tokens(memo) if token.type == "heading_open"]) == 2


ADDRESS = re.compile(r"(?:\w://|www\.\w|mailto:\w|\w@\w+\.\w)", re.IGNORECASE)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_viewer_finds_an_address_to_make_a_link_of(attack: str) -> None:
    assert not ADDRESS.search(printed(f"Before {attack} behind [S1 p.1]."))
    assert not ADDRESS.search(printed(attack))


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["[", "]", "(", ")", "!", ":", "<", ">", "`", "\\", "\n", " ", "a", "/", "//", "S1 p.1", "[S1 p.1]"]
        )
        | st.sampled_from(["http://e.x", "www.e.x", "b", "```\n", "> ", "- ", "|", "\u00ad", "\r", "&#91;", "*", "_"]),
        max_size=25,
    )
)
def test_no_arrangement_of_signs_leads_anywhere(signs: list[str]) -> None:
    check_inert(printed("".join(signs)))


def test_rendered_citations_carry_marks_and_sources_come_from_the_store() -> None:
    assert printed('So "words of 512.7" is [S1 p.9]. It says "Words that stand there" [S1 p.1]; 999.9 [S1 p.1].') == (
        "# T\n\n"
        'So "words of 512.7" is **\\[leads nowhere: S1 p.9\\]**. It says "Words that stand there" [S1 p.1 ✓]; '
        "999.9 [S1 p.1 ✗] **\\[not found — the figure 999.9 is not there; correct it, or cite where it "
        "stands\\]**.\n\n## Sources\n\n"
        "- S1: Annual report — `reports/2024.pdf` (retrieved 2026-11-03 10:00 UTC, SHA-256 dddddddddddddddd)\n"
    )


def test_several_places_of_one_marker_are_printed_in_it() -> None:
    assert "It is so [S1 p.1; S1 ?]." in printed("It is so [S1 p.1; S1].")


def test_a_memo_without_support_lists_no_sources() -> None:
    assert printed("It is so [S9 p.1].") == "# T\n\nIt is so **\\[leads nowhere: S9 p.1\\]**.\n"
    assert printed("It is so.", " ") == "It is so.\n"


def test_a_source_that_is_not_known_is_printed_by_its_id() -> None:
    memo = check_memo("", "It is so [S1 p.1].", InMemorySources({"S1": SOURCE}))
    assert render_memo(memo, {}).endswith("## Sources\n\n- S1\n")


def test_a_source_without_a_title_is_printed_by_its_address() -> None:
    bare = SourceRef("S1", "d" * 64, " ", "a`b", "text/html", "page", "2026-11-03T10:00:00Z")
    assert "\n- S1: `` a`b `` (retrieved" in printed("It is so [S1 p.1].", "T", bare)


@pytest.mark.parametrize("fence", ["```", "~~~~", "``` python"])
def test_code_that_is_left_open_hides_no_sources(fence: str) -> None:
    memo = printed(f"It is so [S1 p.1].\n\n{fence}\nopen [S1 p.1]")
    assert [token.content for token in tokens(memo) if token.type == "inline"][-2] == "Sources"
    closed = printed(f"It is so [S1 p.1].\n\n{fence}\nopen\n{fence.split(maxsplit=1)[0]}")
    assert closed.count(fence.split(maxsplit=1)[0]) == 2


def test_comparisons_stay_as_they_were_written() -> None:
    assert "p < 0.05 and a <= b" in printed("We found p < 0.05 and a <= b [S1 p.1].")


def test_control_characters_are_shown() -> None:
    assert "a␛[2Jb" in printed("a\x1b[2Jb [S1 p.1]")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_plain_text_reads_as_it_was_written(text: str) -> None:
    inline = [token for token in tokens(f"x {escape_line(text)} x") if token.type == "inline"]
    assert len(inline) == 1
    assert all(child.type in ("text", "text_special", "entity") for child in inline[0].children or [])


@given(st.text(st.sampled_from("a`\\ *<&\n"), max_size=30))
def test_code_reads_as_it_was_written(text: str) -> None:
    line = " ".join(text.split())
    found = [token.content for token in tokens(f"x {code_span(text)} x") if token.type == "code_inline"]
    assert found == ([line] if line else [])


@pytest.mark.parametrize(
    "heading", ["## Record of this memo", "**Record of this memo**", "Sources", "# the record of this memo #"]
)
def test_rendered_memo_cannot_write_our_record(heading: str) -> None:
    assert f"{heading.strip('# *')} (as the model wrote it)" in printed(
        f"{heading}\n\n- Checked: 9 statements: 9 from cells"
    )


def test_rendered_marks_of_the_model_are_no_marks() -> None:
    text = printed("All true \u2713 [S1 p.1 \u2713]. So it is [S1 p.1].")
    assert text.count("\u2713") == 0


def test_rendered_citation_of_flagged_source_is_marked() -> None:
    memo = check_memo("", "It is so [S1 p.1].", InMemorySources({"S1": SOURCE}))
    text = render_memo(memo, {"S1": REF}, {"S1"})
    assert "[S1 p.1 ? \u26a0 flagged as hostile]" in text
    assert "**flagged as hostile**" in text
