"""Sentences of a memo: where they begin and end, and which need a source."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.evidence.markdown_text import code_lines
from kimi_tui.evidence.sentences import split_memo_sentences


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
