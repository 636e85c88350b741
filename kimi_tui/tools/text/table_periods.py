"""The period of a table's figure: from its column's header, its row, the titles above, the caption, or the document."""

import re
from bisect import bisect
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from kimi_tui.tools.text.calendar import Calendar, year_named
from kimi_tui.tools.text.period_words import plainly_point, speaks_of_point
from kimi_tui.tools.text.periods import Named, before, dated, named
from kimi_tui.tools.text.table import Block, BodyRow, Table

_BEGINNING = re.compile(r"(?i)\b(?:beginning|begin|opening|start)\b")
_ENDING = re.compile(
    r"(?i)\b(?:end|ending|closing)\s+(?:of|balance)\b|\bbalances?,?\s+(?:at\s+)?(?:the\s+)?end\b|^closing\b"
)
_BALANCE = re.compile(r"(?i)^\W*(?:balances?|outstanding|unvested|nonvested|non-vested|exercisable|vested and)\b")
_POINT_TABLE = re.compile(
    r"(?i)balance sheets?|financial position|\bas of\b|\bas at\b|\bat (?:the )?(?:end|year[- ]end)\b"
)
_STRETCH_TABLE = re.compile(
    r"(?i)statements? of (?:consolidated )?(?:income|operations|earnings|cash flows?|comprehensive|changes)"
    r"|statements? of (?:consolidated )?(?:share|stock)holders|cash flows?|profit and loss|income statements?"
    r"|(?:for|during|in) the (?:fiscal )?(?:years?|periods?|quarters?|three|six|nine)"
)
_EDGE = re.compile(r"(?i)\b(?:years?|periods?)\b|balance|\bbeginning\b|\bopening\b|\bclosing\b|\bending\b")
_AS_OF_YEAR = re.compile(
    r"(?i)\bas (?:of|at) (?:the )?(?:end of )?(?:the )?(?:fiscal )?(?:years?|quarters?|periods?)\b"
)
_LATER = re.compile(r"(?i)\bdue\b|\bmatur|\bexpir|\bthrough\b|\buntil\b|\bthereafter\b")
"""What is told of a date in such a label is when something ends."""
_POINT_STATEMENT = re.compile(r"(?i)balance sheets?|financial position")
_DUE_LATER = "The table names a later year, in which the figure falls due; its period is the end of the document's."
_GUESSED = "The table names a year and does not say whether it means the whole year or its end; the year is taken."
_BY_DOCUMENT = "The table names no period; it is the one of the document."


class Period(msgspec.Struct, frozen=True):
    """When a figure holds."""

    start: str = ""
    """First day, ISO 8601; empty for a point in time or if unknown."""
    end: str = ""
    """Last day or point in time, or the year alone where only that is known."""
    note: str = ""
    """What was guessed, a sentence."""


