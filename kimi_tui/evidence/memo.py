"""A checked memo: its statements and citations with what was found behind each."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from kimi_tui.evidence.decisions import PersonDecision, last_verdict
from kimi_tui.evidence.findings import FINDINGS, CellReference, Checker, Finding
from kimi_tui.evidence.places import SourcePlace

_FAILED: frozenset[Finding] = frozenset({"contradicted", "not found", "lookup failed"})


class Citation(msgspec.Struct, frozen=True):
    """One citation of the memo with its finding."""

    start: int
    """Where `[` stands in the memo's text."""
    end: int
    """Behind `]`."""
    marker: str
    """As written, brackets included."""
    places: tuple[SourcePlace, ...]
    """The sources and places it names; none when it cannot be read."""
    quotes: tuple[str, ...]
    """Quoted passages that it vouches for."""
    finding: Finding = "unchecked"
    """What was found of the words that it vouches for."""
    detail: str = ""
    """What is wrong or was not looked at, in words the model can act on."""
    by: Checker = ""
    """By whom."""
    cells: tuple[CellReference, ...] = ()
    """The figures that the finding rests on."""
    resolved: bool = True
    """True when the places that it names exist."""
    fixable: bool = False
    """True when a better citation would let it be checked."""

    @property
    def is_followable(self) -> bool:
        """Return whether a reader can follow it."""
        return self.resolved and bool(self.places)


class Statement(msgspec.Struct, frozen=True):
    """One sentence, heading, list item or row of the memo, or its title, with what was found of it as a whole."""

    start: int
    """Where it begins in the memo's text; 0 with `end` 0 for the title."""
    end: int
    """Behind its last character."""
    text: str
    """Its words, shortened."""
    finding: Finding
    by: Checker = ""
    """By whom; empty when nobody looked."""
    reason: str = ""
    """Why it is not supported."""
    cells: tuple[CellReference, ...] = ()
    """The figures that the finding rests on."""
    needs_source: bool = True
    """True when a reader may expect a citation in it."""
    citations: tuple[int, ...] = ()
    """Its citations, by their numbers among all, from 0."""
    decisions: tuple[PersonDecision, ...] = ()
    """Decisions of people on it, in order; the finding of the check stays."""

    @property
    def decided(self) -> PersonDecision | None:
        """Return the person's decision that counts; None without one."""
        return last_verdict(self.decisions)

    @property
    def is_open(self) -> bool:
        """Return whether a reader has to look at it: it is rejected, or not supported and not accepted."""
        decided = self.decided
        return self.finding != "supported" if decided is None else decided.verdict == "reject"

    @property
    def is_uncited(self) -> bool:
        """Return whether it should lead to a source and leads to none."""
        return self.needs_source and not self.citations and self.finding != "supported"


class StatementCounts(msgspec.Struct, frozen=True):
    """Statement counts of a memo by checker and finding."""

    statements: int
    """All that were looked at."""
    supported: dict[str, int]
    """Supported ones by who checked them: `cells`, `words`, `quote`, `calculation`, `judge`, `person`."""
    unchecked: int
    """Cited ones that nobody could check."""
    uncited: int
    """Those that lead to no source and should."""
    contradicted: int
    """Those whose source says something else."""
    not_found: int
    """Those that do not stand where they cite."""
    lookup_failed: int
    """Those whose source could not be read."""
    judged_contradicted: int = 0
    """Of the contradicted ones those that are so only by a model's judgement."""
    rejections: int = 0
    """Those that a person rejected, whatever the check found."""

    @property
    def has_failures(self) -> bool:
        """Return whether something is wrong, not merely unchecked."""
        return bool(self.contradicted or self.not_found or self.lookup_failed or self.rejections)


class CheckedMemo(msgspec.Struct, frozen=True):
    """A checked memo."""

    title: str
    text: str
    """Markdown as the model wrote it."""
    citations: tuple[Citation, ...]
    """Every marker, in order."""
    sources: tuple[str, ...]
    """Ids of the sources that its citations lead to, in order of first mention."""
    uncited: tuple[str, ...] = ()
    """Sentences that lead to no source, as earlier versions recorded them."""
    statements: tuple[Statement, ...] = ()
    """Every statement, in order; none in a memo that an earlier version recorded."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Return what a better draft must correct, in words the model can act on."""
        failed = [
            f"{shorten_line(cite.marker, 160)} at \u201c{_around(self.text, cite)}\u201d: {cite.detail}"
            for cite in self.citations
            if cite.finding in _FAILED
        ]
        bare = [f"no source is cited for: \u201c{one.text}\u201d" for one in self.statements if one.is_uncited]
        return tuple(failed + bare)

    @property
    def hints(self) -> tuple[str, ...]:
        """Return what a better citation would make checkable, in words the model can act on."""
        return tuple(
            f"{cite.marker} at \u201c{_around(self.text, cite)}\u201d: {cite.detail}"
            for cite in self.citations
            if cite.finding == "unchecked" and cite.fixable
        )

    @property
    def is_acceptable(self) -> bool:
        """Return whether it has citations and none is wrong; unchecked statements may remain."""
        return bool(self.citations) and not any(cite.finding in _FAILED for cite in self.citations)

    @property
    def counts(self) -> StatementCounts:
        """Its statements by finding; those that a person accepted or rejected are counted as that."""
        verdicts = Counter(one.decided.verdict for one in self.statements if one.decided)
        left = [one for one in self.statements if one.decided is None]
        kinds = Counter(one.finding for one in left if not one.is_uncited)
        supported: Counter[str] = Counter(one.by for one in left if one.finding == "supported")
        supported.update(person=verdicts["accept"])
        uncited = sum(one.is_uncited for one in left)
        judged = sum(one.finding == "contradicted" and one.by == "judge" for one in left)
        rest = (kinds["contradicted"], kinds["not found"], kinds["lookup failed"], judged, verdicts["reject"])
        return StatementCounts(len(self.statements), dict(+supported), kinds["unchecked"], uncited, *rest)


