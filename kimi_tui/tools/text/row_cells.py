"""The figures of rows as cells: of a CSV file, or of what a query gave. Titles of columns say unit and period."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from kimi_tui.cells import Cell, CellOrigin
from kimi_tui.quantities.currencies import SYMBOLS, currency_code
from kimi_tui.quantities.header_periods import PeriodWords, is_period_name, parse_period_words
from kimi_tui.quantities.units import is_unit_note, parse_unit

MAX_CELLS = 20_000
"""The most figures of one source that are kept as cells."""
_LABEL_CHARACTERS = 200
_MAX_UNITS, _MAX_UNIT_CHARS, _MAX_PERIOD_CHARS = 12, 24, 40
_CODES = "usd|eur|gbp|chf|jpy|cny|cad|aud|inr|sek|nok|dkk|pln|brl|krw"
_SHORT_SCALE = re.compile(
    rf"(?:(?<![a-z])(?:{_CODES})|[{SYMBOLS}])\s?(?P<scale>tn|bn|b|mn|mm|m|k|000s?)\b"
    r"|\(\s*(?P<alone>tn|bn|mn|mm|m|k)\s*\)",
    re.IGNORECASE,
)
_SCALES = {"tn": 12, "bn": 9, "b": 9, "mn": 6, "mm": 6, "m": 6, "k": 3, "000": 3, "000s": 3}
_CODE = re.compile(rf"(?i)(?<![a-z])({_CODES})(?=m|bn|k|\b)")
_PERCENT = re.compile(r"(?i)%|\bpercent(?:age)?\b|\bpct\b")
_PERIOD_TITLE = re.compile(
    r"(?i)\W*(?:(?:fiscal|financial|calendar|reporting)\W*)?(?:years?|fy|periods?|quarters?|months?|dates?|as of"
    r"|(?:period |year )?end(?:ing)?(?: date)?|jahr|datum|ann[eé]e|año|anno)\W*"
)
_START_TITLE = re.compile(r"(?i)\W*(?:period |year )?(?:start|begin)(?:ning|ing)?(?: date)?\W*")
_UNIT_TITLE = re.compile(r"(?i)\W*(?:units?(?: of measure(?:ment)?)?|uom|currency|currencies|w[äa]hrung|einheit)\W*")
_PART_OF_YEAR = re.compile(
    r"(?i)(?:FY)?(?P<year>(?:19|20)\d\d)[\s/-]*(?P<part>Q[1-4]|H[12])|(?P<before>Q[1-4]|H[12])[\s/-]*(?:FY)?(?P<behind>(?:19|20)\d\d)"
)
"""A quarter or a half of a year, and nothing else."""
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,14})?", re.ASCII)


class Heading(msgspec.Struct, frozen=True):
    """The scale, unit and period that a column's title gives its figures."""

    title: str
    """As it is shown."""
    scale: int | None = None
    """Power of ten; None if it says none."""
    unit: str = ""
    """A currency's code, `%`, or nothing."""
    period: str = ""
    """The day or year that the title names; empty if none."""
    names_periods: bool = False
    """True when the column says when its rows hold, or end."""
    names_starts: bool = False
    """True when it says when they begin."""
    names_units: bool = False
    """True when it says in which unit their figures are."""


class Shown(NamedTuple):
    """One value of a row and where it is in the part's text."""

    text: str
    """On one line."""
    value: str
    """As a decimal; empty for what is no figure."""
    start: int
    """Where it begins."""
    end: int
    """Where it ends."""


def heading_of(title: str, unit: str = "", captions: Sequence[str] = ()) -> Heading:
    """Parse a column's title; `unit` is what the values themselves show, `captions` are lines above the table."""
    words = title.replace("_", " ")
    scale, money, percent = _counted(words)
    if not percent and unit != "%":
        for caption in captions:
            above, currency, _ = _counted(caption)
            scale = above if scale is None else scale
            money = money or currency
    own = "%" if unit == "%" or percent else money or (currency_code(unit) or unit if unit else "")
    when = parse_period_words(words)
    period = (
        when.dates[-1].isoformat() if when.dates else str(when.years[-1]) if when.years and not when.quarter else ""
    )
    names_periods = not period and _PERIOD_TITLE.fullmatch(words) is not None
    starts, units = _START_TITLE.fullmatch(words) is not None, _UNIT_TITLE.fullmatch(words) is not None
    return Heading(title, -2 if own == "%" else scale, own, period, names_periods, starts, units)


def _counted(text: str) -> tuple[int | None, str, bool]:
    """Scale, currency and whether it is percent, as a text says."""
    unit = parse_unit(text)
    short = _SHORT_SCALE.search(text)
    scale = unit.scale if unit.scale is not None or not short else _SCALES[(short["scale"] or short["alone"]).lower()]
    code = _CODE.search(text)
    return scale, unit.money or (code[1].upper() if code else ""), unit.percent or _PERCENT.search(text) is not None


