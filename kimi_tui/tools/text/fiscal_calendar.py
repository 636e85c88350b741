"""Find when a document's fiscal years end, from its text: `fiscal 2024 ended February 2, 2025`."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from kimi_tui.quantities.dates import make_date, period_start
from kimi_tui.quantities.header_periods import PeriodWords, parse_period_words

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_DAY = rf"(?:{_MONTH}\s+\d{{1,2}},?\s+(?:19|20)\d\d|\d{{1,2}}\s+{_MONTH}\s+(?:19|20)\d\d)"
_BETWEEN = r"\s{0,3}[,;]?\s{0,3}(?:and\s|&\s)?\s{0,3}"
_ENDED = re.compile(rf"(?i:years?|periods?|weeks)\s+(?i:then\s+)?(?i:ended|ending)\s+(?:on\s+)?((?:{_DAY}{_BETWEEN})+)")
_LABELLED = re.compile(
    rf"(?i:fiscal(?:\s+year)?|FY|financial\s+year)\s*((?:19|20)\d\d)\b[^.;]{{0,60}}?\b(?i:ended|ending|ends)\s+(?:on\s+)?({_DAY})"
)
_MAX_CHARS = 3_000_000
"""How much of a document is looked at."""


class FiscalCalendar(msgspec.Struct):
    """The ends of a document's years."""

    ends: dict[int, date] = {}
    """Last day by the year's name."""
    month_day: tuple[int, int] | None = None
    """The last day of every year, if they all end on the same."""
    latest: date | None = None
    """The last day of the year that the document is about."""

    def end_of(self, year: int) -> date | None:
        """Return the last day of a year of this name; None if it is not known."""
        if year in self.ends:
            return self.ends[year]
        return make_date(year, *self.month_day) if self.month_day else None

    def start_of(self, end: date) -> date:
        """Return the first day of the year that ends on `end`: behind the end of the one before, if that is known."""
        for day in self.ends.values():
            if 350 <= (end - day).days <= 378:
                return day + timedelta(days=1)
        if self.month_day is None and len(self.ends) > 1:  # years of whole weeks
            return period_start(end, weeks=52)
        return period_start(end, months=12)

    def ends_about(self, day: date) -> bool:
        """Return whether a year or one of its quarters ends on about this day."""
        for end in list(self.ends.values())[-1:]:
            apart = abs((day - end).days) % 91.31
            return min(apart, 91.31 - apart) <= 10
        return True


def read_calendar(texts: Iterable[str]) -> FiscalCalendar:
    """Return the fiscal calendar that the texts of a document give."""
    counts: Counter[date] = Counter()
    labels: dict[int, date] = {}
    room = _MAX_CHARS
    for text in texts:
        room -= len(text)
        if room < 0:
            break
        for match in _LABELLED.finditer(text):
            labels.update({int(match[1]): day for day in parse_period_words(match[2]).dates})
        for match in _ENDED.finditer(text):
            counts.update(parse_period_words(match[1]).dates)
    calendar = FiscalCalendar(ends={})
    usual = _usual_days([*counts.elements(), *labels.values()])
    shift = Counter(year - day.year for year, day in labels.items() if _is_near(day, usual)).most_common(1)
    for day, _ in sorted(counts.items(), key=lambda one: one[1]):  # of two for a year, the one named more often
        if _is_near(day, usual):
            calendar.ends[_name_of(day, shift[0][0] if shift else None)] = day
    calendar.ends.update({year: day for year, day in labels.items() if _is_near(day, usual)})
    days = {(day.month, day.day) for day in calendar.ends.values()}
    calendar.month_day = next(iter(days)) if len(days) == 1 else (2, 29) if days == {(2, 28), (2, 29)} else None
    near = [(count, day) for day, count in counts.items() if _is_near(day, usual)]
    calendar.latest = max((day for count, day in near if 4 * count >= max(near)[0]), default=None)
    return calendar


def _usual_days(days: list[date]) -> int | None:
    """Return the day of the year, counted from 1, on or about which most years end."""
    if not days:
        return None
    counts = Counter(day.timetuple().tm_yday for day in days)
    return max(counts, key=lambda one: (sum(n for day, n in counts.items() if _days_apart(day, one) <= 8), counts[one]))


def _is_near(day: date, usual: int | None) -> bool:
    return usual is not None and _days_apart(day.timetuple().tm_yday, usual) <= 8


def _days_apart(one: int, other: int) -> int:
    """Return how many days two days of the year are apart."""
    return min(abs(one - other), 366 - abs(one - other))


def _name_of(day: date, shift: int | None) -> int:
    """Return the name of the year that ends on a day: the day's year, or the one before in early January."""
    if shift is not None and not (day.month == 12 and shift < 0):
        if day.month == 1 and day.day <= 8 and shift == 0:
            return day.year - 1
        return day.year + shift
    return day.year - 1 if day.month == 1 and day.day <= 8 else day.year


def year_named(words: PeriodWords) -> int | None:
    """Return the one year that some words name, None for none or several."""
    years = set(words.years)
    return years.pop() if len(years) == 1 else None