def decode_memo(recorded: dict[str, Any]) -> CheckedMemo:
    """Return a memo as it was recorded; raises `msgspec.ValidationError`.

    Earlier versions compared digits and quotes alone: what they called supported counts as unchecked here.
    """
    if "statements" in recorded or not isinstance(recorded.get("citations"), (list, tuple)):
        return msgspec.convert(recorded, CheckedMemo)
    found = msgspec.convert(recorded["citations"], list[dict[str, Any]])
    citations = [_upgrade_citation(cite) for cite in found]
    return msgspec.convert({**recorded, "citations": citations}, CheckedMemo)


def read_memo(recorded: dict[str, Any] | None) -> CheckedMemo | None:
    """Return a memo as it was recorded; None without one, and for a malformed one."""
    try:
        return decode_memo(recorded) if recorded is not None else None
    except msgspec.ValidationError:
        return None


def _upgrade_citation(cite: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in cite.items() if name != "outcome"}
    outcome = cite.get("outcome")
    if outcome in (None, "supported"):
        detail = "an earlier version of kimi-tui looked for its digits and quotes alone; verify the session"
        return known | {"finding": "unchecked", "detail": known.get("detail") or detail}
    return known | {"finding": "not found", "resolved": outcome != "unresolved"}


def format_counts(counts: StatementCounts) -> str:
    """`41 statements: 22 figures from cells, 9 quotes, 3 unchecked, 1 contradicted`."""
    names = {
        "cells": "from cells", "words": "by the same words", "quote": "by quotes", "calculation": "calculated",
        "judge": "judged", "person": "accepted by a person",
    }  # fmt: skip
    pieces = [f"{counts.supported[by]} {name}" for by, name in names.items() if counts.supported.get(by)]
    opinion = f" ({counts.judged_contradicted} only judged so)" if counts.judged_contradicted else ""
    rest = (
        (counts.unchecked, "unchecked"), (counts.uncited, "without a source"), (counts.not_found, "not found"),
        (counts.contradicted, f"contradicted{opinion}"), (counts.lookup_failed, "lookup failed"),
        (counts.rejections, "rejected by a person"),
    )  # fmt: skip
    pieces += [f"{count} {name}" for count, name in rest if count]
    total = "1 statement" if counts.statements == 1 else f"{counts.statements} statements"
    return f"{total}: {', '.join(pieces)}" if pieces else total


def counts_by_finding(statements: Iterable[Statement]) -> dict[str, int]:
    """How many `statements` there are, and how many of each finding; of these `uncited` ones, and those `judged` by a
    model.

    Statements that people accepted or rejected are counted once more under `accepted` and `rejected`, if there are any.
    """
    found = list(statements)
    counts = {"statements": len(found)}
    counts |= {finding: sum(one.finding == finding for one in found) for finding in FINDINGS}
    counts |= {"uncited": sum(one.is_uncited for one in found), "judged": sum(one.by == "judge" for one in found)}
    verdicts = [one.decided.verdict for one in found if one.decided]
    decided = {"accepted": verdicts.count("accept"), "rejected": verdicts.count("reject")}
    return counts | {name: count for name, count in decided.items() if count}


def recorded_findings(recorded: dict[str, Any] | None) -> dict[str, int]:
    """The same for a memo as it was recorded; empty without one, and for one of a version that counted otherwise."""
    try:
        statements = msgspec.convert((recorded or {}).get("statements", ()), tuple[Statement, ...])
    except msgspec.ValidationError:
        return {}
    return counts_by_finding(statements) if statements else {}


def findings_in_words(counts: Mapping[str, int]) -> str:
    """`41 statements: 31 supported, 1 contradicted, 9 unchecked; 3 without a source`; empty for no counts.

    Findings of a model are named as such: `; 6 of these findings are a model's judgement`.
    """
    total, uncited, judged = (counts.get(name, 0) for name in ("statements", "uncited", "judged"))
    if "statements" not in counts:
        return ""
    named = [f"{counts[finding]} {finding}" for finding in FINDINGS if counts.get(finding)]
    bare = f"; {uncited} without a source" if uncited else ""
    by_model = f"; {judged} of these findings {'are' if judged > 1 else 'is'} a model's judgement" if judged else ""
    decided = [f"{counts[name]} {name}" for name in ("accepted", "rejected") if counts.get(name)]
    person = f"; {' and '.join(decided)} by a person" if decided else ""
    return f"{total} statement{'s' * (total != 1)}: {', '.join(named) or 'nothing to check'}{bare}{by_model}{person}"


def _around(text: str, cite: Citation) -> str:
    return shorten_line(text[max(cite.start - 70, 0) : cite.start], 70)


def shorten_line(text: str, limit: int) -> str:
    """Return the text on one line of so many characters at most."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "\u2026"
