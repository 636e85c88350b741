"""Figures in sentences: reading them, and looking for them in a passage whatever its unit's scale.

A figure matches when some number of the passage, moved by thousands, millions or billions and rounded to the
figure's own decimals, equals it; where both name their scale, the scales must agree. Years, days of the month, small
counts and numbers inside names (`Q3`, `S12`) are not figures.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import msgspec

_CURRENCY = "".join(f"(?<={code})|" for code in ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "JPY", "CNY", "Rs"))
_BLANKS = " \u00a0\u2009\u202f'\u2019"
"""What may stand between groups of three digits, commas and points apart."""
_NUMBER = re.compile(
    rf"(?:{_CURRENCY}(?<!\w)(?<!\d[.,]))[-\u2212]?"
    rf"(?P<digits>(?>\d{{1,3}}(?P<mark>[{_BLANKS},.])\d{{3}}(?!\d)(?:(?P=mark)\d{{3}}(?!\d))*(?:[.,]\d+)?"
    r"|\d+(?:[.,]\d+)?))(?![.,]?\d)"
    r"(?:[\s\u00a0]?(?P<percent>%|per ?cent\b)"
    r"|[\s\u00a0]?(?:(?P<thousand>thousand|tsd|k)|(?P<million>millions?|millionen|mio|mill|mn|m)"
    r"|(?P<billion>billions?|milliarden?|milliards?|mrd|bn)|(?P<trillion>trillions?|billionen|tn))\b(?![-'\u2019]))?",
    re.IGNORECASE,
)
_POWERS = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_SHIFTS = (0, 3, 6, 9, -3, -6, -9)
_MONTHS = (
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|January|February|March|April|June|July|August|September"
    r"|October|November|December|Januar|Februar|M\u00e4rz|Mai|Juni|Juli|Oktober|Dezember)\b\.?"
)
_DATE = re.compile(
    rf"\b\d{{4}}-\d{{2}}-\d{{2}}\b|\b\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:of )?{_MONTHS}"
    rf"|\b{_MONTHS}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?![.,]?\d|\s?%)"
    r"|(?<!\d)(?:19|20)\d\d\s?[-\u2013/]\s?\d\d\b(?![.,]?\d|\s?%)"
)
"""Days and years such as `2024-25`."""
_LEAST = 13
"""Whole numbers below this are counts (`three segments`, `Note 7`), not figures."""
_YEARS = range(1900, 2101)
_MOST_DIGITS = 18


class _Number(msgspec.Struct, frozen=True):
    """One number as written."""

    written: str
    """As it stands there, with its unit."""
    digits: str
    """Without sign and unit."""
    power: int | None
    """The scale it names, as a power of ten; None when it names none."""
    percent: bool


def figures_of(text: str) -> list[str]:
    """The figures of a sentence as written, with their percent sign or scale."""
    dateless = _DATE.sub(lambda match: " " * len(match.group()), text)
    return [number.written for number in _numbers(dateless) if not _is_count(number)]


class Numbers:
    """The numbers of a passage, in order of size, so that a figure is looked for among those near it alone."""

    def __init__(self, passage: str) -> None:
        found: dict[tuple[int | None, bool], set[Decimal]] = {}
        for number in _numbers(passage):
            found.setdefault((number.power, number.percent), set()).update(_values(number, pieces=True))
        self._by_unit = {unit: sorted(values) for unit, values in found.items()}

    def hold(self, figure: str) -> bool:
        """Whether a number of the passage equals a figure as `figures_of` gives it."""
        return any(
            _is_among(wanted, values, shift)
            for number in _numbers(figure)
            for wanted in _values(number, pieces=False)
            for (power, percent), values in self._by_unit.items()
            for shift in _shifts(number, power, percent)
        )


def _numbers(text: str) -> Iterator[_Number]:
    for match in _NUMBER.finditer(text):
        power = next((power for name, power in _POWERS.items() if match[name]), None)
        if sum(character.isdigit() for character in match["digits"]) <= _MOST_DIGITS:
            yield _Number(match.group().strip(), match["digits"], power, bool(match["percent"]))


def _is_count(number: _Number) -> bool:
    if number.percent or number.power is not None or not number.digits.isdigit():
        return False
    return int(number.digits) < _LEAST or int(number.digits) in _YEARS


def _values(number: _Number, *, pieces: bool) -> set[Decimal]:
    """What a written number may mean; with `pieces`, also what its groups mean as columns of a table."""
    bare = re.sub(f"[{_BLANKS}]", "", number.digits)
    values = {Decimal(reading) for reading in _readings(bare)}
    groups = re.split(f"[{_BLANKS}]", number.digits)
    if pieces and len(groups) > 1:
        runs = ("".join(groups[i:j]) for i in range(len(groups)) for j in range(i + 1, len(groups) + 1))
        values |= {Decimal(reading) for run in runs for reading in _readings(run)}
    return values


def _readings(bare: str) -> set[str]:
    """Decimal notations of digits with commas and points: `1.234` is 1234 and also 1.234, `1.5` is 1.5 alone."""
    marks = re.findall("[.,]", bare)
    if not marks:
        return {bare}
    if len(set(marks)) == 2:  # the last one begins the decimals
        return {bare.replace(marks[0], "").replace(",", ".")}
    grouped = re.fullmatch(r"[1-9]\d{0,2}([.,]\d{3})+", bare)
    readings = {re.sub("[.,]", "", bare)} if grouped else set()
    if len(marks) == 1 and not (grouped and marks[0] == ","):
        readings.add(bare.replace(",", "."))
    return readings


def _shifts(figure: _Number, power: int | None, percent: bool) -> tuple[int, ...]:
    """By which powers of ten numbers of a unit may be moved to be the figure."""
    if figure.power is not None and power is not None:
        return (power - figure.power,)
    if figure.percent:
        return (0,) if percent else (0, 2)
    return (0, -2) if percent else _SHIFTS


def _is_among(wanted: Decimal, values: list[Decimal], shift: int) -> bool:
    """Whether one of the values, moved, is the wanted one or becomes it when it is rounded to its decimals."""
    step = Decimal(1).scaleb(int(wanted.as_tuple().exponent))
    highest = (wanted + step).scaleb(-shift)
    for at in range(bisect_left(values, (wanted - step).scaleb(-shift)), len(values)):
        if values[at] > highest:
            return False
        moved = values[at].scaleb(shift)
        if wanted in (moved, moved.quantize(step, ROUND_HALF_UP), moved.quantize(step, ROUND_HALF_EVEN)):
            return True
    return False
