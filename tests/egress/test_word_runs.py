"""The longest runs of words that one text shares with others."""

import pytest

from kimi_tui.egress.searched_text import WORD, prepare_corpus
from kimi_tui.egress.word_runs import decode_word, find_decoded_run, find_runs

DESK = ("The committee met twice.", "Project Halvarstone costs 7,450 thousand in the second year.")


def runs(text: str) -> list[tuple[str, int]]:
    corpus = prepare_corpus(DESK)
    words = [(match.start(), match.end(), match.group()) for match in WORD.finditer(text)]
    return [(text[start:end], number) for start, end, number in find_runs(words, corpus.places, corpus.vocabulary)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("look for in the second year please", [("in the second year", 1)]),
        ("committee met twice, then Halvarstone", [("committee met twice", 0), ("Halvarstone", 1)]),
        ("what costs 7,450 there", [("costs 7,450", 1)]),
        ("the second of it", []),
        ("unrelated words alone", []),
    ],
)
def test_find_runs_gives_the_longest_telling_runs_and_their_texts(text: str, found: list[tuple[str, int]]) -> None:
    assert runs(text) == found


def test_decode_word_of_an_address_gives_its_words() -> None:
    assert decode_word("net%20debt+rose") == ["net", "debt", "rose"]
    assert decode_word("plain") == ["plain"]
    assert decode_word("+") == ["+"]


@pytest.mark.parametrize(
    ("text", "person", "figures", "found"),
    [
        ("ask Halvarstone now", "", True, ("Halvarstone", 1)),
        ("askHalvarstoneNow", "", True, ("Halvarstone", 1)),
        ("ask Halvarstone now", "What of Halvarstone?", True, ("", 0)),
        ("q=74.50", "", True, ("74.50", 1)),
        ("q=74.50", "", False, ("", 0)),
        ("q=74.50", "Is it 7,450?", True, ("", 0)),
        ("nothing here", "", True, ("", 0)),
    ],
)
def test_find_decoded_run_of_words_the_person_did_not_write(
    text: str, person: str, figures: bool, found: tuple[str, int]
) -> None:
    desk, written = prepare_corpus(DESK), prepare_corpus((person,) if person else ())
    assert find_decoded_run(text, desk, written, figures=figures, is_telling=lambda words: len(words) > 3) == found
