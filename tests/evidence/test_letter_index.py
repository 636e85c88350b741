"""Words found by their letters and digits, and where they are in the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.evidence.letter_index import MAX_INDEXED_CHARS, LetterIndex

TYPESET = "The \ufb01rm\u2019s \u201cbest-\never\u201d year, and\tthe \u00adlast one."


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("The net debt rose.", "net debt", "net debt"),
        ("The n e t-debt rose.", "net debt", "n e t-debt"),
        ("The net\ndebt rose.", "net debt", "net\ndebt"),
        ("Total 1,234 million", "1234 million", "1,234 million"),
        ("The \ufb01rm", "firm", "\ufb01rm"),
        ("of\ufb01ce", "off", "of\ufb01"),
        ("Net Debt", "net debt", None),
        ("ab", "ab", None),
        ("abc", "abc", "abc"),
        ("", "abc", None),
        ("abc", "", None),
        ("abc", "...", None),
    ],
)
def test_find_returns_the_place_of_the_letters(text: str, words: str, found: str | None) -> None:
    place = LetterIndex(text).find(words)
    assert (text[slice(*place)] if place else None) == found


def test_find_after_an_offset_passes_earlier_places_over() -> None:
    index = LetterIndex("abc abc abc")
    assert index.find("abc", 1) == (4, 7)
    assert index.find("abc", 4) == (4, 7)
    assert index.find("abc", 9) is None


@pytest.mark.parametrize(
    ("quote", "pieces"),
    [
        ("one two \u2026 five six", ["one two", "five six"]),
        ("one two [...] five six", ["one two", "five six"]),
        ("one two (\u2026) five six", ["one two", "five six"]),
        ("five six \u2026 one two", []),
        ("one two \u2026 seven", []),
        ("\u2026 one two \u2026", ["one two"]),
        ("one two three", ["one two three"]),
        ("\u2026", []),
        ("", []),
    ],
)
def test_find_quote_finds_its_pieces_in_order(quote: str, pieces: list[str]) -> None:
    text = "one two three four five six"
    assert [text[start:end] for start, end in LetterIndex(text).find_quote(quote)] == pieces


def test_letter_index_looks_at_a_bounded_beginning() -> None:
    text = " " * MAX_INDEXED_CHARS
    assert LetterIndex(f"needle{text}").find("needle") == (0, 6)
    assert LetterIndex(f"{text}needle").find("needle") is None


@given(st.text(st.sampled_from("abc 1-,\n\ufb01\u00e9"), max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_find_of_any_piece_of_a_text_succeeds(text: str, start: int, end: int) -> None:
    piece = text[start:end]
    place = LetterIndex(text).find(piece)
    if sum(len(sign) if sign != "\ufb01" else 2 for sign in piece if sign.isalnum()) >= 3:
        assert place is not None
        assert place[0] < place[1] <= len(text)


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ('firm\'s "best-ever" year', ["ﬁrm’s “best-\never” year"]),
        ("firm's … last one.", ["ﬁrm’s", "last one"]),
        ("last one … firm's", []),
        ("the last two", []),
        ("", []),
        ("a", []),
    ],
)
def test_find_quote_whatever_its_typography(quote: str, found: list[str]) -> None:
    assert [TYPESET[start:end] for start, end in LetterIndex(TYPESET).find_quote(quote)] == found
