"""Determine the period of a table's figure from header, row, titles, caption or document."""

from bisect import bisect
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from kimi_tui.quantities.dates import make_date, period_start
from kimi_tui.quantities.header_periods import PeriodWords, parse_period_words
from kimi_tui.tools.text.fiscal_calendar import FiscalCalendar, year_named
from kimi_tui.tools.text.period_words import is_point_in_time, plainly_point
from kimi_tui.tools.text.table import BodyRow, DocumentTable, TableBlock, remember_search

_names_beginning = remember_search(r"(?i)\b(?:beginning|begin|opening|start)\b")
_names_ending = remember_search(
    r"(?i)\b(?:end|ending|closing)\s+(?:of|balance)\b|\bbalances?,?\s+(?:at\s+)?(?:the\s+)?end\b|^closing\b"
)
_begins_as_balance = remember_search(
    r"(?i)^\W*(?:balances?|outstanding|unvested|nonvested|non-vested|exercisable|vested and)\b"
)
_names_point_table = remember_search(
    r"(?i)balance sheets?|financial position|\bas of\b|\bas at\b|\bat (?:the )?(?:end|year[- ]end)\b"
)
_names_stretch_table = remember_search(
    r"(?i)statements? of (?:consolidated )?(?:income|operations|earnings|cash flows?|comprehensive|changes)"
    r"|statements? of (?:consolidated )?(?:share|stock)holders|cash flows?|profit and loss|income statements?"
    r"|(?:for|during|in) the (?:fiscal )?(?:years?|periods?|quarters?|three|six|nine)"
)
_names_edge = remember_search(r"(?i)\b(?:years?|periods?)\b|balance|\bbeginning\b|\bopening\b|\bclosing\b|\bending\b")
_names_year_end = remember_search(
    r"(?i)\bas (?:of|at) (?:the )?(?:end of )?(?:the )?(?:fiscal )?(?:years?|quarters?|periods?)\b"
)
_names_due_date = remember_search(r"(?i)\bdue\b|\bmatur|\bexpir|\bthrough\b|\buntil\b|\bthereafter\b")
"""What is told of a date in such a label is when something ends."""
_names_point_statement = remember_search(r"(?i)balance sheets?|financial position")
_DUE_LATER = "The table names a later year, in which the figure falls due; its period is the end of the document's."
_GUESSED = "The table names a year and does not say whether it means the whole year or its end; the year is taken."
_CALENDAR_QUARTER = "Nothing says when the year ends; its quarters are taken for those of the calendar."
_BY_DOCUMENT = "The table names no period; it is the one of the document."


class FigurePeriod(msgspec.Struct, frozen=True):
    """The period of a figure."""

    start: str = ""
    """First day, ISO 8601; empty for a point in time or if unknown."""
    end: str = ""
    """Last day or point in time, or the year alone where only that is known."""
    note: str = ""
    """What was guessed, a sentence."""


