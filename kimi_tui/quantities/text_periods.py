"""Find periods in text: days, months, quarters, halves and years.

A period keeps what is written and no more: `2024` is a year that may be fiscal; `31 May 2025` is a day, be it a
balance sheet's or the end of a year.
"""

import re
from datetime import date
from typing import Literal

import msgspec

from kimi_tui.quantities.dates import MONTH, YEAR, month_number, whole_year

PeriodKind = Literal["day", "month", "quarter", "half", "year"]

_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_ORDINAL = "|".join(_ORDINALS)
_FISCAL = r"(?:fiscal(?:\s+year)?|FY|financial\s+year|Gesch\u00e4ftsjahr)"
_PATTERN = re.compile(
    rf"""
    (?<![\w.,$\u20ac\u00a3%-])(?:
      (?P<iso>{YEAR}-\d\d-\d\d)
    | (?P<m1>{MONTH})\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?:,\s*|\s+)(?P<y1>{YEAR})
    | (?P<d2>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<m2>{MONTH}),?\s+(?P<y2>{YEAR})
    | (?P<d3>\d{{1,2}})[./](?P<m3>\d{{1,2}})[./](?P<y3>{YEAR})
    | (?P<m4>{MONTH})(?:\s+of)?,?\s+(?P<y4>{YEAR})
    | (?P<yq0>{YEAR})[\s-]?Q(?P<q0>[1-4])
    | (?:Q(?P<q1>[1-4])|(?P<q2>[1-4])Q|(?P<q3>{_ORDINAL})(?:\s+fiscal)?[\s-]quarter)
      (?:\s*(?:of\s+)?(?:the\s+)?(?:{_FISCAL}\s*)?[-\s/']*(?P<yq>{YEAR}|\d\d(?=\b))?)
    | (?:H(?P<h1>[12])|(?P<h2>first|second|1st|2nd)\s+half)
      (?:\s*(?:of\s+)?(?:{_FISCAL}\s*)?[-\s/']*(?P<yh>{YEAR}|\d\d(?=\b))?)
    | (?P<ya>{YEAR})\s?[-\u2013/]\s?(?P<yb>\d\d)(?!\d|[.,]\d|\s?%)
    | {_FISCAL}\s*[-']?(?P<yf>{YEAR}|\d\d(?=\b)(?!\s?%))
    | (?P<m5>{MONTH})\s+(?P<d5>\d{{1,2}})(?:st|nd|rd|th)?(?![\d%.,]|\s?%)
    | (?P<d6>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<m6>{MONTH})(?!\w)
    | (?P<year>{YEAR})(?=[AE]?(?![\w%]|[.,]\d|\s?%|\s(?:million|billion|thousand|shares|employees|jobs)\b))[AE]?
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)


_YEAR_BEFORE = re.compile(
    r"\b(?:a|one) year (?:earlier|before|ago|prior)\b|\bthe year (?:before|earlier)\b|\byear[- ]earlier\b"
    r"|\b(?:the |its |their )?(?:prior|previous|preceding|last)[ -](?:fiscal |financial )?year(?:['\u2019]s)?\b",
    re.IGNORECASE,
)
_YEARS = re.compile(rf"(?<![\w.,$\u20ac\u00a3%-]){YEAR}\s?[-\u2013\u2014]\s?(?P<last>{YEAR})(?![\w%]|[.,]\d)")
"""Two years with a dash between them, of which the pattern above finds the first."""


class TextPeriod(msgspec.Struct, frozen=True):
    """One period as written."""

    start: int
    """Where it begins in its text."""
    end: int
    """Behind it."""
    text: str
    """As written."""
    kind: PeriodKind
    year: int
    """0 where none is written."""
    number: int = 0
    """The month, quarter or half; 0 for a year."""
    day: date | None = None
    """The day, for a day with its year."""
    fiscal: bool = False
    """True when it is called fiscal."""
    relative: bool = False
    """True when it is told by another one: `a year earlier`."""


def find_periods(text: str) -> list[TextPeriod]:
    """Return the periods of a text in order; a day or a quarter without its year is left out."""
    return [period for period in _all(text) if period.year]


def with_relative_periods(text: str, periods: list[TextPeriod]) -> list[TextPeriod]:
    """Return periods of a text with those that it tells by another one: `$5 in 2024, after $4 a year earlier`."""
    found = []
    for match in _YEAR_BEFORE.finditer(text):
        base = next((one for one in reversed(periods) if one.end <= match.start()), periods[0] if periods else None)
        if base is None or any(one.start < match.end() and match.start() < one.end for one in periods):
            continue
        day = _year_before(base.day) if base.day else None
        found.append(
            TextPeriod(*match.span(), match.group(), base.kind, base.year - 1, base.number, day, base.fiscal, True)
        )
    return sorted([*periods, *found], key=lambda period: period.start) if found else periods


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)


def find_date_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of days, years and the like, including those without a year."""
    return [(period.start, period.end) for period in _all(text)]


def _all(text: str) -> list[TextPeriod]:
    found = [period for match in _PATTERN.finditer(text) if (period := _period(match))]
    behind = [
        TextPeriod(match.start("last"), match.end("last"), match["last"], "year", int(match["last"]))
        for match in _YEARS.finditer(text)
    ]
    return sorted([*found, *behind], key=lambda period: period.start) if behind else found


def _period(match: re.Match[str]) -> TextPeriod | None:
    about = (match.start(), match.end(), match.group().strip())
    fiscal = bool(re.search(_FISCAL, match.group(), re.IGNORECASE))
    if match["iso"]:
        return _day(about, *map(int, match["iso"].split("-")))
    for day, month, year in (("d1", "m1", "y1"), ("d2", "m2", "y2"), ("d5", "m5", ""), ("d6", "m6", "")):
        if match[month]:
            return _day(about, int(match[year]) if year else 0, month_number(match[month]), int(match[day]))
    if match["y3"]:
        return _day(about, int(match["y3"]), int(match["m3"]), int(match["d3"]))
    if match["m4"]:
        return TextPeriod(*about, "month", int(match["y4"]), month_number(match["m4"]))
    if quarter := match["q0"] or match["q1"] or match["q2"] or match["q3"]:
        number = int(quarter) if quarter.isdigit() else _ORDINALS[quarter.lower()]
        return TextPeriod(*about, "quarter", _four_digit_year(match["yq0"] or match["yq"]), number, fiscal=fiscal)
    if half := match["h1"] or match["h2"]:
        number = int(half) if half.isdigit() else _ORDINALS[half.lower()]
        return TextPeriod(*about, "half", _four_digit_year(match["yh"]), number, fiscal=fiscal)
    if match["ya"]:
        end = int(match["ya"][:2] + match["yb"])
        return TextPeriod(*about, "year", end, fiscal=True) if end == int(match["ya"]) + 1 else None
    year = match["yf"] or match["year"]
    return TextPeriod(*about, "year", _four_digit_year(year), fiscal=fiscal)


def _day(about: tuple[int, int, str], year: int, month: int, day: int) -> TextPeriod | None:
    """Return a day; one that no calendar has is none, but for a day and month the other way round."""
    if month > 12 >= day:
        month, day = day, month
    try:
        found = date(year or 2000, month, day)
    except ValueError:
        return None
    return TextPeriod(*about, "day", year, month, found if year else None)


def _four_digit_year(year: str | None) -> int:
    """Return a year of two or four digits as four; 0 for none."""
    return whole_year(year) if year else 0
