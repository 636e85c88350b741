"""The periods that a question asks for, and which figures of a source are theirs."""

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import msgspec

from kimi_tui.quantities.text_periods import TextPeriod, find_periods

_ENDS = re.compile(
    r"(?i)\b(?:end|close) of(?: the)?(?: (?:fiscal|financial|calendar|business))?(?: year)?\b"
    r"|\byear[ -]?end\b|\bEnde\b|\bJahresende\b|\bzum Jahres|\b(?:à la )?fin\b|\bclosing\b"
)
_LATEST = re.compile(
    r"(?i)\b(?:latest|most recent(?:ly)?|current(?:ly)?|newest|last reported|today|now|last year|aktuell\w*|neueste\w*"
    r"|zuletzt|derni(?:er|ère)|actuel\w*)\b"
)
_SINCE = re.compile(r"(?i)\b(?:since|seit|depuis|desde)(?: the)?(?: \w+){0,3}? ((?:19|20)\d\d)")
_RANGE = re.compile(
    r"(?i)\b(?:from|between|von|zwischen|entre|de)?\s*((?:19|20)\d\d)\s*(?:-|–|to|and|bis|und|à|a|et)\s*((?:19|20)\d\d)\b"
)
_ENGLISH = tuple(
    (re.compile(rf"(?i)\b(?:{pattern})(?!\w)"), word)
    for pattern, word in (
        (r"erste[nsrm]?\s+halbjahr(?:es)?|1\.\s*halbjahr|premier semestre|1er semestre|first six months(?: of)?", "H1"),
        (r"first half[- ]year|first half(?: of)?", "H1"),
        (r"zweite[nsrm]?\s+halbjahr(?:es)?|2\.\s*halbjahr|(?:second|deuxième|2e) semestre|second half(?: of)?", "H2"),
        (r"erste[nsrm]?\s+quartal|1\.\s*quartal|premier trimestre|1er trimestre|T1(?= 20)", "Q1"),
        (r"zweite[nsrm]?\s+quartal|2\.\s*quartal|deuxième trimestre|2e trimestre|T2(?= 20)", "Q2"),
        (r"dritte[nsrm]?\s+quartal|3\.\s*quartal|troisième trimestre|3e trimestre|T3(?= 20)", "Q3"),
        (r"vierte[nsrm]?\s+quartal|4\.\s*quartal|quatrième trimestre|4e trimestre|T4(?= 20)", "Q4"),
        (r"février", "February"), (r"mars", "March"), (r"avril", "April"), (r"juin", "June"), (r"juillet", "July"),
        (r"août", "August"), (r"septembre", "September"), (r"octobre", "October"), (r"novembre", "November"),
        (r"décembre", "December"),
    )
)  # fmt: skip


class Span(msgspec.Struct, frozen=True, order=True):
    """A stretch of days, or one day."""

    last: date
    first: date

    @property
    def days(self) -> int:
        """Return how many days it has."""
        return (self.last - self.first).days + 1

    def holds(self, other: "Span") -> bool:
        """Return whether another lies in it."""
        return self.first <= other.first and other.last <= self.last


class AskedPeriods(msgspec.Struct, frozen=True):
    """The periods of a question."""

    spans: tuple[Span, ...] = ()
    """Those that it names, in order of time."""
    at_end: bool = False
    """True when the end of them is meant: `at the end of 2024`."""
    latest: bool = False
    """True when it asks for the latest."""
    is_range: bool = False
    """True when all from the first to the last are meant."""
    since: int = 0
    """The year from which on all are meant; 0 for none."""

    @property
    def names_any(self) -> bool:
        """Return whether it says when."""
        return bool(self.spans or self.since or self.latest)


def read_periods(text: str) -> AskedPeriods:
    """Return the periods that a question asks for."""
    for pattern, word in _ENGLISH:
        text = pattern.sub(word, text)
    since = _SINCE.search(text)
    ranged = _RANGE.search(text)
    spans = {span_of(one) for one in find_periods(text)}
    if ranged and int(ranged[1]) < int(ranged[2]) <= int(ranged[1]) + 20:
        spans |= {_year(year) for year in range(int(ranged[1]), int(ranged[2]) + 1)}
    if since:
        spans.discard(_year(int(since[1])))
    return AskedPeriods(
        spans=tuple(sorted(spans)),
        at_end=bool(_ENDS.search(text)),
        latest=bool(_LATEST.search(text)),
        is_range=bool(ranged),
        since=int(since[1]) if since else 0,
    )


def span_of(period: TextPeriod) -> Span:
    """Return the days of a period; of a year those of the calendar."""
    if period.day:
        return Span(period.day, period.day)
    months = {"month": 1, "quarter": 3, "half": 6}.get(period.kind, 12)
    last = months * period.number if period.number else 12
    return Span(_month_end(period.year, last), date(period.year, last - months + 1, 1))


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _year(year: int) -> Span:
    return Span(date(year, 12, 31), date(year, 1, 1))


def span_in(text: str) -> Span | None:
    """Return the one stretch of time that a cell or a header names; None for none and for several."""
    spans = {span_of(one) for one in find_periods(text)}
    if len(spans) > 1:  # `Year ended 31 December 2024` and the like: the whole words of the smallest part
        smallest = min(spans, key=lambda span: span.days)
        return smallest if all(one.holds(smallest) or one == smallest for one in spans) else None
    return spans.pop() if spans else None


def last_in(span: Span, spans: Sequence[Span]) -> Span | None:
    """Return the last of several that ends within a span; None when none does."""
    return max((one for one in spans if span.first <= one.last <= span.last), default=None)


def parts_of(span: Span, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return those that make up a span without a gap: its quarters, halves or months; none when they do not."""
    inside = sorted({one for one in spans if span.holds(one) and one != span and one.days > 1})
    for days in sorted({one.days // 25 for one in inside}):
        same = [one for one in inside if one.days // 25 == days]
        whole = same[0].first == span.first and same[-1].last == span.last
        if len(same) > 1 and whole and all((b.first - a.last).days == 1 for a, b in pairwise(same)):
            return tuple(same)
    return ()
