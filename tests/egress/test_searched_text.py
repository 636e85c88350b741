"""Words, figures and letters are found in a text whatever separates them, and coincidences are not."""

import pytest

from kimi_tui.egress.searched_text import (
    MAX_CORPORA,
    SearchedText,
    figure_keys,
    name_variants,
    normalize_words,
    prepare_corpus,
    squeeze,
)

TEXT = "Tharnholm's net debt of \u20ac4,210 million rose (again), as Tharnholm said."


@pytest.mark.parametrize(
    ("text", "squeezed"),
    [
        ("Net debt of 4,210", "netdebtof4210"),
        ("n\u0435t d\u0435bt", "netdebt"),
        ("Caf\u00e9 \uff4e\uff45\uff54", "cafenet"),
        ("net\u200bdebt", "netdebt"),
        (" -.,", ""),
    ],
)
def test_squeeze_keeps_plain_letters_and_digits_alone(text: str, squeezed: str) -> None:
    assert squeeze(text) == squeezed


@pytest.mark.parametrize(
    ("figure", "keys"),
    [("4,210", {"4210", "421"}), ("0.0421", {"00421", "421"}), ("17", set()), ("1000", {"1000"})],
)
def test_figure_keys_are_digits_with_and_without_outer_zeros(figure: str, keys: set[str]) -> None:
    assert figure_keys(figure) == keys


def test_name_variants_of_a_long_name_miss_one_letter_or_the_vowels() -> None:
    assert {"tharnholm", "tharnhlm", "thrnhlm"} <= name_variants("tharnholm")
    assert name_variants("basel") == {"basel"}


def test_normalize_words_drops_signs_and_possessives() -> None:
    assert normalize_words(TEXT) == "Tharnholm net debt of 4,210 million rose again as Tharnholm said"


@pytest.mark.parametrize(
    ("words", "contained"),
    [(["net", "debt", "of"], True), (["Net", "Debt"], True), (["rose", "again", "as"], True), (["net", "of"], False)],
)
def test_searched_text_contains_consecutive_words(words: list[str], contained: bool) -> None:
    assert SearchedText(TEXT).contains(words) == contained


@pytest.mark.parametrize(
    ("words", "telling"),
    [(["net", "debt"], False), (["net", "debt", "of"], True), (["4,210"], True), (["Tharnholm"], True)],
)
def test_searched_text_is_origin_of_runs_figures_and_names(words: list[str], telling: bool) -> None:
    assert SearchedText(TEXT).is_origin(words) == telling


@pytest.mark.parametrize(("figure", "known"), [("4210", True), ("4.21", True), ("42,100", True), ("4,211", False)])
def test_searched_text_has_figure_in_any_notation(figure: str, known: bool) -> None:
    assert SearchedText(TEXT).has_figure(figure) == known


def test_find_squeezed_gives_the_whole_shared_stretch_and_its_text() -> None:
    corpus = prepare_corpus(("Nothing of it.", TEXT))
    letters = "xxxx" + squeeze("net debt of 4,210 million") + "yyyy"
    start, end, number = corpus.find_squeezed(letters)
    assert (letters[start:end], number) == ("netdebtof4210million", 1)


def test_find_squeezed_of_a_short_or_foreign_stretch_is_empty() -> None:
    corpus = prepare_corpus((TEXT,))
    assert corpus.find_squeezed("xxxxnetdebtofyyyy") == (0, 0, 0)
    assert corpus.find_squeezed(squeeze("gross margin of 9,876 thousand")) == (0, 0, 0)


def test_prepare_corpus_extends_the_one_that_its_texts_begin_with() -> None:
    first = prepare_corpus(("one text",))
    grown = prepare_corpus(("one text", "another text"))
    assert grown is first
    assert grown.vocabulary == {"one", "another", "text"}
    for number in range(MAX_CORPORA):
        prepare_corpus((f"other {number}",))
    assert prepare_corpus(("one text", "another text")) is not first
