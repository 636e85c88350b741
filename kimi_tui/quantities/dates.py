"""Days and months: the names of months, whole years, days that exist, and the first day of a period."""

from calendar import monthrange
from datetime import date, timedelta

_MONTH_NAMES = (
    ("january", "jan", "januar", "j\u00e4nner", "janvier", "enero"), ("february", "feb", "februar"),
    ("march", "mar", "m\u00e4rz"), ("april", "apr"), ("may", "mai"), ("june", "jun", "juni"), ("july", "jul", "juli"),
    ("august", "aug"), ("september", "sept", "sep"), ("october", "oct", "oktober", "okt"),
    ("november", "nov"), ("december", "dec", "dezember", "dez"),
)  # fmt: skip
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names}
MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
"""A pattern for the name of a month, for searches in any case."""
YEAR = r"(?:19|20)\d\d"
"""A pattern for a year of four digits."""


def month_number(name: str) -> int:
    """Return the number of the month, from 1, that `MONTH` matched."""
    return _MONTHS[name.lower().rstrip(".")]


def whole_year(text: str) -> int:
    """Return a year of two or four digits as four: `25` as 2025."""
    return int(text) if len(text) == 4 else 2000 + int(text)


def period_start(day: date, *, months: int = 0, weeks: int = 0) -> date:
    """Return the first day of a period of this length that ends on `day`."""
    if weeks:
        return day - timedelta(days=7 * weeks - 1)
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = monthrange(day.year, day.month)[1]
    if day.day == last:
        start = date(year, month + 1, monthrange(year, month + 1)[1])
    else:
        start = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return start + timedelta(days=1)


def make_date(year: int, month: int, day: int) -> date | None:
    """Return a date, the last of the month where it has fewer days; None where there is none."""
    if not (1 <= month <= 12 and 1 <= day <= 31 and 1900 <= year <= 2100):
        return None
    return date(year, month, min(day, monthrange(year, month)[1]))
