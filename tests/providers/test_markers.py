"""Markers in streaming text: each is its own piece, wherever the text is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.providers.markers import MARKERS, MarkerScanner, remove_markers

PIECES = st.lists(st.sampled_from([*MARKERS, "a", "<", "<|", "<|tool_call", "think>", " ", "<think", "|>"]), max_size=8)


def scanned(*fragments: str) -> tuple[list[str], str]:
    scanner = MarkerScanner()
    return [piece for fragment in fragments for piece in scanner.feed(fragment) if piece], scanner.finish()


@pytest.mark.parametrize("marker", MARKERS)
def test_scanner_gives_each_marker_as_one_piece_wherever_it_is_cut(marker: str) -> None:
    for cut in range(len(marker) + 1):
        pieces, held = scanned("a" + marker[:cut], marker[cut:] + "b")
        assert pieces == ["a", marker, "b"]
        assert held == ""


@pytest.mark.parametrize(
    ("text", "pieces", "held"),
    [
        ("", [], ""),
        ("plain", ["plain"], ""),
        ("a <", ["a "], "<"),
        ("a < b", ["a < b"], ""),
        ("a <thin", ["a "], "<thin"),
        ("a <thing", ["a <thing"], ""),
        ("<<think", ["<"], "<think"),
        ("<think></think>", ["<think>", "</think>"], ""),
        ("<|open|>call", [], "<|open|>call"),
    ],
)
def test_scanner_holds_a_possible_marker_back(text: str, pieces: list[str], held: str) -> None:
    assert scanned(text) == (pieces, held)


def test_scanner_finish_gives_the_held_text_once() -> None:
    scanner = MarkerScanner()
    scanner.feed("<thin")
    assert scanner.finish() == "<thin"
    assert scanner.finish() == ""


@given(PIECES.map("".join), st.integers(0, 60))
def test_scanner_loses_nothing_and_cuts_the_same_way(text: str, cut: int) -> None:
    whole, held = scanned(text)
    parted, held_parted = scanned(text[:cut], text[cut:])
    assert "".join(whole) + held == "".join(parted) + held_parted == text
    assert [piece for piece in whole if piece in MARKERS] == [piece for piece in parted if piece in MARKERS]


@given(PIECES.map("".join))
def test_remove_markers_leaves_the_words(text: str) -> None:
    assert remove_markers("".join(MARKERS)) == ""
    bare = remove_markers(text)
    assert len(bare) <= len(text)
    assert remove_markers(f"a{MARKERS[0]}b") == "ab"
