"""Parts of a document cut into overlapping passages."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kimi_tui.tools.desk.passages import MAX_PASSAGES, OVERLAP_CHARS, PASSAGE_CHARS, split_passages


@pytest.mark.parametrize("text", ["", " ", "\n\n\t"])
def test_split_passages_of_blanks_gives_none(text: str) -> None:
    assert list(split_passages(text)) == []


def test_split_passages_of_a_short_part_is_one() -> None:
    assert list(split_passages("short")) == [(0, 5)]
    text = "x" * (PASSAGE_CHARS + PASSAGE_CHARS // 4)
    assert list(split_passages(text)) == [(0, len(text))]


@settings(max_examples=40)
@given(st.integers(0, 60_000), st.sampled_from(["word ", "a line of text\n", "x", "words and more words. "]))
def test_split_passages_cover_the_text_with_an_overlap(length: int, piece: str) -> None:
    text = (piece * (length // len(piece) + 1))[:length]
    cuts = list(split_passages(text))
    assert len(cuts) <= MAX_PASSAGES
    if text.strip():
        assert cuts[0][0] == 0
        assert cuts[-1][1] == len(text)
    for (start, end), (following, _) in pairwise(cuts):
        assert start < following < end
        assert end - following <= 2 * OVERLAP_CHARS


def test_split_passages_end_on_lines_or_words() -> None:
    lines = "".join(f"line {number} of the text\n" for number in range(400))
    assert all(lines[end - 1] == "\n" for _, end in split_passages(lines))
    words = "word " * 2_000
    assert all(words[end - 1] == " " for _, end in split_passages(words))


def test_split_passages_of_a_huge_part_are_longer_and_not_more() -> None:
    text = "word " * 400_000
    cuts = list(split_passages(text))
    assert len(cuts) <= MAX_PASSAGES
    assert cuts[-1][1] == len(text)
