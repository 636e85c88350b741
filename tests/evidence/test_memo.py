"""A checked memo: what must be corrected, what may be cited better, and how its statements are counted."""

from typing import Any

import msgspec
import pytest

from kimi_tui.evidence.decisions import PersonDecision
from kimi_tui.evidence.findings import FINDINGS, Checker, Finding
from kimi_tui.evidence.memo import (
    CheckedMemo,
    Citation,
    Statement,
    counts_by_finding,
    decode_memo,
    findings_in_words,
    format_counts,
    read_memo,
    recorded_findings,
    shorten_line,
)
from kimi_tui.evidence.places import SourcePlace

PLACE = SourcePlace("S1", "p.1", "p.", 1, 1)
ACCEPTED, REJECTED = PersonDecision("accept", "ann"), PersonDecision("reject", "ann")
NOTED = PersonDecision("note", "ann", "see page 3")


def citation(finding: Finding = "supported", **known: Any) -> Citation:
    about: dict[str, Any] = {"detail": "why", "places": (PLACE,)} | known
    return Citation(11, 19, "[S1 p.1]", about.pop("places"), (), finding, **about)


def statement(finding: Finding, by: Checker = "", **known: Any) -> Statement:
    about: dict[str, Any] = {"citations": (0,)} | known
    return Statement(0, 10, "Sales rose.", finding, by, **about)


def memo(*citations: Citation, statements: tuple[Statement, ...] = ()) -> CheckedMemo:
    return CheckedMemo("T", "Sales rose [S1 p.1].", citations, ("S1",), (), statements)


@pytest.mark.parametrize(
    ("resolved", "places", "followable"), [(True, (PLACE,), True), (False, (PLACE,), False), (True, (), False)]
)
def test_citation_is_followable_with_places_that_exist(
    resolved: bool, places: tuple[SourcePlace, ...], followable: bool
) -> None:
    assert citation(resolved=resolved, places=places).is_followable is followable


@pytest.mark.parametrize(
    ("finding", "decisions", "is_open"),
    [
        ("supported", (), False),
        ("unchecked", (), True),
        ("contradicted", (), True),
        ("contradicted", (ACCEPTED,), False),
        ("supported", (REJECTED,), True),
        ("contradicted", (REJECTED, ACCEPTED), False),
        ("supported", (ACCEPTED, REJECTED), True),
        ("supported", (NOTED,), False),
        ("unchecked", (ACCEPTED, NOTED), False),
    ],
)
def test_statement_is_open_by_the_last_verdict(
    finding: Finding, decisions: tuple[PersonDecision, ...], is_open: bool
) -> None:
    assert statement(finding, decisions=decisions).is_open is is_open


@pytest.mark.parametrize(
    ("finding", "needs", "citations", "uncited"),
    [
        ("unchecked", True, (), True),
        ("unchecked", False, (), False),
        ("unchecked", True, (0,), False),
        ("supported", True, (), False),
    ],
)
def test_statement_is_uncited_without_a_source_that_it_needs(
    finding: Finding, needs: bool, citations: tuple[int, ...], uncited: bool
) -> None:
    assert statement(finding, needs_source=needs, citations=citations).is_uncited is uncited


@pytest.mark.parametrize("finding", FINDINGS)
def test_memo_problems_are_failed_citations_and_uncited_statements(finding: Finding) -> None:
    failed = finding in ("contradicted", "not found", "lookup failed")
    found = memo(citation(finding), statements=(statement("unchecked", citations=()),))
    assert len(found.problems) == 1 + failed
    assert found.problems[-1] == "no source is cited for: \u201cSales rose.\u201d"
    if failed:
        assert found.problems[0] == "[S1 p.1] at \u201cSales rose\u201d: why"
    assert found.is_acceptable is not failed


def test_memo_without_citations_is_not_acceptable() -> None:
    assert not memo().is_acceptable
    assert memo(citation("unchecked")).is_acceptable


def test_memo_hints_are_unchecked_citations_that_could_be_better() -> None:
    hints = memo(citation("unchecked", fixable=True), citation("unchecked"), citation("not found", fixable=True)).hints
    assert hints == ("[S1 p.1] at \u201cSales rose\u201d: why",)


STATEMENTS = (
    statement("supported", "cells"),
    statement("supported", "quote"),
    statement("supported", "judge"),
    statement("unchecked"),
    statement("unchecked", citations=()),
    statement("contradicted", "judge"),
    statement("contradicted", "cells"),
    statement("not found"),
    statement("lookup failed"),
    statement("contradicted", "cells", decisions=(ACCEPTED,)),
    statement("supported", "cells", decisions=(REJECTED,)),
)


