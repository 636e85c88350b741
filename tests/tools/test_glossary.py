"""Glossaries: which words and statements a question is widened by, and files that are none."""

from pathlib import Path

import pytest

from kimi_tui.tools.desk.glossary import (
    BUILT_IN,
    MAX_WORDS,
    Glossary,
    GlossaryEntry,
    GlossaryError,
    expand_question,
    load_glossary,
)

GLOSSARY = Glossary(
    (
        GlossaryEntry(("margin",), ("profit share",), ("income statement",)),
        GlossaryEntry(("gross margin",), ("gross profit", "cost of sales"), ("income statement",)),
        GlossaryEntry(("r&d",), ("research", "development")),
        GlossaryEntry(("cash",), ("cash and equivalents",), ("cash flows", "balance sheet")),
    )
)


@pytest.mark.parametrize(
    ("question", "words", "statements"),
    [
        ("What is the gross margin?", ("gross profit", "cost of sales"), ("income statement",)),
        ("GROSS  MARGIN", ("gross profit", "cost of sales"), ("income statement",)),
        ("margin", ("profit share",), ("income statement",)),
        ("margin and gross margin", ("profit share", "gross profit", "cost of sales"), ("income statement",)),
        ("cash, margin", ("cash and equivalents", "profit share"), ("cash flows", "balance sheet", "income statement")),
        ("the company's R&D", ("research", "development"), ()),
        ("margins", (), ()),
        ("marginal", (), ()),
        ("", (), ()),
    ],
)  # fmt: skip
def test_expand_question_by_the_longest_phrases(
    question: str, words: tuple[str, ...], statements: tuple[str, ...]
) -> None:
    found = expand_question(question, GLOSSARY)
    assert (found.words, found.statements) == (words, statements)


def test_expand_question_adds_a_bounded_number_of_words() -> None:
    wide = Glossary((GlossaryEntry(("all",), tuple(f"word {n}" for n in range(50))),))
    assert len(expand_question("all", wide).words) == MAX_WORDS


@pytest.mark.parametrize("name", ["", "off"])
def test_load_glossary_that_is_off_is_empty(name: str) -> None:
    assert load_glossary(name) == Glossary()
    assert expand_question("gross margin", load_glossary(name)).words == ()


@pytest.mark.parametrize("name", BUILT_IN)
def test_load_glossary_of_the_program_has_phrases_in_lower_case(name: str) -> None:
    found = load_glossary(name)
    assert len(found.entry) > 10
    assert all(phrase == phrase.lower() and entry.words for entry in found.entry for phrase in entry.asked)


def test_load_glossary_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('[[entry]]\nasked = ["turnover"]\nwords = ["net sales"]\n')
    assert expand_question("turnover", load_glossary(str(file))).words == ("net sales",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read (No such file or directory): name finance, off, or a TOML file."),
        (b"not = [toml", "is no list of entries with `asked` and `words`"),
        (b"[[entry]]\nasked = 5\n", "is no list of entries"),
        (b"[[entry]]\nasked = []\nwords = []\nmore = 1\n", "is no list of entries"),
        (b"\xff\xfe", "is no list of entries"),
    ],
)
def test_load_glossary_that_cannot_be_used_says_why(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "bad.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(GlossaryError) as caught:
        load_glossary(str(file))
    assert f"The glossary {file}" in str(caught.value)
    assert words in str(caught.value)
