"""Which parts of a source are wanted, as models write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.sources import Part
from kimi_tui.tools.base import ToolError
from kimi_tui.tools.text.part_selection import (
    LabelSpan,
    PartChoice,
    choose_parts,
    document_extent,
    span_of_part,
)

PAGES = [LabelSpan("p.", number, number) for number in range(1, 9)]
ROWS = [LabelSpan("rows ", 1, 50), LabelSpan("rows ", 51, 100), LabelSpan("rows ", 101, 120)]
SECTIONS = [LabelSpan("\u00a7", number, number) for number in range(1, 4)]
OTHERS = [LabelSpan("", 1, 1)]


@pytest.mark.parametrize(
    ("spans", "wanted", "indexes"),
    [
        (PAGES, "4", [3]),
        (PAGES, "p.4", [3]),
        (PAGES, "page 4", [3]),
        (PAGES, "PAGES 4-6", [3, 4, 5]),
        (PAGES, "p.4-p.6", [3, 4, 5]),
        (PAGES, "4 to 6", [3, 4, 5]),
        (PAGES, "4\u20136", [3, 4, 5]),
        (PAGES, "6,4", [5, 3]),
        (PAGES, "4;4", [3, 3]),
        (PAGES, "7-99", [6, 7]),
        (PAGES, "", []),
        (PAGES, ",", []),
        (ROWS, "rows 1-50", [0]),
        (ROWS, "row 51", [1]),
        (ROWS, "40-60", [0, 1]),
        (SECTIONS, "\u00a72", [1]),
        (SECTIONS, "section 2", [1]),
        (SECTIONS, "\u00a7\u00a7 2-3", [1, 2]),
        (OTHERS, "part 1", [0]),
    ],
)
def test_choose_parts_in_the_wanted_order(spans: list[LabelSpan], wanted: str, indexes: list[int]) -> None:
    assert [choice.index for choice in choose_parts(spans, wanted)] == indexes


def test_choose_parts_inside_a_part_begins_at_the_character() -> None:
    assert choose_parts(PAGES, "4@1200") == [PartChoice(3, 1200)]
    assert choose_parts(PAGES, "4-5 @ 1200") == [PartChoice(3, 1200), PartChoice(4)]


@pytest.mark.parametrize(
    ("spans", "wanted", "message"),
    [
        (PAGES, "all", 'parts "all" cannot be understood: give "p.1" or "p.1-p.3", or leave it empty.'),
        (PAGES, "-4", 'parts "-4" cannot be understood: give "p.1" or "p.1-p.3", or leave it empty.'),
        (PAGES, "9", 'There is no "9" in this source; it has pages 1-8.'),
        (PAGES, "0", 'There is no "0" in this source; it has pages 1-8.'),
        (PAGES, "6-4", 'There is no "6-4" in this source; it has pages 1-8.'),
        (PAGES, "row 4", 'There is no "row 4" in this source; it has pages 1-8.'),
        (ROWS, "rows 121", 'There is no "rows 121" in this source; it has rows 1-120.'),
        (OTHERS, "2", 'There is no "2" in this source; it has part 1.'),
    ],
)
def test_choose_parts_that_are_not_there_says_what_is(spans: list[LabelSpan], wanted: str, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        choose_parts(spans, wanted)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("label", "span"),
    [
        ("p.4", LabelSpan("p.", 4, 4)),
        ("\u00a712", LabelSpan("\u00a7", 12, 12)),
        ("rows 1-50", LabelSpan("rows ", 1, 50)),
        ("result", LabelSpan("", 8, 8)),
        ("", LabelSpan("", 8, 8)),
    ],
)
def test_span_of_part_by_label_or_place(label: str, span: LabelSpan) -> None:
    assert span_of_part(Part(label, ""), 7) == span


@pytest.mark.parametrize(
    ("span", "label", "words"),
    [
        (LabelSpan("p.", 4, 4), "p.4", "page 4"),
        (LabelSpan("p.", 4, 6), "p.4-p.6", "pages 4-6"),
        (LabelSpan("rows ", 1, 50), "rows 1-50", "rows 1-50"),
        (LabelSpan("\u00a7", 2, 2), "\u00a72", "section 2"),
        (LabelSpan("", 1, 3), "1-3", "parts 1-3"),
    ],
)
def test_label_span_as_label_and_in_words(span: LabelSpan, label: str, words: str) -> None:
    assert (str(span), span.in_words()) == (label, words)


@pytest.mark.parametrize(
    ("last", "extent"), [("p.32", "32 pages"), ("p.1", "1 page"), ("rows 51-60", "60 rows"), ("", "1 part")]
)
def test_document_extent_counts_to_the_last_part(last: str, extent: str) -> None:
    assert document_extent(last) == extent


@given(st.text(st.sampled_from("0123456789-,;@ p.rows\u00a7to"), max_size=20))
def test_choose_parts_of_any_text_gives_parts_or_an_error(wanted: str) -> None:
    try:
        chosen = choose_parts(PAGES, wanted)
    except ToolError:
        return
    assert all(0 <= choice.index < len(PAGES) for choice in chosen)
