"""Parse a question: candidates for names, years, quarter, and the kind of report."""

import re
from collections.abc import Iterator

import msgspec

from kimi_tui.tools.desk.document_identity import ReportForm, compact_name

MAX_NAME_WORDS = 5
"""Words that may make one name."""
MAX_YEARS = 12
"""Years of one question."""
_YEAR = re.compile(
    r"(?i)(?<![\d.,$€£])(?:fy|fiscal(?:\s+year)?|cy)?[\s'-]*((?:19|20)\d\d)(?!\d|[.,]\d)|\bfy[\s'-]*(\d\d)\b"
)
_RANGE = re.compile(
    r"(?i)((?:19|20)\d\d)\s*(?:-|\u2013|\u2014|to|through|until)\s*(?:fy\s*|fiscal\s+(?:year\s+)?)?((?:19|20)\d\d)"
)
_QUARTERS = (
    re.compile(r"(?i)\bq([1-4])\b|(?<=\d)q([1-4])\b|\b([1-4])q"),
    re.compile(r"(?i)\b(first|second|third|fourth)\s+(?:fiscal\s+)?quarter\b"),
)
_ORDINALS = ("first", "second", "third", "fourth")
_CURRENT = re.compile(r"(?i)\b8-?k\b|press\s+release|earnings\s+release")
_ANNUAL = re.compile(r"(?i)\bfy\s?'?\d|\bfiscal\b|\bannual\b|\b10-?k\b|\byear")
_WORD = re.compile(r"[^\W_]+(?:[&.'\u2019-][^\W_]+)*")
_INITIALS = re.compile(r"^([A-Z])n([A-Z])$")
"""Initials with a spoken `and` between them: `JnJ`."""
_AFTER = re.compile(r"['\u2019]s?$")


class NameCandidate(msgspec.Struct, frozen=True):
    """Words of a question that may be a name."""

    squeezed: str
    """As names are compared."""
    first: int
    """Place of its first word in the question."""
    last: int
    is_capital: bool
    """True when it is written with a capital or a digit at its beginning, as names are."""
    is_upper: bool
    """True when it is all in capitals, as initials and tickers are."""


class DeskQuestion(msgspec.Struct, frozen=True):
    """The names, period and kind of report in a question."""

    candidates: tuple[NameCandidate, ...]
    """Longer ones first."""
    years: tuple[int, ...]
    """Every year, a span of years in full, in order of time."""
    quarter: int
    """1 to 4, or 0."""
    form: ReportForm
    """The kind of report it speaks of; empty when it does not."""
    words: tuple[str, ...]
    """Its words."""


def read_question(text: str) -> DeskQuestion:
    """Return the names, years and form in a question."""
    words = [_AFTER.sub("", match.group()) for match in _WORD.finditer(text)]
    years = _years(text)
    quarter = _quarter(text)
    candidates = sorted(_candidates(words), key=lambda one: (one.first - one.last, one.first))
    return DeskQuestion(tuple(candidates), years, quarter, _form(text, quarter), tuple(words))


def _candidates(words: list[str]) -> Iterator[NameCandidate]:
    for first in range(len(words)):
        for last in range(first, min(first + MAX_NAME_WORDS, len(words))):
            text = " ".join(_INITIALS.sub(r"\1\2", word) for word in words[first : last + 1])
            if (joined := compact_name(text)) and not re.fullmatch(r"(?:fy)?(?:19|20)?\d\d|q\d", joined):
                start = text[0]
                yield NameCandidate(
                    joined,
                    first,
                    last,
                    start.isupper() or start.isdigit() or not start.islower(),
                    text.replace(" ", "").replace("&", "").isupper(),
                )


def _years(text: str) -> tuple[int, ...]:
    found = {int(match[1] or f"20{match[2]}") for match in _YEAR.finditer(text)}
    for match in _RANGE.finditer(text):
        first, last = sorted((int(match[1]), int(match[2])))
        if last - first <= MAX_YEARS:
            found.update(range(first, last + 1))
    return tuple(sorted(found)[-MAX_YEARS:])


def _quarter(text: str) -> int:
    if match := _QUARTERS[0].search(text):
        return int(match[1] or match[2] or match[3])
    match = _QUARTERS[1].search(text)
    return _ORDINALS.index(match[1].lower()) + 1 if match else 0


def _form(text: str, quarter: int) -> ReportForm:
    if _CURRENT.search(text):
        return "current"
    if quarter:
        return "quarterly"
    return "annual" if _ANNUAL.search(text) else ""
