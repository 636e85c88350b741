"""Differences are said in signs, so that they show without colour, and put together give both texts."""

from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.tui.rendering.text_diff import DiffPiece, diff_words, shorten_unchanged


def shown(old: str, new: str) -> str:
    """A difference in its signs."""
    return "".join(piece.shown for piece in diff_words(old, new))


def test_diff_words_changed_text_marks_each_word():
    assert shown("margin of 2023 in EUR", "margin of 2024 in EUR") == "margin of [-2023-]{+2024+} in EUR"
    assert shown("", "all new") == "{+all new+}"
    assert shown("same", "same") == "same"


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_pieces_give_both_texts_again(old, new):
    pieces = diff_words(old, new)
    assert "".join(piece.text for piece in pieces if piece.change != "added") == old
    assert "".join(piece.text for piece in pieces if piece.change != "removed") == new


def test_texts_too_long_to_compare_are_only_said_to_differ():
    long = "word " * 3_000
    assert diff_words(long, long + "x") == [DiffPiece("removed", long), DiffPiece("added", long + "x")]


def test_shorten_unchanged_long_run_keeps_context_of_change():
    pieces = shorten_unchanged(
        [DiffPiece("same", "a" * 200), DiffPiece("added", "b"), DiffPiece("same", "c" * 200)], around=10
    )
    assert [piece.text for piece in pieces] == ["…" + "a" * 10, "b", "c" * 10 + "…"]
