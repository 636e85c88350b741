"""Citations: read, resolved, and checked against the words and figures of the places they name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.cells import Cell
from kimi_tui.evidence.amounts import find_amounts
from kimi_tui.evidence.memo import CheckedMemo, Citation, decode_memo, format_counts
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.places import SourcePlace, parse_places, text_at_place
from kimi_tui.evidence.quotes import find_quotes
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.session import SessionError
from kimi_tui.sources import Part, Source, SourceKind, SourceRef

ROWS = "Quarter | Revenue\n--- | ---\nrow {}: Q1 | 101.5\nrow {}: Q2 | 202.5"
PAGES = (
    Part("p.1", "Tharnholm makes heat pumps."),
    Part("p.2", "Revenue rose by 5.2% to EUR 512.7 million in 2024.\nOperating profit: 48 312 (thousand euros)"),
    Part("p.3", "The backlog was EUR 1,026.2 million.\nService and parts are\n22% of rev-\nenue."),
)


def made(source_id: str, kind: SourceKind, address: str, parts: tuple[Part, ...]) -> Source:
    return Source(SourceRef(source_id, "d" * 64, "T", address, "text/html", kind, "2026-11-03T10:00:00Z"), parts)


SOURCES = {
    "S1": made("S1", "document", "report.pdf", PAGES),
    "S2": made("S2", "page", "http://a.example", (Part("§1", "First."), Part("§2", "Prices fell to 17 euros."))),
    "S3": made("S3", "document", "a.csv", (Part("rows 1-2", ROWS.format(1, 2)), Part("rows 3-4", ROWS.format(3, 4)))),
    "S4": made(
        "S4", "calculation", "512.7 - 101.5", (Part("result", "512.7 - 101.5 = 411.2, words of my own choice"),)
    ),
    "S5": made(
        "S5",
        "query",
        "finance.sqlite: select 'words of my own choice', name from companies",
        (Part("rows 1-1", "a | b\n--- | ---\nrow 1: words of my own choice | the name that stands there"),),
    ),
    "S6": made("S6", "page", "empty", ()),
}


STORED = InMemorySources(SOURCES)
SENTENCES = [
    "Tharnholm makes heat pumps [S1 p.1].", "Revenue rose by 5.2% in 2024 [S1 p.2].", "Backlog was 9 [S1 p.3].",
    "So it is.", 'It "rose by 5.2% to EUR 512.7 million" [S1 p.2].', "The sum is 411.2 [S4 result].", "## Prices fell",
    "- 17 euros [S2 §2]", "| a | 512.7 [S1 p.2] |", "It is not so [S2].", "Prices fell to 17 euros [S2 §2].",
    "Nothing is said about ships [S1].",
]  # fmt: skip


def checked(text: str) -> CheckedMemo:
    return check_memo("Title", text, STORED)


def only(text: str) -> Citation:
    [cite] = checked(text).citations
    return cite


@pytest.mark.parametrize(
    ("inside", "places"),
    [
        ("S1", [("S1", "", 0, 0)]),
        ("S12 p.4", [("S12", "p.4", 4, 4)]),
        ("S12 p. 4", [("S12", "p.4", 4, 4)]),
        ("S12, page 4", [("S12", "p.4", 4, 4)]),
        ("S12 pp.4-5", [("S12", "p.4-5", 4, 5)]),
        ("S12 pages 4–5", [("S12", "p.4-5", 4, 5)]),
        ("S12 p.5-4", [("S12", "p.5", 5, 5)]),
        ("S12 §3", [("S12", "§3", 3, 3)]),
        ("S12 §§ 3-4", [("S12", "§3-4", 3, 4)]),
        ("S12 section 3", [("S12", "§3", 3, 3)]),
        ("S12 row 7", [("S12", "row 7", 7, 7)]),
        ("S12 rows 2-4", [("S12", "rows 2-4", 2, 4)]),
        ("S12 ROW 7", [("S12", "row 7", 7, 7)]),
        ("S21 result", [("S21", "result", 0, 0)]),
        ("S12 p.4; S13 row 2", [("S12", "p.4", 4, 4), ("S13", "row 2", 2, 2)]),
        ("S12 p.4, S13", [("S12", "p.4", 4, 4), ("S13", "", 0, 0)]),
    ],
)
def test_a_marker_names_its_places(inside: str, places: list[tuple[str, str, int, int]]) -> None:
    found = parse_places(inside)
    assert found is not None
    assert [(place.source, place.label, place.first, place.last) for place in found] == places


@pytest.mark.parametrize(
    "inside", ["", "S", "S1 p.4, 7", "S1 foo", "S1 p.4 extra", "S12345678", "p.4", "S1;", "S1 p.4.2"]
)
def test_parse_places_other_text_returns_none(inside: str) -> None:
    assert parse_places(inside) is None


@pytest.mark.parametrize(
    ("source", "inside", "text"),
    [
        ("S2", "S2", "First.\nPrices fell to 17 euros."),
        ("S2", "S2 §1-2", "First.\nPrices fell to 17 euros."),
        ("S2", "S2 p.1", None),
        ("S2", "S2 §0", None),
        ("S2", "S2 §", None),
        ("S2", "S2 §1-3", None),
        ("S2", "S2 §1-9999999", None),
        ("S3", "S3 row 2", "Quarter | Revenue\n--- | ---\nrow 2: Q2 | 202.5"),
        ("S3", "S3 rows 2-3", "Quarter | Revenue\n--- | ---\nrow 2: Q2 | 202.5\n"
                              "Quarter | Revenue\n--- | ---\nrow 3: Q1 | 101.5"),
        ("S3", "S3 rows 4-5", None),
        ("S3", "S3 row 0", None),
        ("S1", "S1 row 1", None),
        ("S4", "S4 result", "512.7 - 101.5 = 411.2, words of my own choice"),
        ("S1", "S1 result", None),
        ("S6", "S6", ""),
    ],
)  # fmt: skip
def test_text_at_place_returns_text(source: str, inside: str, text: str | None) -> None:
    places = parse_places(inside)
    assert places is not None
    assert text_at_place(SOURCES[source], places[0]) == text


@pytest.mark.parametrize(
    "sentence",
    [
        'It "rose by 5.2% to EUR 512.7 million" last year [S1 p.2].',
        "It “rose by 5.2% to EUR 512.7 million” last year [S1 p.2].",
        "Er „rose by 5.2% to EUR 512.7 million“ [S1 p.2].",
        "Il «rose by 5.2% to EUR 512.7 million» [S1 p.2].",
        "Er »rose by 5.2% to EUR 512.7 million« [S1 p.2].",
        '"Revenue rose by 5.2% to EUR 512.7 million in 2024." [S1 p.2]',
        '"Revenue rose … to EUR 512.7 million" [S1 p.2].',
        '"Revenue rose [...] in 2024" [S1].',
        '"in 2024. Operating profit: 48 312" [S1 p.2].',
        '"Service and parts are 22% of revenue" [S1 p.3].',
        '"Revenue **rose** by 5.2%" [S1 p.1-3].',
        "Revenue rose by 5.2% in 2024 [S1 p.2].",
        "Revenue rose to EUR 512.7 million in 2024 [S1 p.2] [S1 p.1-2].",
        "According to the report [S1 p.2], revenue rose to EUR 512.7 million.",
        'The table says "the name that stands there" [S5 row 1].',
        "Service and parts are 22 per cent of revenue [S1 p.3].",
    ],
)
def test_memo_what_the_source_says_is_supported(sentence: str) -> None:
    memo = checked(sentence)
    assert [(cite.finding, cite.detail) for cite in memo.citations if cite.finding != "supported"] == []
    assert memo.is_acceptable
    assert memo.problems == ()


@pytest.mark.parametrize(
    ("sentence", "detail"),
    [
        ('It "fell by 5.2% to EUR 512.7 million" [S1 p.2].', "is not in [S1 p.2] word for word"),
        ('It "rose by 5.2% to EUR 512.7 million" [S1 p.1].', "word for word"),
        ('"revenue rose by 5.2%" [S1 p.2].', "word for word"),
        ('"Revenue rose by 5.2% to EUR 51" [S1 p.2].', "word for word"),
        ('"evenue rose by 5.2%" [S1 p.2].', "word for word"),
        ('"512.7 million … Revenue rose by" [S1 p.2].', "word for word"),
        ('"First invented sentence. Second invented sentence." [S1 p.2]', "word for word"),
        ('The "EU" rule and the "made up words of nobody" [S1 p.2].', "made up words of nobody"),
        ('By its own words [S1 p.2], "it doubled its revenue".', "it doubled its revenue"),
        ("Revenue was EUR 512.9 million [S1 p.2].", "the figure EUR 512.9 million is not there"),
        ("Revenue was EUR512.9m [S1 p.2].", "512.9m"),
        ("Revenue was 512.7 billion [S1 p.2].", "512.7 billion"),
        ("Revenue rose by 52% [S1 p.2].", "52%"),
        ("Revenue rose by 7% [S1 p.2].", "7%"),
        ("According to the report [S1 p.2], revenue was EUR 999 million.", "999 million"),
        ("Revenue rose to 512.7 million [S1 p.2], backlog to 999.9 million [S1 p.3].", "999.9 million"),
        ('I computed "words of my own choice" [S4 result].', "word for word"),
        ('The table says "words of my own choice" [S5 row 1].', "word for word"),
        ("Q2 brought 303 [S3 row 2].", "303"),
    ],
)
def test_memo_what_the_source_does_not_say_is_not_found(sentence: str, detail: str) -> None:
    failed = [cite for cite in checked(sentence).citations if cite.finding == "not found"]
    assert len(failed) == 1
    assert detail in failed[0].detail
    assert not checked(sentence).is_acceptable
    assert failed[0].marker in checked(sentence).problems[0]


@pytest.mark.parametrize(
    ("sentence", "detail"),
    [
        ("It is so [S9 p.1].", "there is no source S9"),
        ("It is so [S1 p.9].", "S1 has no p.9; it has p.1 to p.3"),
        ("It is so [S1 p.2-9].", "S1 has no p.2-9"),
        ("It is so [S6 p.1].", "it has nothing"),
        ("It is so [S1 p.2; S9].", "there is no source S9"),
        ("It is so [S1 p.4, 7].", "this is not a citation"),
        ("It is so [S1 somewhere].", "this is not a citation"),
        ("## A heading that cites [S9]", "there is no source S9"),
    ],
)
def test_memo_marker_that_leads_nowhere_is_not_found(sentence: str, detail: str) -> None:
    cite = only(sentence)
    assert (cite.finding, cite.is_followable) == ("not found", False)
    assert detail in cite.detail
    assert checked(sentence).sources == ()


def test_memo_prose_is_never_supported() -> None:
    memo = checked("Tharnholm makes heat pumps [S1 p.1]. It is a fine company [S1 p.1].")
    assert [one.finding for one in memo.statements] == ["unchecked", "unchecked"]
    assert memo.counts.supported == {}
    assert memo.is_acceptable


def test_memo_source_that_cannot_be_read_is_a_failed_lookup() -> None:
    class Damaged:
        def get(self, source_id: str) -> Source | None:
            raise SessionError("the stored text of S1 is damaged")

        def cells(self, source_id: str, label: str = "") -> tuple[Cell, ...]:
            raise AssertionError("never asked for")

    [cite] = check_memo("", "Revenue was 5 million [S1 p.2].", Damaged()).citations
    assert (cite.finding, cite.detail) == ("lookup failed", "the stored text of S1 is damaged")


@pytest.mark.parametrize(
    "text",
    [
        "## Revenue rose by 52% in 2024",
        "```\nRevenue was EUR 999 million\n```",
        "These 47 companies failed:",
        "## Methods\n\nWe asked 312 people.",
        "## Limits\n\nThe error is below 3%.",
        "| Company | EUR 999 million |\n|---|---|\n| a | b |",
    ],
)
def test_check_memo_uncited_figure_is_counted(text: str) -> None:
    memo = checked(text)
    assert memo.counts.uncited >= 1
    assert "no source is cited for" in memo.problems[0]


def test_memo_title_with_a_figure_rests_on_a_statement_below() -> None:
    text = "Revenue rose by 5.2% in 2024 [S1 p.2]."
    assert check_memo("Revenue up 5.2%", text, STORED).counts.uncited == 0
    assert check_memo("Revenue up 52%", text, STORED).counts.uncited == 1


def test_memo_counts_say_by_whom() -> None:
    memo = checked(
        'It "rose by 5.2% to EUR 512.7 million" [S1 p.2]. Revenue rose by 5.2% in 2024 [S1 p.2]. '
        "It makes pumps [S1 p.1]. Nobody says so at all. Revenue rose by 52% [S1 p.2]."
    )
    assert format_counts(memo.counts) == (
        "5 statements: 1 by the same words, 1 by quotes, 1 unchecked, 1 without a source, 1 not found"
    )


def test_memo_of_an_earlier_version_claims_no_check() -> None:
    old = {
        "title": "T", "text": "A [S1 p.1]. B [S9].", "sources": ["S1"], "uncited": [],
        "citations": [
            {"start": 2, "end": 10, "marker": "[S1 p.1]", "places": [], "quotes": [], "outcome": "supported"},
            {"start": 14, "end": 18, "marker": "[S9]", "places": [], "quotes": [], "outcome": "unresolved"},
        ],
    }  # fmt: skip
    memo = decode_memo(old)
    assert [cite.finding for cite in memo.citations] == ["unchecked", "not found"]
    assert "earlier version" in memo.citations[0].detail


@given(st.lists(st.sampled_from(SENTENCES), max_size=6).map(" ".join))
def test_check_memo_unchecked_is_never_supported(text: str) -> None:
    """By construction: whatever is supported names who found it, and holds a figure or a quote."""
    for one in checked(text).statements:
        if one.finding == "supported":
            assert one.by in ("cells", "words", "quote", "calculation")
            words = text[one.start : one.end]
            assert find_amounts(words) or find_quotes(words)


def test_check_memo_uncited_sentences_are_listed() -> None:
    memo = checked("Revenue rose [S1 p.2]. It was a good year for all. [S1 p.1] So it went on and on.")
    assert [one.text for one in memo.statements if one.is_uncited] == ["So it went on and on."]
    assert memo.is_acceptable
    assert memo.problems == ("no source is cited for: “So it went on and on.”",)


def test_a_memo_without_citations_does_not_hold() -> None:
    assert not checked("## What could not be found\n\nNothing was found at all.").is_acceptable
    assert checked("").statements == ()


def test_memo_sources_are_listed_once_in_order() -> None:
    memo = checked("A thing [S2 §1]. Another thing [S1 p.1; S2 §2]. A third [S9]. A fourth is 999.5 [S3].")
    assert memo.sources == ("S2", "S1", "S3")


def test_check_memo_citation_has_offsets() -> None:
    text = 'It "rose by 5.2% to EUR 512.7 million" [S1 p.2].'
    cite = only(text)
    assert text[cite.start : cite.end] == cite.marker == "[S1 p.2]"
    assert cite.quotes == ("rose by 5.2% to EUR 512.7 million",)
    assert cite.places == (SourcePlace("S1", "p.2", "p.", 2, 2),)


@given(st.text(st.sampled_from('aA1 .,"“”«[]S§p|-`~*#\n€%½1234567890'), max_size=120))
def test_no_text_is_an_error(text: str) -> None:
    memo = checked(text)
    for cite in memo.citations:
        assert text[cite.start : cite.end] == cite.marker


HOSTILE = {
    "quotation marks": '"' * 20_000 + "[S1]",
    "markers": "[S1 p.1]" * 5_000,
    "abbreviations": "e.g. A " * 10_000 + "[S1]",
    "full stops": ". " * 50_000,
    "blanks": " " * 100_000 + "[S1]",
    "digits": "9" * 100_000 + " [S1 p.2]",
    "commas": "1,000" * 20_000 + " [S1 p.2]",
    "groups": "1 000" * 20_000 + " [S1 p.2]",
    "cells": "| a " * 20_000,
    "opening marks": "“" * 20_000,
    "omissions": "…" * 20_000 + '"a … b … c" [S1]',
    "brackets": ". " + "[S1" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_memo_is_checked_all_the_same(name: str) -> None:
    """Each would take minutes if the work grew with the square of its length: the suite's own limit ends it."""
    assert checked(HOSTILE[name]).text == HOSTILE[name]


def test_memo_citation_in_full_width_brackets_is_a_citation() -> None:
    text = "Revenue rose by 5.2% in 2024 \u3010S1 p.2\u3011. It makes pumps.\u3010S1 p.1\u3011"
    memo = checked(text)
    assert [cite.finding for cite in memo.citations] == ["supported", "unchecked"]
    assert memo.counts.uncited == 0