class FigurePeriodFinder:
    """Finds the periods of one table's figures."""

    def __init__(self, table: DocumentTable, captions: Sequence[str], calendar: FiscalCalendar) -> None:
        """`captions` are all texts that name the table, the nearest first."""
        self._calendar = calendar
        self._texts = list(captions)
        self._captions = [self._of_years(parse_period_words(text)) for text in captions]
        self._caption = " ".join(captions)
        self._columns: dict[tuple[int, int], PeriodWords] = {}
        self._only: dict[int, PeriodWords] = {}
        self._balances: dict[int, list[tuple[int, date]]] = {}
        self._rolls: dict[int, set[int]] = {}
        self._table = table

    def period_of_figure(self, block: TableBlock, row: BodyRow, column: int) -> FigurePeriod:
        """Return the period of the figure in a row and column."""
        heads = self._heads(block, column)
        label = parse_period_words(row.label) if not _names_due_date(row.label) else PeriodWords()
        is_balance = label.instant or _begins_as_balance(row.label)
        if label.dates and (is_balance or not heads.says_anything):
            return self._before_today(self._dated(label, heads, point=is_balance))
        titles = [one for title in reversed(row.sections) if (one := parse_period_words(title)).says_anything]
        place = _FigurePlace(block, row, column)
        if not heads.says_anything:
            found = self._without_head(place, label, titles, heads)
            if found is not None:
                return self._before_today(found)
            heads = self._head_beside(block, column) or self._from_captions(heads)
        if not heads.says_anything:
            return self._of_document(place)
        return self._before_today(self._at_edge(place, self._resolved(place, heads, titles)))

    def _heads(self, block: TableBlock, column: int) -> PeriodWords:
        """Return the period in all lines over a column, and in those over the labels."""
        key = (id(block), column)
        if key not in self._columns:
            merged = PeriodWords(dates=[], years=[])
            for text in (*block.headers[0], *block.headers[column]):
                _merge(merged, parse_period_words(text))
            self._columns[key] = merged
        return self._columns[key]

    def _head_beside(self, block: TableBlock, column: int) -> PeriodWords | None:
        """Return the period that all columns of the block name that name one, else that of the column to the left."""
        key = id(block)
        if key not in self._only:
            columns = [self._heads(block, one) for one in range(len(block.headers))]
            named_ones = [one for one in columns if one.dates or one.years]
            same = {(tuple(one.dates), tuple(one.years)) for one in named_ones}
            self._only[key] = named_ones[0] if len(same) == 1 else PeriodWords(dates=[], years=[])
        if self._only[key].says_anything:
            return self._only[key]
        beside = self._heads(block, column - 1) if column else self._only[key]
        return beside if beside.dates or beside.years else None

    def _without_head(
        self, place: "_FigurePlace", label: PeriodWords, titles: list[PeriodWords], heads: PeriodWords
    ) -> FigurePeriod | None:
        """Return a period not named by the column: from the title, between balances, or the row's year."""
        if titles:
            joined = PeriodWords(dates=[], years=[])
            _merge(joined, titles[0])
            _merge(joined, heads)
            return self._at_edge(place, self._resolved(place, joined, titles[1:]))
        if (between := self._between(place.block, place.row)) is not None:
            return between
        if year_named(label) is not None:
            return self._resolved(place, label, [])
        return None

    def _from_captions(self, heads: PeriodWords) -> PeriodWords:
        """Return the period in the captions, where that is one period."""
        for one in self._captions:
            if len(one.dates) == 1 or (not one.dates and year_named(one) is not None):
                merged = PeriodWords(dates=[], years=[])
                _merge(merged, one)
                _merge(merged, heads)
                return merged
            if one.dates or one.years:
                break
        return heads

    def _of_document(self, place: "_FigurePlace") -> FigurePeriod:
        """Return the document's own year, or its end."""
        end = self._calendar.latest
        if end is None:
            return FigurePeriod()
        if _names_point_table(self._caption) or is_point_in_time(self._words(place)):
            return FigurePeriod("", str(end), _BY_DOCUMENT)
        return FigurePeriod(str(self._calendar.start_of(end)), str(end), _BY_DOCUMENT)

    def _resolved(self, place: "_FigurePlace", words: PeriodWords, titles: list[PeriodWords]) -> FigurePeriod:
        """Days for what a header says."""
        end = self._end(words)
        if end is None:
            year = year_named(words) or (words.years[0] if words.years else None)
            if year and words.quarter:
                end = _months_before(date(year, 12, 31), 3 * (4 - words.quarter))
                return FigurePeriod(str(period_start(end, months=3)), str(end), _CALENDAR_QUARTER)
            return FigurePeriod("", str(year) if year else "")
        if words.is_span:
            return FigurePeriod(str(self._start(end, words)), str(end))
        if place.row.number in self._rolled(place.block):
            return FigurePeriod(str(self._calendar.start_of(end)), str(end))
        if words.instant:
            return FigurePeriod("", str(end))
        lasting = next((one for one in titles if one.is_span), None)
        if lasting is None and (is_point := self._is_point(place, words)) is not None:
            if is_point:
                return FigurePeriod("", str(end))
            lasting = next((one for one in self._captions if one.is_span), PeriodWords(months=12))
        note = _GUESSED if lasting is None else ""
        return FigurePeriod(str(self._start(end, lasting or PeriodWords(months=12))), str(end), note)

    def _is_point(self, place: "_FigurePlace", words: PeriodWords) -> bool | None:
        """Return whether a figure under a year or date holds at its end and not throughout; None if nothing says so."""
        plain = plainly_point(place.row.label)
        if plain is not None and not any(map(_names_point_statement, self._texts)):
            return plain
        for text, one in zip(self._texts, self._captions, strict=True):
            if _names_year_end(text):
                return True
            if one.is_span or _names_stretch_table(text):
                return False
            if (one.instant and (one.dates or one.month_day or one.years)) or _names_point_table(text):
                return True
        if words.dates or words.month_day:
            return True
        return is_point_in_time(self._words(place))

    def _words(self, place: "_FigurePlace") -> list[str]:
        """Return the labels of a figure, the nearest first."""
        heads = reversed(place.block.headers[place.column])
        return [place.row.label, *heads, *reversed(place.row.sections), *self._texts]

    def _end(self, words: PeriodWords) -> date | None:
        """Return the last day."""
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
        """Return the last day of a year of whole weeks, where a caption says `December 31` and means that."""
        end = self._calendar.end_of(year) if self._calendar.month_day is None else None
        return end if end is not None and abs((end - day).days) <= 8 else day

    def _of_years(self, words: PeriodWords) -> PeriodWords:
        """Return the caption's period, without days that end neither a year nor a quarter."""
        if not self._calendar.ends:
            return words
        dates = [day for day in words.dates if self._calendar.ends_about(day)]
        day = make_date(2023, *words.month_day) if words.month_day else None
        month_day = words.month_day if day and self._calendar.ends_about(day) else None
        return msgspec.structs.replace(words, dates=dates, month_day=month_day)

    def _start(self, end: date, words: PeriodWords) -> date:
        """Return the first day of a period that ends on `end`."""
        if words.quarter and not words.months:
            return period_start(end, months=3)
        if words.weeks in (52, 53) or words.months == 12:
            return self._calendar.start_of(end)
        if words.weeks:
            return period_start(end, weeks=words.weeks)
        return period_start(end, months=words.months or 12)

    def _at_edge(self, place: "_FigurePlace", period: FigurePeriod) -> FigurePeriod:
        """Return the start or end of a span that a row or its column names."""
        for text in (place.row.label, *place.block.headers[place.column]):
            if len(text) > 150 or not _names_edge(text):
                continue
            if _names_beginning(text) and len(period.end) == 10:
                end = date.fromisoformat(period.end)
                start = date.fromisoformat(period.start) if period.start else self._calendar.start_of(end)
                return FigurePeriod("", str(start - timedelta(days=1)), period.note)
            if _names_ending(text):
                return FigurePeriod("", period.end, period.note)
        return period

    def _before_today(self, period: FigurePeriod) -> FigurePeriod:
        """Return a period in the future is when something is due: the figure itself holds at the document's end."""
        latest = self._calendar.latest
        if latest is None or not period.end or period.end[:4] <= str(latest.year):
            return period
        if len(period.end) == 10 and date.fromisoformat(period.end) <= latest + timedelta(days=180):
            return period
        return FigurePeriod("", str(latest), _DUE_LATER)

    def _dated(self, label: PeriodWords, heads: PeriodWords, *, point: bool) -> FigurePeriod:
        """Return the period of a row that names its own date."""
        end = label.dates[-1]
        if point or not (label.is_span or heads.is_span):
            return FigurePeriod("", str(end))
        return FigurePeriod(str(self._start(end, label if label.is_span else heads)), str(end))

    def _between(self, block: TableBlock, row: BodyRow) -> FigurePeriod | None:
        """Return the stretch of time between the balances above and below a row; None without them."""
        key = id(block)
        if key not in self._balances:
            days: list[tuple[int, date]] = []
            for one in block.rows:
                words = parse_period_words(one.label)
                if len(words.dates) == 1 and (words.instant or _begins_as_balance(one.label)):
                    days.append((one.number, words.dates[0]))
            self._balances[key] = days
        days = self._balances[key]
        below = bisect(days, row.number, key=lambda one: one[0])
        if not 0 < below < len(days) or days[below - 1][1] >= days[below][1]:
            return None
        return FigurePeriod(str(days[below - 1][1] + timedelta(days=1)), str(days[below][1]))

    def _rolled(self, block: TableBlock) -> set[int]:
        """Return the numbers of the rows that lead from a balance at the beginning to one at the end."""
        key = id(block)
        if key not in self._rolls:
            rolled: set[int] = set()
            opened: list[int] | None = None
            for row in block.rows:
                if _names_edge(row.label) and _names_beginning(row.label):
                    opened = []
                elif opened is not None and _names_edge(row.label) and _names_ending(row.label):
                    rolled.update(opened)
                    opened = None
                elif opened is not None:
                    opened.append(row.number)
            self._rolls[key] = rolled
        return self._rolls[key]


class _FigurePlace(msgspec.Struct, frozen=True):
    """The position of a figure in its table."""

    block: TableBlock
    """Its block of rows."""
    row: BodyRow
    """Its row."""
    column: int
    """Its column, from 0."""


def _merge(into: PeriodWords, words: PeriodWords) -> None:
    """Add what another line says; the later line names the year, the earlier ones the length."""
    into.dates += words.dates
    into.years += words.years
    into.month_day = words.month_day or into.month_day
    into.months, into.weeks = words.months or into.months, words.weeks or into.weeks
    into.quarter = words.quarter or into.quarter
    into.fiscal = into.fiscal or words.fiscal
    into.instant = into.instant or words.instant


def _date(year: int, month_day: tuple[int, int]) -> date | None:
    return make_date(year, *month_day)


def _months_before(day: date, months: int) -> date:
    """Return the last day of the month, or the same day, some months before."""
    return period_start(day, months=months) - timedelta(days=1) if months else day
