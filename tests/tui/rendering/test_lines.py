"""Wrapping: no line is wider than it may be, and nothing is lost between two lines."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

from kimi_tui.tui.rendering.lines import (
    NO_BREAK,
    StyledSpan,
    fit_text,
    is_narrow,
    mark_citations,
    pad_text,
    plain_lines,
    sanitize_text,
    width_of,
    wrap_spans,
)

CHARACTERS = st.text(alphabet=st.sampled_from("ab cde  é日本語한글🙂e\u0301\ufe0f-—“”ß\u0300"), max_size=200)
WORDS = st.lists(st.text(alphabet="abcdef", min_size=1, max_size=30), max_size=60).map(" ".join)


@settings(deadline=None, max_examples=80)
@given(st.one_of(CHARACTERS, WORDS), st.integers(2, 60))
def test_no_line_is_wider_than_the_width(text: str, width: int) -> None:
    assert all(cell_len(line.text) <= width for line in wrap_spans([StyledSpan(text)], width))


@settings(deadline=None, max_examples=80)
@given(st.one_of(CHARACTERS, WORDS), st.integers(2, 60))
def test_wrap_lines_and_joiners_restore_text(text: str, width: int) -> None:
    lines = wrap_spans([StyledSpan(text)], width)
    joined = "".join(line.joiner + line.text for line in lines).removeprefix("\n")
    assert joined.rstrip(" ") == text.rstrip(" ")
    assert all(not line.joiner.strip(" ") for line in lines[1:])


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(CHARACTERS, st.sampled_from(["", "strong", "code"])), max_size=8), st.integers(2, 40))
def test_styles_stay_on_their_characters(parts: list[tuple[str, str]], width: int) -> None:
    lines = wrap_spans([StyledSpan(text, style) for text, style in parts], width)
    wrapped = [(c, span.style) for line in lines for span in line.spans for c in span.text if c != " "]
    assert wrapped == [(c, style) for text, style in parts for c in text if c != " "]


@settings(deadline=None, max_examples=80)
@given(CHARACTERS, st.integers(2, 60))
def test_an_ornament_counts_towards_the_width(text: str, width: int) -> None:
    lines = wrap_spans([StyledSpan(text)], width, first=[StyledSpan("• ")], rest=[StyledSpan("  ")])
    assert all(cell_len(line.text) <= width for line in lines)


@settings(deadline=None, max_examples=80)
@given(CHARACTERS, st.integers(0, 40))
def test_a_fitted_text_fits(text: str, width: int) -> None:
    fitted = fit_text(text, width)
    assert cell_len(fitted) <= width
    assert fitted == text or width_of(text) > width or not width


@settings(deadline=None, max_examples=80)
@given(CHARACTERS, st.sampled_from(["left", "right", "center"]))
def test_a_padded_text_has_the_width(text: str, align: str) -> None:
    assert cell_len(pad_text(text, 500, align)) == 500


def test_every_character_taken_for_narrow_is_one_cell_wide() -> None:
    wrong = [c for c in map(chr, range(0x20, 0x20000)) if is_narrow(c) and get_character_cell_size(c) != 1]
    assert wrong == []


def test_words_are_kept_whole_where_they_fit() -> None:
    lines = wrap_spans([StyledSpan("the margin rose in every segment")], 12)
    assert [line.text for line in lines] == ["the margin", "rose in", "every", "segment"]


def test_a_text_without_blanks_is_cut_between_wide_characters() -> None:
    lines = wrap_spans([StyledSpan("売上総利益率は上昇した")], 7)
    assert [line.text for line in lines] == ["売上総", "利益率", "は上昇", "した"]


def test_a_combining_mark_stays_with_its_letter() -> None:
    lines = wrap_spans([StyledSpan("e\u0301" * 10)], 4)
    assert [line.text for line in lines] == ["e\u0301" * 4, "e\u0301" * 4, "e\u0301" * 2]


def test_tabs_become_blanks_and_controls_become_visible() -> None:
    assert sanitize_text("a\tb") == "a   b"
    assert "\x1b" not in sanitize_text("\x1b[2J")
    assert "\u202e" not in sanitize_text("\u202e")


def test_a_plain_text_keeps_its_own_lines() -> None:
    assert [line.text for line in plain_lines("one\n\n  two", 20)] == ["one", "", "  two"]


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("see [S12 p.4].", ["source:S12 p.4"]),
        ("[S12 p.4; S13 row 2]", ["source:S12 p.4", "source:S13 row 2"]),
        ("[S3]", ["source:S3"]),
        ("at https://example.org/a?b=c.", ["link:https://example.org/a?b=c"]),
        ("(https://example.org/x)", ["link:https://example.org/x"]),
        ("[Sx] [3] S3 javascript:alert(1)", []),
    ],
)
def test_citations_and_addresses_can_be_chosen(text: str, targets: list[str]) -> None:
    spans = mark_citations(text)
    assert [span.target for span in spans if span.target] == targets
    assert "".join(span.text for span in spans).replace(NO_BREAK, " ") == text
