"""Parse periods in headers, captions and rows: `Year ended December 31, 2024`, `As of`, `2024`, `Q3 FY25`."""

import re
from datetime import date
from functools import lru_cache

import msgspec

from kimi_tui.quantities.dates import MONTH, YEAR, make_date, month_number, whole_year

_DATE = re.compile(
    rf"\b(?P<m1>{MONTH})\s*(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+(?P<y1>{YEAR})\b"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?P<m2>{MONTH})\s*,?\s+(?P<y2>{YEAR})\b"
    rf"|\b(?P<y3>{YEAR})-(?P<m3>\d\d)-(?P<d3>\d\d)\b"
    rf"|\b(?P<m4>\d{{1,2}})/(?P<d4>\d{{1,2}})/(?P<y4>{YEAR}|\d\d)\b"
    rf"|\b(?P<d5>\d{{1,2}})\.(?P<m5>\d{{1,2}})\.(?P<y5>{YEAR})\b",
    re.IGNORECASE,
)
_MONTH_YEAR = re.compile(rf"\b({MONTH})\s*,?\s+({YEAR})\b", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"\b({MONTH})\s*(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*,?\s*{YEAR})", re.IGNORECASE)
_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "six": 6, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12}
_LENGTH = re.compile(
    r"(?<!than )\b(?:(?P<months>one|two|three|four|six|nine|ten|eleven|twelve|\d{1,2})[\s-]+months?\b"
    r"|(?P<weeks>\d{1,2}|thirteen|twenty-six|thirty-nine|fifty-two|fifty-three)[\s-]+weeks?\b"
    r"|(?P<half>(?:first|second)?\s*half(?:[\s-]year)?|six[\s-]month|h[12]\b)"
    r"|(?P<quarter>quarters?(?:ly)?)(?:\s+periods?)?\s*end(?:ed|ing)"
    r"|(?P<year>(?:fiscal|financial|calendar)?\s*years?)(?:\s+periods?)?\s*(?:end(?:ed|ing)|then ended))"
    r"(?:\s+(?:periods?\s+)?end(?:ed|ing))?(?!\s+(?:or|and)\s+(?:greater|more|longer|over|less))",
    re.IGNORECASE,
)
_WEEKS = {"thirteen": 13, "twenty-six": 26, "thirty-nine": 39, "fifty-two": 52, "fifty-three": 53}
_INSTANT = re.compile(
    rf"\bas\s+(?:of|at)\b|\b(?:at|on)\s+(?:the\s+)?(?:fiscal\s+)?(?:{MONTH}|\d|years?[\s-]ends?|end\s+of|period[\s-]end)"
    r"|^\W*balances?\b|\byear[\s-]end\b",
    re.IGNORECASE,
)
_FISCAL = re.compile(rf"\b(?:fiscal(?:\s+years?)?|fy|financial\s+years?)\s*['’]?({YEAR}|\d\d)\b", re.IGNORECASE)
_QUARTER = re.compile(
    rf"\b(?:q([1-4])|([1-4])q|(first|second|third|fourth)\s+quarter)(?:\s*(?:of\s+)?(?:fiscal|fy)?\s*['’]?({YEAR}|\d\d))?\b",
    re.IGNORECASE,
)
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_ALONE = re.compile(rf"(?<![\d.,$€£/-])({YEAR})(?![\d%]|[.,]\d)|(?<!\w)['’](\d\d)\b")
_FILLER = re.compile(
    r"\b(?:and|or|the|for|of|as|at|on|in|to|from|through|vs?|versus|compared|ended|ending|end|fiscal|financial|calendar"
    r"|years?|quarters?|months?|weeks?|period|periods|then|balances?|unaudited|audited|restated|actual|note|e|est|since)\b"
    r"|[\s,.;:()/&*^'’\[\]–—-]|\b[12]?\d{1}\b(?=\))",
    re.IGNORECASE,
)