class Periods:
    """Finds the periods of one table's figures."""

    def __init__(self, table: Table, captions: Sequence[str], calendar: Calendar) -> None:
        """`captions` are all texts that name the table, the nearest first."""
        self._calendar = calendar
        self._texts = list(captions)
        self._captions = [self._of_years(named(text)) for text in captions]
        self._caption = " ".join(captions)
        self._columns: dict[tuple[int, int], Named] = {}
        self._only: dict[int, Named] = {}
        self._balances: dict[int, list[tuple[int, date]]] = {}
        self._rolls: dict[int, set[int]] = {}
        self._table = table

    def of(self, block: Block, row: BodyRow, column: int) -> Period:
        """The period of the figure in a row and column."""
        heads = self._heads(block, column)
        label = named(row.label) if not _LATER.search(row.label) else Named()
        is_balance = label.instant or _BALANCE.search(row.label) is not None
        if label.dates and (is_balance or not heads.anything):
            return self._before_today(self._dated(label, heads, point=is_balance))
        titles = [one for title in reversed(row.sections) if (one := named(title)).anything]
        place = _Place(block, row, column)
        if not heads.anything:
            found = self._without_head(place, label, titles, heads)
            if found is not None:
                return self._before_today(found)
            heads = self._head_beside(block, column) or self._from_captions(heads)
        if not heads.anything:
            return self._of_document(place)
        return self._before_today(self._at_edge(place, self._resolved(place, heads, titles)))

    def _heads(self, block: Block, column: int) -> Named:
        """What all lines over a column say together, and those over the labels."""
        key = (id(block), column)
        if key not in self._columns:
            merged = Named(dates=[], years=[])
            for text in (*block.headers[0], *block.headers[column]):
                _merge(merged, named(text))
            self._columns[key] = merged
        return self._columns[key]

    def _head_beside(self, block: Block, column: int) -> Named | None:
        """The period that all columns of the block name that name one, else that of the column to the left."""
        key = id(block)
        if key not in self._only:
            columns = [self._heads(block, one) for one in range(len(block.headers))]
            named_ones = [one for one in columns if one.dates or one.years]
            same = {(tuple(one.dates), tuple(one.years)) for one in named_ones}
            self._only[key] = named_ones[0] if len(same) == 1 else Named(dates=[], years=[])
        if self._only[key].anything:
            return self._only[key]
        beside = self._heads(block, column - 1) if column else self._only[key]
        return beside if beside.dates or beside.years else None

    def _without_head(self, place: "_Place", label: Named, titles: list[Named], heads: Named) -> Period | None:
        """The period where the column names none: of the title above, between balances, or of the row's own year."""
        if titles:
            joined = Named(dates=[], years=[])
            _merge(joined, titles[0])
            _merge(joined, heads)
            return self._at_edge(place, self._resolved(place, joined, titles[1:]))
        if (between := self._between(place.block, place.row)) is not None:
            return between
        if year_named(label) is not None:
            return self._resolved(place, label, [])
        return None

    def _from_captions(self, heads: Named) -> Named:
        """What the captions say, where that is one period."""
        for one in self._captions:
            if len(one.dates) == 1 or (not one.dates and year_named(one) is not None):
                merged = Named(dates=[], years=[])
                _merge(merged, one)
                _merge(merged, heads)
                return merged
            if one.dates or one.years:
                break
        return heads

    def _of_document(self, place: "_Place") -> Period:
        """The document's own year, or its end."""
        end = self._calendar.latest
        if end is None:
            return Period()
        if _POINT_TABLE.search(self._caption) or speaks_of_point(self._words(place)):
            return Period("", str(end), _BY_DOCUMENT)
        return Period(str(self._calendar.start_of(end)), str(end), _BY_DOCUMENT)

    def _resolved(self, place: "_Place", words: Named, titles: list[Named]) -> Period:
        """Days for what a header says."""
        end = self._end(words)
        if end is None:
            year = year_named(words) or (words.years[0] if words.years else None)
            return Period("", str(year) if year else "")
        if words.lasts:
            return Period(str(self._start(end, words)), str(end))
        if place.row.number in self._rolled(place.block):
            return Period(str(self._calendar.start_of(end)), str(end))
        if words.instant:
            return Period("", str(end))
        lasting = next((one for one in titles if one.lasts), None)
        if lasting is None and (is_point := self._is_point(place, words)) is not None:
            if is_point:
                return Period("", str(end))
            lasting = next((one for one in self._captions if one.lasts), Named(months=12))
        note = _GUESSED if lasting is None else ""
        return Period(str(self._start(end, lasting or Named(months=12))), str(end), note)

    def _is_point(self, place: "_Place", words: Named) -> bool | None:
        """Whether a figure under a year or date holds at its end and not throughout; None if nothing says so."""
        plain = plainly_point(place.row.label)
        if plain is not None and not any(map(_POINT_STATEMENT.search, self._texts)):
            return plain
        for text, one in zip(self._texts, self._captions, strict=True):
            if _AS_OF_YEAR.search(text):
                return True
            if one.lasts or _STRETCH_TABLE.search(text):
                return False
            if (one.instant and (one.dates or one.month_day or one.years)) or _POINT_TABLE.search(text):
                return True
        if words.dates or words.month_day:
            return True
        return speaks_of_point(self._words(place))

    def _words(self, place: "_Place") -> list[str]:
        """What a figure is called, the nearest first."""
        heads = reversed(place.block.headers[place.column])
        return [place.row.label, *heads, *reversed(place.row.sections), *self._texts]

    def _end(self, words: Named) -> date | None:
        """The last day."""
        if words.dates:
            return words.dates[0]
        year = year_named(words) or (words.years[0] if words.years else None)
        if year is None:
            return None
        if words.month_day:
            return _date(year, words.month_day)
        if words.quarter:
            end = self._calendar.end_of(year)
            return _months_before(end, 3 * (4 - words.quarter)) if end else None
        for one in self._captions if not words.fiscal else ():
            for day in one.dates:
                if day.year == year:
                    return self._snapped(day, year)
            if one.month_day:
                return _date(year, one.month_day)
        return self._calendar.end_of(year)

    def _snapped(self, day: date, year: int) -> date:
        """The last day of a year of whole weeks, where a caption says `December 31` and means that."""
        end = self._calendar.end_of(year) if self._calendar.month_day is None else None
        return end if end is not None and abs((end - day).days) <= 8 else day

    def _of_years(self, words: Named) -> Named:
        """What a caption says, without days on which neither a year nor a quarter ends: those of other events."""
        if not self._calendar.ends:
            return words
        dates = [day for day in words.dates if self._calendar.ends_about(day)]
        day = dated(2023, *words.month_day) if words.month_day else None
        month_day = words.month_day if day and self._calendar.ends_about(day) else None
        return msgspec.structs.replace(words, dates=dates, month_day=month_day)

    def _start(self, end: date, words: Named) -> date:
        """The first day of a period that ends on `end`."""
        if words.quarter and not words.months:
            return before(end, months=3)
        if words.weeks in (52, 53) or words.months == 12:
            return self._calendar.start_of(end)
        if words.weeks:
            return before(end, weeks=words.weeks)
        return before(end, months=words.months or 12)

    def _at_edge(self, place: "_Place", period: Period) -> Period:
        """The point in time that a row, or its column, of a stretch of time speaks of: its beginning, or its end."""
        for text in (place.row.label, *place.block.headers[place.column]):
            if len(text) > 150 or not _EDGE.search(text):
                continue
            if _BEGINNING.search(text) and len(period.end) == 10:
                end = date.fromisoformat(period.end)
                start = date.fromisoformat(period.start) if period.start else self._calendar.start_of(end)
                return Period("", str(start - timedelta(days=1)), period.note)
            if _ENDING.search(text):
                return Period("", period.end, period.note)
        return period

    def _before_today(self, period: Period) -> Period:
        """A period in the future is when something is due: the figure itself holds at the document's end."""
        latest = self._calendar.latest
        if latest is None or not period.end or period.end[:4] <= str(latest.year):
            return period
        if len(period.end) == 10 and date.fromisoformat(period.end) <= latest + timedelta(days=180):
            return period
        return Period("", str(latest), _DUE_LATER)

    def _dated(self, label: Named, heads: Named, *, point: bool) -> Period:
        """The period of a row that names its own date."""
        end = label.dates[-1]
        if point or not (label.lasts or heads.lasts):
            return Period("", str(end))
        return Period(str(self._start(end, label if label.lasts else heads)), str(end))

    def _between(self, block: Block, row: BodyRow) -> Period | None:
        """The stretch of time between the balances above and below a row; None without them."""
        key = id(block)
        if key not in self._balances:
            days: list[tuple[int, date]] = []
            for one in block.rows:
                words = named(one.label)
                if len(words.dates) == 1 and (words.instant or _BALANCE.search(one.label)):
                    days.append((one.number, words.dates[0]))
            self._balances[key] = days
        days = self._balances[key]
        below = bisect(days, row.number, key=lambda one: one[0])
        if not 0 < below < len(days) or days[below - 1][1] >= days[below][1]:
            return None
        return Period(str(days[below - 1][1] + timedelta(days=1)), str(days[below][1]))

    def _rolled(self, block: Block) -> set[int]:
        """The numbers of the rows that lead from a balance at the beginning to one at the end."""
        key = id(block)
        if key not in self._rolls:
            rolled: set[int] = set()
            opened: list[int] | None = None
            for row in block.rows:
                if _EDGE.search(row.label) and _BEGINNING.search(row.label):
                    opened = []
                elif opened is not None and _EDGE.search(row.label) and _ENDING.search(row.label):
                    rolled.update(opened)
                    opened = None
                elif opened is not None:
                    opened.append(row.number)
            self._rolls[key] = rolled
        return self._rolls[key]


class _Place(msgspec.Struct, frozen=True):
    """Where a figure stands."""

    block: Block
    """Its block of rows."""
    row: BodyRow
    """Its row."""
    column: int
    """Its column, from 0."""


def _merge(into: Named, words: Named) -> None:
    """Add what another line says; the later line names the year, the earlier ones the length."""
    into.dates += words.dates
    into.years += words.years
    into.month_day = words.month_day or into.month_day
    into.months, into.weeks = words.months or into.months, words.weeks or into.weeks
    into.quarter = words.quarter or into.quarter
    into.fiscal = into.fiscal or words.fiscal
    into.instant = into.instant or words.instant


def _date(year: int, month_day: tuple[int, int]) -> date | None:
    return dated(year, *month_day)


def _months_before(day: date, months: int) -> date:
    """The last day of the month, or the same day, some months before."""
    return before(day, months=months) - timedelta(days=1) if months else day
