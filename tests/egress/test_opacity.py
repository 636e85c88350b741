"""Stretches that look encoded are found by their form; words, slugs, dates and numbers of documents pass."""

from itertools import pairwise

import pytest

from kimi_tui.egress.opacity import find_opaque, looks_like_words

ENCODED = "ZkP3v9QxT7LmB2wRc8Yd"


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/annual-report-2025/net-debt.html",
        "What did the company say of its net debt on 2025-12-31?",
        "Gesch\u00e4ftsbericht 2025 der Muster GmbH",
        "report-20251231-final.pdf",
        "",
    ],
)
def test_find_opaque_of_words_and_addresses_is_empty(text: str) -> None:
    assert find_opaque(text) == []


@pytest.mark.parametrize("frame", ["{}", "find {} please", "example.org/{}?page=2", "q={}&lang=en"])
def test_find_opaque_gives_the_place_of_mixed_letters_and_digits(frame: str) -> None:
    text = frame.format(ENCODED)
    start = text.index(ENCODED)
    assert find_opaque(text) == [(start, start + len(ENCODED))]


@pytest.mark.parametrize(
    "text", ["n e t d e b t o f f o u r", "78 101 116 32 100 101 98 116", "... --- ... / ... --- ... / . - ."]
)
def test_find_opaque_of_signs_set_apart_is_one_stretch(text: str) -> None:
    found = find_opaque(f"say {text}")
    assert found
    assert all(start >= 3 for start, _ in found)


def test_find_opaque_stretches_are_in_order_and_apart() -> None:
    found = find_opaque(f"{ENCODED} and then {ENCODED[::-1]}")
    assert found == sorted(found)
    assert all(before[1] < after[0] for before, after in pairwise(found))
    assert len(found) == 2


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("netdebt", True),
        ("20251231", True),
        ("abc", True),
        ("202512311759", False),
        ("xkqzvbnw", False),
        (ENCODED, False),
    ],
)
def test_looks_like_words_of_one_part(part: str, words: bool) -> None:
    assert looks_like_words(part) == words