class PeriodWords(msgspec.Struct):
    """The dates, years and lengths that words give of a period."""

    dates: list[date] = []
    """Whole dates, in order."""
    month_day: tuple[int, int] | None = None
    """A day of every year: `December 31`."""
    years: list[int] = []
    """Years alone."""
    fiscal: bool = False
    """True when a year is called a fiscal one."""
    months: int = 0
    """How long it is; 0 if they do not say."""
    weeks: int = 0
    """How long it is, where that is said in weeks."""
    quarter: int = 0
    """1 to 4; 0 if they do not name one."""
    instant: bool = False
    """True when they speak of a point in time."""

    @property
    def says_anything(self) -> bool:
        """Return whether they say when."""
        return bool(self.dates or self.years or self.month_day or self.quarter)

    @property
    def is_span(self) -> bool:
        """Return whether they say that it is a stretch of time."""
        return bool(self.months or self.weeks or self.quarter)


@lru_cache(maxsize=4096)
def parse_period_words(text: str) -> PeriodWords:
    """Parse the period in a header, caption or row's label; the result is shared and must not be changed."""
    found = PeriodWords(dates=[], years=[])
    if not re.search(r"\d|[hq][1-4]|quarter|month|year|week|half", text, re.IGNORECASE):
        return found
    rest = _DATE.sub(lambda match: _take(found.dates, _date_of(match)), text)
    rest = _MONTH_YEAR.sub(lambda match: _take(found.dates, _month_end(match)), rest)
    if match := _LENGTH.search(rest):
        found.months, found.weeks = _length(match)
    found.instant = not found.months and not found.weeks and _INSTANT.search(text) is not None
    if match := _MONTH_DAY.search(rest):
        day = (month_number(match[1]), int(match[2]))
        found.month_day = day if 1 <= day[1] <= 31 else None
        rest = _MONTH_DAY.sub(" ", rest)
    if match := _QUARTER.search(rest):
        found.quarter = int(match[1] or match[2] or _QUARTERS[match[3].lower()])
        if match[4]:
            found.years.append(whole_year(match[4]))
        rest = _QUARTER.sub(" ", rest)
    for match in _FISCAL.finditer(rest):
        found.fiscal = True
        found.years.append(whole_year(match[1]))
    rest = _FISCAL.sub(" ", rest)
    found.years += [whole_year(match[1] or match[2]) for match in _ALONE.finditer(rest)]
    return found


@lru_cache(maxsize=4096)
def is_period_name(text: str) -> bool:
    """Return whether a text is nothing but the name of a period."""
    if len(text) > 120 or (not parse_period_words(text).says_anything and not parse_period_words(text).is_span):
        return False
    rest = text
    for pattern in (_DATE, _MONTH_YEAR, _LENGTH, _MONTH_DAY, _QUARTER, _FISCAL, _ALONE):
        rest = pattern.sub(" ", rest)
    return not _FILLER.sub("", rest).strip()


def _take(dates: list[date], found: date | None) -> str:
    if found is not None:
        dates.append(found)
    return " "


def _date_of(match: re.Match[str]) -> date | None:
    for kind in "12345":
        year, month, day = match[f"y{kind}"], match[f"m{kind}"], match[f"d{kind}"]
        if year:
            number = int(month) if month.isdigit() else month_number(month)
            return make_date(whole_year(year), number, int(day))
    return None


def _month_end(match: re.Match[str]) -> date | None:
    return make_date(int(match[2]), month_number(match[1]), 31)


def _length(match: re.Match[str]) -> tuple[int, int]:
    """Months and weeks."""
    if months := match["months"]:
        return (int(months) if months.isdigit() else _COUNTS[months.lower()]), 0
    if weeks := match["weeks"]:
        count = int(weeks) if weeks.isdigit() else _WEEKS[weeks.lower()]
        return 0, count
    if match["half"]:
        return 6, 0
    return (3, 0) if match["quarter"] else (12, 0)
