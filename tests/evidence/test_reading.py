"""The parts of citations: sentences, quotes, folded text, figures, code and harmless Markdown."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.evidence.fences import code_lines
from kimi_tui.evidence.quotes import find_quotes, remove_quotes
from kimi_tui.evidence.sentences import split_memo_sentences
from kimi_tui.evidence.typography import is_quoted_in, normalize_typography


def sentences_of(text: str) -> list[tuple[str, bool]]:
    """Each sentence, and whether it needs a source."""
    return [(text[span.start : span.end].strip(), span.needs_source) for span in split_memo_sentences(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One thing. Another thing.", ["One thing.", "Another thing."]),
        ("One thing [S1]. Another thing [S2].", ["One thing [S1].", "Another thing [S2]."]),
        ("One thing. [S1 p.2] Another thing. [S2]", ["One thing. [S1 p.2]", "Another thing. [S2]"]),
        ("One thing. [S1] [S2 §3]. Another.", ["One thing. [S1] [S2 §3].", "Another."]),
        ("It was 2023. Then 2024 came! Really? Yes.", ["It was 2023.", "Then 2024 came!", "Really?", "Yes."]),
        ("Approx. 5 of e.g. Mr. A. Smith and J. Doe.", ["Approx. 5 of e.g. Mr. A. Smith and J. Doe."]),
        ("See Fig. 3 and No. 4 of Siemens Corp. They rose.", ["See Fig. 3 and No. 4 of Siemens Corp. They rose."]),
        ("It rose 5.2 percent to 512.7. It fell.", ["It rose 5.2 percent to 512.7.", "It fell."]),
        ('"One two. Three four." [S1] Next one.', ['"One two. Three four." [S1]', "Next one."]),
        ("“One two. Three four.” Next one.", ["“One two. Three four.”", "Next one."]),
        ("它上升了。然后下降了[S1]。好！", ["它上升了。", "然后下降了[S1]。", "好！"]),
        ("Wrapped\nover lines. Next\none.", ["Wrapped\nover lines.", "Next\none."]),
        ("1. First item. More.\n2. Second", ["1. First item.", "More.", "2. Second"]),
        ("- one item\n- two items\n  go on\n* three", ["- one item", "- two items\n  go on", "* three"]),
        ("> quoted words\n> and more", ["> quoted words", "> and more"]),
        ("", []),
        (" \n\t\n", []),
        ("---\n***\n===", []),
        ("```\ncode one. Code two.\n```\nWords.", ["Words."]),
        ("~~~\n```\nstill code\n~~~\nWords.", ["Words."]),
        ("    ```\nno code at all", ["```\nno code at all"]),
        ("``` a ` b\nno code at all", ["``` a ` b\nno code at all"]),
        ("````\n```\nstill code", []),
    ],
)
def test_a_text_has_these_sentences(text: str, sentences: list[str]) -> None:
    assert [sentence for sentence, _ in sentences_of(text)] == sentences


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("It rose again", True),
        ("Yes", False),
        ("[S1]", False),
        ("The reasons are:", False),
        ("**Summary of findings**", False),
        ("**It rose again.**", True),
        ("# Key findings of all", False),
        ("销售额上升了", True),
    ],
)
def test_a_sentence_needs_a_source_when_it_says_something(text: str, needs: bool) -> None:
    assert sentences_of(text) == [(text, needs)]


def test_a_table_needs_sources_in_its_rows_alone() -> None:
    table = "| Year one | Year two |\n|---|---|\n| 1.5 now | 2.5 then |\n| total sum | all of it |"
    assert [needs for _, needs in sentences_of(table)] == [False, True, True]


@pytest.mark.parametrize(
    "heading",
    [
        *("What could not be found", "Limitations", "Sources", "Method", "How this memo was made", "Open questions"),
        *("Caveats", "Not verified", "Next steps", "Gaps in the evidence", "Uncertainties"),
    ],
)
def test_a_section_on_what_is_not_known_needs_no_source_down_to_its_end(heading: str) -> None:
    text = f"## {heading}\n\nNobody knows it.\n\n### Below it\n\nNobody knows this.\n\n## Findings\n\nIt rose again."
    assert [sentence for sentence, needs in sentences_of(text) if needs] == ["It rose again."]
    assert [needs for _, needs in sentences_of(f"**{heading}**\n\nNobody knows it.")] == [False, False]


@pytest.mark.parametrize(
    "heading",
    ["Tharnholm Limited", "Sources of revenue growth", "Payment methods", "The funding gap", "Resources", "Delimited"],
)
def test_a_heading_that_only_sounds_like_it_exempts_nothing(heading: str) -> None:
    assert sentences_of(f"## {heading}\n\nIt rose again.")[1] == ("It rose again.", True)


@given(st.text(st.sampled_from('aB1 .!?"“”[]S|-`~*#>\n。'), max_size=150))
def test_sentences_lie_in_order_and_leave_no_marker_outside_code_behind(text: str) -> None:
    spans = split_memo_sentences(text)
    assert all(span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    code, _ = code_lines(text.split("\n"))
    outside = [line for line, flag in zip(text.split("\n"), code, strict=True) if not flag]
    inside = "".join(text[span.start : span.end] for span in spans)
    assert "".join(outside).count("S") == inside.count("S")


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ('He said "one two three" twice', ["one two three"]),
        ('The "EU" directive says that the "UK" leaves', []),
        ('The "EU" said "one two three".', ["one two three"]),
        ("“one two three” and „four five six“", ["one two three", "four five six"]),
        ("« un deux trois » und »eins zwei drei«", ["un deux trois", "eins zwei drei"]),
        ('a 15" model and a 13" model here', []),
        ('in 2024"one two three"', ["one two three"]),
        ('" one two three "', ["one two three"]),
        ('"one “two” three four"', ["one “two” three four"]),
        ('"one two three”', ["one two three"]),
        ("「売上高は増加した」", ["売上高は増加した"]),
        ("「売上」", []),
        ('""', []),
        ('"one two\nthree four"', ["one two\nthree four"]),
        ('no end "one two three', []),
        ("don't 'one two three' it's", []),
    ],
)
def test_a_text_has_these_quotes(text: str, quotes: list[str]) -> None:
    assert list(find_quotes(text)) == quotes
    assert all(quote not in remove_quotes(text) for quote in quotes)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the  word\n here", "the word here"),
        ("“it’s”", '"it\'s"'),
        ("a – b — c", "a-b-c"),
        ("reve-\nnue", "revenue"),
        ("long-\nterm", "long-term"),
        ("über-\nörtlich", "überörtlich"),
        ("reve\u00ad\nnue re\u00advenue", "revenue revenue"),
        ("ﬁnancial oﬃce", "financial office"),
        ("**bold** _and_ `code`", "bold and code"),
        ("zero\u200bwidth\u2060", "zerowidth"),
        ("a | b", "a b"),
        ("５１２", "512"),
        ("cost\u00a0of", "cost of"),
    ],
)
def test_normalize_typography_variants_are_equal(one: str, other: str) -> None:
    assert normalize_typography(one) == normalize_typography(other)


@pytest.mark.parametrize(
    ("one", "other"), [("10-12", "1012"), ("Revenue", "revenue"), ("512.7", "5127"), ("a b", "ab"), ("−5", "5")]
)
def test_normalize_typography_other_letters_differ(one: str, other: str) -> None:
    assert normalize_typography(one) != normalize_typography(other)


def test_the_items_of_a_list_are_words_of_their_own() -> None:
    for mark in ("-", "\u2013", "\u2014"):
        passage = normalize_typography(
            f"12.2 Definitions\n{mark} EBIT: operating profit before tax\n {mark} `Net` debt: bonds"
        )
        for quote in ("EBIT: operating profit before tax", "12.2 Definitions", "Net debt: bonds"):
            assert is_quoted_in(quote, passage), (mark, quote)
        assert not is_quoted_in("BIT: operating profit", passage)


@given(st.text(max_size=60))
def test_folding_twice_changes_little_and_breaks_nothing(text: str) -> None:
    assert normalize_typography(normalize_typography(text)) == normalize_typography(
        normalize_typography(normalize_typography(text))
    )


@pytest.mark.parametrize(
    ("quote", "inside"),
    [
        ("rose to 12.5 million", True),
        ("rose to 12", False),
        ("rose to 12.5", True),
        ("ose to 12.5", False),
        ("It rose ... million", True),
        ("million ... It rose", False),
        ("It rose (…) 12.5", True),
        ("2.5 million", False),
        ("It rose to 12.5 million!", True),
    ],
)
def test_contains_quote_inside_word_is_false(quote: str, inside: bool) -> None:
    assert is_quoted_in(quote, normalize_typography("It rose to 12.5 million.")) == inside
