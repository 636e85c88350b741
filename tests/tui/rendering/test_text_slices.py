"""Slices: the same however a text arrives, complete by themselves, bounded."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kimi_tui.tui.rendering.text_slices import MAX_SLICE_CHARS, TextSlicer, slice_text

LINES = st.lists(
    st.sampled_from(
        [
            "",
            "a paragraph of words",
            "- item",
            "  more",
            "```python",
            "```",
            "    code",
            "| a | b |",
            "|---|---|",
            "# head",
            "> q",
        ]
    ),
    max_size=30,
).map("\n".join)


@settings(deadline=None, max_examples=80)
@given(LINES, st.lists(st.integers(1, 12), max_size=60), st.booleans())
def test_fragments_give_the_same_slices_as_the_whole(text: str, sizes: list[int], markdown: bool) -> None:
    slicer, rest = TextSlicer(markdown=markdown), text
    for size in sizes:
        before = list(slicer.done)
        slicer.feed(rest[:size])
        assert slicer.done[: len(before)] == before
        rest = rest[size:]
    slicer.feed(rest)
    assert slicer.done + slicer.pending_slices() == slice_text(text, markdown=markdown)


@settings(deadline=None, max_examples=80)
@given(LINES)
def test_no_line_of_a_text_is_lost(text: str) -> None:
    kept = [line for piece in slice_text(text, markdown=True) for line in piece.text.split("\n") if line.strip()]
    assert kept == [line for line in text.split("\n") if line.strip()]


def test_plain_slices_join_to_the_text() -> None:
    text = "\n".join(f"line {number} " + "x" * 200 for number in range(200))
    pieces = slice_text(text, markdown=False)
    assert "\n".join(piece.text for piece in pieces) == text
    assert all(len(piece.text) <= 2 * MAX_SLICE_CHARS for piece in pieces)


def test_an_endless_line_is_cut_into_bounded_slices() -> None:
    pieces = slice_text("word " * 20_000, markdown=True)
    assert len(pieces) > 20
    assert all(len(piece.text) <= MAX_SLICE_CHARS for piece in pieces)
    assert "".join(piece.text for piece in pieces) == "word " * 20_000


def test_slices_of_a_long_fence_are_fences() -> None:
    code = "\n".join(f"line_{number} = {number}" for number in range(1_000))
    pieces = slice_text(f"```python\n{code}\n```\nafter", markdown=True)
    assert len(pieces) > 3
    assert all(piece.text.startswith("```python") and piece.text.endswith("```") for piece in pieces[:-1])
    inside = [line for piece in pieces[:-1] for line in piece.text.split("\n") if not line.startswith("```")]
    assert "\n".join(inside) == code
    assert pieces[-1].text == "after"


def test_slices_of_a_long_table_repeat_its_header() -> None:
    rows = "\n".join(f"| {number} | value |" for number in range(1_000))
    pieces = slice_text(f"| n | v |\n|---|---|\n{rows}", markdown=True)
    assert len(pieces) > 3
    assert all(piece.text.startswith("| n | v |\n|---|---|") for piece in pieces)


def test_paragraphs_are_slices_of_their_own() -> None:
    assert [piece.text for piece in slice_text("one\n\ntwo\n\n- a\n\n  still a\n\nthree", markdown=True)] == [
        "one",
        "two",
        "- a\n\n  still a",
        "three",
    ]


def test_slicer_long_paragraph_bounds_pending_text() -> None:
    slicer = TextSlicer(markdown=True)
    for _ in range(2_000):
        slicer.feed("a few words more and ")
        assert sum(len(piece.text) for piece in slicer.pending_slices()) <= 3 * MAX_SLICE_CHARS