def described_by_values(heading: Heading, values: Iterable[str]) -> Heading:
    """Return a heading whose title says nothing of it, as the texts in its column do: periods alone, or units."""
    texts = {text.strip() for text in values if text.strip()}
    if heading.names_periods or heading.names_starts or heading.names_units or not texts or heading.period:
        return heading
    if all(len(text) <= _MAX_PERIOD_CHARS and _names_period(text) for text in texts):
        return msgspec.structs.replace(heading, names_periods=True)
    units = [text for text in texts if text == "%" or is_unit_note(text)]
    if units and len(texts) <= _MAX_UNITS and all(len(text) <= _MAX_UNIT_CHARS for text in texts):
        return msgspec.structs.replace(heading, names_units=True)
    return heading


def _names_period(text: str) -> bool:
    """Return whether a text is a day, a month or a part of a year; a year alone may be a number."""
    return bool(_part_of_year(text)) or (is_period_name(text) and not re.fullmatch(r"\d+", text))


def number_in(text: str) -> str:
    """Return a text that is a plain number as SQL writes it; empty for any other."""
    return text if _PLAIN_NUMBER.fullmatch(text) and not is_period_name(text) else ""


class _RowUnit(NamedTuple):
    """The unit of a row's figures, as the row says."""

    name: str
    scale: int


class RowCells:
    """Makes the cells of one table's rows."""

    def __init__(self, origin: CellOrigin, headings: Sequence[Heading], captions: Sequence[str] = ()) -> None:
        self._origin = origin
        self._headings = headings
        self._caption = " › ".join(captions)[:500]

    def _label(self, values: Sequence[Shown]) -> str:
        """Return the first texts of a row that name what its figures are."""
        labels = [
            shown.text
            for shown, heading in zip(values, self._headings, strict=False)
            if shown.text and not shown.value and not _is_about(heading)
        ]
        return " › ".join(labels[:4])[:_LABEL_CHARACTERS]

    def of_row(self, part: str, number: int, values: Sequence[Shown]) -> Iterator[Cell]:
        """Yield the cells of one row; `number` is that of the row, from 1."""
        label = self._label(values)
        period, start, unit = self._period(values), self._start(values), _unit_named(self._unit(values))
        for column, (shown, heading) in enumerate(zip(values, self._headings, strict=False), 1):
            if not shown.value or _is_about(heading):
                continue
            own = heading.unit or unit.name
            # A row that names its currency beside the figure has it in whole units, unless it or the title says more.
            scale = unit.scale if heading.scale is None and unit.name and own == unit.name else heading.scale
            end = heading.period or period
            yield Cell(
                part=part, start=shown.start, end=shown.end, text=shown.text, value=shown.value, origin=self._origin,
                scale=scale, unit=own, period_start=start if end and start != end else "", period_end=end, row=label,
                column=heading.title, caption=self._caption, row_number=number, column_number=column,
            )  # fmt: skip

    def _start(self, values: Sequence[Shown]) -> str:
        """Return the day on which the row's period begins, as one of its values says."""
        found = (shown.text for shown, one in zip(values, self._headings, strict=False) if one.names_starts)
        return next(
            (
                day
                for text in found
                if is_period_name(text) and len(day := _day_or_year(parse_period_words(text))) == 10
            ),
            "",
        )

    def _unit(self, values: Sequence[Shown]) -> str:
        """Return the unit that one of the row's values names."""
        found = (shown.text for shown, one in zip(values, self._headings, strict=False) if one.names_units)
        return next((text.strip() for text in found if text.strip()), "")

    def _period(self, values: Sequence[Shown]) -> str:
        """When the row holds, as one of its values says, or a year and a quarter in two of them."""
        named = [shown.text for shown, one in zip(values, self._headings, strict=False) if one.names_periods]
        if part := next(filter(None, map(_part_of_year, [*named, " ".join(named)])), ""):
            return part
        for text in named:
            if is_period_name(text) or re.fullmatch(r"(?:19|20)\d\d", text):
                return _day_or_year(parse_period_words(text))
        return ""


def _unit_named(text: str) -> _RowUnit:
    """Return the unit that a cell names: `EUR m`, `USD`, `%`, `FTE`."""
    scale, money, percent = _counted(text)
    if percent:
        return _RowUnit("%", -2)
    return _RowUnit(money or currency_code(text) or text[:20], scale or 0)


def _part_of_year(text: str) -> str:
    """Return a quarter or half in the spelling of cells, `2024-Q3`; empty for anything else."""
    match = _PART_OF_YEAR.fullmatch(text.strip())
    if match is None:
        return ""
    return f"{match['year'] or match['behind']}-{(match['part'] or match['before']).upper()}"


def _is_about(heading: Heading) -> bool:
    """Return whether a column says something of its rows' figures, and holds none."""
    return heading.names_periods or heading.names_starts or heading.names_units


def _day_or_year(when: PeriodWords) -> str:
    """Return a day, or a year alone; empty for anything else."""
    if when.dates:
        return when.dates[-1].isoformat()
    return str(when.years[-1]) if when.years and not when.quarter else ""