def test_memo_counts_each_statement_once() -> None:
    counts = memo(statements=STATEMENTS).counts
    assert counts.supported == {"cells": 1, "quote": 1, "judge": 1, "person": 1}
    assert (counts.unchecked, counts.uncited, counts.contradicted, counts.judged_contradicted) == (1, 1, 2, 1)
    assert (counts.not_found, counts.lookup_failed, counts.rejections) == (1, 1, 1)
    rest = counts.unchecked + counts.uncited + counts.contradicted + counts.not_found + counts.lookup_failed
    assert sum(counts.supported.values()) + rest + counts.rejections == counts.statements == len(STATEMENTS)
    assert counts.has_failures


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ((), "0 statements"),
        (STATEMENTS[:1], "1 statement: 1 from cells"),
        (
            STATEMENTS,
            "11 statements: 1 from cells, 1 by quotes, 1 judged, 1 accepted by a person, 1 unchecked, "
            "1 without a source, 1 not found, 2 contradicted (1 only judged so), 1 lookup failed, "
            "1 rejected by a person",
        ),
    ],
)
def test_format_counts_names_what_there_is(statements: tuple[Statement, ...], words: str) -> None:
    assert format_counts(memo(statements=statements).counts) == words


def test_memo_without_failures_has_none() -> None:
    assert not memo(statements=STATEMENTS[:5]).counts.has_failures
    assert not memo().counts.has_failures


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ((), "0 statements: nothing to check"),
        (STATEMENTS[:1], "1 statement: 1 supported"),
        (
            STATEMENTS,
            "11 statements: 4 supported, 4 contradicted... ",
        ),
    ],
)
def test_findings_in_words_names_every_finding(statements: tuple[Statement, ...], words: str) -> None:
    said = findings_in_words(counts_by_finding(statements))
    if "..." in words:
        assert said == (
            "11 statements: 4 supported, 3 contradicted, 1 not found, 2 unchecked, 1 lookup failed; "
            "1 without a source; 2 of these findings are a model's judgement; 1 accepted and 1 rejected by a person"
        )
    else:
        assert said == words


def test_findings_in_words_of_no_counts_is_empty() -> None:
    assert findings_in_words({}) == ""


def test_decode_memo_returns_what_was_recorded() -> None:
    checked = memo(citation("unchecked"), statements=STATEMENTS)
    assert decode_memo(msgspec.to_builtins(checked)) == checked
    assert read_memo(msgspec.to_builtins(checked)) == checked


@pytest.mark.parametrize(
    ("outcome", "finding", "resolved"),
    [
        ("supported", "unchecked", True),
        (None, "unchecked", True),
        ("unresolved", "not found", False),
        ("unsupported", "not found", True),
    ],
)
def test_decode_memo_of_an_earlier_version_trusts_no_comparison_of_digits(
    outcome: str | None, finding: Finding, resolved: bool
) -> None:
    old = {"start": 0, "end": 8, "marker": "[S1 p.1]", "places": [], "quotes": []} | (
        {"outcome": outcome} if outcome else {}
    )
    [cite] = decode_memo({"title": "", "text": "", "citations": [old], "sources": []}).citations
    assert (cite.finding, cite.resolved) == (finding, resolved)


@pytest.mark.parametrize(
    "recorded", [None, {}, {"title": 5}, {"title": "", "text": "", "citations": "x", "sources": []}]
)
def test_read_memo_of_none_or_malformed_is_none(recorded: dict[str, Any] | None) -> None:
    assert read_memo(recorded) is None


@pytest.mark.parametrize("citations", [[5], [None], ["x"], [{}]])
def test_read_memo_with_malformed_citations_of_an_earlier_version_is_none(citations: list[Any]) -> None:
    assert read_memo({"title": "", "text": "", "citations": citations, "sources": []}) is None


@pytest.mark.parametrize("recorded", [None, {}, {"statements": []}, {"statements": 5}, {"statements": [{"x": 1}]}])
def test_recorded_findings_of_none_or_malformed_are_empty(recorded: dict[str, Any] | None) -> None:
    assert recorded_findings(recorded) == {}


def test_recorded_findings_are_those_of_the_statements() -> None:
    recorded = msgspec.to_builtins(memo(statements=STATEMENTS))
    assert recorded_findings(recorded) == counts_by_finding(STATEMENTS)


@pytest.mark.parametrize(
    ("text", "limit", "line"),
    [
        ("a\n b", 10, "a b"),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde\u2026"),
        ("abc  defg", 6, "abc d\u2026"),
        ("", 5, ""),
    ],
)
def test_shorten_line_is_never_longer_than_its_limit(text: str, limit: int, line: str) -> None:
    assert shorten_line(text, limit) == line
    assert len(line) <= limit
